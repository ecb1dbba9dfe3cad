"""Match day: the days whose other hours were most like the day of the event."""

from datetime import date

import pytest

from settlement.baselines.baseline import History
from settlement.baselines.computed import like_day_baseline
from settlement.baselines.methods import AdjustmentRule, DayChoice, LikeDays, validate_like_days
from settlement.clock import day_of
from settlement.errors import InputError
from settlement.terms import Adjustment
from tests.settlement.defaults import SPRING_2027, VIENNA
from tests.settlement.site import site

WED_16 = day_of(date(2027, 6, 16))
TUE_15, MON_14, FRI_11, THU_10 = WED_16 - 1, WED_16 - 2, WED_16 - 5, WED_16 - 6
AT_17H, AT_10H = 17 * 60, 10 * 60
BEFORE, AFTER = AT_17H - 15, AT_17H + 30


def match(x=1, y=4, gap=0, **more):
    return LikeDays(DayChoice.MATCH, x, y, match_gap_isps=gap, **more)


def baseline(method, table, *, first=(WED_16, AT_17H), isps=2, ordered=()):
    day, minute = first
    start = VIENNA.isp_at(day, minute)
    event = range(start, start + isps)
    history = History(site(VIENNA, table, WED_16 - 60, WED_16 + 2), {day}, {*event, *ordered}, ())
    return like_day_baseline(method, VIENNA, event, history)


def taken(found):
    return [one.day for one in found.days if one.taken]


# All sites draw 1000 W but where it says otherwise. At 10:00 the day of the event drew 1500 W.
TABLE = {
    WED_16: {AT_10H: 1500},
    TUE_15: {AT_10H: 1900, AT_17H: 1},  # 400 W off
    MON_14: {AT_10H: 1400, AT_17H: 22},  # 100 W off
    FRI_11: {AT_10H: 1700, AT_17H: 333},  # 200 W off
    THU_10: {AT_10H: 1300, AT_17H: 4444},  # 200 W off
}


def test_most_similar_days_are_taken_and_ties_go_to_the_more_recent():
    assert baseline(match(1), TABLE).values_w == (22, 1000)
    two = baseline(match(2), TABLE)
    assert taken(two) == [MON_14, FRI_11]
    assert two.values_w == (178, 1000)  # 177.5
    assert taken(baseline(match(3), TABLE)) == [MON_14, FRI_11, THU_10]


def test_differences_count_by_their_squares():
    # One ISP 300 W off (90,000) is more than four ISPs 100 W off (40,000).
    table = {
        TUE_15: {AT_10H: 1300, AT_17H: 7},
        MON_14: {**dict.fromkeys(range(AT_10H, AT_10H + 60, 15), 1100), AT_17H: 8},
    }
    assert baseline(match(1, 2), table).values_w == (8, 1000)


def test_event_itself_and_its_neighbours_are_not_compared():
    wild = {**TABLE, MON_14: {**TABLE[MON_14], BEFORE: 90_000, AFTER: 90_000, AT_17H + 15: 90_000}}
    assert taken(baseline(match(1), wild)) == [FRI_11]
    assert taken(baseline(match(1, gap=1), wild)) == [MON_14]


def test_other_activations_of_the_day_are_not_compared():
    ordered = [VIENNA.isp_at(WED_16, AT_10H)]
    # Nothing else differs, so the most recent day is the most similar.
    assert taken(baseline(match(1), TABLE, ordered=ordered)) == [TUE_15]


def test_a_reading_that_the_day_of_the_event_lacks_is_not_compared():
    assert taken(baseline(match(1), {**TABLE, WED_16: {AT_10H: None}})) == [TUE_15]


def test_a_day_that_lacks_a_compared_reading_is_out():
    found = baseline(match(1, 3), {**TABLE, MON_14: {0: None}})
    assert {one.day: one.reason for one in found.days}[MON_14] == "a missing reading"


def test_a_declared_outage_takes_a_day_out():
    start = VIENNA.isp_at(WED_16, AT_17H)
    event = range(start, start + 2)
    readings = site(VIENNA, TABLE, WED_16 - 60, WED_16 + 2)
    history = History(readings, {WED_16}, {*event}, (), outage_days={MON_14})
    found = like_day_baseline(match(1, 3), VIENNA, event, history)
    assert {one.day: one.reason for one in found.days}[MON_14] == "a declared outage"
    assert taken(found) == [FRI_11]


def test_nothing_to_compare_is_no_baseline():
    found = baseline(match(1, gap=96), TABLE)
    assert (found.values_w, found.note) == (None, "nothing outside the event can be compared")


def test_a_night_compares_both_its_days():
    table = {
        WED_16 + 1: {AT_10H: 1500},
        MON_14: {AT_10H: 1500},  # is the second day of Sunday, no working day
        FRI_11: {AT_10H: 1500},  # is the second day of Thursday
        THU_10: {23 * 60: 50},
        TUE_15: {23 * 60: 60},
    }
    found = baseline(match(1, 3), table, first=(WED_16, 23 * 60), isps=8)
    assert taken(found) == [THU_10]
    assert found.values_w[0] == 50


def test_a_day_with_a_clock_change_can_be_compared():
    start = VIENNA.day_isps(SPRING_2027)[40]
    event = range(start, start + 2)
    # Sunday: Saturday was like it, the Sunday before was not.
    table = {SPRING_2027: {AT_10H: 1500}, SPRING_2027 - 1: {AT_10H: 1500}}
    readings = site(VIENNA, table, SPRING_2027 - 60, SPRING_2027 + 2)
    found = like_day_baseline(
        match(1, 2), VIENNA, event, History(readings, {SPRING_2027}, set(event), ())
    )
    assert taken(found) == [SPRING_2027 - 1]


def test_it_can_be_adjusted_like_any_other():
    upward = AdjustmentRule(Adjustment.ADDITIVE_UPWARD, 4, 0, 2000)
    table = {**TABLE, WED_16: {AT_10H: 1500, BEFORE: 1400}}
    found = baseline(match(1, adjustment=upward), table)
    assert found.values_w == (122, 1100)  # 1400 + 3 x 1000 over 4 is 100 more than 1000


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (match(0), "x is 0"),
        (match(5, 4), "x is 5"),
        (match(1, 0), "y is 0"),
        (LikeDays(DayChoice.MID, 2, 5), "y - x even"),
    ],
)
def test_methods_that_cannot_be_followed_are_refused(method, expected):
    with pytest.raises(InputError, match=expected):
        validate_like_days(method)
    validate_like_days(LikeDays(DayChoice.ROLLING, 0, 5))
