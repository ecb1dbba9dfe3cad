"""What a forecast may go by: earlier values of the series, weather and calendar.

Of the series no feature looks at or past the hour from which is forecast. Weather and calendar are
those of the hour that is forecast, and of earlier ones.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.forecasting.known import HOURS_PER_DAY, HOURS_PER_WEEK, Known
from flexmanager.rounding import BoolArray, FloatArray, IntArray

DAYS_SEEN, DAYS_AVERAGED, WEEKS_SEEN = 14, 7, 4


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What may be gone by for pairs of an origin and a lead.

    Attributes:
        columns: NaN where unknown, shape (rows, features).
        anchors: values to start from, NaN where unknown: nothing, the mean of this hour in the last
            four weeks, and that in the last seven days, shape (rows, 3), in the unit of the series.
    """

    columns: FloatArray
    anchors: FloatArray


def features(known: Known, origins: IntArray, leads: IntArray) -> Features:
    """Return features, a row for each pair of an origin and a lead.

    Args:
        known: the series with weather and calendar.
        origins: hours from which is forecast: values before them are known, shape (rows,).
        leads: how far ahead, 1 to 48; 1 is the hour that begins at the origin, shape (rows,).
    """
    values, targets = known.values, origins + leads - 1
    last_same_hour = targets - -(-leads // HOURS_PER_DAY) * HOURS_PER_DAY
    days = _back(values, last_same_hour, HOURS_PER_DAY, DAYS_SEEN)
    weeks = _back(values, targets - HOURS_PER_WEEK, HOURS_PER_WEEK, WEEKS_SEEN)
    week_mean, day_mean = _mean(weeks), _mean(days[:DAYS_AVERAGED])
    columns = (
        *days[:2],
        day_mean,
        np.fmin.reduce(days),
        np.fmax.reduce(days),
        *weeks[:2],
        week_mean,
        *_of_late(values, origins),
        *_of_weather(known.outside_c, targets, last_same_hour),
        leads,
        known.hour_of_week[targets] % HOURS_PER_DAY,
        known.hour_of_week[targets] // HOURS_PER_DAY,
        known.free_day[targets],
        known.free_day[np.maximum(last_same_hour, 0)],
    )
    anchors = (np.zeros(len(targets)), week_mean, day_mean)
    return Features(np.column_stack(columns).astype(np.float64), np.column_stack(anchors))


def _of_late(values: FloatArray, origins: IntArray) -> tuple[FloatArray, ...]:
    """Return the last value, by how much it is unusual, and the means of a day and a week."""
    now = _back(values, origins - 1, HOURS_PER_DAY, DAYS_AVERAGED + 1)
    return (
        now[0],
        now[0] - now[1],
        now[0] - _mean(now[1:]),
        _mean_before(values, origins, HOURS_PER_DAY),
        _mean_before(values, origins, HOURS_PER_WEEK),
    )


def _of_weather(
    outside_c: FloatArray, targets: IntArray, last_same_hour: IntArray
) -> tuple[FloatArray, ...]:
    """Return the temperature, how it differs from that of the last same hour, and its mean."""
    day = _back(outside_c, targets, 1, HOURS_PER_DAY)
    return day[0], day[0] - _back(outside_c, last_same_hour, 1, 1)[0], _mean(day)


def _back(values: FloatArray, places: IntArray, step_hours: int, count: int) -> FloatArray:
    """Return values at places, a step before, and so on; NaN before the history begins."""
    earlier = places - step_hours * np.arange(count)[:, None]
    return np.where(earlier >= 0, values[np.maximum(earlier, 0)], np.nan)


def _mean(rows: FloatArray) -> FloatArray:
    """Return the mean of what is known in each column."""
    known: BoolArray = np.isfinite(rows)
    return _divided(np.where(known, rows, 0.0).sum(axis=0), known.sum(axis=0))


def _mean_before(values: FloatArray, origins: IntArray, hours: int) -> FloatArray:
    """Return the mean of what is known of the hours before each origin."""
    known = np.isfinite(values)
    total = np.concatenate(([0.0], np.cumsum(np.where(known, values, 0.0))))
    count = np.concatenate(([0], np.cumsum(known)))
    begins = np.maximum(origins - hours, 0)
    return _divided(total[origins] - total[begins], count[origins] - count[begins])


def _divided(total: FloatArray, count: IntArray) -> FloatArray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
