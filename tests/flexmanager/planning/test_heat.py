"""The heating plan against the same question put to Pyomo, with the building's equations anew."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flexmanager.physics.building import Building, heat_step, temperatures_c
from flexmanager.physics.comfort import Band
from flexmanager.planning.heat import (
    BEYOND_EUR_PER_KELVIN_HOUR,
    END_EUR_PER_KELVIN,
    FOLLOW_EUR_PER_KWH,
    HABIT_EUR_PER_KWH,
    HeatTask,
    plan_heating_w,
)
from flexmanager.rounding import FloatArray

ISPS, HOURS = 32, 0.25


def random_task(seed: int) -> HeatTask:
    random = np.random.default_rng(seed)
    house = Building(
        "house", mass_wh_per_k=random.uniform(3_000, 15_000), sun_m2=random.uniform(0, 6)
    )
    low = np.repeat(random.choice([16.0, 18.0, 20.0], 4), ISPS // 4)
    wanted = np.where(random.random(ISPS) < 0.2, random.uniform(0, 4_000), np.nan)
    return HeatTask(
        step=heat_step(house, HOURS),
        start_c=(random.uniform(17, 22), random.uniform(17, 22)),
        outside_c=random.uniform(-10, 10) + random.uniform(-2, 2, ISPS),
        gain_w=random.uniform(100, 800, ISPS),
        cop=random.uniform(1, 4) * np.ones(ISPS),
        power_w_max=4_000.0,
        band=Band(low, low + 1.0, np.full(ISPS, 24.0)),
        price_eur_per_mwh=random.uniform(-50, 400, ISPS),
        eur_per_kelvin_hour=0.2,
        isp_hours=HOURS,
        wanted_w=wanted,
        end_c=(20.0, 20.5) if seed % 2 else None,
        habit_w=random.uniform(0, 4_000, ISPS) if seed % 3 else None,
        size=random.uniform(0.2, 3.0),
    )


def cost_eur(task: HeatTask, power_w: FloatArray) -> float:
    """Return what a plan costs by the objective, from its temperatures."""
    heat = power_w * task.cop + task.gain_w
    path = temperatures_c(task.step, task.start_c, task.outside_c, heat)
    air, asked = path[:, 0], ~np.isnan(task.wanted_w)
    beyond = np.maximum(task.band.low_c - air, 0) + np.maximum(air - task.band.high_c, 0)
    off_kw = np.abs(power_w - task.wanted_w)[asked].sum() / 1e3
    total = task.price_eur_per_mwh @ power_w / 1e6 * HOURS
    total += np.maximum(task.band.wished_c - air, 0).sum() * task.eur_per_kelvin_hour * HOURS
    total += beyond.sum() * BEYOND_EUR_PER_KELVIN_HOUR * HOURS
    total += off_kw * FOLLOW_EUR_PER_KWH * HOURS
    if task.end_c is not None:
        off = np.array(task.end_c) - path[-1]
        off = np.maximum(off, 0) if task.habit_w is None else np.abs(off)
        total += off.sum() * END_EUR_PER_KELVIN * task.size
    if task.habit_w is not None:
        off_kw = np.abs(power_w - task.habit_w)[~asked].sum() / 1e3
        total += off_kw * HABIT_EUR_PER_KWH * HOURS
    return float(total)


def oracle_eur(task: HeatTask) -> float:
    steps = range(ISPS)
    model = pyo.ConcreteModel()
    model.power = pyo.Var(steps, bounds=(0, task.power_w_max / 1e3))
    model.temperature = pyo.Var((0, 1), steps)
    model.missing = pyo.Var(range(6), steps, bounds=(0, None))
    model.rules = pyo.ConstraintList()
    air, mass = task.start_c
    total = 0.0
    for t in steps:
        heat = 1e3 * model.power[t] * float(task.cop[t]) + float(task.gain_w[t])
        keep, outside, gain = task.step.keep, task.step.outside, task.step.heat
        for i in (0, 1):
            after = float(keep[i, 0]) * air + float(keep[i, 1]) * mass + float(gain[i]) * heat
            after += float(outside[i]) * float(task.outside_c[t])
            model.rules.add(model.temperature[i, t] == after)
        air, mass = model.temperature[0, t], model.temperature[1, t]
        cool, under, over, above, below, _ = (model.missing[i, t] for i in range(6))
        model.rules.add(air + cool >= float(task.band.wished_c[t]))
        model.rules.add(air + under >= float(task.band.low_c[t]))
        model.rules.add(air - over <= float(task.band.high_c[t]))
        total += float(task.price_eur_per_mwh[t]) / 1e3 * HOURS * model.power[t]
        total += task.eur_per_kelvin_hour * HOURS * cool
        total += BEYOND_EUR_PER_KELVIN_HOUR * HOURS * (under + over)
        if not np.isnan(task.wanted_w[t]):
            model.rules.add(model.power[t] - above + below == float(task.wanted_w[t]) / 1e3)
            total += FOLLOW_EUR_PER_KWH * HOURS * (above + below)
        elif task.habit_w is not None:
            model.rules.add(model.power[t] - above + below == float(task.habit_w[t]) / 1e3)
            total += HABIT_EUR_PER_KWH * HOURS * (above + below)
    if task.end_c is not None:
        for which, end, left in zip((0, 1), task.end_c, (air, mass), strict=True):
            off = model.missing[5, which]
            model.rules.add(left + off >= end)
            if task.habit_w is not None:
                model.rules.add(left - off <= end)
            total += END_EUR_PER_KELVIN * task.size * off
    model.cost = pyo.Objective(expr=total)
    pyo.SolverFactory("appsi_highs").solve(model)
    return float(pyo.value(model.cost))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(4)
@example(7)
def test_no_independent_model_finds_a_cheaper_plan(seed: int) -> None:
    task = random_task(seed)
    assert cost_eur(task, plan_heating_w(task)) == pytest.approx(oracle_eur(task), abs=2e-4)


def test_a_house_too_cold_to_save_is_heated_with_all_there_is() -> None:
    task = replace(
        random_task(2), start_c=(10.0, 10.0), wanted_w=np.full(ISPS, np.nan), power_w_max=2_000.0
    )
    power = plan_heating_w(task)
    assert power[:16] == pytest.approx(np.full(16, 2_000.0))


def test_by_habit_a_building_departs_from_it_only_to_end_where_it_should() -> None:
    base, habit = random_task(2), np.full(ISPS, 1_500.0)
    task = replace(
        base,
        wanted_w=np.full(ISPS, np.nan),
        habit_w=habit,
        end_c=None,
        band=Band(np.full(ISPS, 5.0), np.full(ISPS, 5.0), np.full(ISPS, 60.0)),
    )
    assert plan_heating_w(task) == pytest.approx(habit)
    path = temperatures_c(task.step, task.start_c, task.outside_c, habit * task.cop + task.gain_w)
    for warmer in (-0.3, 0.3):
        # Within reach: all of the change goes one way, and the cost of habit is paid once.
        end = (float(path[-1, 0]), float(path[-1, 1]) + warmer)
        moved = plan_heating_w(replace(task, end_c=end)) - habit
        assert abs(moved.sum()) > 100
        assert np.sign(moved.sum()) == np.sign(warmer)


def test_heat_is_made_before_a_dear_hour() -> None:
    base = random_task(4)
    price = np.full(ISPS, 100.0)
    price[12:20] = 900.0
    task = replace(
        base,
        start_c=(20.0, 20.0),
        wanted_w=np.full(ISPS, np.nan),
        price_eur_per_mwh=price,
        band=Band(np.full(ISPS, 19.0), np.full(ISPS, 19.0), np.full(ISPS, 24.0)),
        end_c=None,
    )
    power = plan_heating_w(task)
    assert power[4:12].mean() > 2 * power[12:20].mean()
