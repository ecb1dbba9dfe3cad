"""The same problems put to other solvers: HiGHS from bare arrays, Pyomo, FlexMeasures."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import highspy
import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers import Highs

from flexmanager.planning.fill import Charging
from scripts.benchmarks.flexibility_bench.problems import HOURS, Problem

KWH_PER_MWH = 1_000.0


def bare_highs_eur(problem: Problem) -> float:
    """Solve from arrays, as fast as HiGHS takes them: charge, discharge, energy per ISP."""
    isps = len(problem.price)
    steps = np.arange(isps, dtype=np.int32)
    cost = problem.price / KWH_PER_MWH * HOURS
    entries = np.concatenate((np.ones(2 * isps), np.full(isps, 2)))
    entries[-1] = 1
    energy = np.column_stack((steps, steps + 1)).ravel()[:-1]
    balance = np.zeros(isps)
    balance[0] = problem.start_kwh
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.passModel(
        3 * isps, isps, 4 * isps - 1, int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize), 0.0,
        np.concatenate((cost, -cost, np.zeros(isps))),
        np.concatenate((np.zeros(2 * isps), problem.floor_kwh)),
        np.concatenate(
            (problem.charge_kw, problem.discharge_kw, np.full(isps, problem.capacity_kwh))
        ),
        balance, balance,
        np.concatenate(([0], np.cumsum(entries)[:-1])).astype(np.int32),
        np.concatenate((steps, steps, energy)).astype(np.int32),
        np.concatenate((
            np.full(isps, -HOURS * problem.charge_efficiency),
            np.full(isps, HOURS / problem.efficiency),
            np.tile((1.0, -1.0), isps)[:-1],
        )),
        np.zeros(3 * isps, dtype=np.int32),
    )  # fmt: skip
    highs.run()
    return float(highs.getInfo().objective_function_value)


def pyomo_eur(problem: Problem) -> float:
    """Solve the same through Pyomo and its fastest interface to HiGHS."""
    steps = range(len(problem.price))
    model = pyo.ConcreteModel()
    model.charge = pyo.Var(steps, bounds=lambda m, t: (0, float(problem.charge_kw[t])))
    model.discharge = pyo.Var(steps, bounds=lambda m, t: (0, float(problem.discharge_kw[t])))
    bounds = [(float(floor), problem.capacity_kwh) for floor in problem.floor_kwh]
    model.energy = pyo.Var(steps, bounds=lambda m, t: bounds[t])

    def balance(model: pyo.ConcreteModel, t: int) -> object:
        before = model.energy[t - 1] if t else problem.start_kwh
        stored = problem.charge_efficiency * model.charge[t]
        taken = model.discharge[t] / problem.efficiency
        return model.energy[t] == before + HOURS * (stored - taken)

    model.balance = pyo.Constraint(steps, rule=balance)
    rate = problem.price / KWH_PER_MWH * HOURS
    model.cost = pyo.Objective(
        expr=sum(float(rate[t]) * (model.charge[t] - model.discharge[t]) for t in steps)
    )
    Highs().solve(model)
    return float(pyo.value(model.cost))


def flexmeasures(problem: Problem) -> Callable[[], float] | None:
    """Return a solver by FlexMeasures' scheduler with its default backend; None if not there.

    Its stock counts in power x steps, so energies are divided by the length of a step.
    """
    try:
        import pandas as pd
        from flask import Flask
        from flexmeasures.data.models.planning import FlowCommitment
        from flexmeasures.data.models.planning.linear_optimization import device_scheduler
        from flexmeasures.utils.config_defaults import Config
    except ImportError:
        return None
    app = Flask("benchmark")
    app.config.from_object(Config)
    app.config["LOGGING_LEVEL"] = "INFO"  # at this level it keeps HiGHS quiet
    index = pd.date_range("2016-02-20", periods=len(problem.price), freq="15min", tz="UTC")
    start = problem.start_kwh / HOURS
    device = pd.DataFrame(
        {
            "equals": np.nan,
            "max": problem.capacity_kwh / HOURS - start,
            "min": problem.floor_kwh / HOURS - start,
            "efficiency": np.nan,
            "derivative equals": np.nan,
            "derivative max": problem.charge_kw,
            "derivative min": -problem.discharge_kw,
            "derivative down efficiency": problem.efficiency,
            "derivative up efficiency": problem.charge_efficiency,
            "stock delta": 0.0,
        },
        index=index,
    )
    limits = pd.DataFrame({"derivative max": np.nan, "derivative min": np.nan}, index=index)
    price = pd.Series(problem.price, index=index)

    def solve() -> float:
        energy = FlowCommitment(
            name="energy",
            index=index,
            quantity=pd.Series(0.0, index=index),
            upwards_deviation_price=price,
            downwards_deviation_price=price,
        )
        with app.app_context(), quiet():
            schedule, _, _, _ = device_scheduler([device.copy()], limits, commitments=[energy])
        return float(problem.price @ schedule[0].to_numpy()) / KWH_PER_MWH * HOURS

    return solve


@contextmanager
def quiet() -> Iterator[None]:
    """Keep a library's greetings off the table: it writes past Python's own output."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def charging_highs_eur(fleet: Charging, vehicle: int) -> float:
    """Solve one vehicle's linear program: one row, the sum of the energies."""
    isps = len(fleet.price_eur_per_mwh)
    need = fleet.need_wh[vehicle : vehicle + 1] / 1e3
    most = fleet.most_wh[:, vehicle] / 1e3
    row = np.minimum(need, most.sum())
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.passModel(
        isps, 1, isps, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
        fleet.price_eur_per_mwh / KWH_PER_MWH, np.zeros(isps), most, row, row,
        np.arange(isps, dtype=np.int32), np.zeros(isps, dtype=np.int32), np.ones(isps),
        np.zeros(isps, dtype=np.int32),
    )  # fmt: skip
    highs.run()
    return float(highs.getInfo().objective_function_value)


def charging_pyomo_eur(fleet: Charging, vehicle: int) -> float:
    """Solve the same through Pyomo."""
    steps = range(len(fleet.price_eur_per_mwh))
    most = fleet.most_wh[:, vehicle] / 1e3
    model = pyo.ConcreteModel()
    model.charge = pyo.Var(steps, bounds=lambda m, t: (0, float(most[t])))
    need = min(float(fleet.need_wh[vehicle]) / 1e3, float(most.sum()))
    model.need = pyo.Constraint(expr=sum(model.charge[t] for t in steps) == need)
    rate = fleet.price_eur_per_mwh / KWH_PER_MWH
    model.cost = pyo.Objective(expr=sum(float(rate[t]) * model.charge[t] for t in steps))
    Highs().solve(model)
    return float(pyo.value(model.cost))
