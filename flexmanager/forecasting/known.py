"""What is known when a forecast is made."""

from dataclasses import dataclass, replace

import numpy as np

from flexmanager.errors import ForecastError
from flexmanager.rounding import BoolArray, FloatArray, IntArray

HOURS_PER_DAY, HOURS_PER_WEEK = 24, 168
LEADS_MAX = 48
QUANTILES = (0.1, 0.5, 0.9)
MIDDLE = QUANTILES.index(0.5)
HISTORY_WEEKS_MIN = 4


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An hourly series up to now, with weather and calendar also for the hours ahead.

    Attributes:
        values: the series, NaN where unknown, shape (n,), any unit and sign.
        outside_c: outside temperature, measured, then as the weather forecast says, NaN where
            unknown, shape (m,) with m >= n [degC].
        hour_of_week: local hour of the week, Monday 00:00 = 0, shape (m,).
        free_day: whether nobody works, shape (m,).
    """

    values: FloatArray
    outside_c: FloatArray
    hour_of_week: IntArray
    free_day: BoolArray

    def __post_init__(self) -> None:
        """Refuse series that do not fit, and a history that carries no forecast.

        Raises:
            ForecastError: says what was found and what was expected.
        """
        lengths = (len(self.outside_c), len(self.hour_of_week), len(self.free_day))
        if len(set(lengths)) > 1:
            raise ForecastError(f"weather and calendar have lengths {lengths}; expected one")
        if lengths[0] < self.hours:
            raise ForecastError(f"weather ends at hour {lengths[0]}; expected {self.hours} or more")
        if self.hours < HISTORY_WEEKS_MIN * HOURS_PER_WEEK:
            least = HISTORY_WEEKS_MIN * HOURS_PER_WEEK
            raise ForecastError(f"{self.hours} hours of history; expected at least {least}")
        for name, series in (("values", self.values), ("outside_c", self.outside_c)):
            if np.isinf(series).any():
                first = int(np.flatnonzero(np.isinf(series))[0])
                raise ForecastError(f"{name}, hour {first}: infinite; expected a number or NaN")
        if not np.isfinite(self.values).any():
            raise ForecastError("no value of the history is known")
        wrong = np.flatnonzero((self.hour_of_week < 0) | (self.hour_of_week >= HOURS_PER_WEEK))
        if len(wrong):
            found = self.hour_of_week[wrong[0]]
            raise ForecastError(f"hour_of_week, hour {wrong[0]}: {found}; expected 0 to 167")

    @property
    def hours(self) -> int:
        """Hours of history n."""
        return len(self.values)

    def until(self, hour: int) -> "Known":
        """Return what was known at an earlier hour; weather and calendar stay.

        Raises:
            ForecastError: too little history would be left, or the hour is yet to come.
        """
        if hour > self.hours:
            raise ForecastError(f"hour {hour}; expected at most {self.hours}, the end of history")
        return replace(self, values=self.values[: max(hour, 0)])


def check_leads(known: Known, leads: int) -> None:
    """Refuse to look further than 48 hours or than the weather.

    Raises:
        ForecastError: names how far ahead may be looked.
    """
    furthest = min(LEADS_MAX, len(known.outside_c) - known.hours)
    if not 1 <= leads <= furthest:
        raise ForecastError(f"{leads} hours ahead; expected 1 to {furthest}")
