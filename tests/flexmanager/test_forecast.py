"""A forecast takes whole recorded days whose morning was most like today's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ForecastError, ParameterError
from flexmanager.forecast import forecast

NAN = np.nan
HISTORY = np.array(
    [
        [100.0, 200.0, 300.0, 400.0],
        [110.0, 210.0, 500.0, -600.0],
        [900.0, 900.0, 900.0, 900.0],
        [101.0, 201.0, 301.0, 403.0],
    ]
)


def test_the_nearest_mornings_are_averaged() -> None:
    found = forecast(HISTORY, np.array([100.0, 200.0]), nearest=2)
    assert found.chosen == (0, 3)
    assert found.gate == 2
    # 100.5, 200.5 and 300.5 lie half way and go to the even neighbour.
    assert found.mean_w.tolist() == [100, 200, 300, 402]


def test_the_cautious_variant_is_the_most_extreme_of_the_chosen_days() -> None:
    found = forecast(HISTORY, np.array([100.0, 200.0]), nearest=3)
    assert found.cautious_w(1).tolist() == [110, 210, 500, 403]
    assert found.cautious_w(-1).tolist() == [100, 200, 300, -600]
    with pytest.raises(ParameterError, match="sign"):
        found.cautious_w(0)


def test_a_day_with_a_missing_reading_is_left_out() -> None:
    history = HISTORY.copy()
    history[0, 3] = NAN
    assert forecast(history, np.array([100.0, 200.0]), nearest=2).chosen == (3, 1)


def test_todays_missing_readings_are_left_out_of_the_comparison() -> None:
    assert forecast(HISTORY, np.array([NAN, 900.0]), nearest=1).chosen == (2,)


def test_of_equally_near_days_the_later_comes_first() -> None:
    twins = np.vstack((HISTORY[0], HISTORY[0]))
    assert forecast(twins, np.array([100.0]), nearest=1).chosen == (1,)


def test_the_latest_deviation_fades_from_one_isp_to_the_next() -> None:
    """Today is 80 W above the only day, over the two readings before the gate."""
    day = np.array([[0.0, 100.0, 100.0, 100.0, 100.0, 100.0]])
    found = forecast(day, np.array([500.0, 160.0, 200.0]), 1, persistence=0.5)
    assert found.mean_w.tolist() == [0, 100, 100, 140, 120, 110]
    assert found.highest_w.tolist() == found.lowest_w.tolist() == found.mean_w.tolist()


def test_each_day_goes_on_from_where_today_is() -> None:
    """Days that differ by their level alone differ no more where all of it persists."""
    days = np.array([[0.0, 0.0, 10.0], [50.0, 50.0, 60.0]])
    found = forecast(days, np.array([20.0, 20.0]), 2, persistence=1.0)
    assert (found.lowest_w[2], found.highest_w[2]) == (30, 30)


def test_a_short_memory_looks_at_the_last_readings() -> None:
    early, late = [100.0, 0.0, 1.0], [0.0, 90.0, 2.0]
    morning = np.array([0.0, 0.0])
    assert forecast(np.array([early, late]), morning, 1).chosen == (1,)
    assert forecast(np.array([early, late]), morning, 1, memory=0.5).chosen == (0,)


@pytest.mark.parametrize(
    "shares",
    [{"memory": 0.0}, {"memory": 1.1}, {"persistence": -0.1}, {"persistence": 1.1}],
)
def test_shares_out_of_range(shares: dict[str, float]) -> None:
    with pytest.raises(ForecastError, match="at most 1"):
        forecast(HISTORY, np.array([1.0]), 1, **shares)


def test_before_the_day_begins_the_latest_days_are_used() -> None:
    assert forecast(HISTORY, np.array([]), nearest=2).chosen == (3, 2)


@pytest.mark.parametrize("nearest", [0, 5])
def test_too_few_days(nearest: int) -> None:
    with pytest.raises(ForecastError, match="4 of 4 recorded days are complete"):
        forecast(HISTORY, np.array([1.0]), nearest)


def test_no_known_reading_before_the_gate() -> None:
    with pytest.raises(ForecastError, match="none of the 2 readings"):
        forecast(HISTORY, np.array([NAN, NAN]), 2)


@pytest.mark.parametrize("morning", [np.zeros(5), np.zeros((1, 2))])
def test_a_morning_is_no_longer_than_the_day(morning: np.ndarray) -> None:
    with pytest.raises(ForecastError, match="morning has shape"):
        forecast(HISTORY, morning, 1)


def test_history_is_a_table() -> None:
    with pytest.raises(ForecastError, match="history has shape"):
        forecast(np.zeros(4), np.zeros(1), 1)


@settings(deadline=None)
@given(st.permutations(range(4)), st.integers(1, 4))
def test_the_order_of_different_days_does_not_matter(order: list[int], nearest: int) -> None:
    morning = np.array([120.0, 210.0])
    plain = forecast(HISTORY, morning, nearest)
    mixed = forecast(HISTORY[order], morning, nearest)
    assert mixed.mean_w.tolist() == plain.mean_w.tolist()
    assert [order[row] for row in mixed.chosen] == list(plain.chosen)


@settings(deadline=None)
@given(st.integers(1, 4))
def test_the_mean_lies_between_the_extremes(nearest: int) -> None:
    found = forecast(HISTORY, np.array([300.0]), nearest)
    assert (found.lowest_w <= found.mean_w).all()
    assert (found.mean_w <= found.highest_w).all()
