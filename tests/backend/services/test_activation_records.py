"""Activations on the ledger and in the store, and what the ledger itself refuses."""

import pytest
from sqlalchemy import select

from backend.chain.adapter import ContractRefused
from backend.chain.market import WantedActivation
from backend.db.models import ActivationRow
from backend.services import activating
from backend.services.activating import order_activations
from backend.services.negotiation import record_signed, sign_both
from backend.services.records import log_of, standing_of
from settlement.activation import Activation, log_head
from settlement.bundle.records import entries_of
from settlement.identity import agreement_id
from tests.backend import parties
from tests.backend.defaults import CLOCK, FRIDAY, ORDERS, THURSDAY, TUESDAY, WEDNESDAY, isp_at
from tests.backend.services.ordering import EVENING, ORDERED, TUESDAY_17, head_in_store, stored
from tests.backend.stages import make_offer

# Refused by the ledger


def test_nobody_but_the_aggregator_can_order(begun):
    wanted = begun.wanted(EVENING, ORDERED)
    with pytest.raises(ContractRefused) as found:
        order_activations(
            begun.session,
            begun.market,
            parties.STRANGER,
            begun.place_order(),
            [wanted],
            begun.now_s,
        )
    assert found.value.name == "NotAggregator"
    assert stored(begun) == 0


def test_the_ledger_enforces_the_notice_by_its_own_clock(begun):
    begun.chain.advance_to(CLOCK.start_s(TUESDAY_17 - 3))
    earlier_s = CLOCK.start_s(TUESDAY_17 - 8)
    with pytest.raises(ContractRefused) as found:
        begun.order(begun.wanted(EVENING, ORDERED), now_s=earlier_s)
    assert found.value.name == "NoticeTooShort"
    assert found.value.values[2] == CLOCK.start_s(TUESDAY_17 - 4)
    assert stored(begun) == 0


def test_what_the_ledger_took_before_it_refused_a_batch_is_stored(begun, monkeypatch):
    monkeypatch.setattr(activating, "BATCH", 1)
    begun.chain.advance_to(CLOCK.start_s(TUESDAY_17 - 3))
    in_time = begun.wanted("mill night", Activation(isp_at(TUESDAY, 23), 2, -500))
    with pytest.raises(ContractRefused, match="NoticeTooShort"):
        begun.order(in_time, begun.wanted(EVENING, ORDERED), now_s=CLOCK.start_s(TUESDAY_17 - 8))
    assert stored(begun) == 1
    for deal in ("mill night", EVENING):
        assert begun.head(deal) == head_in_store(begun, deal)


# What is recorded


@pytest.mark.parametrize("deal", ["bakery evening", "bakery midday", "dairy steady", "mill night"])
def test_the_log_in_the_store_is_the_log_on_the_ledger(ordered, deal):
    entries = [activation for name, activation in ORDERS if name == deal]
    assert list(entries_of(log_of(ordered.session, ordered.identity(deal)))) == entries
    assert standing_of(ordered.session, ordered.identity(deal)) == tuple(entries)
    assert ordered.head(deal) == head_in_store(ordered, deal) != bytes(32)
    state = ordered.market.contract.view("agreementState", ordered.identity(deal))
    assert (state[1], state[2]) == (len(entries), entries[-1].end_isp)


def test_more_than_a_batch_is_recorded_in_several(begun, monkeypatch):
    monkeypatch.setattr(activating, "BATCH", 3)
    before = begun.chain.block_number()
    begun.order(*(begun.wanted(deal, activation) for deal, activation in ORDERS))
    assert begun.chain.block_number() == before + 3
    assert begun.chain.transactions["activateBatch"] == 3
    rows = begun.session.scalars(select(ActivationRow).order_by(ActivationRow.activation_id)).all()
    assert [row.block - before for row in rows] == [1, 1, 1, 2, 2, 2, 3]
    assert [row.position for row in rows] == [0, 0, 0, 0, 1, 1, 2]
    for deal in {deal for deal, _ in ORDERS}:
        assert begun.head(deal) == head_in_store(begun, deal)


def test_a_full_batch_fits_into_a_block(offering):
    """Twenty-eight activations of seven agreements, four each, in batches of twenty-five."""
    agreements = [make_offer(offering, "dairy steady") for _ in range(7)]
    for terms in agreements:
        owner = parties.OWNERS["dairy"]
        sign_both(offering.session, offering.market, terms, parties.AGGREGATOR, owner)
    record_signed(offering.session, offering.market, parties.RELAYER)
    days = (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    every = [
        WantedActivation(terms, Activation(isp_at(day, 17) + offset, 1, -100))
        for day in days
        for offset, terms in enumerate(agreements)
    ]
    offering.order(*every)
    assert len(every) > activating.BATCH
    assert offering.chain.transactions["activateBatch"] == 2
    assert stored(offering) == 28
    for terms in agreements:
        head = offering.market.contract.view("activationHead", agreement_id(terms))
        log = log_of(offering.session, agreement_id(terms))
        assert head == log_head(entries_of(log)) != bytes(32)


def test_no_activation_is_no_transaction(begun):
    block = begun.chain.block_number()
    begun.order()
    assert begun.chain.block_number() == block


def test_an_activation_belongs_to_its_order(begun):
    order_id = begun.place_order()
    order_activations(
        begun.session,
        begun.market,
        parties.AGGREGATOR,
        order_id,
        [begun.wanted(EVENING, ORDERED)],
        begun.now_s,
    )
    (row,) = begun.session.scalars(select(ActivationRow)).all()
    assert (row.order_id, row.override_isp) == (order_id, None)
    assert (row.first_isp, row.isps, row.ordered_w) == (TUESDAY_17, 4, -3000)
