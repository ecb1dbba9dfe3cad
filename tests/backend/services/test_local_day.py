"""Local days on the ISP line: short, long and plain ones, and other days by their wall clock."""

from datetime import date

import numpy as np
import pytest

from backend.services.local_day import LocalDay, rows_by_wall_clock
from settlement.clock import Clock, ClockRule, day_of
from tests.backend.defaults import CLOCK, ISPS_PER_DAY, MONDAY, SUNDAY

AUTUMN_SUNDAY = day_of(date(2040, 10, 28))
PLAIN = LocalDay(CLOCK, MONDAY)
FIRST = CLOCK.day_isps(MONDAY - 10)[0]


def series(days: int) -> np.ndarray:
    """W that tell where they stand: the number of the ISP in the series."""
    return np.arange(days * ISPS_PER_DAY, dtype=np.int64)


@pytest.mark.parametrize(
    ("day", "isps"), [(MONDAY, 96), (SUNDAY, 92), (AUTUMN_SUNDAY, 100), (SUNDAY + 1, 96)]
)
def test_a_day_has_the_isps_of_its_length(day, isps):
    today = LocalDay(CLOCK, day)
    assert len(today.isps) == len(today.minutes()) == isps
    assert today.isps == tuple(range(today.first_isp, today.first_isp + isps))
    assert CLOCK.local_day(today.first_isp) == day
    assert CLOCK.local_day(today.first_isp - 1) == day - 1


def test_the_minutes_of_a_plain_day_are_its_quarters():
    assert PLAIN.minutes().tolist() == list(range(0, 1440, 15))


def test_the_minutes_skip_the_hour_that_spring_takes():
    minutes = LocalDay(CLOCK, SUNDAY).minutes().tolist()
    assert minutes[7:9] == [105, 180]
    assert minutes == [*range(0, 120, 15), *range(180, 1440, 15)]


def test_the_minutes_repeat_the_hour_that_autumn_gives():
    minutes = LocalDay(CLOCK, AUTUMN_SUNDAY).minutes().tolist()
    assert minutes == [*range(0, 180, 15), *range(120, 1440, 15)]


@pytest.mark.parametrize("minute", [0, 15, 17 * 60, 1425])
def test_a_local_minute_has_its_utc_second(minute):
    assert PLAIN.start_s(minute) == MONDAY * 86_400 - 3600 + 60 * minute


def test_after_the_clock_change_the_same_minute_is_an_hour_earlier_in_utc():
    for day, offset_s in ((SUNDAY - 1, 3600), (SUNDAY, 7200)):
        assert LocalDay(CLOCK, day).start_s(12 * 60) == day * 86_400 + 12 * 3600 - offset_s


def test_the_doubled_hour_starts_with_its_first_turn():
    today = LocalDay(CLOCK, AUTUMN_SUNDAY)
    assert today.start_s(135) == CLOCK.start_s(today.isps[9])


@pytest.mark.parametrize(("day", "minute"), [(SUNDAY, 150), (MONDAY, 7), (MONDAY, 1440)])
def test_a_minute_that_the_day_lacks_is_an_error(day, minute):
    with pytest.raises(ValueError, match="not enough values"):
        LocalDay(CLOCK, day).start_s(minute)


def test_rows_are_the_days_before_oldest_first():
    days, rows = rows_by_wall_clock(series(10), FIRST, PLAIN, 3)
    assert days == (MONDAY - 3, MONDAY - 2, MONDAY - 1)
    assert rows.shape == (3, 96)
    assert rows.dtype == np.float64
    assert rows[:, 0].tolist() == [7 * 96, 8 * 96, 9 * 96]
    assert rows[2].tolist() == list(range(9 * 96, 10 * 96))


def test_days_that_the_series_does_not_hold_in_full_are_left_out():
    days, rows = rows_by_wall_clock(series(10)[1:-1], FIRST + 1, PLAIN, 21)
    assert days == tuple(range(MONDAY - 9, MONDAY - 1))
    assert len(rows) == 8


def test_a_series_of_nothing_gives_no_rows():
    days, rows = rows_by_wall_clock(series(0), FIRST, PLAIN, 5)
    assert days == ()
    assert rows.shape == (0, 96)


def test_days_with_a_clock_change_are_left_out():
    after = LocalDay(CLOCK, SUNDAY + 2)
    days, rows = rows_by_wall_clock(series(30), FIRST, after, 4)
    assert days == (SUNDAY - 2, SUNDAY - 1, SUNDAY + 1)
    # The same wall clock is one hour earlier in UTC after the change.
    assert (rows[2] - rows[1])[0] == 2 * 96 - 4


def test_a_short_day_reads_the_quarters_that_it_has():
    short = LocalDay(CLOCK, SUNDAY)
    _, rows = rows_by_wall_clock(series(20), FIRST, short, 1)
    start = CLOCK.day_isps(SUNDAY - 1)[0] - FIRST
    assert rows.shape == (1, 92)
    assert (rows[0] - start).tolist() == [*range(8), *range(12, 96)]


def test_a_long_day_reads_the_doubled_hour_twice():
    long = LocalDay(CLOCK, AUTUMN_SUNDAY)
    first = CLOCK.day_isps(AUTUMN_SUNDAY - 1)[0]
    _, rows = rows_by_wall_clock(series(1), first, long, 1)
    assert rows[0].tolist() == [*range(12), *range(8, 96)]


@pytest.mark.parametrize("isp_minutes", [5, 30, 60])
def test_other_isp_lengths_read_alike(isp_minutes):
    clock = Clock(isp_minutes, 60, ClockRule.EU)
    today = LocalDay(clock, MONDAY)
    per_day = 1440 // isp_minutes
    first = clock.day_isps(MONDAY - 2)[0]
    days, rows = rows_by_wall_clock(np.arange(2 * per_day, dtype=np.int64), first, today, 2)
    assert days == (MONDAY - 2, MONDAY - 1)
    assert rows.ravel().tolist() == list(range(2 * per_day))
