"""The quantile model: deterministic, never crossing, better than its floor."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import HOURS_PER_WEEK, LEADS_MAX, MIDDLE, Known
from flexmanager.forecasting.naive import seasonal_naive
from flexmanager.forecasting.quantile_model import QuantileModel, fit
from flexmanager.forecasting.scores import actual_values, naive_error, rolling, score
from tests.flexmanager.forecasting.series import house

FITTED_WEEKS, WEEKS = 8, 11


@pytest.fixture(scope="module")
def known() -> Known:
    return house(5, WEEKS)


@pytest.fixture(scope="module")
def model(known: Known) -> QuantileModel:
    return fit(known.until(FITTED_WEEKS * HOURS_PER_WEEK))


def test_it_beats_last_day_and_last_week_on_weeks_it_has_not_seen(
    known: Known, model: QuantileModel
) -> None:
    first = FITTED_WEEKS * HOURS_PER_WEEK
    origins = range(first, known.hours - LEADS_MAX + 1, 7)
    actual = actual_values(known, origins, LEADS_MAX)
    scale = naive_error(known.until(first))
    found = score(actual, rolling(known, model.forecast, origins, LEADS_MAX), scale)
    for season in (24, 168):

        def floor(earlier: Known, leads: int, season: int = season) -> np.ndarray:
            return seasonal_naive(earlier, leads, season)

        other = score(actual, rolling(known, floor, origins, LEADS_MAX), scale)
        assert found.pinball < 0.8 * other.pinball
        assert found.mase < 0.8 * other.mase
    assert 0.65 < found.inside < 0.95


def test_quantiles_never_cross_and_stay_within_what_was_seen(
    known: Known, model: QuantileModel
) -> None:
    for hour in range(FITTED_WEEKS * HOURS_PER_WEEK, known.hours, 97):
        made = model.forecast(known.until(hour), LEADS_MAX)
        assert (np.diff(made, axis=1) >= 0).all()
        assert made.min() >= model.lowest
        assert made.max() <= model.highest


def test_the_same_history_gives_the_same_forecast(known: Known, model: QuantileModel) -> None:
    earlier = known.until(FITTED_WEEKS * HOURS_PER_WEEK)
    again = fit(earlier)
    assert again.forecast(earlier, 48).tolist() == model.forecast(earlier, 48).tolist()


def test_what_comes_after_the_history_changes_nothing(known: Known, model: QuantileModel) -> None:
    hour = FITTED_WEEKS * HOURS_PER_WEEK
    values, weather = known.values.copy(), known.outside_c.copy()
    values[hour:], weather[hour + LEADS_MAX :] = 1e6, 50.0
    other = replace(known, values=values, outside_c=weather).until(hour)
    made = model.forecast(known.until(hour), LEADS_MAX)
    assert fit(other).forecast(other, LEADS_MAX).tolist() == made.tolist()


def test_a_cold_day_ahead_raises_the_forecast(known: Known, model: QuantileModel) -> None:
    colder = replace(known, outside_c=known.outside_c.copy())
    colder.outside_c[known.hours :] -= 6.0
    more = model.forecast(colder, LEADS_MAX) - model.forecast(known, LEADS_MAX)
    assert more.mean() > 25.0


def test_gaps_are_left_out_and_never_count_as_zero(known: Known, model: QuantileModel) -> None:
    hour = FITTED_WEEKS * HOURS_PER_WEEK
    values = known.values.copy()
    values[np.random.default_rng(0).random(len(values)) < 0.3] = np.nan
    values[hour - 30 : hour] = np.nan
    gaps = replace(known, values=values).until(hour)
    made = fit(gaps).forecast(gaps, LEADS_MAX)
    assert np.isfinite(made).all()
    whole = model.forecast(known.until(hour), LEADS_MAX)
    assert np.abs(made[:, MIDDLE] - whole[:, MIDDLE]).mean() < 0.1 * known.values.mean()


def test_too_little_to_learn_from_is_refused(known: Known) -> None:
    values = known.values.copy()
    values[20:] = np.nan
    with pytest.raises(ForecastError, match=r"0 pairs .* expected at least 1000"):
        fit(replace(known, values=values))


def test_a_series_without_weather_is_forecast_by_the_rest(known: Known) -> None:
    blind = replace(known, outside_c=np.full(len(known.outside_c), np.nan))
    earlier = blind.until(FITTED_WEEKS * HOURS_PER_WEEK)
    made = fit(earlier).forecast(earlier, LEADS_MAX)
    assert np.isfinite(made).all()
    assert (np.diff(made, axis=1) >= 0).all()
