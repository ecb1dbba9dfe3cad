"""The floor that any model has to beat: the same hour of an earlier day or week."""

import numpy as np

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    MIDDLE,
    QUANTILES,
    Known,
    check_leads,
)
from flexmanager.rounding import FloatArray

SEASONS = (HOURS_PER_DAY, HOURS_PER_WEEK)
SEASONS_SEARCHED = 4


def seasonal_naive(known: Known, leads: int, season_hours: int = HOURS_PER_WEEK) -> FloatArray:
    """Return quantiles for the next hours, shape (leads, quantiles), in the unit of the series.

    The middle is the latest known value at the same hour of the season. Around it lie the errors
    that this rule made at the same hour of the day over the history.

    Args:
        known: what is known now.
        leads: hours ahead, 1 to 48.
        season_hours: 24 repeats the day before, 168 the week before.

    Returns:
        Rising quantiles; NaN where none of the last four seasons has a value.

    Raises:
        ForecastError: the hours ahead or the season are none of these.
    """
    check_leads(known, leads)
    if season_hours not in SEASONS:
        raise ForecastError(f"a season of {season_hours} hours; expected one of {SEASONS}")
    ahead = np.arange(leads)
    seasons_back = ahead // season_hours + 1
    hour = known.hour_of_week[known.hours + ahead] % HOURS_PER_DAY
    quantiles = np.empty((leads, len(QUANTILES)))
    for back in np.unique(seasons_back):
        rows = seasons_back == back
        spread = _spread(known, int(back) * season_hours)
        quantiles[rows] = spread[hour[rows]]
    latest = _latest(known, known.hours + ahead - seasons_back * season_hours, season_hours)
    return quantiles + latest[:, None]


def _latest(known: Known, places: np.ndarray, season_hours: int) -> FloatArray:
    """Return the value at each place or, where it is unknown, that of an earlier season."""
    found = np.full(len(places), np.nan)
    for back in range(SEASONS_SEARCHED):
        # Four weeks of history are the least there is, so that no place lies before its begin.
        older = known.values[np.maximum(places - back * season_hours, 0)]
        found = np.where(np.isnan(found), older, found)
    return found


def _spread(known: Known, lag_hours: int) -> FloatArray:
    """Return quantiles of the errors by hour of the day around their middle, shape (24, q)."""
    errors = known.values[lag_hours:] - known.values[:-lag_hours]
    hour = known.hour_of_week[lag_hours : known.hours] % HOURS_PER_DAY
    spread = np.zeros((HOURS_PER_DAY, len(QUANTILES)))
    for of_day in range(HOURS_PER_DAY):
        made = errors[(hour == of_day) & np.isfinite(errors)]
        if len(made):
            spread[of_day] = np.quantile(made, QUANTILES)
    return spread - spread[:, [MIDDLE]]
