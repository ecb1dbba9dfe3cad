"""A small settlement period played on any chain, with what came of each step.

Two agreements, three activations, one day of meter data, one run, two claims. Names of parties,
figures and order of transactions are fixed, so that two chains with one id end in one state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from backend.chain.adapter import Chain, ContractRefused
from backend.chain.ledger import Ledger, ProvenStatement, PublishedRun, Token
from backend.chain.market import Market, SignedTerms, WantedActivation
from backend.chain.wallet import Wallet, address_of, sign_agreement
from settlement.activation import Activation
from settlement.identity import agreement_id, template_id
from settlement.keccak import keccak256
from settlement.merkle import build_tree
from settlement.statement import Statement, statement_leaf
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.defaults import (
    BOND_AMOUNT,
    CHALLENGE_WINDOW_S,
    DAY_S,
    MONDAY,
    NEGOTIATION_S,
    PERIOD,
    SIGN_BEFORE_S,
    SUNDAY,
    TEMPLATES,
    TUESDAY,
    isp_at,
)

TEMPLATE = TEMPLATES["steady"]
AMOUNT_W = -1_500
AMOUNTS = (123_456, 1)
"""What the run grants the two agreements, in 1e-4 EUR; nobody recomputes it here."""

ESCROW_AMOUNT = 10_000_000
PUBLICATION_S = (SUNDAY + 2) * DAY_S
CLAIMS_S = PUBLICATION_S + CHALLENGE_WINDOW_S + 60
OWNERS = tuple(parties.OWNERS.values())[:2]
EVENING_ISP = isp_at(TUESDAY, 18)


@dataclass(slots=True)
class Played:
    """What a chain answered.

    Attributes:
        refusals: name and values of every refusal, by what was tried.
        views: what views returned, by name; money in 1e-4 EUR.
        gas: gas used, by the label of the transactions.
    """

    refusals: dict[str, tuple[str, tuple[object, ...]]] = field(default_factory=dict)
    views: dict[str, object] = field(default_factory=dict)
    gas: dict[str, int] = field(default_factory=dict)

    def refused(self, attempt: str, action: Callable[[], object]) -> None:
        """Try what has to be refused."""
        try:
            action()
        except ContractRefused as refusal:
            self.refusals[attempt] = (refusal.name, refusal.values)
        else:
            raise AssertionError(f"not refused: {attempt}")


def agreed(number: int) -> Terms:
    """The terms of one of the two agreements."""
    return replace(
        TEMPLATE,
        template_id=template_id(TEMPLATE),
        prosumer=address_of(OWNERS[number]),
        elements=keccak256(b"elements %d" % number),
        salt=keccak256(b"salt %d" % number),
        amount_w=AMOUNT_W,
        start_day=MONDAY,
        end_day=SUNDAY,
        sign_before=SIGN_BEFORE_S,
    )


AGREEMENTS = (agreed(0), agreed(1))


@dataclass(frozen=True, slots=True)
class Stage:
    """The deployed contracts of one chain."""

    chain: Chain
    market: Market
    token: Token
    ledger: Ledger

    @classmethod
    def deploy(cls, chain: Chain) -> "Stage":
        """Deploy the contracts, give the roles and fill escrow and bond."""
        chain.fund(list(parties.PAYING))
        market = Market.deploy(chain, parties.ADMIN)
        token = Token.deploy_test_euro(chain, parties.ADMIN)
        ledger = Ledger.deploy(chain, parties.ADMIN, market, token, CHALLENGE_WINDOW_S, BOND_AMOUNT)
        ledger.grant(parties.ADMIN, "DSO_ROLE", parties.DSO)
        ledger.grant(parties.ADMIN, "MDC_ROLE", parties.MDC)
        token.mint(parties.ADMIN, address_of(parties.AGGREGATOR), ESCROW_AMOUNT)
        token.approve(parties.AGGREGATOR, ledger.address, ESCROW_AMOUNT)
        ledger.deposit(parties.AGGREGATOR, parties.DSO, ESCROW_AMOUNT)
        token.mint(parties.ADMIN, address_of(parties.DSO), BOND_AMOUNT)
        token.approve(parties.DSO, ledger.address, BOND_AMOUNT)
        ledger.deposit_bond(parties.DSO, BOND_AMOUNT)
        return cls(chain, market, token, ledger)

    def move_to(self, utc_s: int) -> None:
        """Move the chain's time forward."""
        assert self.chain.advance_to is not None, "the time of a test chain can be moved"
        self.chain.advance_to(utc_s)

    def signed(self, terms: Terms, owner: Wallet) -> SignedTerms:
        """Terms with both signatures."""
        identity, domain = agreement_id(terms), self.market.domain()
        return SignedTerms(
            terms,
            sign_agreement(parties.AGGREGATOR, domain, identity),
            sign_agreement(owner, domain, identity),
        )


def play(chain: Chain) -> Played:
    """Play the whole period on an empty chain."""
    played, stage = Played(), Stage.deploy(chain)
    stage.move_to(NEGOTIATION_S)
    agree(stage, played)
    order(stage, played)
    settle(stage, played)
    look(stage, played)
    played.gas = dict(chain.gas_used)
    return played


def agree(stage: Stage, played: Played) -> None:
    """Publish the template and record both agreements in one transaction."""
    market, batch = stage.market, list(map(stage.signed, AGREEMENTS, OWNERS))
    played.refused(
        "a template of another", lambda: market.publish_template(parties.STRANGER, TEMPLATE)
    )
    market.publish_template(parties.AGGREGATOR, TEMPLATE)
    played.refused(
        "a template twice", lambda: market.publish_template(parties.AGGREGATOR, TEMPLATE)
    )
    crossed = [replace(batch[0], prosumer_signature=batch[1].prosumer_signature)]
    played.refused(
        "the signature of another", lambda: market.record_agreements(parties.RELAYER, crossed)
    )
    market.record_agreements(parties.RELAYER, batch)
    played.refused("recorded twice", lambda: market.record_agreements(parties.RELAYER, batch[1:]))


def order(stage: Stage, played: Played) -> None:
    """Order within the limits; beyond each of some limits it is refused."""
    stage.move_to(MONDAY * DAY_S)

    def activate(*orders: tuple[int, Activation]) -> object:
        wanted = [WantedActivation(AGREEMENTS[number], one) for number, one in orders]
        return stage.market.activate(parties.AGGREGATOR, wanted)

    first = Activation(EVENING_ISP, 4, AMOUNT_W)
    activate((0, first), (1, replace(first, ordered_w=-1)))
    later = Activation(EVENING_ISP + 96, 12, -700)
    refused = {
        "more W than agreed": replace(later, ordered_w=AMOUNT_W - 1),
        "the wrong direction": replace(later, ordered_w=1),
        "too long": replace(later, isps=13),
        "too soon after the one before": replace(later, first_isp=EVENING_ISP + 6, isps=1),
        "outside of the window": replace(later, first_isp=EVENING_ISP + 92 - 8),
        "outside of the dates": replace(later, first_isp=isp_at(SUNDAY, 20) + 96, isps=1),
    }
    for attempt, wanted in refused.items():
        played.refused(attempt, lambda wanted=wanted: activate((0, wanted)))
    activate((0, later))


def settle(stage: Stage, played: Played) -> None:
    """Commit meter data, publish the run, claim for both prosumers."""
    ledger, run = stage.ledger, published_run()
    roots = [keccak256(b"readings of day %d" % day) for day in (MONDAY, TUESDAY)]
    played.refused(
        "no meter data company", lambda: ledger.commit_meter_data(parties.DSO, MONDAY, roots)
    )
    ledger.commit_meter_data(parties.MDC, MONDAY, roots)
    played.refused("a period that is not over", lambda: ledger.publish_run(parties.DSO, run))
    stage.move_to(PUBLICATION_S)
    ledger.publish_run(parties.DSO, run)
    following = replace(run, sum=2 * ESCROW_AMOUNT)
    played.refused("a period twice", lambda: ledger.publish_run(parties.DSO, following))
    claims = proven()
    played.refused("a claim too early", lambda: ledger.claim(parties.RELAYER, claims))
    stage.move_to(CLAIMS_S)
    raised = replace(claims[0], statement=replace(claims[0].statement, amount=AMOUNTS[0] + 1))
    played.refused("a higher amount", lambda: ledger.claim(parties.RELAYER, [raised]))
    ledger.claim(parties.RELAYER, claims)


def statements() -> tuple[Statement, ...]:
    """The statements of the run, ascending by agreement id."""
    made = (
        Statement(
            agreement_id(terms),
            PERIOD.first_day,
            PERIOD.last_day,
            keccak256(b""),
            capacity_isps=0,
            capacity=amount,
            volume=0,
            penalty=0,
            amount=amount,
        )
        for terms, amount in zip(AGREEMENTS, AMOUNTS, strict=True)
    )
    return tuple(sorted(made, key=lambda one: one.agreement_id))


def published_run() -> PublishedRun:
    """The run over the two statements."""
    tree = build_tree([statement_leaf(one) for one in statements()])
    root, total = tree.root
    aggregator, rule_set = address_of(parties.AGGREGATOR), TEMPLATE.rule_set
    return PublishedRun(aggregator, PERIOD, root, total, tree.depth, rule_set, 2)


def proven() -> list[ProvenStatement]:
    """Both statements with their proofs."""
    tree = build_tree([statement_leaf(one) for one in statements()])
    terms = {agreement_id(one): one for one in AGREEMENTS}
    return [
        ProvenStatement(terms[one.agreement_id], one, tree.proof(place))
        for place, one in enumerate(statements())
    ]


def look(stage: Stage, played: Played) -> None:
    """Ask what stands at the end."""
    aggregator, dso = parties.AGGREGATOR.address, parties.DSO.address
    market, ledger = stage.market.contract, stage.ledger.contract
    for number, terms in enumerate(AGREEMENTS):
        identity = agreement_id(terms)
        played.views[f"balance {number}"] = stage.token.balance(terms.prosumer)
        played.views[f"state {number}"] = tuple(market.view("agreementState", identity))
        played.views[f"head {number}"] = market.view("activationHead", identity)
    played.views["escrow"] = tuple(ledger.view("escrowOf", aggregator, dso))
    run = stage.ledger.run_of(
        address_of(parties.DSO), address_of(parties.AGGREGATOR), PERIOD.first_day
    )
    played.views["run"] = (run.sum, run.claimed, run.version)  # blocks are counted differently
    played.views["ledger holds"] = stage.token.balance(stage.ledger.address)
