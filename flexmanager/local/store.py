"""What batteries and vehicles have in common: a store behind a converter with limits of its own."""

from dataclasses import dataclass
from math import floor

import numpy as np

from flexmanager.errors import HorizonError
from flexmanager.local.device import WH_PER_MWH, Bounds, Course, Outlook, energy_eur
from flexmanager.planning.store import Flow, Stores, plan_stores
from flexmanager.planning.store_model import burning_isps, plan_one_store
from flexmanager.rounding import FloatArray, IntArray

FOLLOW_EUR_PER_MWH = 100_000.0
"""What keeping a promise is worth: more than any price, less than what an owner needs."""

EARLIER_SHARE = 0.01
"""A promise is kept from its beginning: its first ISP counts this much more than its last."""

HABIT_EUR_PER_MWH = 10_000.0
"""What keeping to a habit is worth: more than any price, less than a promise or what is left."""

_SLACK_W = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class StoreTask:
    """A store over n ISPs; arrays have shape (n,).

    Attributes:
        energy_wh: energy at the start [Wh].
        capacity_wh: most energy [Wh].
        floor_wh: energy that the owner needs at the end of each ISP [Wh].
        keep_wh: energy below which nothing is fed back [Wh].
        charge_w: largest charging power [W].
        discharge_w: largest power fed back [W].
        charge_efficiency: Wh stored per Wh from the grid.
        discharge_efficiency: Wh to the grid per Wh from the store.
        wear_eur_per_mwh: cost of a MWh fed back [EUR/MWh].
        end_wh: energy that should be left at the end, None if nothing is asked [Wh].
        habit_w: what it does by itself, charging only; None for a store that trades by prices [W].
        restore_share: share of its power for what it does neither by habit nor for a promise.
    """

    energy_wh: float
    capacity_wh: float
    floor_wh: FloatArray
    keep_wh: float
    charge_w: IntArray
    discharge_w: IntArray
    charge_efficiency: float
    discharge_efficiency: float
    wear_eur_per_mwh: float
    end_wh: float | None = None
    habit_w: FloatArray | None = None
    restore_share: float = 1.0


def plan_course(task: StoreTask, outlook: Outlook, wanted_w: FloatArray) -> Course:
    """Return the plan of least cost that reaches the floors, then follows what is wanted.

    Raises:
        SolverError: burning energy would pay, and HiGHS found no plan without it.
    """
    stores = _stores(task, outlook, wanted_w)
    plan = plan_one_store(stores) if len(burning_isps(stores)) else plan_stores(stores)
    charge, extra, discharge = plan.moved_wh[:, :, 0] / outlook.isp_hours
    power = (charge + extra) / task.charge_efficiency - discharge * task.discharge_efficiency
    # Rounded up, so that the store never holds less than planned.
    return simulate_course(task, outlook, np.ceil(power - _SLACK_W).astype(np.int64))


def simulate_course(task: StoreTask, outlook: Outlook, power_w: IntArray) -> Course:
    """Let the store follow set-points by whole W, never past full and never below what is kept."""
    executed, path = np.zeros(outlook.isps, dtype=np.int64), np.empty(outlook.isps + 1)
    path[0] = energy = task.energy_wh
    for isp, wanted in enumerate(power_w.tolist()):
        if wanted > 0:
            per_w = outlook.isp_hours * task.charge_efficiency
            room_w = floor((task.capacity_wh - energy) / per_w + _SLACK_W)
            power = min(wanted, int(task.charge_w[isp]), max(room_w, 0))
        else:
            per_w = outlook.isp_hours / task.discharge_efficiency
            room_w = floor((energy - task.keep_wh) / per_w + _SLACK_W)
            power = -min(-wanted, int(task.discharge_w[isp]), max(room_w, 0))
        executed[isp] = power
        energy += power * per_w
        path[isp + 1] = energy
    fed_back_wh = -np.minimum(executed, 0).sum() * outlook.isp_hours
    wear = task.wear_eur_per_mwh * float(fed_back_wh) / WH_PER_MWH
    # A whole W more or less over an ISP is no shortfall.
    short = np.maximum(task.floor_wh - path[1:], 0.0)
    short[short < outlook.isp_hours] = 0.0
    return Course(executed, path[:, None], energy_eur(outlook, executed, wear), 0.0, short)


def store_bounds(task: StoreTask, outlook: Outlook) -> Bounds:
    """Fill as early as possible, and as late and empty as far as the floors allow."""
    hours = outlook.isp_hours
    fill = task.charge_w * hours * task.charge_efficiency
    empty = task.discharge_w * hours / task.discharge_efficiency
    high, low = np.empty(outlook.isps + 1), np.empty(outlook.isps + 1)
    high[0] = low[0] = task.energy_wh
    due = due_wh(task, outlook)
    for isp in range(outlook.isps):
        high[isp + 1] = max(min(high[isp] + fill[isp], task.capacity_wh), high[isp] - empty[isp])
        lowest = max(low[isp] - empty[isp], min(task.keep_wh, low[isp]))
        low[isp + 1] = min(max(lowest, due[isp]), min(low[isp] + fill[isp], task.capacity_wh))
    return Bounds(
        power_w_min=np.maximum(-task.discharge_w, _grid_wh(task, low[1:] - high[:-1]) / hours),
        power_w_max=np.minimum(task.charge_w, _grid_wh(task, high[1:] - low[:-1]) / hours),
        energy_wh_min=low[1:] - task.energy_wh,
        energy_wh_max=high[1:] - task.energy_wh,
    )


def _grid_wh(task: StoreTask, stored_wh: FloatArray) -> FloatArray:
    """Return the energy at the grid side that changes the store by some energy."""
    drawn, given = stored_wh / task.charge_efficiency, stored_wh * task.discharge_efficiency
    return np.where(stored_wh > 0, drawn, given)


def due_wh(task: StoreTask, outlook: Outlook) -> FloatArray:
    """Return the least energy at the end of each ISP from which all later floors are reached."""
    fill_wh = task.charge_w * outlook.isp_hours * task.charge_efficiency
    due = task.floor_wh.copy()
    for isp in range(len(due) - 2, -1, -1):
        due[isp] = max(due[isp], due[isp + 1] - fill_wh[isp + 1])
    return due


def _stores(task: StoreTask, outlook: Outlook, wanted_w: FloatArray) -> Stores:
    """Price the flows: as wanted it pays to charge, beyond it only a need justifies it."""
    asked = ~np.isnan(wanted_w)
    worth = FOLLOW_EUR_PER_MWH * (1.0 + EARLIER_SHARE * np.linspace(1.0, 0.0, outlook.isps))
    wanted = np.where(asked, wanted_w, 0.0)
    free = _free_flows(task, outlook)
    charge_w = np.where(asked, np.clip(wanted, 0, task.charge_w), free.charge_w)
    extra_w = np.where(asked, task.charge_w - charge_w, free.extra_w)
    discharge_w = np.where(asked, np.clip(-wanted, 0, task.discharge_w), free.discharge_w)
    # Where only one direction is wanted the other has no room; its price must not tempt to burn.
    buy = np.where(asked, np.where(wanted > 0, -worth, worth), free.buy)
    extra = np.where(asked, 1.1 * worth, free.buy_extra)
    sell = np.where(asked, np.where(wanted < 0, worth, -worth), free.sell)
    fill = outlook.isp_hours * task.charge_efficiency
    flows = (
        Flow(True, buy, (charge_w * fill)[:, None]),
        Flow(True, extra, (extra_w * fill)[:, None]),
        Flow(False, sell, (discharge_w * outlook.isp_hours / task.discharge_efficiency)[:, None]),
    )
    kept = min(task.keep_wh, task.energy_wh)
    ends = _ends(task)
    return Stores(
        flows,
        np.array([float(task.energy_wh)]),
        np.maximum(task.floor_wh, kept)[:, None],
        np.full((outlook.isps, 1), float(task.capacity_wh)),
        end_worth_eur_per_mwh=tuple(worth for worth, _ in ends),
        end_level_wh=np.array([[level] for _, level in ends]) if ends else None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Free:
    """Flows where nothing is wanted: powers [W], and their worths in the store [EUR/MWh]."""

    charge_w: FloatArray
    extra_w: FloatArray
    discharge_w: FloatArray
    buy: FloatArray
    buy_extra: FloatArray
    sell: FloatArray


def _free_flows(task: StoreTask, outlook: Outlook) -> _Free:
    """By prices, or by habit: then a departure from it is worth its price on top of the habit's.

    Raises:
        HorizonError: the habit feeds back.
    """
    buy = outlook.price_eur_per_mwh / task.charge_efficiency
    sell = outlook.feed_in_eur_per_mwh - task.wear_eur_per_mwh
    sell = sell * task.discharge_efficiency
    charge_w, discharge_w = task.charge_w.astype(np.float64), task.discharge_w.astype(np.float64)
    if task.habit_w is None:
        return _Free(charge_w, np.zeros(outlook.isps), discharge_w, buy, buy, sell)
    if (task.habit_w < 0).any():
        first = int(np.flatnonzero(task.habit_w < 0)[0])
        raise HorizonError(f"own_w of a store, ISP {first}", task.habit_w[first], "0 or more")
    habit_w = np.minimum(task.habit_w, charge_w)
    return _Free(
        charge_w=habit_w,
        extra_w=np.minimum(charge_w - habit_w, task.restore_share * charge_w),
        discharge_w=task.restore_share * discharge_w,
        buy=buy - HABIT_EUR_PER_MWH,
        buy_extra=buy + HABIT_EUR_PER_MWH,
        # Less than what the habit's own charging costs: nothing is charged to be fed back.
        sell=np.minimum(sell, buy) - HABIT_EUR_PER_MWH * np.where(habit_w > 0, 2.0, 1.0),
    )


def _ends(task: StoreTask) -> list[tuple[float, float]]:
    """Return what energy is worth at the end, up to which level; a habit ends where it should."""
    if task.end_wh is None:
        return []
    missing = (FOLLOW_EUR_PER_MWH / 2, task.end_wh)
    if task.habit_w is None:
        return [missing]
    return [missing, (-FOLLOW_EUR_PER_MWH / 2, float(task.capacity_wh))]
