"""Baselines from like days: methods by hand, ranking, rounding, nominations."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.activation import Activation
from settlement.baselines.baseline import Baseline, nominated_baseline
from settlement.baselines.computed import computed_baseline
from settlement.baselines.like_days import is_working
from settlement.clock import day_of
from settlement.meter import Readings
from settlement.terms import BaselineMethod, Terms
from tests.settlement.defaults import AUTUMN_2027, SPRING_2027, VIENNA, always, readings
from tests.settlement.site import event_at, history

HIGH, MID, LOW, ROLLING, NOMINATED = BaselineMethod

WED_16 = day_of(date(2027, 6, 16))
TUE_15, MON_14, SUN_13, SAT_12, FRI_11, THU_10, WED_9, TUE_8 = range(WED_16 - 1, WED_16 - 9, -1)
AT_17H, AT_17H15 = 17 * 60, 17 * 60 + 15

# Sums over the event: Mon 9600, Tue 8200 before Thu 8200 (the more recent first), Wed 8000, Fri.
WORKING_DAYS = {
    TUE_15: {AT_17H: 4000, AT_17H15: 4200},
    MON_14: {AT_17H: 5000, AT_17H15: 4600},
    FRI_11: {AT_17H: 3000, AT_17H15: 3001},
    THU_10: {AT_17H: 4100, AT_17H15: 4100},
    WED_9: {AT_17H: 6000, AT_17H15: 2000},
}


def method(baseline_method: BaselineMethod, x: int, y: int) -> Terms:
    return always(baseline_method=baseline_method, x=x, y=y)


def half_hour_of_wednesday(some_terms: Terms, table=WORKING_DAYS, **more) -> Baseline:
    event = event_at(some_terms, WED_16, AT_17H, 2)
    return computed_baseline(some_terms, event, history(some_terms, table, event, **more))


@pytest.mark.parametrize(
    ("some_terms", "values", "taken"),
    [
        (method(HIGH, 1, 5), (5000, 4600), {MON_14}),
        (method(HIGH, 2, 5), (4500, 4400), {MON_14, TUE_15}),
        (method(HIGH, 3, 5), (4367, 4300), {MON_14, TUE_15, THU_10}),
        (method(LOW, 1, 5), (3000, 3001), {FRI_11}),
        (method(LOW, 2, 5), (4500, 2500), {WED_9, FRI_11}),  # 2500.5 to the even 2500
        (method(LOW, 3, 5), (4367, 3034), {THU_10, WED_9, FRI_11}),
        (method(MID, 1, 5), (4100, 4100), {THU_10}),
        (method(MID, 3, 5), (4700, 3433), {TUE_15, THU_10, WED_9}),
        (method(MID, 5, 5), (4420, 3580), set(WORKING_DAYS)),
        (method(ROLLING, 0, 5), (4420, 3580), set(WORKING_DAYS)),
        (method(ROLLING, 0, 1), (4000, 4200), {TUE_15}),
        (method(ROLLING, 0, 3), (4000, 3934), {TUE_15, MON_14, FRI_11}),
        (method(HIGH, 5, 5), (4420, 3580), set(WORKING_DAYS)),
    ],
)
def test_methods_by_hand(some_terms, values, taken):
    found = half_hour_of_wednesday(some_terms)
    assert found.values_w == values
    assert {one.day for one in found.days if one.taken} == taken
    assert found.note == "no adjustment agreed"


def test_every_day_looked_at_is_told_with_its_reason():
    found = half_hour_of_wednesday(method(HIGH, 3, 5))
    assert [(one.day, one.reason, one.w_sum) for one in found.days] == [
        (TUE_15, "taken", 8200),
        (MON_14, "taken", 9600),
        (SUN_13, "not a working day", None),
        (SAT_12, "not a working day", None),
        (FRI_11, "a like day that the method does not take", 6001),
        (THU_10, "taken", 8200),
        (WED_9, "a like day that the method does not take", 8000),
    ]


def test_days_are_chosen_as_a_whole_not_isp_by_isp():
    # The largest single reading of 17:00 is Wednesday's 6000 W; its day has only the fourth sum.
    assert half_hour_of_wednesday(method(HIGH, 1, 5)).values_w == (5000, 4600)


@pytest.mark.parametrize(
    ("tie", "values"),
    [(method(HIGH, 1, 2), (1, 9)), (method(LOW, 1, 2), (9, 1))],
)
def test_of_equal_days_the_more_recent_ranks_higher(tie, values):
    table = {TUE_15: {AT_17H: 1, AT_17H15: 9}, MON_14: {AT_17H: 9, AT_17H15: 1}}
    assert half_hour_of_wednesday(tie, table).values_w == values


def test_ranking_is_signed_so_the_strongest_export_ranks_lowest():
    table = {
        TUE_15: {AT_17H: -5000, AT_17H15: -5000},
        MON_14: {AT_17H: 100, AT_17H15: 100},
        FRI_11: {AT_17H: -300, AT_17H15: -300},
    }
    assert half_hour_of_wednesday(method(HIGH, 1, 3), table).values_w == (100, 100)
    assert half_hour_of_wednesday(method(MID, 1, 3), table).values_w == (-300, -300)
    assert half_hour_of_wednesday(method(LOW, 1, 3), table).values_w == (-5000, -5000)


@pytest.mark.parametrize(
    ("first", "second", "mean"),
    [(3, 4, 4), (2, 3, 2), (-3, -4, -4), (-2, -3, -2), (0, -1, 0), (-1, -2, -2), (-7, -6, -6)],
)
def test_mean_is_rounded_half_to_even_on_both_sides_of_zero(first, second, mean):
    table = {TUE_15: {AT_17H: first}, MON_14: {AT_17H: second}}
    assert half_hour_of_wednesday(method(ROLLING, 0, 2), table).values_w == (mean, 1000)


def test_thirds_below_zero():
    table = {day: {AT_17H: w} for day, w in ((TUE_15, -1), (MON_14, -1), (FRI_11, 0))}
    assert half_hour_of_wednesday(method(ROLLING, 0, 3), table).values_w == (-1, 1000)


def test_a_mean_that_the_ledger_cannot_hold_is_no_baseline():
    table = {TUE_15: {AT_17H: 2**31}}
    found = half_hour_of_wednesday(method(ROLLING, 0, 1), table)
    assert found.values_w is None
    assert found.note == "a baseline value is out of the range that can be recorded"


def test_event_on_the_doubled_hour_reads_the_same_isps_twice():
    some_terms = method(ROLLING, 0, 2)
    quarters = [120, 135, 150, 165]
    table = {
        AUTUMN_2027 - 1: dict(zip(quarters, [100, 200, 300, 400], strict=True)),
        AUTUMN_2027 - 7: dict(zip(quarters, [200, 200, 500, 401], strict=True)),
        AUTUMN_2027 - 8: dict.fromkeys(quarters, 9999),
    }
    isps = VIENNA.day_isps(AUTUMN_2027)[8:16]
    event = Activation(isps[0], 8, -3000)
    found = computed_baseline(some_terms, event, history(some_terms, table, event))
    # The Saturday before and the Sunday a week before; 400.5 rounds to the even 400.
    assert found.values_w == (150, 200, 400, 400) * 2
    assert [one.w_sum for one in found.days if one.taken] == [2000, 2602]


def test_event_over_the_missing_hour_is_matched_by_wall_clock():
    some_terms = method(ROLLING, 0, 1)
    table = {SPRING_2027 - 1: {105: 1, 120: 2, 165: 3, 180: 4, 195: 5}}
    first = VIENNA.day_isps(SPRING_2027)[7]
    assert VIENNA.describe(first) == "2027-03-28 01:45"
    assert VIENNA.describe(first + 1) == "2027-03-28 03:00"
    event = Activation(first, 3, -3000)
    found = computed_baseline(some_terms, event, history(some_terms, table, event))
    assert found.values_w == (1, 4, 5)


def test_utc_length_of_day_does_not_matter_after_the_clock_change():
    # Monday after the change at 17:00 summer time reads the Friday before at 17:00 winter time.
    some_terms = method(ROLLING, 0, 1)
    monday, friday = SPRING_2027 + 1, SPRING_2027 - 2
    event = event_at(some_terms, monday, AT_17H, 1)
    found = computed_baseline(some_terms, event, history(some_terms, {friday: {AT_17H: 77}}, event))
    assert found.values_w == (77,)


def test_working_days():
    assert [is_working(day, ()) for day in range(MON_14, MON_14 + 7)] == [True] * 5 + [False] * 2
    assert not is_working(MON_14, {MON_14})
    assert not is_working(SAT_12, {SAT_12})


def test_nominated_baseline_is_read_where_it_was_nominated():
    some_terms = always(baseline_method=NOMINATED, x=0, y=0)
    event = event_at(some_terms, WED_16, AT_17H, 2)
    nomination = readings(lambda isp: isp - event.first_isp - 5, WED_16, WED_16)
    found = nominated_baseline(event.ordered_isps(), nomination)
    assert found == Baseline((-5, -4), (), "nominated before delivery")


def test_a_gap_in_the_nomination_is_no_baseline():
    some_terms = always(baseline_method=NOMINATED, x=0, y=0)
    event = event_at(some_terms, WED_16, AT_17H, 2)
    gap = readings(lambda isp: None if isp == event.first_isp + 1 else 5, WED_16, WED_16)
    for nomination in (gap, Readings(15, {})):
        found = nominated_baseline(event.ordered_isps(), nomination)
        assert found.values_w is None
        assert found.note == "no baseline was nominated for all of its ISPs"


day_values = st.lists(
    st.tuples(st.integers(-9000, 9000), st.integers(-9000, 9000)), min_size=5, max_size=5
)


@given(day_values, st.integers(1, 5))
def test_low_of_the_mirrored_site_is_the_mirrored_high(values, x):
    table = {
        day: {AT_17H: 2 * first, AT_17H15: 2 * second + position}
        for position, (day, (first, second)) in enumerate(zip(WORKING_DAYS, values, strict=True))
    }
    sums = [sum(one.values()) for one in table.values()]
    if len(set(sums)) < 5:
        return  # equal days go to the more recent on both sides
    mirrored = {day: {minute: -w for minute, w in one.items()} for day, one in table.items()}
    high = half_hour_of_wednesday(method(HIGH, x, 5), table).values_w
    low = half_hour_of_wednesday(method(LOW, x, 5), mirrored).values_w
    assert high is not None
    assert low == tuple(-w for w in high)


@given(day_values, st.integers(-9000, 9000))
def test_a_constant_more_on_every_day_is_a_constant_more_baseline(values, more):
    def table(extra):
        return {
            day: {AT_17H: first + extra, AT_17H15: second + extra}
            for day, (first, second) in zip(WORKING_DAYS, values, strict=True)
        }

    plain = half_hour_of_wednesday(method(MID, 1, 5), table(0)).values_w
    raised = half_hour_of_wednesday(method(MID, 1, 5), table(more)).values_w
    assert plain is not None
    assert raised == tuple(w + more for w in plain)
