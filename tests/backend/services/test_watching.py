"""Watching a recorded order on the ledger: who fails is replaced, what is refused is left out."""

import numpy as np
import pytest

from backend.db.models import OrderRow
from backend.services.candidates import Available
from backend.services.dispatching import Wanted, answer_requirement
from backend.services.local_day import LocalDay
from backend.services.watching import Operator, Step, event_of, members_of, watch_order
from flexmanager.local.finding import Cause
from flexmanager.watch.event import Known, Override, Reading
from flexmanager.watch.journal import journal
from settlement.activation import Activation
from tests.backend import parties
from tests.backend.defaults import CLOCK, TUESDAY, isp_at
from tests.backend.services.ordering import head_in_store
from tests.backend.town import Town

TODAY = LocalDay(CLOCK, TUESDAY)
FROM, TO = isp_at(TUESDAY, 17), isp_at(TUESDAY, 20)
NOON_S = CLOCK.start_s(isp_at(TUESDAY, 12))
NEED_W, BASELINE_W = -1_400, 6_000
BAKERY, DAIRY = "bakery evening", "dairy steady"
PENALTY_RATE = 3_000_000


@pytest.fixture
def answered(begun: Town) -> OrderRow:
    """An evening's order that the bakery alone was asked to serve."""
    need_w = np.array([NEED_W if FROM <= isp < TO else 0 for isp in TODAY.isps], dtype=np.int64)
    answer = answer_requirement(
        begun.session,
        begun.market,
        parties.AGGREGATOR,
        Wanted("point", TODAY, need_w),
        [Available(begun.row(BAKERY), 10_000, 1.0)],
        NOON_S,
    )
    assert [one.activation for one in answer.activations] == [Activation(FROM, 12, NEED_W)]
    return answer.order


def operator(town: Town) -> Operator:
    evening = dict.fromkeys(range(FROM, isp_at(TUESDAY, 21)), BASELINE_W)
    return Operator(
        town.market,
        parties.AGGREGATOR,
        CLOCK,
        PENALTY_RATE,
        {town.identity(deal): evening for deal in (BAKERY, DAIRY)},
        [Available(town.row(deal), 10_000, 1.0) for deal in (BAKERY, DAIRY)],
    )


def watch(town: Town, order: OrderRow, *telemetry: Reading | Override) -> Step:
    """Five minutes into the first quarter of the event."""
    now_s = CLOCK.start_s(FROM) + 300
    town.chain.advance_to(now_s - 60)
    return watch_order(town.session, operator(town), order, Known(), FROM, telemetry, now_s)


def test_an_order_that_goes_as_planned_sends_nothing(begun, answered):
    bakery, heads = begun.identity(BAKERY), [begun.head(BAKERY), begun.head(DAIRY)]
    step = watch(begun, answered, Reading(bakery, FROM, BASELINE_W + NEED_W))
    assert (step.watched.findings, step.watched.repair.added, step.refused) == ((), (), ())
    assert [begun.head(BAKERY), begun.head(DAIRY)] == heads


@pytest.mark.parametrize("overridden", [False, True])
def test_who_fails_is_replaced_by_another_agreement_on_the_ledger(begun, answered, overridden):
    bakery = begun.identity(BAKERY)
    taken = (Override(bakery, FROM),) if overridden else ()
    step = watch(begun, answered, Reading(bakery, FROM, BASELINE_W), *taken)
    (finding,) = step.watched.findings
    assert finding.cause is (Cause.OVERRIDE if overridden else Cause.FAILURE)
    assert finding.name == "bakery"
    (added,) = step.watched.repair.added
    assert added.agreement_id == begun.identity(DAIRY)
    isps_left = TO - FROM - 5
    assert added.activation == Activation(FROM + 5, isps_left, -1_500), "after an hour's notice"
    assert added.reliability == 0.5, "all that were asked have failed, so half is counted on"
    assert begun.head(DAIRY) == head_in_store(begun, DAIRY) != bytes(32)
    members = members_of(begun.session, answered, operator(begun))
    assert members[begun.identity(DAIRY)].activations == (added.activation,)
    repair = step.watched.repair
    assert repair.before.delivered_share == 0.0
    assert repair.after.delivered_share == pytest.approx(750 * 7 / (1_400 * 12))
    assert repair.after.penalty < repair.before.penalty
    lines = journal([step.watched])
    assert any("repair: 1 activations of 1 other agreements from 18:15" in one for one in lines)


def test_a_repair_that_the_ledger_refuses_is_not_part_of_it(begun, answered):
    behind = begun.wanted(DAIRY, Activation(FROM, 1, -1))
    begun.market.activate(parties.AGGREGATOR, [behind])
    head = begun.head(DAIRY)
    step = watch(begun, answered, Reading(begun.identity(BAKERY), FROM, BASELINE_W))
    assert [one.reason.split("(")[0] for one in step.refused] == ["RecoveryNotOver"]
    assert step.watched.repair.added == ()
    assert step.watched.repair.after.delivered_share == 0.0, "the shortfall is stated"
    assert begun.head(DAIRY) == head
    assert list(members_of(begun.session, answered, operator(begun))) == [begun.identity(BAKERY)]


def test_an_order_is_read_back_as_an_event(begun, answered):
    event = event_of(answered, CLOCK, PENALTY_RATE)
    assert event.isps == range(TODAY.first_isp, TODAY.first_isp + 96)
    assert (event.required(FROM), event.required(TO), event.required(0)) == (NEED_W, 0, 0)
