"""The dispatch in Pyomo, formulated anew: the oracle of small ones, a rival in large ones."""

from collections.abc import Sequence

import pyomo.environ as pyo

from flexmanager.dispatch import Candidate
from flexmanager.rounding import IntArray

SHORTFALL_EUR_PER_MWH = 10_000.0
ACTIVATION_EUR = 0.02
EUR_PER_W_ISP = 0.25 / 1e6


def compact(required_w: IntArray, candidates: Sequence[Candidate]) -> pyo.ConcreteModel:
    """Write the dispatch with one switch and one power [kW] per ISP, instead of one per run."""
    steps, number = range(len(required_w)), range(len(candidates))
    model = pyo.ConcreteModel()
    model.on = pyo.Var(number, steps, domain=pyo.Binary)
    model.first = pyo.Var(number, steps, domain=pyo.Binary)
    model.power = pyo.Var(number, steps, domain=pyo.NonNegativeReals)
    model.short = pyo.Var(steps, domain=pyo.NonNegativeReals)
    model.limits = pyo.ConstraintList()
    for i, one in enumerate(candidates):
        amount, gap = abs(one.amount_w) / 1e3, max(1, one.recovery_isps)
        for t in steps:
            on, first, power = model.on[i, t], model.first[i, t], model.power[i, t]
            model.limits.add(on <= int(one.allowed[t]))
            model.limits.add(first <= on)
            model.limits.add(power <= amount * on)
            model.limits.add(power >= on / 1e3)
            model.limits.add(on <= first + (model.on[i, t - 1] if t else 0))
            if t:
                apart = amount * (2 - on - model.on[i, t - 1])
                model.limits.add(power - model.power[i, t - 1] <= apart)
                model.limits.add(model.power[i, t - 1] - power <= apart)
            for before in range(max(0, t - gap), t):
                model.limits.add(first + model.on[i, before] <= 1)
            if t + one.max_runtime_isps < len(required_w):
                spell = [model.on[i, t + k] for k in range(one.max_runtime_isps + 1)]
                model.limits.add(sum(spell) <= one.max_runtime_isps)
        model.limits.add(sum(model.first[i, t] for t in steps) <= one.activations_left)
    for t in steps:
        covered = sum(one.reliability * model.power[i, t] for i, one in enumerate(candidates))
        model.limits.add(covered + model.short[t] >= abs(int(required_w[t])) / 1e3)
    cost = SHORTFALL_EUR_PER_MWH * EUR_PER_W_ISP * 1e3 * sum(model.short[t] for t in steps)
    for i, one in enumerate(candidates):
        rate = one.volume_rate / 1e4 * EUR_PER_W_ISP * 1e3
        cost += sum(rate * model.power[i, t] + ACTIVATION_EUR * model.first[i, t] for t in steps)
    model.cost = pyo.Objective(expr=cost)
    return model


def solved(model: pyo.ConcreteModel) -> float:
    """Return the least cost of a small model [EUR]."""
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 1e-7, "threads": 1}
    solver.solve(model)
    return float(pyo.value(model.cost))
