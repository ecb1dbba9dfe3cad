"""No feature knows more than was known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.forecasting.features import features
from flexmanager.forecasting.known import LEADS_MAX
from tests.flexmanager.forecasting.series import house

LEADS = np.arange(1, LEADS_MAX + 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 1_000), st.booleans())
def test_what_comes_after_the_origin_changes_nothing(seed: int, origin: int, lost: bool) -> None:
    known = house(seed)
    later, weather = known.values.copy(), known.outside_c.copy()
    later[origin:] = np.nan if lost else later[origin:] * -3.0 + 1e6
    weather[origin + LEADS_MAX :] += 30.0
    changed = replace(known, values=later, outside_c=weather)
    origins = np.full(LEADS_MAX, origin)
    before, after = features(known, origins, LEADS), features(changed, origins, LEADS)
    np.testing.assert_array_equal(before.columns, after.columns)
    np.testing.assert_array_equal(before.anchors, after.anchors)


def test_each_forecast_hour_sees_its_own_weather() -> None:
    known, origins = house(0), np.full(LEADS_MAX, 600)
    warmer = known.outside_c.copy()
    warmer[610] += 5.0
    found = features(known, origins, LEADS).columns
    other = features(replace(known, outside_c=warmer), origins, LEADS).columns
    changed = ~np.isclose(found, other).all(axis=1)
    # The hour itself, and those of the day after it by their mean of a day.
    assert np.flatnonzero(changed).tolist() == list(range(10, 34))


def test_missing_values_are_left_out_of_means() -> None:
    known, origin, lead = house(0), np.array([700]), np.array([1])
    values = known.values.copy()
    values[700 - 24 * np.arange(1, 8, 2)] = np.nan
    anchors = features(replace(known, values=values), origin, lead).anchors[0]
    assert anchors[2] == pytest.approx(known.values[700 - 24 * np.array([2, 4, 6])].mean())
    values[:] = np.nan
    values[900] = 1.0
    assert np.isnan(features(replace(known, values=values), origin, lead).anchors[0, 1:]).all()


def test_before_the_history_nothing_is_known() -> None:
    found = features(house(0), np.zeros(LEADS_MAX, dtype=np.int64), LEADS)
    assert np.isnan(found.anchors[:, 1:]).all()
    assert np.isnan(found.columns[:, :8]).all()
