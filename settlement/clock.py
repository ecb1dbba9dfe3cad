"""Imbalance settlement periods (ISPs) and local time, rule 0.2.

An ISP index counts whole ISPs of UTC since 1970. Local time is the winter offset plus one hour
between the two switch instants of a year; both instants are arithmetic, so that the ledger can
compute them too. Days count from 1970-01-01.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from settlement.errors import InputError

MINUTES_PER_DAY = 1440
DAY_MAX = 1_000_000
"""The last day that documents and answers may name, in the year 4707."""

ISP_MINUTES_ALLOWED = (5, 15, 30, 60)
SECONDS_PER_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


class ClockRule(IntEnum):
    """Which clock changes a local time makes."""

    NONE = 0
    EU = 1
    US = 2


def day_of(value: date) -> int:
    """Count days since 1970-01-01."""
    return (value - _EPOCH).days


def date_of(day: int) -> date:
    """Return the calendar date of a day number."""
    return _EPOCH + timedelta(days=day)


def date_text(day: int) -> str:
    """Write a day number as a date for people; one beyond the calendar stays a number."""
    return date_of(day).isoformat() if 0 <= day <= DAY_MAX else f"day {day}"


def weekday_of(day: int) -> int:
    """Return the weekday of a day number, Monday = 0."""
    return (day + _EPOCH_WEEKDAY) % 7


def _sunday_on_or_before(day: int) -> int:
    return day - (weekday_of(day) + 1) % 7


@lru_cache(maxsize=512)
def switch_instants_s(year: int, rule: ClockRule, utc_offset_minutes: int) -> tuple[int, int]:
    """Return the UTC seconds at which summer time begins and ends in `year`.

    EU: 01:00 UTC on the last Sundays of March and October. US: 02:00 local winter time on the
    second Sunday of March, 01:00 local winter time on the first Sunday of November.
    """
    if rule is ClockRule.EU:
        begin = _sunday_on_or_before(day_of(date(year, 3, 31)))
        end = _sunday_on_or_before(day_of(date(year, 10, 31)))
        return begin * SECONDS_PER_DAY + 3600, end * SECONDS_PER_DAY + 3600
    if rule is ClockRule.US:
        begin = _sunday_on_or_before(day_of(date(year, 3, 14)))
        end = _sunday_on_or_before(day_of(date(year, 11, 7)))
        winter_s = utc_offset_minutes * 60
        return (
            begin * SECONDS_PER_DAY + 7200 - winter_s,
            end * SECONDS_PER_DAY + 3600 - winter_s,
        )
    return 0, 0


@dataclass(frozen=True, slots=True)
class Clock:
    """The local time of one agreement and its ISP length.

    Attributes:
        isp_minutes: 5, 15, 30 or 60.
        utc_offset_minutes: winter offset, a multiple of `isp_minutes`.
        rule: the clock changes.
    """

    isp_minutes: int
    utc_offset_minutes: int
    rule: ClockRule

    def start_s(self, isp: int) -> int:
        """Return the UTC second at which an ISP starts."""
        return isp * self.isp_minutes * 60

    def utc_day(self, isp: int) -> int:
        """Return the UTC day on which an ISP starts."""
        return self.start_s(isp) // SECONDS_PER_DAY

    def isp_of(self, utc_s: int) -> int:
        """Return the index of the ISP that holds a UTC second."""
        return utc_s // (60 * self.isp_minutes)

    def offset_minutes(self, utc_s: int) -> int:
        """Return local time minus UTC at an instant, in minutes."""
        if self.rule is ClockRule.NONE:
            return self.utc_offset_minutes
        year = date_of(utc_s // SECONDS_PER_DAY).year
        begin_s, end_s = switch_instants_s(year, self.rule, self.utc_offset_minutes)
        return self.utc_offset_minutes + (60 if begin_s <= utc_s < end_s else 0)

    def local_minutes(self, isp: int) -> int:
        """Return the local start of an ISP in minutes since 1970-01-01 00:00 local."""
        return isp * self.isp_minutes + self.offset_minutes(self.start_s(isp))

    def local_day(self, isp: int) -> int:
        """Return the local date of an ISP's start as a day number."""
        return self.local_minutes(isp) // MINUTES_PER_DAY

    def day_isps(self, day: int) -> tuple[int, ...]:
        """Return the ISPs of a local day in UTC order: 92, 96 or 100 of them at 15 minutes."""
        return _day_isps(self, day)

    def isp_number(self, isp: int) -> int:
        """Return the number of an ISP within its local day, from 1, by elapsed UTC time."""
        return self.day_isps(self.local_day(isp)).index(isp) + 1

    def has_clock_change(self, day: int) -> bool:
        """Tell whether a local day is longer or shorter than 24 hours."""
        return len(self.day_isps(day)) * self.isp_minutes != MINUTES_PER_DAY

    def isp_at(self, day: int, minute: int) -> int:
        """Return the ISP with this wall-clock start on a day without a clock change."""
        assert not self.has_clock_change(day), "a changed day has missing or doubled hours"
        return self.day_isps(day)[minute // self.isp_minutes]

    def describe(self, isp: int) -> str:
        """Write an ISP's local start for people, such as "2027-03-28 03:00"."""
        day, minute = divmod(self.local_minutes(isp), MINUTES_PER_DAY)
        return f"{date_of(day).isoformat()} {minute // 60:02d}:{minute % 60:02d}"


@lru_cache(maxsize=4096)
def _day_isps(clock: Clock, day: int) -> tuple[int, ...]:
    # Filtering a wider range keeps this right where a clock change falls on local midnight.
    first = (day * MINUTES_PER_DAY - clock.utc_offset_minutes - 120) // clock.isp_minutes
    count = (MINUTES_PER_DAY + 240) // clock.isp_minutes
    return tuple(isp for isp in range(first, first + count) if clock.local_day(isp) == day)


def check_zone(clock: Clock, zone: str, first_day: int, last_day: int) -> None:
    """Refuse a time zone whose clock differs from the agreement's on any hour of its dates.

    Args:
        clock: offset and rule of the agreement.
        zone: IANA name, such as "Europe/Berlin".
        first_day: first local day, inclusive.
        last_day: last local day, inclusive.

    Raises:
        InputError: unknown zone, or the first instant at which the two differ.
    """
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a region such as "Europe" is a folder
        raise InputError(f"time zone {zone!r:.60}", "terms", "an IANA time zone name") from None
    for utc_s in range((first_day - 1) * SECONDS_PER_DAY, (last_day + 2) * SECONDS_PER_DAY, 3600):
        moment = datetime.fromtimestamp(utc_s, UTC)
        delta = moment.astimezone(info).utcoffset()
        assert delta is not None
        actual_minutes = int(delta.total_seconds()) // 60
        if actual_minutes != clock.offset_minutes(utc_s):
            raise InputError(
                f"{zone} is {actual_minutes} minutes from UTC at {moment.isoformat()}",
                "terms",
                f"{clock.offset_minutes(utc_s)} minutes by the agreement's clock rule",
            )
