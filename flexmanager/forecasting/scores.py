"""How good forecasts were: pinball loss of quantiles, MASE of the middle, share within the band."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import HOURS_PER_WEEK, MIDDLE, QUANTILES, Known
from flexmanager.rounding import FloatArray

Forecaster = Callable[[Known, int], FloatArray]


@dataclass(frozen=True, slots=True)
class Score:
    """Scores over all hours that were forecast and are known.

    Attributes:
        mase: mean absolute error of the middle, over that of last week's value in the history.
        pinball: mean pinball loss over the quantiles, in the unit of the series.
        inside: share of values between the lowest and the highest quantile; 0.8 would be right.
        hours: hours that were scored.
    """

    mase: float
    pinball: float
    inside: float
    hours: int


def pinball_loss(actual: FloatArray, forecast: FloatArray) -> FloatArray:
    """Return the loss of each quantile, in the unit of the series.

    A quantile q that is too low by d costs q d; one that is too high by d costs (1 - q) d.

    Args:
        actual: shape (n,).
        forecast: shape (n, quantiles).
    """
    off = actual[:, None] - forecast
    levels = np.asarray(QUANTILES)
    return np.maximum(levels * off, (levels - 1.0) * off)


def rolling(known: Known, forecaster: Forecaster, origins: Sequence[int], leads: int) -> FloatArray:
    """Forecast from each origin with what was known there, shape (origins, leads, quantiles).

    Args:
        known: the whole series.
        forecaster: what is tried.
        origins: hours from which is forecast.
        leads: hours ahead.
    """
    return np.stack([forecaster(known.until(origin), leads) for origin in origins])


def actual_values(known: Known, origins: Sequence[int], leads: int) -> FloatArray:
    """Return what came after each origin, shape (origins, leads).

    Raises:
        ForecastError: an origin lies too late.
    """
    if not len(origins) or max(origins) + leads > known.hours:
        latest = known.hours - leads
        raise ForecastError(f"origins {origins!s:.80}; expected hours up to {latest}")
    return np.stack([known.values[origin : origin + leads] for origin in origins])


def naive_error(known: Known) -> float:
    """Return the mean absolute error of last week's value within a history: the scale of MASE."""
    errors = np.abs(known.values[HOURS_PER_WEEK:] - known.values[:-HOURS_PER_WEEK])
    if not np.isfinite(errors).any():
        raise ForecastError("no hour is known in two weeks that follow each other")
    return float(np.nanmean(errors))


def score(actual: FloatArray, forecast: FloatArray, scale: float) -> Score:
    """Score forecasts.

    Args:
        actual: what came, NaN where unknown, shape (...).
        forecast: what was said, NaN where nothing was, shape (..., quantiles).
        scale: `naive_error` of the history, in the unit of the series, above 0.

    Raises:
        ForecastError: there is nothing to score, or no scale.
    """
    both = np.isfinite(actual) & np.isfinite(forecast).all(axis=-1)
    if not both.any() or not scale > 0.0:
        raise ForecastError(f"{both.sum()} hours to score on a scale of {scale}; expected some")
    seen, said = actual[both], forecast[both]
    inside = (seen >= said[:, 0]) & (seen <= said[:, -1])
    return Score(
        mase=float(np.abs(seen - said[:, MIDDLE]).mean()) / scale,
        pinball=float(pinball_loss(seen, said).mean()),
        inside=float(inside.mean()),
        hours=int(both.sum()),
    )
