"""Random stores, and an independent model of them in Pyomo."""

import numpy as np
import pyomo.environ as pyo

from flexmanager.planning.store import Flow, StorePlan, Stores
from flexmanager.rounding import FloatArray

ISPS = 24
SHORT_EUR_PER_MWH = 1e6


def random_stores(seed: int, count: int, isps: int = ISPS, lowest_price: float = 0.0) -> Stores:
    """Vehicles that feed back: away at times, with a minimum, a target and a shared price."""
    random = np.random.default_rng(seed)
    price = random.uniform(lowest_price, 250.0, isps)
    there = random.random((isps, count)) < 0.8
    efficiency, wear = random.uniform(0.8, 1.0), random.uniform(0.0, 30.0)
    power_wh = random.uniform(500, 3_000, count) * there
    floor = np.zeros((isps, count)) + random.uniform(0, 8_000, count)
    floor[-1] = random.uniform(8_000, 40_000, count)
    return Stores(
        (
            Flow(True, price / efficiency, power_wh * efficiency),
            Flow(False, price * efficiency - wear, power_wh / efficiency),
        ),
        random.uniform(0, 38_000, count),
        floor,
        np.full((isps, count), 40_000.0),
    )


def heat_stores(seed: int, count: int, isps: int = ISPS) -> Stores:
    """Heat stores that a generator and a dearer boiler fill and a house drains."""
    random = np.random.default_rng(seed)
    shape = (isps, count)
    return Stores(
        (
            Flow(True, random.uniform(-40, 60, isps), np.full(shape, 2_500.0)),
            Flow(True, np.full(isps, 90.0), np.full(shape, 4_000.0)),
        ),
        random.uniform(0, 10_000, count),
        np.zeros(shape),
        np.full(shape, 10_000.0),
        random.uniform(0, 3_500, shape),
        (30.0,),
        np.full((1, count), 10_000.0),
    )


def plan_eur(stores: Stores, plan: StorePlan) -> FloatArray:
    """Return what the plan of each store costs, without what is left at the end."""
    total = np.zeros(len(stores.energy_wh))
    for flow, moved in zip(stores.flows, plan.moved_wh, strict=True):
        total += (1 if flow.into else -1) * flow.eur_per_mwh @ moved / 1e6
    return total


def oracle_eur(stores: Stores, store: int, one_way: bool = False) -> tuple[float, float]:
    """Return what the cheapest plan of one store costs in Pyomo, and what it misses [Wh].

    What is missing of the floors is the least possible; worths at the end count as in the plan.
    """
    isps, flows = len(stores.floor_wh), range(len(stores.flows))
    steps = range(isps)

    def most(flow: int, step: int) -> float:
        return float(stores.flows[flow].most_wh[step, store])

    model = pyo.ConcreteModel()
    model.move = pyo.Var(flows, steps, bounds=lambda m, f, t: (0, most(f, t)))
    model.short = pyo.Var(steps, bounds=(0, None))
    model.filling = pyo.Var(steps, within=pyo.Binary)
    model.rules = pyo.ConstraintList()

    energy, energies = float(stores.energy_wh[store]), []
    for t in steps:
        energy = energy - (0 if stores.drain_wh is None else float(stores.drain_wh[t, store]))
        for f in flows:
            energy = energy + (1 if stores.flows[f].into else -1) * model.move[f, t]
            if one_way:
                allowed = model.filling[t] if stores.flows[f].into else 1 - model.filling[t]
                model.rules.add(model.move[f, t] <= most(f, t) * allowed)
        model.rules.add(energy + model.short[t] >= float(stores.floor_wh[t, store]))
        model.rules.add(energy <= float(stores.ceiling_wh[t, store]))
        energies.append(energy)
    cost = sum(
        (1 if stores.flows[f].into else -1)
        * float(stores.flows[f].eur_per_mwh[t])
        * model.move[f, t]
        for f in flows
        for t in steps
    )
    if stores.end_worth_eur_per_mwh:
        (worth,) = stores.end_worth_eur_per_mwh
        cost = cost - worth * energies[-1]
    missing = sum(model.short[t] for t in steps)
    model.cost = pyo.Objective(expr=cost + SHORT_EUR_PER_MWH * missing)
    pyo.SolverFactory("appsi_highs").solve(model)
    return pyo.value(cost) / 1e6, pyo.value(missing)
