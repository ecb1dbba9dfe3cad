"""A battery follows an order within its physics and restores its energy at least cost.

`walk` is the oracle of the physics: a simulation of its own, in exact fractions. The oracle of the
plan is the same question put to HiGHS through Pyomo.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager import battery_plan
from flexmanager.assets import Battery, Preferences
from flexmanager.battery import BatteryManager
from flexmanager.battery_plan import Task, plan_w
from flexmanager.errors import HorizonError, ParameterError, SolverError
from flexmanager.highs import Answer
from flexmanager.manager import AssetState
from flexmanager.rounding import FloatArray, IntArray
from tests.flexmanager.defaults import BATTERY, DAY_ISPS, HOURS, PREFERENCES, horizon, order_w

MANAGER = BatteryManager(BATTERY, PREFERENCES)
IDLE = [0] * DAY_ISPS
REST_WH = 33_500
FLOOR_WH = 6_700


def walk(asset: Battery, delta_w: IntArray, energy_wh: float) -> list[Fraction]:
    """Return the stored energy after each ISP."""
    energy, path = Fraction(energy_wh), []
    for power_w in delta_w.tolist():
        if power_w > 0:
            energy += Fraction(power_w) * Fraction(HOURS) * Fraction(asset.charge_efficiency)
        else:
            energy += Fraction(power_w) * Fraction(HOURS) / Fraction(asset.discharge_efficiency)
        path.append(energy)
    return path


def test_follows_an_order_it_can_carry_exactly() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS, (68, 76, -12_000)))
    assert response.delta_w[:68].tolist() == [0] * 68
    assert response.delta_w[68:76].tolist() == [-12_000] * 8
    assert response.notes == ()


def test_restores_its_energy_in_the_cheapest_isps() -> None:
    price = np.full(DAY_ISPS, 60.0)
    price[88:92] = 10.0
    response = MANAGER.respond(horizon(IDLE, price=price), order_w(DAY_ISPS, (68, 70, -8_000)))
    # 4 kWh given to the grid cost 4 / 0.95 kWh of the store and 4 / 0.95^2 kWh of charging.
    assert response.delta_w[88:92].sum() * HOURS == pytest.approx(4_000 / 0.95**2, abs=2)
    assert not response.delta_w[70:88].any()
    assert abs(response.state.held_wh) < 2


def test_restores_with_a_share_of_its_power() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS, (40, 48, -12_000)))
    assert response.delta_w.max() == 33_500 * 0.25


def test_an_order_beyond_its_energy_is_kept_from_the_beginning() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS, (60, 68, -33_500)))
    given_wh = -response.delta_w[60:68].sum() * HOURS
    assert given_wh == pytest.approx((REST_WH - FLOOR_WH) * 0.95, abs=1)
    assert response.delta_w[60:63].tolist() == [-33_500] * 3
    assert not response.delta_w[64:68].any()
    assert "reserve" in response.notes[0].text


def test_an_order_beyond_its_power_is_followed_as_far_as_it_goes() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS, (60, 61, 50_000)))
    assert response.delta_w[60] == 33_500
    assert "power limit" in response.notes[0].text


def test_fills_up_to_its_capacity() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS, (40, 52, 20_000)))
    path = walk(BATTERY, response.delta_w, REST_WH)
    assert max(path) <= 67_000
    assert max(path) > 66_990
    assert "full" in response.notes[0].text


def test_never_moves_before_an_order_unless_it_may_prepare() -> None:
    order = order_w(DAY_ISPS, (60, 68, -33_500))
    assert not MANAGER.respond(horizon(IDLE), order).delta_w[:60].any()
    manager = BatteryManager(replace(BATTERY, prepare_isps=12), PREFERENCES)
    response = manager.respond(horizon(IDLE), order)
    assert not response.delta_w[:48].any()
    assert response.delta_w[48:60].sum() > 0
    assert (
        -response.delta_w[60:68].sum() > -MANAGER.respond(horizon(IDLE), order).delta_w[60:68].sum()
    )


def test_what_is_missing_is_restored_in_the_next_horizon() -> None:
    first = MANAGER.respond(horizon([0] * 8), order_w(8, (0, 8, -10_000)))
    assert first.state.held_wh == pytest.approx(-20_000 / 0.95, abs=1)
    second = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS), first.state)
    assert abs(second.state.held_wh) < 25
    assert (second.delta_w >= 0).all()


def test_a_remainder_of_rounding_is_not_worth_a_plan() -> None:
    response = MANAGER.respond(horizon(IDLE), order_w(DAY_ISPS), AssetState(held_wh=20.0))
    assert not response.delta_w.any()
    assert response.state.held_wh == 20.0


def test_negative_prices_do_not_make_it_trade_or_burn_energy() -> None:
    price = np.full(DAY_ISPS, -300.0)
    price[50:] = 300.0
    response = MANAGER.respond(horizon(IDLE, price=price), order_w(DAY_ISPS, (20, 24, -4_000)))
    assert (response.delta_w[24:] >= 0).all()
    assert response.delta_w[24:].sum() == pytest.approx(16_000 / 0.95**2, abs=4)


def test_stays_still_under_an_order_that_others_serve() -> None:
    requested = order_w(DAY_ISPS, (40, 44, -10_000), (46, 48, -10_000))
    order = order_w(DAY_ISPS, (40, 52, -10_000))
    price = np.full(DAY_ISPS, 60.0)
    price[44:52] = 1.0
    response = MANAGER.respond(horizon(IDLE, price=price), requested, order_w=order)
    assert response.delta_w[40:52].tolist() == requested[40:52].tolist()


def test_a_promise_depends_on_the_runtime_and_the_state() -> None:
    stretch = horizon([0] * 8)
    assert MANAGER.capability_w(stretch, -1).tolist() == [-33_500] * 8
    assert MANAGER.capability_w(stretch, -1, 8).tolist() == [-12_730] + [0] * 7
    assert MANAGER.capability_w(stretch, 1, 8)[0] == 17_631
    drained = AssetState(held_wh=-26_800.0)
    assert not MANAGER.capability_w(stretch, -1, 1, drained).any()


def test_a_reserve_raised_above_the_energy_forces_nothing() -> None:
    manager = BatteryManager(BATTERY, Preferences(battery_reserve_share=0.5))
    low = AssetState(held_wh=-10_000.0)
    response = manager.respond(horizon([0] * 4), order_w(4, (0, 4, -5_000)), low)
    assert not response.delta_w.any()


def test_a_battery_has_no_recorded_plan() -> None:
    with pytest.raises(HorizonError, match="LV1-9-Storage2, ISP 1: found 7"):
        MANAGER.respond(horizon([0, 7]), order_w(2))


def test_a_state_outside_the_store_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"state\.held_wh"):
        MANAGER.respond(horizon([0]), order_w(1), AssetState(held_wh=40_000.0))


batteries = st.builds(
    Battery,
    st.just("b"),
    st.integers(1_000, 200_000),
    st.integers(500, 60_000),
    st.integers(500, 60_000),
    st.floats(0.7, 1.0),
    st.floats(0.7, 1.0),
    st.floats(0.2, 0.9),
    st.floats(0.1, 1.0),
    st.integers(0, 8),
)
orders = st.lists(st.integers(-40_000, 40_000) | st.just(0), min_size=6, max_size=6)
prices = st.lists(st.floats(-200, 400), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(batteries, orders, prices, st.floats(-0.09, 0.09))
def test_no_response_leaves_the_physics(
    asset: Battery, blocks: list[int], price: list[float], held_share: float
) -> None:
    manager = BatteryManager(asset, PREFERENCES)
    state = AssetState(held_wh=held_share * asset.capacity_wh)
    order = np.repeat(blocks, 8)
    stretch = horizon([0] * 48, price=np.repeat(price, 8))
    response = manager.respond(stretch, order, state)
    start_wh = asset.capacity_wh * asset.rest_share + state.held_wh
    path = walk(asset, response.delta_w, start_wh)
    assert max(path) <= asset.capacity_wh + Fraction(1, 100)
    assert min(path) >= asset.capacity_wh * Fraction(1, 10) - Fraction(1, 100)
    assert (response.delta_w <= asset.charge_w_max).all()
    assert (response.delta_w >= -asset.discharge_w_max).all()
    called = order != 0
    assert (np.sign(order) * response.delta_w >= 0)[called].all()
    assert (np.abs(response.delta_w) <= np.abs(order))[called].all()
    held = float(path[-1]) - asset.capacity_wh * asset.rest_share
    assert held == pytest.approx(response.state.held_wh, abs=0.01)


def oracle_eur(asset: Battery, task: Task, planned_w: FloatArray) -> tuple[float, float]:
    """Return the best objective of a Pyomo model, and that of a plan, in the model's own terms."""
    isps, steps = len(planned_w), range(len(planned_w))
    moving = 2 * float(np.abs(task.price_eur_per_mwh).max()) + 1
    resting, following = 10 * moving, 100 * moving
    weight = [following * (1 + (isps - t) / isps) for t in steps]
    asked = task.requested_w
    model = pyo.ConcreteModel()
    model.c = pyo.Var(steps, bounds=(0, asset.charge_w_max / 1e3))
    model.d = pyo.Var(steps, bounds=(0, asset.discharge_w_max / 1e3))
    model.e = pyo.Var(steps, bounds=(task.floor_wh / 1e3, asset.capacity_wh / 1e3))
    model.off = pyo.Var(bounds=(0, None))
    model.limits = pyo.ConstraintList()
    for t in steps:
        before = model.e[t - 1] if t else task.energy_wh / 1e3
        stored = asset.charge_efficiency * model.c[t] - model.d[t] / asset.discharge_efficiency
        model.limits.add(model.e[t] == before + task.isp_hours * stored)
        if asked[t] == 0:
            model.limits.add(model.c[t] <= asset.charge_w_max * asset.restore_share / 1e3)
            model.limits.add(model.d[t] <= asset.discharge_w_max * asset.restore_share / 1e3)
        else:
            model.limits.add((model.c if asked[t] > 0 else model.d)[t] <= abs(asked[t]) / 1e3)
            model.limits.add((model.d if asked[t] > 0 else model.c)[t] == 0)
    model.limits.add(model.off >= model.e[isps - 1] - task.target_wh / 1e3)
    model.limits.add(model.off >= task.target_wh / 1e3 - model.e[isps - 1])

    def cost(c, d, off):  # type: ignore[no-untyped-def]
        total = resting * off
        for t in steps:
            total += task.isp_hours * task.price_eur_per_mwh[t] * (c[t] - d[t])
            effort = -weight[t] if asked[t] else moving
            total += task.isp_hours * effort * (c[t] + d[t])
        return total

    model.cost = pyo.Objective(expr=cost(model.c, model.d, model.off))
    pyo.SolverFactory("appsi_highs").solve(model)
    c, d = np.maximum(planned_w, 0) / 1e3, np.maximum(-planned_w, 0) / 1e3
    energy = task.energy_wh / 1e3 + task.isp_hours * float(
        asset.charge_efficiency * c.sum() - d.sum() / asset.discharge_efficiency
    )
    return pyo.value(model.cost), float(cost(c, d, abs(energy - task.target_wh / 1e3)))


@settings(max_examples=15, deadline=None)
@given(batteries, orders, prices)
def test_the_plan_costs_what_an_independent_model_finds(
    asset: Battery, blocks: list[int], price: list[float]
) -> None:
    task = Task(
        requested_w=np.repeat(np.asarray(blocks, dtype=np.float64), 3),
        free=np.repeat(np.asarray(blocks) == 0, 3),
        price_eur_per_mwh=np.repeat(price, 3),
        isp_hours=HOURS,
        energy_wh=asset.capacity_wh * asset.rest_share,
        floor_wh=asset.capacity_wh * 0.1,
        target_wh=asset.capacity_wh * asset.rest_share,
    )
    best, planned = oracle_eur(asset, task, plan_w(asset, task))
    assert planned == pytest.approx(best, rel=1e-6, abs=1e-4)


def test_a_plan_that_goes_both_ways_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Answer(np.ones(8), np.zeros(3), 0.0, 0.0, True)
    monkeypatch.setattr(battery_plan, "solve", lambda model: both)
    nothing = np.zeros(2)
    task = Task(nothing, nothing == 0, nothing, HOURS, 1_000.0, 0.0, 1_000.0)
    with pytest.raises(SolverError, match="charges and discharges at once"):
        plan_w(BATTERY, task)
