"""How one order, a series of wanted changes, is shared among the devices of a site."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from flexmanager.local.device import HabitualDevice
from flexmanager.local.manager import Manager, activate
from flexmanager.local.wishes import granted
from flexmanager.rounding import IntArray
from settlement.activation import Activation

ROUNDED_W = 1
"""What a plan may lose by whole W and still be taken to hold as much as another."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteOrder:
    """Changes in one direction over consecutive ISPs.

    Attributes:
        first_isp: UTC index of the first ISP.
        change_w: change wanted in each, none of them 0, shape (n,) [W].
    """

    first_isp: int
    change_w: IntArray

    @property
    def end_isp(self) -> int:
        """The ISP after the last."""
        return self.first_isp + len(self.change_w)

    @property
    def sign(self) -> int:
        """-1 for less consumption, +1 for more."""
        return 1 if self.change_w[0] > 0 else -1


def order_at(isp: int, wanted_w: Mapping[int, int]) -> SiteOrder | None:
    """Return the order that begins in an ISP, None if there is none.

    Args:
        isp: UTC index of the ISP.
        wanted_w: ISP to the change wanted in it [W].
    """
    change: list[int] = []
    while (wanted := wanted_w.get(isp + len(change), 0)) and (not change or wanted * change[0] > 0):
        change.append(wanted)
    return SiteOrder(isp, np.array(change, dtype=np.int64)) if change else None


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A device when its turn comes.

    Attributes:
        manager: its manager, free of the order.
        held_w: what it holds throughout the order [W, 0 or positive].
    """

    manager: Manager
    held_w: int


def cheapest_first(
    managers: Mapping[str, Manager], devices: Mapping[str, HabitualDevice], order: SiteOrder
) -> dict[str, Turn]:
    """Return the devices in the order in which they are asked.

    The one that asks least for a MWh of what it holds comes first, its rebound and its comfort
    included; those that hold nothing throughout come last; ties by name.
    """
    turns = {name: Turn(one, _held_w(one, devices[name], order)) for name, one in managers.items()}
    if len(turns) < 2:
        return turns
    rank = {name: (_eur_per_w(turn, order), name) for name, turn in turns.items()}
    return {name: turns[name] for name in sorted(turns, key=lambda name: rank[name])}


def shared(turns: Mapping[str, Turn], order: SiteOrder) -> dict[str, Manager]:
    """Return the managers with their parts of an order taken on."""
    taken: dict[str, Manager] = {}
    for name, turn in turns.items():
        part = order.sign * np.minimum(np.abs(_open_w(taken, order)), turn.held_w)
        taken[name] = _asked(turn.manager, order, part)
    for name, turn in turns.items():
        still_open = _open_w(taken, order)
        if not still_open.any():
            break
        before = _change_w(taken[name], order)
        part = np.where(before * order.sign > 0, before, 0) + still_open
        again = _asked(turn.manager, order, part)
        gained = order.sign * (_change_w(again, order) - before)
        if gained.min() >= -ROUNDED_W:
            taken[name] = again
    return taken


def _held_w(manager: Manager, device: HabitualDevice, order: SiteOrder) -> int:
    """Return what a device that is there throughout an order holds throughout [W]."""
    if manager.outlook.first_isp > order.first_isp:
        return 0
    isps = len(order.change_w)
    wished = granted(manager.wishes, device, manager.outlook.clock)
    return abs(int(wished.held_w(manager.outlook, manager.state, order.sign, isps)[0]))


def _eur_per_w(turn: Turn, order: SiteOrder) -> float:
    power_w = min(turn.held_w, int(np.abs(order.change_w).max()))
    if power_w == 0:
        return np.inf
    part = np.full(len(order.change_w), order.sign * power_w)
    asked = _asked(turn.manager, order, part)
    return (_cost_eur(asked) - _cost_eur(turn.manager)) / power_w


def _cost_eur(manager: Manager) -> float:
    """Return what doing as planned costs from now on, wear and comfort included [EUR]."""
    rest = manager.outlook.part(manager.now)
    planned_w = manager.power_w[manager.now :]
    return manager.granted.simulated(rest, manager.state, planned_w).cost_eur


def _asked(manager: Manager, order: SiteOrder, part_w: IntArray) -> Manager:
    """Return a manager that takes on its part; where that is 0 it keeps to its own course."""
    first = max(order.first_isp, manager.outlook.first_isp)
    end = min(order.end_isp, manager.outlook.end_isp)
    part = part_w[first - order.first_isp : end - order.first_isp]
    if not part.any() and (manager.power_w == manager.baseline_w).all():
        return manager
    edges = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(part)]
    runs = (
        Activation(first + start, stop - start, int(part[start])) for start, stop in pairwise(edges)
    )
    return activate(manager, *runs)


def _change_w(manager: Manager, order: SiteOrder) -> IntArray:
    """Return what a device changes in the ISPs of an order, shape (n,) [W]."""
    change = np.zeros(len(order.change_w), dtype=np.int64)
    first = max(order.first_isp, manager.outlook.first_isp)
    end = min(order.end_isp, manager.outlook.end_isp)
    part = slice(first - manager.outlook.first_isp, end - manager.outlook.first_isp)
    moved = manager.power_w[part] - manager.baseline_w[part]
    change[first - order.first_isp : end - order.first_isp] = moved
    return change


def _open_w(taken: Mapping[str, Manager], order: SiteOrder) -> IntArray:
    """Return what no device has taken on, nor what one moves against the order, shape (n,) [W]."""
    still_open = order.change_w - sum(
        (_change_w(one, order) for one in taken.values()), np.zeros_like(order.change_w)
    )
    return np.where(still_open * order.sign > 0, still_open, 0)
