"""What the tests of the negotiation share: stored rows, signatures, and the ledger's answer."""

from backend.chain.wallet import Wallet, sign_agreement
from backend.db.models import AgreementRow
from backend.services.negotiation import sign_both
from settlement.identity import agreement_id
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.stages import make_offer
from tests.backend.town import Town

OWNER = parties.OWNERS["bakery"]
EVENING = "bakery evening"
RECORDED_ON_CHAIN = 1


def row_of(town: Town, terms: Terms) -> AgreementRow:
    """The stored agreement with these terms."""
    return town.session.get_one(AgreementRow, agreement_id(terms))


def signatures(
    town: Town,
    terms: Terms,
    aggregator: Wallet = parties.AGGREGATOR,
    prosumer: Wallet = OWNER,
) -> tuple[bytes, bytes]:
    """What the two parties sign for these terms."""
    identity, domain = agreement_id(terms), town.market.domain()
    return sign_agreement(aggregator, domain, identity), sign_agreement(prosumer, domain, identity)


def signed(town: Town, deal: str = EVENING, **changes: object) -> Terms:
    """An offer that both parties have signed."""
    terms = make_offer(town, deal, **changes)
    owner = parties.OWNERS[deal.split()[0]]
    sign_both(town.session, town.market, terms, parties.AGGREGATOR, owner)
    return terms


def status_on_chain(town: Town, terms: Terms) -> int:
    """The status of an agreement on the ledger."""
    return int(town.market.contract.view("agreementState", agreement_id(terms))[0])
