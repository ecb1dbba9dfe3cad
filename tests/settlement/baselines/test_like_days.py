"""Which days a baseline may be read from, and where the walk back ends."""

from datetime import date

import pytest

from settlement.activation import Activation
from settlement.baselines.baseline import LOOK_BACK_DAYS, Baseline
from settlement.baselines.computed import computed_baseline
from settlement.clock import day_of, weekday_of
from settlement.terms import Adjustment, BaselineMethod, Terms
from tests.settlement.defaults import AUTUMN_2027, SPRING_2027, always
from tests.settlement.site import event_at, history

WED_16 = day_of(date(2027, 6, 16))
TUE_15, MON_14, SUN_13, SAT_12, FRI_11, THU_10 = range(WED_16 - 1, WED_16 - 7, -1)
AT_17H = 17 * 60


def latest(y: int, **changes: object) -> Terms:
    return always(baseline_method=BaselineMethod.ROLLING, x=0, y=y, **changes)


def reasons(found: Baseline) -> dict[int, str]:
    return {one.day: one.reason for one in found.days}


def at_17h(some_terms: Terms, day: int = WED_16, table=None, **more) -> Baseline:
    event = event_at(some_terms, day, AT_17H, 4)
    return computed_baseline(some_terms, event, history(some_terms, table or {}, event, **more))


def test_a_published_holiday_is_not_a_working_day():
    found = at_17h(latest(1), non_working=[TUE_15])
    assert reasons(found) == {TUE_15: "not a working day", MON_14: "taken"}


def test_an_event_on_a_holiday_is_read_from_weekends_and_holidays():
    found = at_17h(latest(3), non_working=[WED_16, MON_14])
    assert reasons(found) == {
        TUE_15: "a working day",
        MON_14: "taken",
        SUN_13: "taken",
        SAT_12: "taken",
    }


def test_a_day_with_any_activation_of_a_sharing_agreement_is_out_as_a_whole():
    some_terms = latest(1)
    morning = event_at(some_terms, TUE_15, 6 * 60, 1)
    assert reasons(at_17h(some_terms, others=[morning])) == {
        TUE_15: "an activation on a day it is read from",
        MON_14: "taken",
    }


def test_an_activation_over_midnight_takes_out_both_days():
    some_terms = latest(1)
    night = event_at(some_terms, MON_14, 23 * 60, 8)
    found = at_17h(some_terms, others=[night])
    assert [day for day, reason in reasons(found).items() if "activation" in reason] == [
        TUE_15,
        MON_14,
    ]
    assert reasons(found)[FRI_11] == "taken"


@pytest.mark.parametrize("minute", [AT_17H, AT_17H + 45])
def test_a_day_with_a_missing_reading_of_the_event_is_out(minute):
    found = at_17h(latest(1), table={TUE_15: {minute: None}})
    assert reasons(found) == {TUE_15: "a missing reading", MON_14: "taken"}


@pytest.mark.parametrize("minute", [0, AT_17H - 15, AT_17H + 60])
def test_a_missing_reading_elsewhere_does_no_harm(minute):
    assert reasons(at_17h(latest(1), table={TUE_15: {minute: None}})) == {TUE_15: "taken"}


def test_a_reading_of_zero_is_a_reading():
    found = at_17h(latest(1), table={TUE_15: {AT_17H: 0}})
    assert found.values_w == (0, 1000, 1000, 1000)


def test_a_missing_reading_of_the_adjustment_window_takes_the_day_out():
    # Window 15:00 to 16:00.
    some_terms = latest(1, adjustment=Adjustment.ADDITIVE, adjustment_isps=4, adjustment_gap_isps=4)
    for minute in (15 * 60, 15 * 60 + 45):
        found = at_17h(some_terms, table={TUE_15: {minute: None}})
        assert reasons(found)[TUE_15] == "a missing reading"
    for minute in (14 * 60 + 45, 16 * 60):
        assert reasons(at_17h(some_terms, table={TUE_15: {minute: None}}))[TUE_15] == "taken"


def test_a_day_with_a_clock_change_is_out():
    sunday = SPRING_2027 + 7
    found = at_17h(latest(2), sunday, non_working=[])
    assert reasons(found)[SPRING_2027] == "a clock change"
    assert [one.day for one in found.days if one.taken] == [sunday - 1, SPRING_2027 - 1]
    autumn = at_17h(latest(2), AUTUMN_2027 + 7)
    assert reasons(autumn)[AUTUMN_2027] == "a clock change"


def test_a_night_before_a_clock_change_is_out_too():
    # Saturday 23:00 to 01:00 would be read from Saturday and the changed Sunday.
    some_terms = latest(1)
    event = event_at(some_terms, SPRING_2027 + 6, 23 * 60, 8)
    found = computed_baseline(some_terms, event, history(some_terms, {}, event))
    assert reasons(found)[SPRING_2027 - 1] == "a clock change"
    assert reasons(found)[SPRING_2027] == "a clock change"
    assert [one.day for one in found.days if one.taken] == [SPRING_2027 - 7]


def test_event_over_midnight_is_read_from_the_like_day_and_the_next():
    some_terms = latest(2)
    table = {
        MON_14: {23 * 60: 10, 23 * 60 + 45: 11},
        TUE_15: {0: 12, 45: 13},
        FRI_11: {23 * 60: 20, 23 * 60 + 45: 21},
        SAT_12: {0: 22, 45: 23},
    }
    event = event_at(some_terms, WED_16, 23 * 60, 8)
    found = computed_baseline(some_terms, event, history(some_terms, table, event))
    # Tuesday's night ends on Wednesday, where the event itself is.
    assert reasons(found)[TUE_15] == "an activation on a day it is read from"
    assert [one.day for one in found.days if one.taken] == [MON_14, FRI_11]
    assert found.values_w == (15, 1000, 1000, 16, 17, 1000, 1000, 18)


def test_class_of_a_night_is_that_of_its_first_day():
    # Friday 23:00 to 01:00 is a working night although it ends on a Saturday.
    some_terms = latest(1)
    event = event_at(some_terms, FRI_11 + 7, 23 * 60, 8)
    found = computed_baseline(some_terms, event, history(some_terms, {}, event))
    assert [one.day for one in found.days if one.taken] == [WED_16]


def test_adjustment_window_before_midnight_is_read_on_the_day_before_the_like_day():
    # Event Wednesday 01:00, window Tuesday 22:00 to 24:00.
    some_terms = latest(
        1,
        adjustment=Adjustment.ADDITIVE,
        adjustment_isps=8,
        adjustment_gap_isps=4,
        adjustment_cap_bp=10_000,
    )
    event = event_at(some_terms, WED_16, 60, 1)
    evening = range(22 * 60, 24 * 60, 15)
    table = {
        TUE_15: {60: 500, **dict.fromkeys(evening, 1300)},
        MON_14: dict.fromkeys(evening, 1200),
    }
    found = computed_baseline(some_terms, event, history(some_terms, table, event))
    assert found.values_w == (500 + 1300 - 1200,)
    # An activation on Monday takes out Tuesday, whose window is read on Monday.
    others = [event_at(some_terms, MON_14, AT_17H, 4)]
    found = computed_baseline(some_terms, event, history(some_terms, table, event, others=others))
    assert reasons(found)[TUE_15] == "an activation on a day it is read from"
    assert reasons(found)[MON_14] == "an activation on a day it is read from"


def _only_like_day(days_back: int) -> Baseline:
    """A look-back in which one single day of the event's weekday class has readings."""
    keep = WED_16 - days_back
    table = {day: {AT_17H: None} for day in range(WED_16 - 60, WED_16) if day != keep}
    return at_17h(latest(1), table=table)


def test_walk_back_ends_after_45_days():
    assert LOOK_BACK_DAYS == 45
    assert weekday_of(WED_16 - 44) in range(5)
    found = _only_like_day(44)
    assert [one.day for one in found.days if one.taken] == [WED_16 - 44]
    none = _only_like_day(47)
    assert none.values_w is None
    assert none.note == "only 0 of 1 like days in the last 45 days"
    assert min(one.day for one in none.days) == WED_16 - 45


@pytest.mark.parametrize(("days_back", "found"), [(45, True), (46, False)])
def test_the_45th_day_is_the_last(days_back, found):
    # On a Saturday 45 days back is a Wednesday: publish it as non-working.
    saturday = SAT_12
    day = saturday - days_back
    holiday = [day] if weekday_of(day) < 5 else []
    table = {other: {AT_17H: None} for other in range(saturday - 60, saturday) if other != day}
    baseline = at_17h(latest(1), saturday, table, non_working=holiday)
    assert (baseline.values_w is not None) is found


def test_fewer_like_days_than_y_are_no_baseline():
    found = at_17h(latest(5), days_back=6)
    assert found.values_w is None
    # From Thursday to Tuesday there are four working days with readings.
    assert found.note == "only 4 of 5 like days in the last 45 days"
    assert at_17h(latest(4), days_back=6).values_w == (1000,) * 4


def test_every_working_day_of_45_can_be_needed():
    working = sum(weekday_of(WED_16 - back) < 5 for back in range(1, 46))
    assert at_17h(latest(working)).values_w == (1000,) * 4
    assert at_17h(latest(working + 1)).values_w is None


def test_earlier_events_of_the_same_agreement_are_left_out():
    some_terms = latest(2)
    earlier = [
        Activation(event_at(some_terms, TUE_15, AT_17H, 4).first_isp - 96 * back, 4, -3000)
        for back in (0, 1)
    ]
    found = at_17h(some_terms, others=earlier)
    assert [one.day for one in found.days if one.taken] == [FRI_11, THU_10]
