"""The local calendar of the recorded weeks, and the rule that moves them into the future.

The district was recorded in local days of Europe/Berlin, from Monday 1 February to Sunday 1 May
2016. A chain cannot live in the past, so the recording is moved forward by whole weeks. A whole
number of weeks keeps the weekday; it keeps the local wall clock and the UTC offset of every quarter
only if the clock-change Sunday of the recording falls on a clock-change Sunday again. This module
finds such moves.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from settlement.clock import ClockRule, date_of, switch_instants_s

ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2016, 2, 1)
LAST_DAY = date(2016, 5, 1)
CLOCK_CHANGE_DAY = date(2016, 3, 27)

WINTER_OFFSET_MINUTES = 60

SECONDS_PER_QUARTER = 900
SECONDS_PER_DAY = 86_400
SECONDS_PER_WEEK = 7 * SECONDS_PER_DAY

GOOD_FRIDAY = date(2016, 3, 25)
EASTER_MONDAY = date(2016, 3, 28)
LABOUR_DAY = date(2016, 5, 1)

# Two coming springs always hold one that is far enough ahead, whatever the lead.
_YEARS_SEARCHED_BEYOND_LEAD = 3


def recorded_non_working_days() -> tuple[date, ...]:
    """Return the national public holidays of Germany within the recorded weeks.

    These days are to be moved with the data: what a baseline has to class is the behaviour that was
    recorded, and the district behaved like a holiday on 25 March 2016, whatever the calendar says
    about the day it is moved to. A true holiday of the target year that falls on a recorded working
    day is not a holiday of the moved data.
    """
    return (GOOD_FRIDAY, EASTER_MONDAY, LABOUR_DAY)


def spring_change_day(year: int) -> date:
    """Return the last Sunday of March of `year`, on which EU clocks go forward."""
    begin_utc_s, _ = switch_instants_s(year, ClockRule.EU, WINTER_OFFSET_MINUTES)
    return date_of(begin_utc_s // SECONDS_PER_DAY)


def local_midnight_utc_s(day: date) -> int:
    """Return the UTC second at which the local `day` begins in Europe/Berlin."""
    return round(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


def local_day(utc_s: int) -> date:
    """Return the local date in Europe/Berlin at the UTC second `utc_s`."""
    return datetime.fromtimestamp(utc_s, UTC).astimezone(ZONE).date()


def quarters_of_day(day: date) -> int:
    """Return how many quarter hours the local `day` has: 92, 96 or 100."""
    seconds = local_midnight_utc_s(day + timedelta(days=1)) - local_midnight_utc_s(day)
    return seconds // SECONDS_PER_QUARTER


def shift_day(day: date, weeks: int) -> date:
    """Return the local `day` moved by whole `weeks`."""
    return day + timedelta(weeks=weeks)


def shift_utc_s(utc_s: int, weeks: int) -> int:
    """Return the UTC second `utc_s` moved by whole `weeks`."""
    return utc_s + weeks * SECONDS_PER_WEEK


def keeps_clock(weeks: int) -> bool:
    """Tell whether a move by `weeks` puts the recorded clock change on a clock change."""
    moved = shift_day(CLOCK_CHANGE_DAY, weeks)
    return moved == spring_change_day(moved.year)


def weeks_ahead(now_utc_s: int, recorded_day: date = FIRST_DAY, lead_days: int = 0) -> int:
    """Return the fewest whole weeks that move `recorded_day` into the future.

    The recorded clock-change Sunday then falls on the clock-change Sunday of a coming spring: the
    first spring for which the moved `recorded_day`, less `lead_days`, has not begun yet.

    Args:
        now_utc_s: the present as a UTC second, for instance the time of the latest block.
        recorded_day: the recorded local day that has to lie ahead, such as the first day of the
            settlement period (days before it may already be history).
        lead_days: whole days, 0 or more, needed before that day to publish and sign.

    Returns:
        Whole weeks; negative only if `now_utc_s` lies before the recording.

    Raises:
        ValueError: `recorded_day` lies outside the recording or `lead_days` is negative.
    """
    if not FIRST_DAY <= recorded_day <= LAST_DAY:
        raise ValueError(f"recorded_day {recorded_day}: expected {FIRST_DAY} to {LAST_DAY}")
    if lead_days < 0:
        raise ValueError(f"lead_days {lead_days}: expected 0 or more")
    needed_day = recorded_day - timedelta(days=lead_days)
    first_year = local_day(now_utc_s).year
    years = range(first_year, first_year + lead_days // 365 + _YEARS_SEARCHED_BEYOND_LEAD)
    for year in years:
        weeks = (spring_change_day(year) - CLOCK_CHANGE_DAY).days // 7
        if local_midnight_utc_s(shift_day(needed_day, weeks)) > now_utc_s:
            return weeks
    raise AssertionError(f"no spring found in {years}")


RECORDED_START_UTC_S = local_midnight_utc_s(FIRST_DAY)
RECORDED_END_UTC_S = local_midnight_utc_s(LAST_DAY + timedelta(days=1))
RECORDED_QUARTERS = (RECORDED_END_UTC_S - RECORDED_START_UTC_S) // SECONDS_PER_QUARTER
