"""One local day on the ISP line, and series of other days read by its wall clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from settlement.clock import MINUTES_PER_DAY, Clock

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A local day: its ISPs in UTC order with the minute of the day at which each starts."""

    clock: Clock
    day: int

    @property
    def isps(self) -> tuple[int, ...]:
        """UTC ISP indices."""
        return self.clock.day_isps(self.day)

    @property
    def first_isp(self) -> int:
        """The first ISP of the day."""
        return self.isps[0]

    def minutes(self) -> IntArray:
        """Return the local minute of the day at which each ISP starts."""
        minutes = [self.clock.local_minutes(isp) % MINUTES_PER_DAY for isp in self.isps]
        return np.array(minutes, dtype=np.int64)

    def start_s(self, minute: int) -> int:
        """Return the UTC second of a local minute that the day has."""
        (offset,) = np.flatnonzero(self.minutes() == minute)[:1]
        return self.clock.start_s(self.isps[int(offset)])


def rows_by_wall_clock(
    series_w: IntArray, series_first_isp: int, today: LocalDay, days_back: int
) -> tuple[tuple[int, ...], FloatArray]:
    """Return earlier days of a series, read at the wall-clock times of today's ISPs.

    Days with a clock change and days that the series does not hold in full are left out.

    Args:
        series_w: W per ISP.
        series_first_isp: ISP index of its first value.
        today: the day whose ISPs give the columns.
        days_back: how many days to go back.

    Returns:
        The days found, oldest first, and their rows, shape (days found, ISPs of today).
    """
    clock = today.clock
    columns = today.minutes() // clock.isp_minutes
    days, rows = [], []
    for day in range(today.day - days_back, today.day):
        start = clock.day_isps(day)[0] - series_first_isp
        length = MINUTES_PER_DAY // clock.isp_minutes
        if clock.has_clock_change(day) or start < 0 or start + length > len(series_w):
            continue
        days.append(day)
        rows.append(series_w[start : start + length][columns])
    return tuple(days), np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
