"""Scores by hand, and what a score has to reward."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import HOURS_PER_WEEK, QUANTILES
from flexmanager.forecasting.naive import seasonal_naive
from flexmanager.forecasting.scores import (
    actual_values,
    naive_error,
    pinball_loss,
    rolling,
    score,
)
from tests.flexmanager.forecasting.series import house


def test_scores_by_hand() -> None:
    actual = np.array([10.0, 20.0, np.nan, 40.0])
    said = np.array([[8.0, 10.0, 12.0], [21.0, 24.0, 30.0], [0.0, 0.0, 0.0], [np.nan] * 3])
    # Losses: 0.1 x 2, 0, 0.1 x 2; then 0.9 x 1, 0.5 x 4, 0.1 x 10. Two hours are scored.
    found = score(actual, said, scale=4.0)
    assert found.hours == 2
    assert found.pinball == pytest.approx((0.2 + 0.0 + 0.2 + 0.9 + 2.0 + 1.0) / 6)
    assert found.mase == pytest.approx((0 + 4) / 2 / 4)
    assert found.inside == 0.5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-30.0, 30.0))
def test_nothing_scores_better_than_the_true_quantiles(seed: int, shift: float) -> None:
    drawn = np.random.default_rng(seed).normal(0.0, 10.0, 999)
    true = np.tile(np.quantile(drawn, QUANTILES, method="inverted_cdf"), (len(drawn), 1))
    best, other = pinball_loss(drawn, true), pinball_loss(drawn, true + shift)
    assert (best.mean(axis=0) <= other.mean(axis=0) + 1e-9).all()


def test_the_scale_is_the_error_of_last_week() -> None:
    known = house(2)
    off = np.abs(known.values[HOURS_PER_WEEK:] - known.values[:-HOURS_PER_WEEK])
    assert naive_error(known) == pytest.approx(off.mean())


def test_each_origin_is_forecast_with_what_was_known_there() -> None:
    known, origins = house(3), (700, 713)
    made = rolling(known, seasonal_naive, origins, 5)
    assert made.shape == (2, 5, len(QUANTILES))
    assert made[1].tolist() == seasonal_naive(known.until(713), 5).tolist()
    assert actual_values(known, origins, 5)[1].tolist() == known.values[713:718].tolist()


def test_what_cannot_be_scored_is_refused() -> None:
    known = house(0)
    with pytest.raises(ForecastError, match="expected hours up to 960"):
        actual_values(known, (961,), 48)
    with pytest.raises(ForecastError, match="0 hours to score"):
        score(np.array([np.nan]), np.zeros((1, 3)), 1.0)
    with pytest.raises(ForecastError, match="on a scale of 0"):
        score(np.zeros(1), np.zeros((1, 3)), 0.0)
