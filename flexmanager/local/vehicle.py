"""The EV flexibility manager's device: a vehicle during a stay at its charging point."""

from dataclasses import dataclass

import numpy as np

from flexmanager.checks import between, whole
from flexmanager.local.device import Bounds, Course, Outlook, State, check_held, least_ahead
from flexmanager.local.store import (
    StoreTask,
    due_wh,
    plan_course,
    simulate_course,
    store_bounds,
)
from flexmanager.physics.vehicle import Stay, Vehicle, connected_share
from flexmanager.rounding import FloatArray, IntArray

_SLACK_W = 1e-6
"""Keeps a whole W from being lost to the last bit of a share."""


@dataclass(frozen=True, slots=True)
class ParkedVehicle:
    """A vehicle that leaves with the energy its driver needs, whatever is activated.

    The state is the energy in its battery [Wh].

    Attributes:
        vehicle: its parameters.
        stay: arrival, stated departure and need.
        early_share: how early in the stay the need has to be met, as a share of the time that
            charging leaves free: 0 is at once, for an owner who may leave any time; 1 is when it
            is due.
        due_utc_s: UTC second by which the need is due, None for the stated departure.
        open_end: nobody knows when it leaves; the stay then ends where the plan does, and the need
            is met at once.
        habit: it charges as `own_w` says, and shifts as little of that as promises ask for.
    """

    vehicle: Vehicle
    stay: Stay
    early_share: float = 1.0
    due_utc_s: int | None = None
    open_end: bool = False
    habit: bool = False

    def __post_init__(self) -> None:
        """Refuse a share that is none, energies beyond the battery, a habit of feeding back."""
        between(self.asset_id, "early_share", self.early_share, 0.0, 1.0)
        capacity = self.vehicle.capacity_wh
        between(self.stay.stay_id, "energy_wh", self.stay.energy_wh, 0, capacity)
        between(self.stay.stay_id, "needed_wh", self.stay.needed_wh, 0, capacity)
        if self.habit:
            whole(self.asset_id, "discharge_w_max", self.vehicle.discharge_w_max, 0, 0)

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.vehicle.asset_id

    @property
    def state_step(self) -> State:
        """Half a kWh, or one part in a hundred of the battery if that is less."""
        return (min(500.0, 0.01 * self.vehicle.capacity_wh),)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Meet the need in time, follow what is wanted, charge at least cost.

        Where a promise and the need cannot both be kept the need comes first.
        """
        task = self._task(outlook, state, None if end is None else end[0])
        return plan_course(task, outlook, wanted_w)

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Follow set-points within what the vehicle and its charging point can."""
        return simulate_course(self._task(outlook, state, None), outlook, power_w)

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between charging at once and charging, or feeding back, as late as the need allows."""
        return store_bounds(self._task(outlook, state, None), outlook)

    @property
    def rest_step(self) -> State:
        """Less than one W over a quarter hour: a driver gets all that was recorded."""
        return (0.25,)

    def held_w(self, outlook: Outlook, state: State, sign: int, isps: int) -> IntArray:
        """Return what of the own charging can wait, or be brought forward, within the stay."""
        check_held(self.asset_id, sign, isps)
        task = self._task(outlook, state, None)
        own_w = np.minimum(np.rint(outlook.own_w).astype(np.int64), task.charge_w)
        per_w = outlook.isp_hours * task.charge_efficiency
        after = np.minimum(np.arange(outlook.isps) + isps, outlook.isps)
        path_wh = state[0] + np.append(0.0, np.cumsum(own_w)) * per_w
        if sign < 0:
            power_w = least_ahead(own_w, isps)
            moved_wh = _waits_wh(path_wh[1:] - due_wh(task, outlook), isps)
        else:
            power_w = least_ahead(task.charge_w - own_w, isps)
            moved_wh = (task.capacity_wh - path_wh[after]) / isps
        moved_w = np.floor(np.maximum(moved_wh, 0.0) / per_w + _SLACK_W)
        held: IntArray = sign * np.minimum(power_w, moved_w.astype(np.int64))
        return held

    def uncontrolled(self, outlook: Outlook, state: State) -> Course:
        """Return what the vehicle does unplanned: charge at once until it has what it needs."""
        task = self._task(outlook, state, None)
        per_w = outlook.isp_hours * task.charge_efficiency
        missing_wh = max(self.stay.needed_wh - state[0], 0.0)
        before_wh = (np.cumsum(task.charge_w) - task.charge_w) * per_w
        power = np.clip(np.ceil((missing_wh - before_wh) / per_w), 0, task.charge_w)
        return simulate_course(task, outlook, power.astype(np.int64))

    def _task(self, outlook: Outlook, state: State, end_wh: float | None) -> StoreTask:
        vehicle, stay = self.vehicle, self.stay
        share = connected_share(
            outlook.first_isp,
            outlook.isps,
            outlook.isp_seconds,
            np.array([float(stay.plug_in_utc_s)]),
            np.array([float(stay.departure_utc_s)]),
        )[:, 0]
        charge_w = np.floor(share * vehicle.charge_w_max + _SLACK_W).astype(np.int64)
        if self.habit:
            # What was recorded could be charged, whatever the rounding of its ISP.
            charge_w = np.maximum(charge_w, np.ceil(outlook.own_w).astype(np.int64))
        minimum = vehicle.energy_min_share * vehicle.capacity_wh
        return StoreTask(
            energy_wh=state[0],
            capacity_wh=vehicle.capacity_wh,
            floor_wh=self._floor_wh(outlook, state, charge_w, minimum),
            keep_wh=minimum,
            charge_w=charge_w,
            discharge_w=np.floor(share * vehicle.discharge_w_max + _SLACK_W).astype(np.int64),
            charge_efficiency=vehicle.charge_efficiency,
            discharge_efficiency=vehicle.discharge_efficiency,
            wear_eur_per_mwh=vehicle.wear_eur_per_mwh,
            end_wh=None if self.habit else end_wh,
            habit_w=outlook.own_w if self.habit else None,
        )

    def _floor_wh(
        self, outlook: Outlook, state: State, charge_w: IntArray, minimum_wh: float
    ) -> FloatArray:
        """Return the owner's minimum as soon as it can be, and the need by the time it is due."""
        fill = charge_w * outlook.isp_hours * self.vehicle.charge_efficiency
        soonest = state[0] + np.cumsum(fill)
        floor = np.minimum(minimum_wh, soonest)
        present = np.flatnonzero(charge_w)
        if self.due_utc_s is not None:
            due_isp = self.due_utc_s // outlook.isp_seconds - outlook.first_isp
            in_time = present[present < due_isp]
            # What is overdue is charged at once.
            present = in_time if len(in_time) else present[:1]
        if len(present):
            last, needed = int(present[-1]), self.stay.needed_wh - self._later_wh(outlook)
            reached = np.flatnonzero(soonest >= needed)
            first = min(int(reached[0]), last) if len(reached) else last
            due = first + int((0.0 if self.open_end else self.early_share) * (last - first))
            floor[due:] = np.maximum(floor[due:], needed)
            if due == first and (self.open_end or self.early_share < 1.0):
                floor[:due] = np.minimum(needed, soonest[:due])
        return floor

    def _later_wh(self, outlook: Outlook) -> float:
        """Return what can still be charged after the outlook; only a habit relies on it."""
        if not self.habit:
            return 0.0
        end_isp = outlook.first_isp + outlook.isps
        whole_isps = max(self.stay.departure_utc_s // outlook.isp_seconds - end_isp, 0)
        per_isp_wh = self.vehicle.charge_w_max * outlook.isp_hours * self.vehicle.charge_efficiency
        return whole_isps * per_isp_wh


def _waits_wh(spare_wh: FloatArray, isps: int) -> FloatArray:
    """Return what can wait in each of `isps` ISPs from each ISP on, shape (n,) [Wh].

    Args:
        spare_wh: energy at the end of each ISP beyond what is due by then, shape (n,) [Wh].
        isps: for how many ISPs on end; where fewer are left nothing is told to wait.
    """
    waits_wh = np.zeros(len(spare_wh))
    if isps <= len(spare_wh):
        ahead = np.lib.stride_tricks.sliding_window_view(spare_wh, isps)
        waits_wh[: len(ahead)] = (ahead / np.arange(1, isps + 1)).min(axis=1)
    return waits_wh
