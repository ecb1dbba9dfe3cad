"""What holds for every device: its plans pass a simulation that is not its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import HorizonError
from flexmanager.local.battery import BatteryStore
from flexmanager.local.device import nothing_wanted
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.rounding import FloatArray
from tests.flexmanager.local.devices import (
    CAR,
    DAY_ISPS,
    PRICE,
    SAMPLES,
    STAY,
    at_s,
    check_physics,
    outlook,
)

every_device = pytest.mark.parametrize("kind", sorted(SAMPLES))
FREE = nothing_wanted(DAY_ISPS)


def wanted(start: int, stop: int, power_w: float) -> FloatArray:
    series = FREE.copy()
    series[start:stop] = power_w
    return series


@st.composite
def wishes(draw: st.DrawFn) -> FloatArray:
    """Up to three stretches in which some power is wanted."""
    series = FREE.copy()
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, DAY_ISPS - 1))
        stop = min(DAY_ISPS, start + draw(st.integers(1, 16)))
        series[start:stop] = draw(st.integers(-12_000, 12_000))
    return series


@every_device
@settings(max_examples=25, deadline=None)
@given(series=wishes())
def test_every_plan_passes_an_independent_simulation(kind: str, series: FloatArray) -> None:
    sample = SAMPLES[kind]
    plan = sample.device.planned(sample.outlook, sample.state, series)
    end = check_physics(sample, plan.power_w)
    assert plan.state(DAY_ISPS) == pytest.approx(end, abs=0.3 if len(end) == 1 else 1e-3)
    assert not plan.short.any()


@every_device
def test_what_is_simulated_is_what_was_planned(kind: str) -> None:
    sample = SAMPLES[kind]
    plan = sample.device.planned(sample.outlook, sample.state, FREE)
    again = sample.device.simulated(sample.outlook, sample.state, plan.power_w)
    assert (again.power_w == plan.power_w).all()
    assert (again.states == plan.states).all()
    assert again.cost_eur == plan.cost_eur


@every_device
@settings(max_examples=25, deadline=None)
@given(series=wishes())
def test_every_plan_lies_within_the_bounds(kind: str, series: FloatArray) -> None:
    sample = SAMPLES[kind]
    plan = sample.device.planned(sample.outlook, sample.state, series)
    power, energy = plan.power_w, np.cumsum(plan.power_w) * 0.25
    if isinstance(sample.device, BatteryStore | ParkedVehicle):
        energy = plan.states[1:, 0] - sample.state[0]
    bounds = sample.device.bounds(sample.outlook, sample.state)
    # Whole W lie up to one W beyond; a building's band is kept to a hundredth of a degree.
    slack_w, slack_wh = (60.0, 150.0) if "heat" in kind else (1.0, DAY_ISPS * 0.25)
    assert (power >= bounds.power_w_min - slack_w).all()
    assert (power <= bounds.power_w_max + slack_w).all()
    assert (energy >= bounds.energy_wh_min - slack_wh).all()
    assert (energy <= bounds.energy_wh_max + slack_wh).all()


@every_device
def test_a_free_plan_costs_least(kind: str) -> None:
    sample = SAMPLES[kind]
    best = sample.device.planned(sample.outlook, sample.state, FREE)
    random = np.random.default_rng(5)
    for _ in range(20):
        start = int(random.integers(0, DAY_ISPS - 4))
        series = wanted(start, start + 4, float(random.integers(-5_000, 5_000)))
        other = sample.device.planned(sample.outlook, sample.state, series, best.state(-1))
        if (other.states[-1] >= best.states[-1] - 1e-6).all():
            assert other.cost_eur >= best.cost_eur - 0.005


@every_device
def test_a_plan_for_nothing_else_is_the_same_plan(kind: str) -> None:
    sample = SAMPLES[kind]
    plan = sample.device.planned(sample.outlook, sample.state, FREE)
    series = plan.power_w.astype(np.float64)
    again = sample.device.planned(sample.outlook, sample.state, series)
    assert again.power_w == pytest.approx(series, abs=2)


@pytest.mark.parametrize(
    ("kind", "start", "power_w"),
    [
        ("battery", 70, -2_000),
        ("vehicle", 20, 11_000),
        ("vehicle", 40, 0),
        ("vehicle that feeds back", 50, -8_000),
        ("heat pump", 60, 0),
        ("direct heating", 60, 3_000),
        ("photovoltaic", 44, -2_500),
        ("heat and power", 30, -5_500),
        ("curtailable", 30, 2_000),
    ],
)
def test_what_is_within_reach_is_done(kind: str, start: int, power_w: int) -> None:
    sample = SAMPLES[kind]
    plan = sample.device.planned(sample.outlook, sample.state, wanted(start, start + 4, power_w))
    assert plan.power_w[start : start + 4] == pytest.approx([power_w] * 4, abs=1)


def test_a_run_moves_to_where_it_is_wanted() -> None:
    sample = SAMPLES["shiftable"]
    plan = sample.device.planned(sample.outlook, sample.state, wanted(50, 52, 2_000))
    assert plan.power_w[50:56].tolist() == [2_000, 2_000, 200, 200, 2_000, 200]


def test_a_run_that_has_begun_goes_on_and_one_that_is_late_says_so() -> None:
    sample = SAMPLES["shiftable"]
    begun = sample.device.planned(sample.outlook, (2.0,), FREE)
    assert begun.power_w[:5].tolist() == [200, 200, 2_000, 200, 0]
    late = sample.device.simulated(sample.outlook, (0.0,), np.zeros(DAY_ISPS, dtype=np.int64))
    assert late.short[-1] == 6_600 / 4


def test_a_run_that_is_too_long_for_the_outlook_waits_if_it_is_in_time_later() -> None:
    sample = SAMPLES["shiftable"]
    short = sample.outlook.part(30, 33)
    assert not sample.device.planned(short, (0.0,), FREE[:3]).power_w.any()
    last = sample.outlook.part(73, 76)
    begun = sample.device.planned(last, (0.0,), FREE[:3])
    assert begun.power_w.tolist() == [0, 2_000, 2_000], "in time, and dear hours are few"
    late = sample.outlook.part(76, 79)
    assert sample.device.planned(late, (0.0,), FREE[:3]).power_w.tolist() == [2_000, 2_000, 200]


def test_a_need_out_of_reach_is_met_as_far_as_it_goes() -> None:
    short_stay = replace(STAY, departure_utc_s=at_s(10.3))
    device = ParkedVehicle(CAR, short_stay)
    plan = device.planned(outlook(), (9_000.0,), wanted(0, 96, 0))
    assert plan.power_w[8:11].tolist() == [7_700, 11_000, 3_300]
    charged = (7_700 + 11_000 + 3_300) / 4 * 0.92
    assert plan.short[-1] == pytest.approx(42_000 - 9_000 - charged)


def test_the_need_comes_before_any_promise_and_the_minimum_before_any_price() -> None:
    sample = SAMPLES["vehicle"]
    refused = sample.device.planned(sample.outlook, sample.state, wanted(0, 96, 0))
    assert refused.states[-1, 0] >= 42_000
    empty = replace(STAY, energy_wh=0)
    minimum = ParkedVehicle(CAR, empty).planned(sample.outlook, (0.0,), FREE)
    assert minimum.power_w[8:10].tolist() == [7_700, 11_000]


def test_an_owner_who_may_leave_any_time_is_charged_at_once() -> None:
    sample = SAMPLES["vehicle"]
    device = ParkedVehicle(CAR, STAY, early_share=0.0)
    plan = device.planned(sample.outlook, sample.state, wanted(0, 96, 0))
    at_once = device.uncontrolled(sample.outlook, sample.state)
    assert plan.power_w == pytest.approx(at_once.power_w, abs=2)
    half = replace(device, early_share=0.5).planned(sample.outlook, sample.state, FREE)
    reached = int(np.argmax(half.states[:, 0] >= 42_000))
    assert reached <= 1 + (int(np.flatnonzero(at_once.power_w)[-1]) + 72) / 2


def test_negative_prices_do_not_burn_energy() -> None:
    sample = SAMPLES["battery"]
    cheap = outlook(price=PRICE - 900.0, feed_in=PRICE - 905.0)
    plan = sample.device.planned(cheap, sample.state, FREE)
    check_physics(replace(sample, outlook=cheap), plan.power_w)
    assert plan.cost_eur < 0


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(HorizonError, match="own_w"):
        replace(outlook(), own_w=np.zeros(3))
    with pytest.raises(HorizonError, match="price_eur_per_mwh, ISP 5"):
        outlook(price=np.where(np.arange(DAY_ISPS) == 5, np.nan, PRICE))


def test_what_is_overdue_is_charged_at_once() -> None:
    sample = SAMPLES["vehicle"]
    late = replace(sample.device, due_utc_s=at_s(12))
    look = sample.outlook.part(20)
    course = late.planned(look, (12_000.0,), nothing_wanted(look.isps))
    missing_wh = late.stay.needed_wh - 12_000.0
    full_isps = int(missing_wh / (11_000 * 0.92 / 4))
    assert course.power_w[:full_isps].tolist() == [11_000] * full_isps
    assert course.state(-1)[0] >= late.stay.needed_wh - 1
