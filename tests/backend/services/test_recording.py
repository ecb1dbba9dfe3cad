"""What the ledger refuses is left out of a batch; everything else of it is recorded."""

import pytest

from backend.services import activating, recording
from backend.services.recording import record_activations
from settlement.activation import Activation
from tests.backend import parties
from tests.backend.defaults import CLOCK, TUESDAY, isp_at
from tests.backend.services.ordering import head_in_store, stored
from tests.backend.town import Town

NOON_S = CLOCK.start_s(isp_at(TUESDAY, 12))
BAKERY = Activation(isp_at(TUESDAY, 17), 4, -3000)
DAIRY = Activation(isp_at(TUESDAY, 17), 4, -1500)
MILL = Activation(isp_at(TUESDAY, 23), 4, -4000)


def record(town: Town, *wanted: tuple[str, Activation]):
    asked = [town.wanted(deal, activation) for deal, activation in wanted]
    order_id = town.place_order()
    market, aggregator = town.market, parties.AGGREGATOR
    return record_activations(town.session, market, aggregator, order_id, asked, NOON_S)


@pytest.mark.parametrize("batch", [1, 2, 25])
def test_one_that_the_ledger_refuses_takes_no_other_with_it(begun, monkeypatch, batch):
    monkeypatch.setattr(activating, "BATCH", batch)
    monkeypatch.setattr(recording, "BATCH", batch)
    behind = begun.wanted("dairy steady", Activation(isp_at(TUESDAY, 17), 1, -1))
    begun.market.activate(parties.AGGREGATOR, [behind])
    before = begun.head("dairy steady")
    done = record(begun, ("bakery evening", BAKERY), ("dairy steady", DAIRY), ("mill night", MILL))
    assert [one.activation for one in done.taken] == [BAKERY, MILL]
    (refused,) = done.refused
    assert refused.wanted.activation == DAIRY
    assert refused.reason.startswith("RecoveryNotOver(")
    assert begun.head("dairy steady") == before
    assert stored(begun) == 2
    for deal in ("bakery evening", "mill night"):
        assert begun.head(deal) == head_in_store(begun, deal) != bytes(32)


def test_one_that_breaks_a_rule_is_refused_before_anything_is_sent(begun):
    block = begun.chain.block_number()
    done = record(begun, ("dairy steady", Activation(isp_at(TUESDAY, 17), 4, -9_999)))
    assert done.taken == ()
    assert done.refused[0].reason.startswith("amount: ")
    assert begun.chain.block_number() == block


def test_what_follows_a_refused_one_is_judged_without_it(begun):
    """Two of the dairy would be too close; once the first is refused the second may stand."""
    early = Activation(isp_at(TUESDAY, 17), 2, -1_501)
    done = record(begun, ("dairy steady", early), ("dairy steady", DAIRY))
    assert [one.activation for one in done.taken] == [DAIRY]


def test_nothing_is_recorded_of_nothing(begun):
    block = begun.chain.block_number()
    assert record(begun) == recording.Recorded((), ())
    assert begun.chain.block_number() == block
