"""The weekly window: its bits, nights, and what a clock change does to it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clock import Clock, ClockRule, day_of
from settlement.errors import InputError
from settlement.window import (
    count_window_isps,
    in_window,
    weekly_window,
    window_bit,
)
from tests.settlement.defaults import EVERY_DAY, VIENNA, WORKING_WEEK

NORMAL = day_of(date(2025, 6, 2))
SPRING = day_of(date(2025, 3, 30))
AUTUMN = day_of(date(2025, 10, 26))


def bits_of(window):
    assert all(word >> 256 == 0 for word in window)
    joined = window[0] | window[1] << 256 | window[2] << 512
    return {bit for bit in range(768) if joined >> bit & 1}


def numbers_in(window, day, clock=VIENNA):
    """Numbers, from 1, of the ISPs of a day that lie in a window."""
    return [
        number
        for number, isp in enumerate(clock.day_isps(day), start=1)
        if in_window(window, clock.local_minutes(isp))
    ]


@pytest.mark.parametrize(
    ("day", "first", "last"), [(NORMAL, 69, 76), (SPRING, 65, 72), (AUTUMN, 73, 80)]
)
def test_early_evening_by_isp_number(day, first, last):
    window = weekly_window(EVERY_DAY, 17 * 60, 19 * 60)
    assert numbers_in(window, day) == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("day", "numbers"),
    [(NORMAL, [7, 8, 9, 10]), (SPRING, [7, 8]), (AUTUMN, [7, 8, 9, 10, 13, 14])],
)
def test_window_over_the_changed_hour(day, numbers):
    assert numbers_in(weekly_window(EVERY_DAY, 90, 150), day) == numbers


def test_window_inside_the_missing_hour_is_empty_that_day():
    assert numbers_in(weekly_window(EVERY_DAY, 120, 180), SPRING) == []


def test_window_inside_the_doubled_hour_counts_twice():
    assert numbers_in(weekly_window(EVERY_DAY, 120, 180), AUTUMN) == list(range(9, 17))


def test_bits_of_monday_morning_and_sunday_night():
    assert bits_of(weekly_window([0], 0, 15)) == {0}
    assert bits_of(weekly_window([6], 23 * 60 + 45, 24 * 60)) == {671}
    assert bits_of(weekly_window([2], 15 * 60 + 45, 16 * 60 + 15)) == {255, 256}
    monday = 24 * 60 * day_of(date(2025, 6, 2))
    assert window_bit(monday) == 0
    assert window_bit(monday + 14) == 0
    assert window_bit(monday + 7 * 1440 - 1) == 671


def test_night_gives_the_part_after_midnight_to_the_following_day():
    friday_night = weekly_window([4], 22 * 60, 2 * 60)
    assert bits_of(friday_night) == set(range(4 * 96 + 88, 5 * 96)) | set(range(5 * 96, 5 * 96 + 8))


def test_sunday_night_runs_into_monday():
    assert bits_of(weekly_window([6], 23 * 60 + 30, 30)) == {670, 671, 0, 1}


def test_equal_ends_are_a_whole_day_from_there():
    assert bits_of(weekly_window([0], 6 * 60, 6 * 60)) == set(range(24, 120))


def test_every_quarter_of_the_week():
    window = weekly_window(EVERY_DAY, 0, 24 * 60)
    assert bits_of(window) == set(range(672))
    assert window[2] == (1 << 160) - 1


@pytest.mark.parametrize(
    ("weekdays", "from_minute", "to_minute", "told"),
    [
        ([7], 0, 60, r"weekday 7; expected 0 \(Monday\) to 6"),
        ([-1], 0, 60, "weekday -1"),
        ([0], 10, 60, "from minute 10; expected a multiple of 15"),
        ([0], 0, 61, "to minute 61"),
        ([0], 0, 1455, "to minute 1455"),
        ([0], -15, 60, "from minute -15"),
        ([0], 1440, 60, "from minute 1440; expected a start within the day"),
    ],
)
def test_refused_spans(weekdays, from_minute, to_minute, told):
    with pytest.raises(InputError, match=told):
        weekly_window(weekdays, from_minute, to_minute)


@pytest.mark.parametrize(("isp_minutes", "expected"), [(5, 9), (15, 3), (30, 1), (60, 0)])
def test_isp_length_and_bits(isp_minutes, expected):
    # 17:15 to 18:00: nine ISPs of 5 minutes, the one of 17:30, none that starts at 17:00.
    clock = Clock(isp_minutes, 60, ClockRule.EU)
    window = weekly_window(EVERY_DAY, 17 * 60 + 15, 18 * 60)
    assert len(numbers_in(window, NORMAL, clock)) == expected


def test_count_over_a_week_and_over_clock_changes():
    evening = weekly_window(WORKING_WEEK, 17 * 60, 20 * 60)
    assert count_window_isps(evening, VIENNA, NORMAL, NORMAL + 6) == 5 * 12
    always = weekly_window(EVERY_DAY, 0, 24 * 60)
    assert count_window_isps(always, VIENNA, SPRING - 1, SPRING + 1) == 96 + 92 + 96
    assert count_window_isps(always, VIENNA, AUTUMN, AUTUMN) == 100
    assert count_window_isps(always, VIENNA, NORMAL, NORMAL - 1) == 0


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 95),
    st.integers(0, 96),
)
def test_window_holds_exactly_the_minutes_of_its_spans(weekdays, from_quarter, to_quarter):
    window = weekly_window(weekdays, from_quarter * 15, to_quarter * 15)
    length = (
        to_quarter - from_quarter if to_quarter > from_quarter else 96 + to_quarter - from_quarter
    )
    expected = {
        (weekday * 96 + from_quarter + step) % 672 for weekday in weekdays for step in range(length)
    }
    assert bits_of(window) == expected
    monday = 24 * 60 * day_of(date(2025, 6, 2))
    found = {bit for bit in range(672) if in_window(window, monday + 15 * bit + 7)}
    assert found == expected
