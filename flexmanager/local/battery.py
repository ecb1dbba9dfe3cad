"""A stationary battery behind a local manager."""

from dataclasses import dataclass
from math import floor

import numpy as np

from flexmanager.checks import between
from flexmanager.local.device import Bounds, Course, Outlook, State, check_held, least_ahead
from flexmanager.local.store import StoreTask, plan_course, simulate_course, store_bounds
from flexmanager.physics.battery import Battery
from flexmanager.rounding import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class BatteryStore:
    """A battery that earns by prices, keeps a reserve and ends no emptier than it began.

    The state is the stored energy [Wh].

    Attributes:
        battery: its parameters.
        reserve_share: share of the capacity that stays in it.
        habit: it does not trade; it idles, and after a promise it goes back to where it was.
        restore_share: share of its power for that: many batteries that come back at full power
            would make a new peak.
    """

    battery: Battery
    reserve_share: float = 0.1
    habit: bool = False
    restore_share: float = 1.0

    def __post_init__(self) -> None:
        """Refuse shares that are none, and a share for going back where there is no habit."""
        between(self.asset_id, "reserve_share", self.reserve_share, 0.0, 1.0)
        least = 0.01 if self.habit else 1.0
        between(self.asset_id, "restore_share", self.restore_share, least, 1.0)

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.battery.asset_id

    @property
    def state_step(self) -> State:
        """One part in a hundred of the capacity."""
        return (0.01 * self.battery.capacity_wh,)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Follow what is wanted, end no emptier than asked or than now, trade at least cost.

        With a habit it ends no fuller either.
        """
        end_wh = state[0] if end is None else end[0]
        return plan_course(self._task(outlook, state, end_wh), outlook, wanted_w)

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Follow set-points within power, capacity and reserve."""
        return simulate_course(self._task(outlook, state, None), outlook, power_w)

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between full at once and empty down to the reserve at once."""
        return store_bounds(self._task(outlook, state, None), outlook)

    @property
    def rest_step(self) -> State:
        """A fortieth of a kWh."""
        return (25.0,)

    def held_w(self, outlook: Outlook, state: State, sign: int, isps: int) -> IntArray:
        """Return what the energy above the reserve, or the room, carries: the same from any ISP."""
        check_held(self.asset_id, sign, isps)
        battery, hours = self.battery, isps * outlook.isp_hours
        if sign < 0:
            kept_wh = battery.capacity_wh * self.reserve_share
            most_w, grid_wh = battery.discharge_w_max, state[0] - kept_wh
            grid_wh *= battery.discharge_efficiency
        else:
            most_w, grid_wh = battery.charge_w_max, battery.capacity_wh - state[0]
            grid_wh /= battery.charge_efficiency
        power_w = min(most_w, max(floor(grid_wh / hours), 0))
        return sign * least_ahead(np.full(outlook.isps, power_w, dtype=np.int64), isps)

    def _task(self, outlook: Outlook, state: State, end_wh: float | None) -> StoreTask:
        battery, isps = self.battery, outlook.isps
        return StoreTask(
            energy_wh=state[0],
            capacity_wh=battery.capacity_wh,
            floor_wh=np.zeros(isps),
            keep_wh=battery.capacity_wh * self.reserve_share,
            charge_w=np.full(isps, battery.charge_w_max),
            discharge_w=np.full(isps, battery.discharge_w_max),
            charge_efficiency=battery.charge_efficiency,
            discharge_efficiency=battery.discharge_efficiency,
            wear_eur_per_mwh=battery.wear_eur_per_mwh,
            end_wh=end_wh,
            habit_w=np.zeros(isps) if self.habit else None,
            restore_share=self.restore_share,
        )
