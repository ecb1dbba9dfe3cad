"""Baselines around the event: same day, meter before and after, zero. Worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.baselines.around_event import around_event_baseline
from settlement.baselines.baseline import Baseline, History, zero_baseline
from settlement.baselines.methods import AroundEvent, validate_around_event
from settlement.clock import Clock, ClockRule, day_of
from settlement.errors import InputError
from tests.settlement.orders.parties import readings_at

HOURLY = Clock(60, 60, ClockRule.EU)
WED_16 = day_of(date(2027, 6, 16))
MIDNIGHT = HOURLY.isp_at(WED_16, 0)


def around(method, first_hour, hours, by_hour, ordered=()):
    """Baseline of some hours of a Wednesday, from hourly readings."""
    event = range(MIDNIGHT + first_hour, MIDNIGHT + first_hour + hours)
    history = History(
        readings_at({MIDNIGHT + hour: w for hour, w in by_hour.items()}, 60),
        {WED_16},
        {*event, *(MIDNIGHT + hour for hour in ordered)},
        (),
    )
    return around_event_baseline(method, event, history)


SAME_DAY_3_2 = AroundEvent(before_isps=3, after_isps=2, gap_isps=1)


def test_three_hours_before_and_two_after_leave_out_the_adjacent_ones():
    # Event in the hours ending 13 to 17: read are the hours ending 9, 10, 11, 19 and 20.
    by_hour = {8: 100, 9: 200, 10: 300, 11: 9999, 17: 9999, 18: 400, 19: 501}
    found = around(SAME_DAY_3_2, 12, 5, by_hour)
    assert found == Baseline((300,) * 5, (), "mean around it")  # 1501 / 5 = 300.2


@pytest.mark.parametrize(
    ("first", "second", "value"), [(1, 2, 2), (0, 1, 0), (-1, 0, 0), (-2, -1, -2)]
)
def test_half_watts_go_to_the_even_side(first, second, value):
    found = around(AroundEvent(before_isps=2), 12, 1, {10: first, 11: second})
    assert found.values_w == (value,)


def test_meter_before_is_flat():
    assert around(AroundEvent(before_isps=2), 12, 3, {10: 1000, 11: 2000}).values_w == (1500,) * 3


def test_meter_before_and_after_is_a_straight_line():
    line = AroundEvent(before_isps=1, after_isps=1, straight_line=True)
    found = around(line, 12, 4, {11: 1000, 16: 2000})
    # 1000 + 1000 x j / 5
    assert found.values_w == (1200, 1400, 1600, 1800)
    assert found.note == "straight line from before to after it"
    # 1000 - 999 x j / 4: 750.25, 500.5 to the even 500, 250.75
    assert around(line, 12, 3, {11: 1000, 15: 1}).values_w == (750, 500, 251)


def test_a_window_may_lie_on_the_day_before():
    found = around(AroundEvent(before_isps=2), 1, 1, {-1: 600, 0: 800})
    assert found.values_w == (700,)


def test_another_activation_beside_it_is_no_baseline():
    by_hour = dict.fromkeys(range(24), 500)
    touched = around(SAME_DAY_3_2, 12, 5, by_hour, ordered=[8])
    assert touched == Baseline(None, (), "an ISP around it belongs to another activation")
    # The hours next to the event are not read.
    assert around(SAME_DAY_3_2, 12, 5, by_hour, ordered=[11, 17]).values_w == (500,) * 5


def test_a_missing_reading_is_no_baseline():
    found = around(SAME_DAY_3_2, 12, 5, {8: 100, 10: 300, 18: 0, 19: 0})
    assert found == Baseline(None, (), "1 of 5 readings around it are missing")


def test_a_value_that_cannot_be_recorded_is_no_baseline():
    found = around(AroundEvent(before_isps=1), 12, 1, {11: 2**31})
    assert found.values_w is None


def test_zero():
    assert zero_baseline(range(7, 10)) == Baseline((0, 0, 0), (), "zero")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (AroundEvent(0), "ISPs before or after"),
        (AroundEvent(-1, 4), "before_isps is -1"),
        (AroundEvent(1, gap_isps=-1), "gap_isps is -1"),
        (AroundEvent(4, straight_line=True), "ISPs before and after"),
    ],
)
def test_methods_that_cannot_be_followed_are_refused(method, expected):
    with pytest.raises(InputError, match=expected):
        validate_around_event(method)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 8), st.integers(-9000, 9000))
def test_a_constant_site_has_its_constant_as_baseline(before, after, hours, watts):
    by_hour = dict.fromkeys(range(-12, 36), watts)
    for straight in (False, True):
        method = AroundEvent(before, after, 1, straight)
        assert around(method, 10, hours, by_hour).values_w == (watts,) * hours


@given(
    st.lists(st.integers(-9000, 9000), min_size=2, max_size=2),
    st.integers(1, 12),
)
def test_a_line_has_equal_steps_and_reads_the_same_backwards(ends, hours):
    line = AroundEvent(1, 1, straight_line=True)
    forth = around(line, 5, hours, {4: ends[0], 5 + hours: ends[1]}).values_w
    back = around(line, 5, hours, {4: ends[1], 5 + hours: ends[0]}).values_w
    assert forth == back[::-1]
    for position, value in enumerate(forth, start=1):
        exact = ends[0] + Fraction(ends[1] - ends[0]) * position / (hours + 1)
        assert abs(value - exact) <= Fraction(1, 2)
