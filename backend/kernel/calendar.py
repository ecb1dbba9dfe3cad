"""Local time of whole portfolios: tables over UTC ISPs and local days, one row per clock.

An ISP's local start is counted in ISPs since 1970-01-01 00:00 local. Offsets and clock changes are
whole ISPs (rule 0.2), so that a local day is a quotient and a wall-clock time a remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.kernel.columns import Flags, Integers
from settlement.clock import MINUTES_PER_DAY, Clock, ClockRule, date_of, switch_instants_s

_SUMMER_MINUTES = 60
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Local time of some clocks with one ISP length.

    Attributes:
        isps_per_day: ISPs of a day of 24 hours.
        first_isp: UTC index of the first column of `local_start`.
        local_start: (clocks, ISPs), local start of each ISP, in ISPs.
        first_day: local day of the first column of `changed` and `shift`.
        changed: (clocks, days), whether a day is longer or shorter than 24 hours; true as well at
            both ends, where the table holds a part of a day only.
        shift: (clocks, days), UTC ISP less local start in all of an unchanged day.
    """

    isps_per_day: int
    first_isp: int
    local_start: Integers
    first_day: int
    changed: Flags
    shift: Integers

    def starts(self, clock: Integers, isp: Integers) -> Integers:
        """Return the local start of ISPs, in ISPs; clocks and ISPs are broadcast."""
        return self.local_start[clock, isp - self.first_isp]

    def days(self, clock: Integers, isp: Integers) -> Integers:
        """Return the local day of ISPs."""
        return self.starts(clock, isp) // self.isps_per_day


def calendar_of(clocks: Sequence[Clock], first_isp: int, end_isp: int) -> Calendar:
    """Build the tables for UTC ISPs from `first_isp` up to `end_isp`, exclusive.

    Args:
        clocks: at least one; all with the same ISP length.
        first_isp: not before 1970.
        end_isp: later than `first_isp`.
    """
    isps_per_day = MINUTES_PER_DAY // clocks[0].isp_minutes
    isps = np.arange(first_isp, end_isp)
    starts = np.stack([local_starts(clock, isps) for clock in clocks])
    days = starts // isps_per_day
    first_day, day_count = int(days.min()), int(days.max() - days.min()) + 1
    changed = np.ones((len(clocks), day_count), bool)
    shift = np.zeros((len(clocks), day_count), np.int64)
    for row in range(len(clocks)):
        held = np.bincount(days[row] - first_day, minlength=day_count)
        changed[row] = held != isps_per_day
        midnight = starts[row] % isps_per_day == 0
        at = days[row, midnight] - first_day
        shift[row, at] = isps[midnight] - starts[row, midnight]
    return Calendar(isps_per_day, first_isp, starts, first_day, changed, shift)


def local_starts(clock: Clock, isps: Integers) -> Integers:
    """Return the local start of ISPs, in ISPs: `Clock.local_minutes` for arrays.

    Args:
        clock: the local time.
        isps: UTC indices.
    """
    if not isps.size:
        return isps
    step_s = clock.isp_minutes * 60
    summer = np.zeros(isps.shape, bool)
    if clock.rule is not ClockRule.NONE:
        first_year, last_year = (
            date_of(int(isp) * step_s // _SECONDS_PER_DAY).year for isp in (isps.min(), isps.max())
        )
        for year in range(first_year, last_year + 1):
            begin_s, end_s = switch_instants_s(year, clock.rule, clock.utc_offset_minutes)
            summer |= (isps * step_s >= begin_s) & (isps * step_s < end_s)
    minutes = isps * clock.isp_minutes + clock.utc_offset_minutes + _SUMMER_MINUTES * summer
    starts: Integers = minutes // clock.isp_minutes
    return starts
