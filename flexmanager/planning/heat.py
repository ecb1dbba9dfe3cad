"""Heating a building at least cost within its comfort, as a linear program in arrays for HiGHS.

Columns per ISP: power, air, mass, and how far the air stays below the wish, below the low, above
the high; per followed ISP how far the power is above or below what was promised, or is done by
habit. The costs stand in ranks: comfort before promises, promises before the temperatures at the
end, these before habit, habit before money.
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
HABIT_EUR_PER_KWH = 0.5
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
        power_w_max: largest electrical power of the heater, of all ISPs or shape (n,) [W].
        band: comfort at the end of each ISP.
        price_eur_per_mwh: shape (n,) [EUR/MWh].
        eur_per_kelvin_hour: what an hour a degree below the wish is worth [EUR/(K h)].
        isp_hours: length of an ISP [h].
        wanted_w: power that was promised, shape (n,) [W]; NaN where nothing was.
        end_c: air and mass that should be left at the end, None if nothing is asked [degC].
        habit_w: power where nothing was promised, shape (n,) [W]; None without a habit. With one,
            more than `end_c` at the end is as bad as less.
        size: how large the building is next to a usual one: what a degree at its end is worth.
    """

    step: HeatStep
    start_c: tuple[float, float]
    outside_c: FloatArray
    gain_w: FloatArray
    cop: FloatArray
    power_w_max: float | FloatArray
    band: Band
    price_eur_per_mwh: FloatArray
    eur_per_kelvin_hour: float
    isp_hours: float
    wanted_w: FloatArray
    end_c: tuple[float, float] | None = None
    habit_w: FloatArray | None = None
    size: float = 1.0

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.outside_c)

    @property
    def followed_w(self) -> FloatArray:
        """Power that was promised or is done by habit, NaN where it is free [W]."""
        if self.habit_w is None:
            return self.wanted_w
        return np.where(np.isnan(self.wanted_w), self.habit_w, self.wanted_w)


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
    followed: int

    def state(self, which: int) -> int:
        return (1 + which) * self.isps

    @property
    def slack(self) -> int:
        """Below the wish, below the low, above the high: n columns each."""
        return 3 * self.isps

    @property
    def off(self) -> int:
        """Above what is followed, then below it."""
        return 6 * self.isps

    @property
    def end(self) -> int:
        """Air and mass missing at the end, then beyond it."""
        return self.off + 2 * self.followed

    @property
    def columns(self) -> int:
        return self.end + 4


def _model(task: HeatTask) -> Model:
    followed = np.flatnonzero(~np.isnan(task.followed_w))
    at = _Places(task.isps, len(followed))
    matrix, bounds = SparseMatrix(), []
    bounds.append(_dynamics(matrix, at, task))
    bounds.append(_comfort(matrix, at, task))
    bounds.append(_followed(matrix, at, task, followed))
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


def _followed(
    matrix: SparseMatrix, at: _Places, task: HeatTask, followed: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Add power - above + below = followed; and how the temperatures are off at the end."""
    places, ones, base = np.arange(at.followed), np.ones(at.followed), 5 * at.isps
    matrix.add(base + places, followed, ones)
    matrix.add(base + places, at.off + places, -ones)
    matrix.add(base + places, at.off + at.followed + places, ones)
    followed_kw = task.followed_w[followed] / W_PER_KW
    for which in (AIR, MASS):
        row = np.array([base + at.followed + which])
        matrix.add(row, [at.state(which) + at.isps - 1], np.ones(1))
        matrix.add(row, [at.end + which], np.ones(1))
        matrix.add(row, [at.end + 2 + which], -np.ones(1))
    low, high = (-INFINITY, INFINITY) if task.end_c is None else (task.end_c, task.end_c)
    return (
        np.concatenate([followed_kw, np.broadcast_to(low, 2)]),
        np.concatenate([followed_kw, np.broadcast_to(high, 2)]),
    )


def _costs(at: _Places, task: HeatTask) -> FloatArray:
    cost = np.zeros(at.columns)
    cost[: at.isps] = task.price_eur_per_mwh / 1_000.0 * task.isp_hours
    slack = cost[at.slack : at.off].reshape(3, at.isps)
    slack[0] = task.eur_per_kelvin_hour * task.isp_hours
    slack[1:] = BEYOND_EUR_PER_KELVIN_HOUR * task.isp_hours
    asked = ~np.isnan(task.wanted_w[~np.isnan(task.followed_w)])
    worth = np.where(asked, FOLLOW_EUR_PER_KWH, HABIT_EUR_PER_KWH) * task.isp_hours
    cost[at.off : at.end] = np.tile(worth, 2)
    cost[at.end : at.end + 2] = END_EUR_PER_KELVIN * task.size
    cost[at.end + 2 :] = 0.0 if task.habit_w is None else END_EUR_PER_KELVIN * task.size
    return cost
