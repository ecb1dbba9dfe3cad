"""The weekly window of an agreement: which ISPs may be ordered, rule 0.2.

A window is 672 bits, one for each local quarter of an hour of a week, Monday 00:00 first,
held in three 256-bit words. With 5-minute ISPs three share a bit; with 30 or 60 minutes only the
bit of the start counts.
"""

from collections.abc import Iterable

from settlement.clock import MINUTES_PER_DAY, Clock, weekday_of
from settlement.errors import InputError

BITS_PER_DAY = 96
WEEK_BITS = 7 * BITS_PER_DAY
WORD_BITS = 256
WindowWords = tuple[int, int, int]


def window_bit(local_minutes: int) -> int:
    """Return the bit of a local start given in minutes since 1970 local."""
    day, minute = divmod(local_minutes, MINUTES_PER_DAY)
    return weekday_of(day) * BITS_PER_DAY + minute // 15


def in_window(window: WindowWords, local_minutes: int) -> bool:
    """Tell whether a local start lies in the window."""
    bit = window_bit(local_minutes)
    return bool(window[bit // WORD_BITS] >> bit % WORD_BITS & 1)


def weekly_window(weekdays: Iterable[int], from_minute: int, to_minute: int) -> WindowWords:
    """Build a window from weekdays and a daily time span.

    Args:
        weekdays: days on which the span starts, Monday = 0.
        from_minute: minute of the local day, a multiple of 15.
        to_minute: first minute that no longer belongs; where it is not later than
            `from_minute` the span runs over midnight into the following day.
    """
    for name, minute in (("from", from_minute), ("to", to_minute)):
        if not 0 <= minute <= MINUTES_PER_DAY or minute % 15:
            raise InputError(f"{name} minute {minute}", "window", "a multiple of 15 up to 1440")
    if from_minute == MINUTES_PER_DAY:
        raise InputError("from minute 1440", "window", "a start within the day")
    length = (to_minute - from_minute) // 15
    if to_minute <= from_minute:
        length += BITS_PER_DAY
    bits = 0
    for weekday in weekdays:
        if not 0 <= weekday <= 6:
            raise InputError(f"weekday {weekday}", "window", "0 (Monday) to 6 (Sunday)")
        start = weekday * BITS_PER_DAY + from_minute // 15
        for step in range(length):
            bits |= 1 << (start + step) % WEEK_BITS
    mask = (1 << WORD_BITS) - 1
    return bits & mask, bits >> WORD_BITS & mask, bits >> 2 * WORD_BITS


def count_window_isps(window: WindowWords, clock: Clock, first_day: int, last_day: int) -> int:
    """Count the window ISPs of the local days `first_day` to `last_day`, both inclusive."""
    return sum(
        in_window(window, clock.local_minutes(isp))
        for day in range(first_day, last_day + 1)
        for isp in clock.day_isps(day)
    )
