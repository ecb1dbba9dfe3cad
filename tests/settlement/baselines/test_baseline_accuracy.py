"""Accuracy of a baseline: by hand, where it is undefined, and what does not change it."""

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.baselines.accuracy import accuracy


def test_by_hand():
    found = accuracy([1100, 900, 2000], [1000, 1000, 1000])
    assert found.isps == 3
    assert isclose(found.bias, 1000 / 3000)
    assert isclose(found.rmse_w, sqrt((100**2 + 100**2 + 1000**2) / 3))
    assert isclose(found.rrmse, found.rmse_w / 1000)
    assert isclose(found.mape, (0.1 + 0.1 + 1.0) / 3)


def test_a_baseline_above_the_actual_has_a_positive_bias_where_power_is_exported_too():
    assert accuracy([1100], [1000]).bias == pytest.approx(0.1)
    assert accuracy([-900], [-1000]).bias == pytest.approx(0.1)
    assert accuracy([-900], [-1000]).rrmse == pytest.approx(0.1)


def test_undefined_is_not_zero():
    balanced = accuracy([5, 5], [100, -100])
    assert (balanced.bias, balanced.rrmse) == (None, None)
    assert balanced.mape == pytest.approx((0.95 + 1.05) / 2)
    nothing = accuracy([5, 5], [0, 0])
    assert (nothing.bias, nothing.rrmse, nothing.mape, nothing.mape_isps) == (None, None, None, 0)
    assert nothing.rmse_w == 5
    some = accuracy([5, 110], [0, 100])
    assert (some.mape, some.mape_isps) == (pytest.approx(0.1), 1)


powers = st.lists(st.tuples(st.integers(-9000, 9000), st.integers(1, 9000)), min_size=1)


@given(powers)
def test_bias_is_within_the_error_and_a_perfect_baseline_has_none(pairs):
    baseline, actual = zip(*pairs, strict=True)
    found = accuracy(baseline, actual)
    assert abs(found.bias) <= found.rrmse * (1 + 1e-12)
    perfect = accuracy(actual, actual)
    assert (perfect.bias, perfect.rrmse, perfect.mape) == (0, 0, 0)


@given(powers, st.integers(2, 50))
def test_shares_do_not_depend_on_the_unit(pairs, factor):
    baseline, actual = zip(*pairs, strict=True)
    found = accuracy(baseline, actual)
    scaled = accuracy([factor * b for b in baseline], [factor * a for a in actual])
    assert isclose(found.bias, scaled.bias, abs_tol=1e-12)
    assert isclose(found.rrmse, scaled.rrmse)
    assert isclose(found.mape, scaled.mape)
