"""S02: signatures of both parties, and recording on the ledger."""

from dataclasses import replace

import pytest

from backend.chain.adapter import ContractRefused
from backend.chain.wallet import sign_agreement
from backend.services import negotiation
from backend.services.negotiation import accept, record_signed, sign_both
from backend.services.records import LAPSED, OFFERED, RECORDED, SIGNED, recorded_agreements
from settlement.errors import InputError
from settlement.identity import agreement_id
from tests.backend import parties
from tests.backend.defaults import DEALS, MONDAY, SIGN_BEFORE_S, utc_s
from tests.backend.services.negotiating import (
    EVENING,
    OWNER,
    RECORDED_ON_CHAIN,
    row_of,
    signatures,
    signed,
    status_on_chain,
)
from tests.backend.stages import make_offer

# Signatures


@pytest.mark.parametrize("party", ["aggregator", "prosumer"])
def test_a_signature_of_somebody_else_is_refused(offering, party):
    offered = make_offer(offering, EVENING)
    forged = signatures(offering, offered, **{party: parties.STRANGER})
    with pytest.raises(InputError, match=f"agreement: signature of the {party}; expected one"):
        accept(offering.session, offering.market, offered, *forged)
    assert row_of(offering, offered).status == OFFERED


def test_signatures_in_the_place_of_each_other_are_refused(offering):
    offered = make_offer(offering, EVENING)
    with pytest.raises(InputError, match="signature of the aggregator"):
        accept(offering.session, offering.market, offered, *reversed(signatures(offering, offered)))


def test_a_signature_over_other_terms_is_refused(offering):
    offered, other = make_offer(offering, EVENING), make_offer(offering, EVENING)
    own, others = signatures(offering, offered), signatures(offering, other)
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, own[0], others[1])


@pytest.mark.parametrize("broken", [b"", bytes(65), b"\x01" * 64, b"\x01" * 66])
def test_a_signature_that_is_none_is_refused(offering, broken):
    offered = make_offer(offering, EVENING)
    own = signatures(offering, offered)
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, own[0], broken)


@pytest.mark.parametrize("changes", [{"chain_id": 1}, {"market": bytes(19) + b"\x01"}])
def test_a_signature_for_another_market_is_refused(offering, changes):
    offered = make_offer(offering, EVENING)
    elsewhere = replace(offering.market.domain(), **changes)
    aggregator, _ = signatures(offering, offered)
    prosumer = sign_agreement(OWNER, elsewhere, agreement_id(offered))
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, aggregator, prosumer)


def test_an_offer_is_signed_once(offering):
    terms = signed(offering)
    assert row_of(offering, terms).status == SIGNED
    with pytest.raises(InputError, match="agreement is signed; expected offered"):
        sign_both(offering.session, offering.market, terms, parties.AGGREGATOR, OWNER)


# Recording


def test_what_is_only_offered_is_not_recorded(offering):
    offered = make_offer(offering, EVENING)
    before = offering.chain.block_number()
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0
    assert offering.chain.block_number() == before
    assert status_on_chain(offering, offered) == 0


def test_all_that_is_signed_is_recorded_in_batches(offering, monkeypatch):
    monkeypatch.setattr(negotiation, "BATCH", 2)
    every = [signed(offering, deal) for deal in (EVENING, "dairy steady", "mill night", EVENING)]
    every.append(signed(offering, "bakery midday"))
    before = offering.chain.block_number()
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 5
    assert offering.chain.block_number() == before + 3
    assert offering.chain.transactions["recordAgreements"] == 3
    for terms in every:
        assert row_of(offering, terms).status == RECORDED
        assert status_on_chain(offering, terms) == RECORDED_ON_CHAIN
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0


def test_recorded_agreements_are_listed_by_site(agreed):
    rows = recorded_agreements(agreed.session)
    assert [row.site_id for row in rows] == ["bakery", "bakery", "dairy", "mill"]
    assert {row.agreement_id for row in rows} == {agreed.identity(deal.name) for deal in DEALS}


@pytest.mark.parametrize("deal", [deal.name for deal in DEALS])
def test_the_ledger_has_the_very_terms(agreed, deal):
    state = agreed.market.contract.view("agreementState", agreed.identity(deal))
    assert state[0] == RECORDED_ON_CHAIN
    assert agreed.head(deal) == bytes(32)


def test_the_deadline_is_the_last_second_of_recording(offering):
    terms = signed(offering)
    offering.chain.advance_to(terms.sign_before)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 1
    assert offering.chain.now_s() == terms.sign_before


def test_nothing_is_recorded_after_the_deadline(offering):
    deadline = utc_s(2040, 3, 1, 12)
    late = signed(offering, sign_before_s=deadline)
    offering.chain.advance_to(deadline + 1)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0
    row = row_of(offering, late)
    assert row.status == LAPSED
    assert row.reason == f"SignatureExpired({deadline}, {deadline + 1})"
    assert status_on_chain(offering, late) == 0


def test_nothing_is_recorded_once_the_first_day_has_begun(offering):
    late = signed(offering, sign_before_s=SIGN_BEFORE_S + 3600)
    offering.chain.advance_to(SIGN_BEFORE_S + 1)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0
    row = row_of(offering, late)
    assert row.status == LAPSED
    assert row.reason == f"AgreementAlreadyStarted({agreement_id(late)}, {MONDAY}, {MONDAY})"


@pytest.mark.parametrize("batch", [1, 2, 20])
def test_one_that_has_lapsed_does_not_hold_up_the_others(offering, monkeypatch, batch):
    monkeypatch.setattr(negotiation, "BATCH", batch)
    good = [signed(offering, deal) for deal in ("mill night", "dairy steady", EVENING)]
    late = signed(offering, sign_before_s=utc_s(2040, 3, 1))
    offering.chain.advance_to(utc_s(2040, 3, 2))
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 3
    assert [row_of(offering, terms).status for terms in good] == [RECORDED] * 3
    assert [status_on_chain(offering, terms) for terms in good] == [RECORDED_ON_CHAIN] * 3
    assert row_of(offering, late).status == LAPSED
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0


def test_what_the_ledger_has_is_kept_when_a_later_batch_is_refused(offering, monkeypatch):
    """The second batch has an agreement on a template that was withdrawn."""
    monkeypatch.setattr(negotiation, "BATCH", 1)
    every = [signed(offering, deal) for deal in ("mill night", "dairy steady", EVENING)]
    last = max(every, key=agreement_id)
    offering.market.contract.send(parties.AGGREGATOR, "withdrawTemplate", last.template_id)
    with pytest.raises(ContractRefused, match="UnknownTemplate"):
        record_signed(offering.session, offering.market, parties.RELAYER)
    offering.session.rollback()
    for terms in every:
        recorded = terms != last
        assert status_on_chain(offering, terms) == (RECORDED_ON_CHAIN if recorded else 0)
        assert row_of(offering, terms).status == (RECORDED if recorded else SIGNED)


def test_what_the_ledger_recorded_already_is_taken_over(offering):
    """The process had ended between the transaction and the commit of the store."""
    terms = signed(offering)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 1
    row_of(offering, terms).status = SIGNED
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 1
    assert row_of(offering, terms).status == RECORDED
