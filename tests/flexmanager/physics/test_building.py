"""The step of a building is the exact solution of its two equations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.physics.building import (
    Building,
    Heater,
    direct_heater,
    heat_step,
    temperatures_c,
    usual_building,
)
from flexmanager.physics.comfort import Comfort, comfort_band
from flexmanager.rounding import FloatArray

buildings = st.builds(
    Building,
    st.just("house"),
    st.floats(200, 5_000),
    st.floats(2_000, 40_000),
    st.floats(50, 2_000),
    st.floats(5, 300),
    st.floats(0, 300),
    st.floats(0, 1),
)
HEATED = Building("house")


def integrated_c(
    building: Building, start: tuple[float, float], outside_c: float, heat_w: float, hours: float
) -> FloatArray:
    """Return both temperatures by Runge-Kutta steps of a few seconds, from the equations alone."""

    def rate(both: FloatArray) -> FloatArray:
        air, mass = both
        over = building.exchange_w_per_k * (mass - air)
        share = building.heat_to_air_share
        out = building.air_to_outside_w_per_k * (outside_c - air)
        into_mass = building.mass_to_outside_w_per_k * (outside_c - mass)
        return np.array(
            [
                (over + out + share * heat_w) / building.air_wh_per_k,
                (-over + into_mass + (1 - share) * heat_w) / building.mass_wh_per_k,
            ]
        )

    now, steps = np.array(start), 400
    size = hours / steps
    for _ in range(steps):
        first = rate(now)
        second = rate(now + size / 2 * first)
        third = rate(now + size / 2 * second)
        fourth = rate(now + size * third)
        now = now + size / 6 * (first + 2 * second + 2 * third + fourth)
    return now


@given(buildings, st.floats(-20, 30), st.floats(0, 20_000), st.sampled_from([0.25, 1.0, 6.0]))
def test_the_step_agrees_with_a_fine_integration(
    building: Building, outside_c: float, heat_w: float, hours: float
) -> None:
    step = heat_step(building, hours)
    found = temperatures_c(step, (20.0, 18.5), np.array([outside_c]), np.array([heat_w]))[0]
    expected = integrated_c(building, (20.0, 18.5), outside_c, heat_w, hours)
    assert found == pytest.approx(expected, abs=1e-4)


@given(buildings)
def test_many_short_steps_are_one_long_step(building: Building) -> None:
    outside, heat = np.full(24, -4.0), np.full(24, 3_000.0)
    short = temperatures_c(heat_step(building, 0.25), (19.0, 21.0), outside, heat)[-1]
    long = temperatures_c(heat_step(building, 6.0), (19.0, 21.0), outside[:1], heat[:1])[0]
    assert short == pytest.approx(long, abs=1e-9)


def test_in_the_long_run_heat_in_is_heat_out() -> None:
    isps = 4_000
    outside, heat = np.zeros(isps), np.full(isps, 2_000.0)
    path = temperatures_c(heat_step(HEATED, 1.0), (10.0, 10.0), outside, heat)
    air, mass = path[-1]
    lost = HEATED.air_to_outside_w_per_k * air + HEATED.mass_to_outside_w_per_k * mass
    assert lost == pytest.approx(2_000.0)


def test_a_heat_pump_gives_more_heat_in_mild_weather_and_never_less_than_a_rod() -> None:
    outside = np.array([-40.0, -5.0, 7.0, 12.0, 40.0])
    cop = Heater("pump").cop(outside)
    assert cop == pytest.approx([1.0, 3.6 - 0.84, 3.6, 3.95, 5.5])
    assert direct_heater("rod", 2_000).cop(outside).tolist() == [1.0] * 5


def test_the_band_follows_the_hours() -> None:
    away = frozenset(range(8, 16))  # Monday
    comfort = Comfort("house", hours_away=away)
    # 1970-01-05 was a Monday.
    monday = 4 * 1_440 + 60 * np.array([3, 7, 9, 17, 23])
    band = comfort_band(comfort, monday)
    assert band.low_c.tolist() == [17.5, 19.5, 17.0, 19.5, 17.5]
    assert band.wished_c.tolist() == [17.5, 21.0, 17.0, 21.0, 17.5]
    assert comfort_band(comfort, monday + 1_440).low_c.tolist() == [17.5, 19.5, 19.5, 19.5, 17.5]


@pytest.mark.parametrize("warmer_k", [0.0, -3.0, float("nan")])
def test_the_size_of_a_building_shows_only_where_it_is_warmer_than_outside(warmer_k: float) -> None:
    with pytest.raises(ParameterError, match="warmer_k"):
        usual_building("house", 2_000.0, warmer_k)
