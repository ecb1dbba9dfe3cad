"""`settle`: worked statements by hand, incomplete statements, capacity, caps, period ends."""

from datetime import date

import pytest
from eth_utils import keccak

from settlement.activation import Activation
from settlement.baselines.baseline import History
from settlement.clock import day_of
from settlement.identity import agreement_id
from settlement.meter import Readings
from settlement.settle import Incomplete, Settled, activations_of, capacity_isps, settle
from settlement.statement import Period, series_hash
from settlement.terms import BaselineMethod, DeliveryRule, Terms
from tests.settlement.defaults import EUR_PER_MWH, always, isp_utc, readings, terms

MON = day_of(date(2027, 6, 7))
WEEK = Period(MON, MON + 6)
MONDAY_17H = isp_utc(2027, 6, 7, 15)
NOMINATED = {"baseline_method": BaselineMethod.NOMINATED, "x": 0, "y": 0}


def nominated(
    some_terms: Terms,
    orders: list[tuple[Activation, list[int | None], list[int | None]]],
    period: Period = WEEK,
    end_day: int | None = None,
) -> Settled | Incomplete:
    """Settle orders given with their nominated baseline and readings."""
    actual: dict[int, int | None] = {}
    nominations: dict[Activation, Readings] = {}
    for one, baseline_w, actual_w in orders:
        values = dict(zip(one.ordered_isps(), baseline_w, strict=True))
        nominations[one] = readings(values.get, MON - 1, MON + 8)
        actual.update(zip(one.ordered_isps(), actual_w, strict=True))
    history = History(readings(actual.get, MON - 1, MON + 8), (), (), ())
    standing = [one for one, _, _ in orders]
    return settle(some_terms, standing, period, history, nominations, end_day)


def settled(*arguments: object, **more: object) -> Settled:
    result = nominated(*arguments, **more)  # type: ignore[arg-type]
    assert isinstance(result, Settled)
    return result


ORDER = Activation(MONDAY_17H, 4, -3000)
WORKED = (ORDER, [12000] * 4, [9000, 10200, 8000, 12500])


def test_worked_example_becomes_a_statement():
    some_terms = terms(**NOMINATED)
    result = settled(some_terms, [WORKED])
    (line,) = result.lines
    assert (line.volume, line.penalty) == (3510, 2820)
    assert line.actual_w == (9000, 10200, 8000, 12500)
    assert line.pairs == ((12000, 9000), (12000, 10200), (12000, 8000), (12000, 12500))
    statement = result.statement
    # 60 ISPs of 3 kW for a quarter of an hour at 5 EUR per MW and hour: 0.225 EUR.
    assert statement.capacity_isps == 60
    assert (statement.capacity, statement.volume, statement.penalty) == (2250, 3510, 2820)
    assert statement.amount == 2250 + 3510 - 2820
    assert statement.agreement_id == agreement_id(some_terms)
    assert statement.period == WEEK
    assert statement.series_hash == series_hash(line.pairs)


def test_without_activations_there_is_capacity_pay_alone():
    result = settled(terms(**NOMINATED), [])
    assert result.lines == ()
    assert (result.statement.capacity, result.statement.amount) == (2250, 2250)
    assert result.statement.series_hash == keccak(b"")


def test_series_runs_over_all_activations_without_padding_between():
    second = Activation(MONDAY_17H + 96, 1, -3000)
    result = settled(terms(**NOMINATED), [(ORDER, [1] * 4, [2] * 4), (second, [3], [4])])
    assert result.statement.series_hash == series_hash([*[(1, 2)] * 4, (3, 4)])


def test_each_line_is_rounded_on_its_own():
    # Each line is exactly half a unit and rounds to 0; their sum would be 1.
    some_terms = terms(**NOMINATED, volume_rate=200 * EUR_PER_MWH, capacity_rate=0)
    orders = [(Activation(MONDAY_17H + 96 * day, 1, -1), [5], [4]) for day in range(2)]
    result = settled(some_terms, orders)
    assert [line.volume for line in result.lines] == [0, 0]
    assert result.statement.volume == 0


@pytest.mark.parametrize(
    ("cap_bp", "penalty"),
    [(10_000, 2820), (5000, 2820), (4895, 2819), (3333, 1919), (1, 0), (0, 0)],
)
def test_penalty_cap_is_a_share_of_capacity_and_volume_rounded_down(cap_bp, penalty):
    # Capacity and volume are 5760: 48.95 percent are 2819.52, 33.33 percent 1919.808.
    statement = settled(terms(**NOMINATED, penalty_cap_bp=cap_bp), [WORKED]).statement
    assert statement.penalty == penalty
    assert statement.amount == 5760 - penalty


def test_the_net_of_a_period_is_never_negative():
    worst = (ORDER, [12000] * 4, [99_000] * 4)
    result = settled(terms(**NOMINATED), [worst])
    assert result.lines[0].penalty > result.statement.penalty == 2250
    assert result.statement.amount == 0
    assert settled(terms(**NOMINATED, capacity_rate=0), [worst]).statement.amount == 0


def test_failing_the_threshold_costs_the_volume_and_the_capacity_of_its_isps():
    strict = terms(**NOMINATED, delivery_rule=DeliveryRule.THRESHOLD, delivery_bp=6501)
    full = (Activation(MONDAY_17H + 96, 8, -3000), [12000] * 8, [9000] * 8)
    result = settled(strict, [WORKED, full])
    assert [line.counted_for_capacity for line in result.lines] == [False, True]
    assert [line.volume for line in result.lines] == [0, 10_800]
    assert result.lines[0].penalty == 2820
    assert result.statement.capacity_isps == 60 - 4
    assert result.statement.capacity == 2100
    lenient = terms(**NOMINATED, delivery_rule=DeliveryRule.THRESHOLD, delivery_bp=6500)
    assert settled(lenient, [WORKED, full]).statement.capacity_isps == 60


def test_capacity_does_not_become_negative():
    some_terms = terms(**NOMINATED, delivery_rule=DeliveryRule.THRESHOLD, delivery_bp=10_000)
    missed = (Activation(MONDAY_17H, 8, -3000), [12000] * 8, [12000] * 8)
    # The agreement ended on Sunday, so that the period has no window ISP of it.
    assert settled(some_terms, [missed], end_day=MON - 1).statement.capacity_isps == 0


def test_recovery_and_a_used_up_count_keep_their_capacity_pay():
    some_terms = terms(**NOMINATED, max_activations=1, recovery_isps=500)
    assert settled(some_terms, [WORKED]).statement.capacity_isps == 60


@pytest.mark.parametrize(
    ("start", "end", "terminated", "isps"),
    [
        (MON - 90, MON + 90, None, 60),
        (MON + 1, MON + 90, None, 48),
        (MON - 90, MON + 1, None, 24),
        (MON - 90, MON + 90, MON, 12),
        (MON - 90, MON + 1, MON + 3, 24),
        (MON + 3, MON + 90, MON + 2, 0),
        (MON + 7, MON + 90, None, 0),
    ],
)
def test_capacity_counts_window_isps_of_the_agreement_in_the_period(start, end, terminated, isps):
    some_terms = terms(start_day=start, end_day=end)
    assert capacity_isps(some_terms, WEEK, 0, terminated) == isps
    assert capacity_isps(some_terms, WEEK, 5, terminated) == max(0, isps - 5)


def test_an_activation_belongs_to_the_period_of_its_first_isp():
    some_terms = always(**NOMINATED)
    night = Activation(isp_utc(2027, 6, 7, 21, 45), 4, -3000)  # Monday 23:45 to Tuesday 00:45
    orders = [(night, [12000] * 4, [9000] * 4)]
    monday, tuesday = Period(MON, MON), Period(MON + 1, MON + 1)
    assert activations_of(some_terms, [night], monday) == (night,)
    assert activations_of(some_terms, [night], tuesday) == ()
    assert settled(some_terms, orders, monday).statement.volume == 5400
    assert settled(some_terms, orders, tuesday).statement.volume == 0
    utc_monday_local_tuesday = Activation(isp_utc(2027, 6, 7, 22), 4, -3000)
    assert activations_of(some_terms, [utc_monday_local_tuesday], monday) == ()


def test_periods_add_up():
    some_terms = always(**NOMINATED)
    orders = [
        (Activation(MONDAY_17H + 40 * number, 7, -3000), [9000 + number] * 7, [7777] * 7)
        for number in range(12)
    ]
    whole = settled(some_terms, orders).statement
    parts = [settled(some_terms, orders, Period(MON, MON + 2)).statement]
    parts.append(settled(some_terms, orders, Period(MON + 3, MON + 6)).statement)
    assert whole.volume == sum(part.volume for part in parts)
    assert whole.capacity_isps == sum(part.capacity_isps for part in parts)


def test_a_missing_reading_is_no_statement_and_zero_is_another_one():
    some_terms = terms(**NOMINATED)
    missing = nominated(some_terms, [(ORDER, [12000] * 4, [9000, None, 8000, 12500])])
    assert missing == Incomplete(
        agreement_id(some_terms),
        WEEK,
        ("2027-06-07 17:00: 1 of 4 meter readings are missing",),
    )
    zero = nominated(some_terms, [(ORDER, [12000] * 4, [9000, 0, 8000, 12500])])
    assert isinstance(zero, Settled)
    assert zero.lines[0].delivery.delivered_w_sum == 9000


def test_a_missing_nomination_is_no_statement():
    result = nominated(terms(**NOMINATED), [(ORDER, [12000, None, 1, 1], [0] * 4)])
    assert isinstance(result, Incomplete)
    assert result.reasons == ("2027-06-07 17:00: no baseline was nominated for all of its ISPs",)


def test_every_activation_that_lacks_data_is_told():
    second = Activation(MONDAY_17H + 96, 2, -3000)
    third = Activation(MONDAY_17H + 2 * 96, 2, -3000)
    result = nominated(
        terms(**NOMINATED),
        [
            (ORDER, [0] * 4, [None] * 4),
            (second, [0] * 2, [0] * 2),
            (third, [None] * 2, [0] * 2),
        ],
    )
    assert isinstance(result, Incomplete)
    assert result.reasons == (
        "2027-06-07 17:00: 4 of 4 meter readings are missing",
        "2027-06-09 17:00: no baseline was nominated for all of its ISPs",
    )


def test_a_reading_after_the_end_of_the_period_is_needed_too():
    some_terms = always(**NOMINATED)
    night = Activation(isp_utc(2027, 6, 7, 21, 45), 4, -3000)
    result = nominated(some_terms, [(night, [1] * 4, [1, 1, 1, None])], Period(MON, MON))
    assert isinstance(result, Incomplete)


@pytest.mark.parametrize("side", [1, 2])
def test_a_power_that_cannot_be_recorded_makes_the_statement_incomplete(side):
    order = [ORDER, [0] * 4, [0] * 4]
    order[side] = [0, 2**31, 0, 0]
    result = nominated(terms(**NOMINATED), [tuple(order)])  # type: ignore[list-item]
    assert isinstance(result, Incomplete)
    assert result.reasons == ("2027-06-07 17:00: a power is out of the range that can be recorded",)
