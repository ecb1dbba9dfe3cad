"""The linear model of one battery: follow a request, then return to rest at least cost.

Variables per ISP: charging c >= 0, discharging d >= 0 (kW at the grid side), energy e (kWh, end of
the ISP); and once: energy missing or left over against the rest level at the end.

    e[t] = e[t-1] + h x charge_efficiency x c[t] - h / discharge_efficiency x d[t]

A requested ISP may only move in the direction asked, at most as far as asked; an ISP under an order
that leaves nothing to do for the battery stays still. The costs stand in
four ranks, each larger than all that lower ranks could gain: following the request, returning to
rest, moving as little as possible, and the price. Moving costs more than any price in the horizon,
which has two effects: the battery never trades on its own account, and charging and discharging in
the same ISP never pays, also at negative prices. So no binary is needed; the result is checked for
it all the same.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.assets import Battery
from flexmanager.errors import SolverError
from flexmanager.highs import INFINITY, Model, solve
from flexmanager.rounding import BoolArray, FloatArray

W_PER_KW = 1_000.0
RANK_FACTOR = 10.0
BOTH_WAYS_KW_MAX = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a battery has to do over m ISPs.

    Attributes:
        requested_w: change asked for, shape (m,) [W]; 0 where nothing is asked.
        free: ISPs without an order, in which the battery may restore its energy, shape (m,).
        price_eur_per_mwh: shape (m,) [EUR/MWh].
        isp_hours: length of an ISP [h].
        energy_wh: stored energy at the start [Wh].
        floor_wh: energy that stays in the battery [Wh].
        target_wh: energy to return to [Wh].
    """

    requested_w: FloatArray
    free: BoolArray
    price_eur_per_mwh: FloatArray
    isp_hours: float
    energy_wh: float
    floor_wh: float
    target_wh: float


def plan_w(battery: Battery, task: Task) -> FloatArray:
    """Return the power that follows the request best and then restores the energy cheapest.

    Returns:
        Shape (m,) [W], charging positive, not yet rounded.

    Raises:
        SolverError: the solver gave no optimum, or a plan that charges and discharges at once.
    """
    isps = len(task.requested_w)
    answer = solve(_model(battery, task))
    charge_kw, discharge_kw = answer.values[:isps], answer.values[isps : 2 * isps]
    both_kw = np.minimum(charge_kw, discharge_kw).max(initial=0.0)
    if both_kw > BOTH_WAYS_KW_MAX:
        raise SolverError(f"{battery.asset_id}: charges and discharges at once by {both_kw} kW")
    plan: FloatArray = (charge_kw - discharge_kw) * W_PER_KW
    return plan


def _model(battery: Battery, task: Task) -> Model:
    isps, hours = len(task.requested_w), task.isp_hours
    lower, upper = _bounds(battery, task)
    steps = np.arange(isps, dtype=np.int32)
    stored_per_charge = np.full(isps, -hours * battery.charge_efficiency)
    stored_per_discharge = np.full(isps, hours / battery.discharge_efficiency)
    # Column e[t] stands in its own row and, as the starting energy, in the next; the row after the
    # last ISP compares with the rest level, where it counts positive.
    energy_index = np.column_stack((steps, steps + 1)).ravel()
    energy_value = np.tile((1.0, -1.0), isps)
    energy_value[-1] = 1.0
    entries = np.concatenate((np.ones(2 * isps), np.full(isps, 2), np.ones(2)))
    balance = np.zeros(isps + 1)
    balance[0] = task.energy_wh / W_PER_KW
    balance[isps] = task.target_wh / W_PER_KW
    return Model(
        cost=_costs(battery, task),
        lower=lower,
        upper=upper,
        row_lower=balance,
        row_upper=balance,
        start=np.concatenate(([0], np.cumsum(entries))).astype(np.int32),
        index=np.concatenate((steps, steps, energy_index, [isps, isps])).astype(np.int32),
        value=np.concatenate((stored_per_charge, stored_per_discharge, energy_value, (1.0, -1.0))),
    )


def _bounds(battery: Battery, task: Task) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds of c, d, e and the two end terms [kW, kWh]."""
    isps, wanted_kw = len(task.requested_w), task.requested_w / W_PER_KW
    share = np.where(wanted_kw == 0, battery.restore_share, 1.0) / W_PER_KW
    charge_kw, discharge_kw = battery.charge_w_max * share, battery.discharge_w_max * share
    charge_kw = np.where(wanted_kw > 0, np.minimum(charge_kw, wanted_kw), charge_kw)
    discharge_kw = np.where(wanted_kw < 0, np.minimum(discharge_kw, -wanted_kw), discharge_kw)
    held = (wanted_kw == 0) & ~task.free
    charge_kw[(wanted_kw < 0) | held] = 0.0
    discharge_kw[(wanted_kw > 0) | held] = 0.0
    # An owner who raises the reserve does not force a charge: the floor rises with the energy.
    floor_kwh = min(task.floor_wh, task.energy_wh) / W_PER_KW
    lower = np.concatenate((np.zeros(2 * isps), np.full(isps, floor_kwh), (0.0, 0.0)))
    full_kwh = np.full(isps, battery.capacity_wh / W_PER_KW)
    upper = np.concatenate((charge_kw, discharge_kw, full_kwh, (INFINITY, INFINITY)))
    return lower, upper


def _costs(battery: Battery, task: Task) -> FloatArray:
    """Return the four ranks of costs, in EUR per MWh times the length of an ISP."""
    isps, hours = len(task.requested_w), task.isp_hours
    price = task.price_eur_per_mwh
    moving = 2.0 * float(np.abs(price).max(initial=0.0)) + 1.0
    resting = RANK_FACTOR * moving
    following = RANK_FACTOR * resting
    # A promise is kept from its beginning: later ISPs count a little less.
    ranked = following * (1.0 + np.arange(isps, 0, -1) / isps)
    charge = np.where(task.requested_w > 0, price - ranked, price + moving) * hours
    discharge = np.where(task.requested_w < 0, -price - ranked, moving - price) * hours
    return np.concatenate((charge, discharge, np.zeros(isps), (resting, resting)))
