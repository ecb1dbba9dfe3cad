"""Forecasts from the most similar recorded days.

A day is similar if its morning, the ISPs before the gate, lies close to today's. The k nearest of
the recorded days are taken whole: their mean is the forecast, and per ISP their most extreme value
is the cautious variant. Where today lies above or below a chosen day just before the gate, it is
taken to stay so for a while: the hours after the gate are known better than the night. Days with a
missing reading (NaN) are left out; today's missing readings are left out of the comparison. Nothing
is filled in.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.checks import check_sign
from flexmanager.errors import ForecastError
from flexmanager.rounding import FloatArray, IntArray, to_w

RECENT_READINGS = 2
"""Today's deviation from a recorded day is taken over so many readings before the gate."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """A forecast of a whole day of n ISPs.

    Attributes:
        mean_w: mean of the chosen days, shape (n,) [W].
        highest_w: highest of the chosen days per ISP, shape (n,) [W].
        lowest_w: lowest of the chosen days per ISP, shape (n,) [W].
        chosen: rows of the history that were used, nearest first.
        gate: number of ISPs before the gate; only the ISPs from there on are a forecast.
    """

    mean_w: IntArray
    highest_w: IntArray
    lowest_w: IntArray
    chosen: tuple[int, ...]
    gate: int

    def cautious_w(self, sign: int) -> IntArray:
        """Return the variant to plan with: the highest for imports (+1), the lowest for exports."""
        check_sign(sign)
        return self.highest_w if sign > 0 else self.lowest_w


def forecast(
    history_w: FloatArray,
    morning_w: FloatArray,
    nearest: int = 3,
    *,
    memory: float = 1.0,
    persistence: float = 0.0,
) -> Forecast:
    """Forecast a day from the days whose morning was most like today's.

    The distance of a day is the weighted root mean square difference over the known ISPs of the
    morning; of equally near days the later row comes first. With a gate at the start of the day (an
    empty morning) all days are equally near, so the latest rows are used.

    Args:
        history_w: recorded days, oldest first, shape (days, n) [W]; NaN where a reading is missing.
            All days have today's number of ISPs; the caller leaves out days of another length.
        morning_w: today's readings before the gate, shape (g,), g <= n [W]; NaN where missing.
        nearest: days to average, at least 1.
        memory: weight of an ISP of the morning relative to the next one, above 0, at most 1; 1
            weighs all alike.
        persistence: share of the latest deviation that is left an ISP later, 0 to 1; 0 takes the
            days as they were.

    Raises:
        ForecastError: fewer than `nearest` complete days, no reading in a morning that is not
            empty, shapes that do not fit, or a share out of range.
    """
    if not 0.0 < memory <= 1.0 or not 0.0 <= persistence <= 1.0:
        raise ForecastError(
            f"memory {memory}, persistence {persistence}; expected above 0 and 0 or more, at most 1"
        )
    days, morning = _matrix(history_w), np.asarray(morning_w, dtype=np.float64)
    if morning.ndim != 1 or len(morning) > days.shape[1]:
        raise ForecastError(
            f"morning has shape {morning.shape}; expected (g,) with g <= {days.shape[1]} ISPs"
        )
    complete = np.flatnonzero(np.isfinite(days).all(axis=1))
    if nearest < 1 or len(complete) < nearest:
        raise ForecastError(
            f"{len(complete)} of {len(days)} recorded days are complete; "
            f"{nearest} nearest days were asked for, expected 1 to {len(complete)}"
        )
    latest_first = complete[::-1]
    distance = _distance_w(days[latest_first], morning, memory)
    chosen = latest_first[np.argsort(distance, kind="stable")[:nearest]]
    courses = _carried_on(days[chosen], morning, persistence)
    return Forecast(
        mean_w=to_w(courses.mean(axis=0), "mean of the nearest days"),
        highest_w=to_w(courses.max(axis=0), "highest of the nearest days"),
        lowest_w=to_w(courses.min(axis=0), "lowest of the nearest days"),
        chosen=tuple(int(row) for row in chosen),
        gate=len(morning),
    )


def _matrix(history_w: FloatArray) -> FloatArray:
    days = np.asarray(history_w, dtype=np.float64)
    if days.ndim != 2:
        raise ForecastError(f"history has shape {days.shape}; expected (days, ISPs)")
    return days


def _distance_w(days: FloatArray, morning: FloatArray, memory: float) -> FloatArray:
    """Return the weighted root mean square difference of each day to the known morning."""
    known = np.flatnonzero(np.isfinite(morning))
    if len(known) == 0:
        if len(morning):
            raise ForecastError(f"none of the {len(morning)} readings before the gate is known")
        return np.zeros(len(days))
    weights = memory ** (len(morning) - 1 - known)
    squares = (days[:, known] - morning[known]) ** 2
    distance: FloatArray = np.sqrt(squares @ weights / weights.sum())
    return distance


def _carried_on(days: FloatArray, morning: FloatArray, persistence: float) -> FloatArray:
    """Let each day go on from where today is, and return to itself over time."""
    known = np.flatnonzero(np.isfinite(morning))[-RECENT_READINGS:]
    if len(known) == 0:
        return days
    ahead = np.arange(1, days.shape[1] - len(morning) + 1)
    deviation_w = (morning[known] - days[:, known]).mean(axis=1)
    courses = days.copy()
    courses[:, len(morning) :] += deviation_w[:, np.newaxis] * persistence**ahead
    return courses
