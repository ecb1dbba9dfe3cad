"""Heating a building at least cost within its comfort, as a linear program in arrays for HiGHS.

Columns per ISP: power, air, mass, and how far the air stays below the wish, below the low, above
the high; per promised ISP how far the power is above or below what was promised. The costs stand in
ranks: comfort before promises, promises before the temperatures at the end, these before money.
Nothing is ever infeasible: what cannot be reached shows as degrees missing.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.highs import INFINITY, Model, SparseMatrix, solve
from flexmanager.physics.building import HeatStep
from flexmanager.physics.comfort import Band
from flexmanager.rounding import FloatArray, IntArray

W_PER_KW = 1_000.0
BEYOND_EUR_PER_KELVIN_HOUR = 1_000.0
FOLLOW_EUR_PER_KWH = 20.0
END_EUR_PER_KELVIN = 8.0
AIR, MASS = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class HeatTask:
    """A building over n ISPs.

    Attributes:
        step: its step over an ISP.
        start_c: air and mass at the start [degC].
        outside_c: outside temperature, shape (n,) [degC].
        gain_w: heat from sun, people and devices, shape (n,) [W].
        cop: heat per electricity, shape (n,).
        power_w_max: largest electrical power of the heater [W].
        band: comfort at the end of each ISP.
        price_eur_per_mwh: shape (n,) [EUR/MWh].
        eur_per_kelvin_hour: what an hour a degree below the wish is worth [EUR/(K h)].
        isp_hours: length of an ISP [h].
        wanted_w: power that was promised, shape (n,) [W]; NaN where nothing was.
        end_c: air and mass that should be left at the end, None if nothing is asked [degC].
    """

    step: HeatStep
    start_c: tuple[float, float]
    outside_c: FloatArray
    gain_w: FloatArray
    cop: FloatArray
    power_w_max: float
    band: Band
    price_eur_per_mwh: FloatArray
    eur_per_kelvin_hour: float
    isp_hours: float
    wanted_w: FloatArray
    end_c: tuple[float, float] | None = None

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.outside_c)


def plan_heating_w(task: HeatTask) -> FloatArray:
    """Return the electrical power of least cost, shape (n,) [W], not yet rounded.

    Raises:
        SolverError: HiGHS found no optimum.
    """
    power: FloatArray = solve(_model(task)).values[: task.isps] * W_PER_KW
    return np.clip(power, 0.0, task.power_w_max)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns begin."""

    isps: int
    promised: int

    def state(self, which: int) -> int:
        return (1 + which) * self.isps

    @property
    def slack(self) -> int:
        """Below the wish, below the low, above the high: n columns each."""
        return 3 * self.isps

    @property
    def off(self) -> int:
        """Above what was promised, then below it."""
        return 6 * self.isps

    @property
    def end(self) -> int:
        """Air and mass missing at the end."""
        return self.off + 2 * self.promised

    @property
    def columns(self) -> int:
        return self.end + 2


def _model(task: HeatTask) -> Model:
    promised = np.flatnonzero(~np.isnan(task.wanted_w))
    at = _Places(task.isps, len(promised))
    matrix, bounds = SparseMatrix(), []
    bounds.append(_dynamics(matrix, at, task))
    bounds.append(_comfort(matrix, at, task))
    bounds.append(_promises(matrix, at, task, promised))
    lower = np.zeros(at.columns)
    lower[at.state(AIR) : at.slack] = -INFINITY
    upper = np.full(at.columns, INFINITY)
    upper[: at.isps] = task.power_w_max / W_PER_KW
    start, index, value = matrix.by_column(at.columns)
    return Model(
        cost=_costs(at, task),
        lower=lower,
        upper=upper,
        row_lower=np.concatenate([low for low, _ in bounds]),
        row_upper=np.concatenate([high for _, high in bounds]),
        start=start,
        index=index,
        value=value,
    )


def _dynamics(matrix: SparseMatrix, at: _Places, task: HeatTask) -> tuple[FloatArray, FloatArray]:
    """Add the step of air, then of mass: after - keep x before - heat x cop x power = the rest."""
    steps, ones, known = np.arange(at.isps), np.ones(at.isps), []
    for which in (AIR, MASS):
        rows = which * at.isps + steps
        matrix.add(rows, at.state(which) + steps, ones)
        for other in (AIR, MASS):
            keep = np.full(at.isps - 1, -task.step.keep[which, other])
            matrix.add(rows[1:], at.state(other) + steps[:-1], keep)
        matrix.add(rows, steps, -task.step.heat[which] * task.cop * W_PER_KW)
        right = task.step.outside[which] * task.outside_c + task.step.heat[which] * task.gain_w
        right[0] += task.step.keep[which] @ np.asarray(task.start_c)
        known.append(right)
    both = np.concatenate(known)
    return both, both


def _comfort(matrix: SparseMatrix, at: _Places, task: HeatTask) -> tuple[FloatArray, FloatArray]:
    """Add air + missing >= wish, air + missing >= low, air - beyond <= high."""
    steps, ones, base = np.arange(at.isps), np.ones(at.isps), 2 * at.isps
    for which in range(3):
        rows = base + which * at.isps + steps
        matrix.add(rows, at.state(AIR) + steps, ones)
        matrix.add(rows, at.slack + which * at.isps + steps, -ones if which == 2 else ones)
    free = np.full(at.isps, INFINITY)
    lower = np.concatenate([task.band.wished_c, task.band.low_c, -free])
    return lower, np.concatenate([free, free, task.band.high_c])


def _promises(
    matrix: SparseMatrix, at: _Places, task: HeatTask, promised: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Add power - above + below = promised; and what is missing of the temperatures at the end."""
    places, ones, base = np.arange(at.promised), np.ones(at.promised), 5 * at.isps
    matrix.add(base + places, promised, ones)
    matrix.add(base + places, at.off + places, -ones)
    matrix.add(base + places, at.off + at.promised + places, ones)
    wanted_kw = task.wanted_w[promised] / W_PER_KW
    end_c = np.full(2, -INFINITY) if task.end_c is None else np.asarray(task.end_c)
    for which in (AIR, MASS):
        row = np.array([base + at.promised + which])
        matrix.add(row, [at.state(which) + at.isps - 1], np.ones(1))
        matrix.add(row, [at.end + which], np.ones(1))
    return (
        np.concatenate([wanted_kw, end_c]),
        np.concatenate([wanted_kw, np.full(2, INFINITY)]),
    )


def _costs(at: _Places, task: HeatTask) -> FloatArray:
    cost = np.zeros(at.columns)
    cost[: at.isps] = task.price_eur_per_mwh / 1_000.0 * task.isp_hours
    slack = cost[at.slack : at.off].reshape(3, at.isps)
    slack[0] = task.eur_per_kelvin_hour * task.isp_hours
    slack[1:] = BEYOND_EUR_PER_KELVIN_HOUR * task.isp_hours
    cost[at.off : at.end] = FOLLOW_EUR_PER_KWH * task.isp_hours
    cost[at.end :] = END_EUR_PER_KELVIN
    return cost
