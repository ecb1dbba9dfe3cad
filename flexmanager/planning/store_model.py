"""One store as arrays for HiGHS: for prices at which burning energy would pay.

Where emptying earns more than filling costs in the same ISP, a linear program does both at once.
No device does. A binary in just these ISPs forbids it; all others stay linear.
"""

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.highs import INFINITY, Answer, Model, SparseMatrix, solve
from flexmanager.planning.store import StorePlan, Stores
from flexmanager.rounding import FloatArray, IntArray

_WH_PER_KWH = 1_000.0
SHORT_EUR_PER_MWH = 1e6
"""Price of a Wh below the floor: far above any price of energy, so that it is the last resort."""


def plan_one_store(stores: Stores) -> StorePlan:
    """Return the optimal flows of a single store; floors are met as far as they can be.

    Raises:
        ParameterError: there is more than one store, or energy at the end has a negative worth.
        SolverError: HiGHS found no answer.
    """
    if stores.floor_wh.shape[1] != 1:
        raise ParameterError("store model", "stores", stores.floor_wh.shape, "a single store")
    if any(worth < 0 for worth in stores.end_worth_eur_per_mwh):
        worths = stores.end_worth_eur_per_mwh
        raise ParameterError("store model", "end_worth_eur_per_mwh", worths, "0 or more")
    isps, flows = len(stores.floor_wh), len(stores.flows)
    values = _solved(stores).values * _WH_PER_KWH
    moved = values[: flows * isps].reshape(flows, isps, 1)
    energy, short = values[flows * isps : (flows + 2) * isps].reshape(2, isps)
    return StorePlan(moved, energy[:, None], short[:, None])


def burning_isps(stores: Stores) -> IntArray:
    """Return the offsets of the ISPs in which some emptying earns more than some filling costs."""
    fills = [one.eur_per_mwh for one in stores.flows if one.into]
    empties = [one.eur_per_mwh for one in stores.flows if not one.into]
    if not fills or not empties:
        return np.zeros(0, dtype=np.int64)
    burning: IntArray = np.flatnonzero(np.max(empties, axis=0) > np.min(fills, axis=0))
    return burning


def _solved(stores: Stores) -> Answer:
    """Columns: flows, energy, what is missing of the floor, and of end levels; the binaries."""
    isps, count, burning = len(stores.floor_wh), len(stores.flows), burning_isps(stores)
    end_cost, end_kwh = _ends(stores)
    short, ends = (count + 1) * isps, (count + 2) * isps
    binaries = ends + len(end_cost)
    columns = binaries + len(burning)
    matrix = _balance_and_floor(stores)
    one_way_upper = _one_way(matrix, stores, burning, binaries)
    for at in range(len(end_cost)):
        row = [2 * isps + count * len(burning) + at]
        matrix.add(row, [short - 1], np.ones(1))
        matrix.add(row, [ends + at], np.ones(1))
    upper = [flow.most_wh[:, 0] / _WH_PER_KWH for flow in stores.flows]
    balance, floor = _balance_kwh(stores), stores.floor_wh[:, 0] / _WH_PER_KWH
    free, at_most = np.full(columns, INFINITY), np.ones(len(burning))
    start, index, value = matrix.by_column(columns)
    costs = [one.eur_per_mwh if one.into else -one.eur_per_mwh for one in stores.flows]
    others = (np.zeros(isps), np.full(isps, SHORT_EUR_PER_MWH), end_cost, np.zeros(len(burning)))
    ceiling = stores.ceiling_wh[:, 0] / _WH_PER_KWH
    bottom = (np.zeros(count * isps), -free[:isps], np.zeros(columns - short))
    return solve(
        Model(
            cost=np.concatenate([*costs, *others]),
            lower=np.concatenate(bottom),
            upper=np.concatenate([*upper, ceiling, free[: binaries - short], at_most]),
            row_lower=np.concatenate([balance, floor, -free[: len(one_way_upper)], end_kwh]),
            row_upper=np.concatenate([balance, free[:isps], one_way_upper, free[: len(end_cost)]]),
            start=start,
            index=index,
            value=value,
            whole=(np.arange(columns) >= binaries).astype(np.int32) if len(burning) else None,
        )
    )


def _ends(stores: Stores) -> tuple[FloatArray, FloatArray]:
    """Return what each kWh below an end level costs more than below the next, and the levels."""
    worths = np.asarray([*stores.end_worth_eur_per_mwh, 0.0])
    if stores.end_level_wh is None:
        return np.zeros(0), np.zeros(0)
    return -np.diff(worths), stores.end_level_wh[:, 0] / _WH_PER_KWH


def _balance_kwh(stores: Stores) -> FloatArray:
    """Return what energy, flows and the energy before add up to."""
    drain_wh = np.zeros(len(stores.floor_wh))
    if stores.drain_wh is not None:
        drain_wh = stores.drain_wh[:, 0].copy()
    drain_wh[0] -= stores.energy_wh[0]
    balance: FloatArray = -drain_wh / _WH_PER_KWH
    return balance


def _balance_and_floor(stores: Stores) -> SparseMatrix:
    """Return the rows of the energy balance, then those of the floor."""
    isps, count = len(stores.floor_wh), len(stores.flows)
    steps, ones, matrix = np.arange(isps), np.ones(isps), SparseMatrix()
    energy, short = count * isps, (count + 1) * isps
    matrix.add(steps, energy + steps, ones)
    matrix.add(steps[1:], energy + steps[:-1], -ones[1:])
    for at, flow in enumerate(stores.flows):
        matrix.add(steps, at * isps + steps, -ones if flow.into else ones)
    matrix.add(isps + steps, energy + steps, ones)
    matrix.add(isps + steps, short + steps, ones)
    return matrix


def _one_way(matrix: SparseMatrix, stores: Stores, burning: IntArray, binaries: int) -> FloatArray:
    """Add rows that let a flow move only if the binary says so: filling at 1, emptying at 0.

    Returns:
        The upper bounds of these rows.
    """
    isps, places = len(stores.floor_wh), np.arange(len(burning))
    upper = [np.zeros(0)]
    for at, flow in enumerate(stores.flows):
        rows = 2 * isps + at * len(burning) + places
        most = flow.most_wh[burning, 0] / _WH_PER_KWH
        matrix.add(rows, at * isps + burning, np.ones(len(burning)))
        matrix.add(rows, binaries + places, -most if flow.into else most)
        upper.append(np.zeros(len(burning)) if flow.into else most)
    return np.concatenate(upper)
