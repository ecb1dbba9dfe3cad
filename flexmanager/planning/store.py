"""Exact plans for stores of energy: batteries, vehicles that feed back, heat stores; one or many.

The least cost of what is still to come is a convex function of the stored energy, made of straight
pieces. Its slope is what one more Wh is worth, and that worth is always one of the costs at which
energy can be put in or taken out. So instead of the function its *levels* are kept: `level[k]` is
the energy up to which one more Wh is worth at least `worth[k]`. Going one ISP back in time then is
an addition:

    energy can be put in at cost c, at most m    level[k] -= m   where worth[k] > c
    energy can be taken out for v, at most m     level[k] += m   where worth[k] <= v
    the store has a floor and a ceiling          level[k] is clipped to them

Going forward, a store is filled up to the level that belongs to the cost of filling, and emptied
down to the level that belongs to the value of emptying. No grid, no rounding, no solver: the result
is the optimum of the linear program, for all stores of a fleet in the same array operations.

This is exact while filling never costs less than emptying earns in the same ISP (`check_flows`);
else it pays to burn energy, which no device does, and a binary is needed: see `store_model`.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray

BLOCK_STORES = 256
"""Stores planned together: their levels over a day of quarter hours stay in a processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A way for energy into the stores, or out of them.

    Attributes:
        into: True fills, False empties.
        eur_per_mwh: for a flow that fills, what a MWh in the store costs; for one that empties,
            what a MWh out of the store earns; the same for all stores, shape (n,) [EUR/MWh].
        most_wh: most energy per ISP, counted in the store, shape (n, stores) [Wh, 0 or positive].
    """

    into: bool
    eur_per_mwh: FloatArray
    most_wh: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Stores:
    """A fleet of stores over n ISPs that share the costs of their flows.

    Attributes:
        flows: ways in and out; several may fill, such as a generator and a boiler.
        energy_wh: energy at the start, shape (stores,) [Wh].
        floor_wh: least energy at the end of each ISP, shape (n, stores) [Wh].
        ceiling_wh: most energy at the end of each ISP, shape (n, stores) [Wh].
        drain_wh: energy that is used in each ISP whatever is planned, shape (n, stores) [Wh], or
            None for stores that nobody drains.
        end_worth_eur_per_mwh: falling worths of a MWh that is left at the end [EUR/MWh]; beyond
            them it is worth nothing. A negative one is what a MWh too much costs.
        end_level_wh: energy up to which each of these holds, shape (worths, stores) [Wh].
    """

    flows: tuple[Flow, ...]
    energy_wh: FloatArray
    floor_wh: FloatArray
    ceiling_wh: FloatArray
    drain_wh: FloatArray | None = None
    end_worth_eur_per_mwh: tuple[float, ...] = ()
    end_level_wh: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StorePlan:
    """Optimal flows.

    Attributes:
        moved_wh: energy of each flow per ISP, counted in the store, shape (flows, n, stores) [Wh].
        energy_wh: energy at the end of each ISP, shape (n, stores) [Wh].
        short_wh: by how much the floor stays out of reach at the end of each ISP even if every
            flow fills from the beginning, shape (n, stores) [Wh].
    """

    moved_wh: FloatArray
    energy_wh: FloatArray
    short_wh: FloatArray


def plan_stores(stores: Stores) -> StorePlan:
    """Return the flows of least cost; where a floor cannot be reached, the most that can.

    A store that starts above its ceiling keeps what it has.

    Raises:
        ParameterError: shapes do not fit, or burning energy would pay (`check_flows`).
    """
    _check_shapes(stores)
    check_flows(stores.flows)
    isps, count = stores.floor_wh.shape
    moved = np.empty((len(stores.flows), isps, count))
    energy, short = np.empty((isps, count)), np.empty((isps, count))
    for begin in range(0, count, BLOCK_STORES):
        part = slice(begin, begin + BLOCK_STORES)
        block = _part(stores, part)
        floor, ceiling, short[:, part] = _reachable(block)
        levels = _levels_before(block, floor, ceiling)
        moved[:, :, part], energy[:, part] = _forward(block, levels)
    return StorePlan(moved, energy, short)


def check_flows(flows: tuple[Flow, ...]) -> None:
    """Refuse flows of which one earns more by emptying than another costs to fill.

    Raises:
        ParameterError: names the first such ISP.
    """
    for filling in (flow for flow in flows if flow.into):
        for emptying in (flow for flow in flows if not flow.into):
            burning = np.flatnonzero(emptying.eur_per_mwh > filling.eur_per_mwh)
            if len(burning):
                first = int(burning[0])
                expected = f"at most the cost of filling, {filling.eur_per_mwh[first]}"
                value = float(emptying.eur_per_mwh[first])
                raise ParameterError("stores", f"value of emptying, ISP {first}", value, expected)


def _check_shapes(stores: Stores) -> None:
    shape = stores.floor_wh.shape
    series = {"ceiling_wh": stores.ceiling_wh} | {
        f"flow {at}: most_wh": flow.most_wh for at, flow in enumerate(stores.flows)
    }
    if stores.drain_wh is not None:
        series["drain_wh"] = stores.drain_wh
    for field, values in series.items():
        if values.shape != shape:
            raise ParameterError("stores", field, values.shape, f"shape {shape} as floor_wh")
    for at, flow in enumerate(stores.flows):
        if flow.eur_per_mwh.shape != shape[:1]:
            found = flow.eur_per_mwh.shape
            raise ParameterError("stores", f"flow {at}: eur_per_mwh", found, f"shape {shape[:1]}")
        if not np.isfinite(flow.eur_per_mwh).all() or not (flow.most_wh >= 0).all():
            raise ParameterError("stores", f"flow {at}", "a value", "finite costs, most_wh >= 0")
    if not np.isfinite(stores.energy_wh).all():
        raise ParameterError("stores", "energy_wh", "a value", "finite energies")


def _part(stores: Stores, part: slice) -> Stores:
    """Return some of the stores."""
    drain, level = stores.drain_wh, stores.end_level_wh
    return Stores(
        tuple(Flow(one.into, one.eur_per_mwh, one.most_wh[:, part]) for one in stores.flows),
        stores.energy_wh[part],
        stores.floor_wh[:, part],
        stores.ceiling_wh[:, part],
        None if drain is None else drain[:, part],
        stores.end_worth_eur_per_mwh,
        None if level is None else level[:, part],
    )


def _reachable(stores: Stores) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return floor and ceiling as far as they can be kept, and what of the floor cannot."""
    shape = stores.floor_wh.shape
    gains = sum((one.most_wh for one in stores.flows if one.into), np.zeros(shape))
    losses = sum((one.most_wh for one in stores.flows if not one.into), np.zeros(shape))
    if stores.drain_wh is not None:
        gains, losses = gains - stores.drain_wh, losses + stores.drain_wh
    floor, ceiling = stores.floor_wh, stores.ceiling_wh
    if (stores.energy_wh > ceiling[0]).any() or (losses < 0).any() or _falls(ceiling):
        ceiling = ceiling.copy()
        lowest = stores.energy_wh.copy()
        for row, loss in zip(ceiling, losses, strict=True):
            lowest -= loss
            np.maximum(row, lowest, out=row)
            np.maximum(lowest, 0.0, out=lowest)
    reach = np.empty(shape)
    highest = stores.energy_wh
    for row, gain, top in zip(reach, gains, ceiling, strict=True):
        np.add(highest, gain, out=row)
        highest = np.minimum(row, top, out=row)
    floor = np.minimum(floor, reach)
    return floor, ceiling, stores.floor_wh - floor


def _falls(series: FloatArray) -> bool:
    return bool((series[1:] < series[:-1]).any())


def _levels_before(
    stores: Stores, floor: FloatArray, ceiling: FloatArray
) -> list[list[FloatArray]]:
    """Return per ISP and flow the level to which the flow fills or empties."""
    worths = [one.eur_per_mwh for one in stores.flows]
    worth = -np.unique(-np.concatenate([*worths, np.asarray(stores.end_worth_eur_per_mwh)]))
    isps = len(floor)
    # First and last row: the lowest and the highest energy from which all limits can be kept.
    level = np.empty((len(worth) + 2, floor.shape[1]))
    level[:] = floor[-1]
    for value, energy in _end_worths(stores):
        level[1 + int(np.searchsorted(-worth, -value)) :] = energy
    level[-1] = ceiling[-1]
    np.clip(level, floor[-1], ceiling[-1], out=level)
    rows = [1 + np.searchsorted(-worth, -one) for one in worths]
    targets: list[list[FloatArray]] = [[] for _ in range(isps)]
    steps = [
        (one.into, one.most_wh, row.tolist()) for one, row in zip(stores.flows, rows, strict=True)
    ]
    for isp in range(isps - 1, -1, -1):
        targets[isp] = [level[places[isp]].copy() for _, _, places in steps]
        for into, most, places in steps:
            moving = level[: places[isp]] if into else level[places[isp] :]
            (np.subtract if into else np.add)(moving, most[isp], out=moving)
        if stores.drain_wh is not None:
            level += stores.drain_wh[isp]
        if isp:
            np.maximum(level, floor[isp - 1], out=level)
            np.minimum(level, ceiling[isp - 1], out=level)
    return targets


def _end_worths(stores: Stores) -> list[tuple[float, FloatArray]]:
    """Return what energy is worth at the end, falling; nothing beyond what is given."""
    level = () if stores.end_level_wh is None else stores.end_level_wh
    worths = list(zip(stores.end_worth_eur_per_mwh, level, strict=True))
    if not worths or worths[-1][0] > 0.0:
        worths.append((0.0, stores.ceiling_wh[-1]))
    return worths


def _forward(stores: Stores, targets: list[list[FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Fill and empty towards the levels, the cheapest filling and the dearest emptying first."""
    isps = len(targets)
    moved = np.empty((len(stores.flows), isps, len(stores.energy_wh)))
    energy = np.empty((isps, len(stores.energy_wh)))
    now = stores.energy_wh.astype(np.float64)
    signed = [one.eur_per_mwh if one.into else -one.eur_per_mwh for one in stores.flows]
    order = np.argsort(np.array(signed), axis=0, kind="stable").T.tolist()
    for isp, (target, sequence) in enumerate(zip(targets, order, strict=True)):
        if stores.drain_wh is not None:
            now = now - stores.drain_wh[isp]
        for at in sequence:
            flow, step = stores.flows[at], moved[at, isp]
            np.subtract(target[at], now, out=step)
            if not flow.into:
                np.negative(step, out=step)
            np.maximum(step, 0.0, out=step)
            np.minimum(step, flow.most_wh[isp], out=step)
            now = now + step if flow.into else now - step
        energy[isp] = now
    return moved, energy
