"""The demonstration's forecast, by the days most like today so far, on its own task.

At the first gate of each window, for the hours that lie within it, at both congestion points.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backend.demo import plan
from backend.district import District
from backend.services.congestion import find_forecast
from backend.services.local_day import LocalDay
from flexmanager.forecasting.known import Known
from flexmanager.rounding import FloatArray
from scripts.benchmarks.forecasts_bench.series import QUARTERS_PER_HOUR, hourly, with_values
from settlement.clock import day_of

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute errors over the same hours [W].

    Attributes:
        mornings_w: of the mean of the nearest days.
        model_w: of the model's middle.
        hours: how many hours.
    """

    mornings_w: float
    model_w: float
    hours: int


def compare_mornings(
    district: District,
    point: str,
    window: plan.TemplatePlan,
    known: Known,
    first_hour: int,
    forecaster: Callable[[Known, int], FloatArray],
) -> Errors:
    """Compare on all days from an hour on.

    Args:
        district: the district.
        point: the congestion point.
        window: its gate and window.
        known: weather and calendar.
        first_hour: first hour from which may be forecast.
        forecaster: the model's middle for the next hours.
    """
    load_w = district.congestion_point_w(point).astype(np.int64)
    first_isp = plan.CLOCK.isp_of(district.first_quarter_utc_s)
    known = with_values(known, hourly(load_w))
    by_mornings, by_model, actual = [], [], []
    for today in days_of(district):
        midnight = today.first_isp - first_isp
        gate = midnight + int(np.flatnonzero(today.minutes() == window.gate_minute)[0])
        origin, inside = gate // QUARTERS_PER_HOUR, full_hours(today, window)
        if origin < first_hour:
            continue
        found = find_forecast(today, load_w, first_isp, first_isp + gate, plan.FORESIGHT)
        hours = midnight // QUARTERS_PER_HOUR + inside
        made = forecaster(known.until(origin), int(hours[-1]) - origin + 1)
        by_mornings.append(hourly(found.mean_w)[inside])
        by_model.append(made[hours - origin])
        actual.append(known.values[hours])
    came = np.concatenate(actual)
    return Errors(
        float(np.abs(np.concatenate(by_mornings) - came).mean()),
        float(np.abs(np.concatenate(by_model) - came).mean()),
        len(came),
    )


def days_of(district: District) -> Iterator[LocalDay]:
    """Yield the district's local days."""
    for day in range(day_of(district.first_day), day_of(district.last_day) + 1):
        yield LocalDay(plan.CLOCK, day)


def full_hours(today: LocalDay, window: plan.TemplatePlan) -> np.ndarray:
    """Return the hours since midnight that lie wholly within the window."""
    starts = today.minutes()[::QUARTERS_PER_HOUR]
    ends = starts + MINUTES_PER_HOUR
    return np.flatnonzero((starts >= window.from_minute) & (ends <= window.to_minute))
