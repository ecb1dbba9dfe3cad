"""A heat pump of which a course is recorded, and nothing of the building but its size.

Whatever the weather, the sun and the people did, the recorded power kept the air as they wished.
The step of the building is linear, so all that cancels: temperatures are told as differences from
the recorded course, and only the heat given or withheld by a change of power moves them.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from flexmanager.checks import check_parameters, parameter
from flexmanager.local.building import COMFORT_STEP_C, heating_bounds
from flexmanager.local.device import (
    Bounds,
    Course,
    Outlook,
    State,
    check_held,
    energy_eur,
    least_ahead,
    nothing_wanted,
)
from flexmanager.physics.building import Building, Heater, heat_step, temperatures_c
from flexmanager.physics.comfort import Band
from flexmanager.planning.heat import HeatTask, plan_heating_w
from flexmanager.rounding import FloatArray, IntArray, to_w


@dataclass(frozen=True, slots=True)
class Leeway:
    """How far the people in a building let its air go from what they are used to.

    Attributes:
        asset_id: name of the building.
        fall_k: how much colder it may get for a promise [K].
        rise_k: how much warmer it may be heated [K].
        eur_per_kelvin_hour: what an hour one degree colder is worth to them [EUR/(K h)].
        heating_limit_c: outside temperature above which nobody heats more than by habit [degC].
    """

    asset_id: str
    fall_k: float = parameter(1.0, 0.0, 10.0, "K")
    rise_k: float = parameter(1.5, 0.0, 10.0, "K")
    eur_per_kelvin_hour: float = parameter(0.05, 0.0, 10.0, "EUR/(K h)")
    heating_limit_c: float = parameter(15.0, -40.0, 40.0, "degC")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class RecordedHeating:
    """A heat pump that heats as recorded, `own_w`, but for promises and their rebound.

    The state is how much warmer air and mass are than on the recorded course [K].
    """

    building: Building
    heater: Heater
    leeway: Leeway

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.heater.asset_id

    @property
    def state_step(self) -> State:
        """A tenth of a degree of air; nobody measures the mass."""
        return (0.1, inf)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Follow what is wanted, come back to the recorded course by the end, at least cost."""
        task = self._task(outlook, state, wanted_w)
        return self.simulated(outlook, state, to_w(plan_heating_w(task), f"plan {self.asset_id}"))

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Let the building live with the heat pump's power."""
        power = np.clip(power_w, 0, self.heater.rated_w)
        path = self._path_k(outlook, state, power.astype(np.float64))
        air, allowed = path[1:, 0], self.leeway
        colder = np.maximum(-air, 0.0).sum() * outlook.isp_hours
        over = np.where(power > outlook.own_w, np.maximum(air - allowed.rise_k, 0.0), 0.0)
        return Course(
            power_w=power.astype(np.int64),
            states=path,
            energy_eur=energy_eur(outlook, power),
            comfort_eur=float(colder) * allowed.eur_per_kelvin_hour,
            short=np.maximum(-allowed.fall_k - air, 0.0) + over,
        )

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Heat as early as the rise allows, and as late as the fall allows."""
        task = self._task(outlook, state, nothing_wanted(outlook.isps))
        low = np.full(outlook.isps, COMFORT_STEP_C - self.leeway.fall_k)
        return heating_bounds(replace(task, band=replace(task.band, low_c=np.minimum(low, 0.0))))

    @property
    def rest_step(self) -> State:
        """Two hundredths of a degree."""
        return (0.02, 0.02)

    def held_w(self, outlook: Outlook, state: State, sign: int, isps: int) -> IntArray:
        """Return what the recorded power and the air carry; what is left of before fades away."""
        check_held(self.asset_id, sign, isps)
        own_w, most_w = np.rint(outlook.own_w).astype(np.int64), self._most_w(outlook)
        change_w = own_w if sign < 0 else np.floor(most_w).astype(np.int64) - own_w
        step, n = heat_step(self.building, outlook.isp_hours), outlook.isps
        fading, response = np.empty((n + isps, 2)), np.empty(isps)
        fading[0], warming = state, step.heat
        for isp in range(n + isps - 1):
            fading[isp + 1] = step.keep @ fading[isp]
        for isp in range(isps):
            response[isp], warming = warming[0], step.keep @ warming
        # Degrees per W at the end of each whole event, by the heat of each of its ISPs.
        per_w = np.convolve(self.heater.cop(outlook.outside_c), response)[isps - 1 : n]
        left = sign * fading[:, 0]
        worst = np.lib.stride_tricks.sliding_window_view(left[1:], isps).max(axis=1)[: len(per_w)]
        allowed = self.leeway.fall_k if sign < 0 else self.leeway.rise_k
        room_k = np.maximum(allowed - 2 * COMFORT_STEP_C - np.maximum(worst, 0.0), 0.0)
        held = np.maximum(least_ahead(change_w, isps), 0)
        held[: len(per_w)] = np.minimum(held[: len(per_w)], np.floor(room_k / per_w))
        return sign * held

    def _most_w(self, outlook: Outlook) -> FloatArray:
        """Return the largest power per ISP [W]."""
        cold = outlook.outside_c <= self.leeway.heating_limit_c
        return np.where(cold, float(self.heater.rated_w), outlook.own_w)

    def _path_k(self, outlook: Outlook, state: State, power_w: FloatArray) -> FloatArray:
        """Return air and mass before the first ISP and after each, shape (n + 1, 2) [K]."""
        cop = self.heater.cop(outlook.outside_c)
        heat = cop * power_w - cop * outlook.own_w
        step = heat_step(self.building, outlook.isp_hours)
        path = temperatures_c(step, (state[0], state[1]), np.zeros(outlook.isps), heat)
        return np.vstack((np.asarray(state), path))

    def _low_k(self, outlook: Outlook, state: State, wanted_w: FloatArray) -> FloatArray:
        """Return how cold it may get: for a promise as people allow, else no colder than by itself.

        So what was heated early is given back only as far as nobody is colder for it, and what a
        promise withheld may come back when it is cheapest.
        """
        asked = ~np.isnan(wanted_w)
        power = np.where(asked, np.clip(wanted_w, 0.0, self._most_w(outlook)), outlook.own_w)
        fallen = np.minimum(self._path_k(outlook, state, power)[1:, 0] - COMFORT_STEP_C, 0.0)
        return np.where(asked, min(COMFORT_STEP_C - self.leeway.fall_k, 0.0), fallen)

    def _task(self, outlook: Outlook, state: State, wanted_w: FloatArray) -> HeatTask:
        isps, allowed = outlook.isps, self.leeway
        cop, nowhere = self.heater.cop(outlook.outside_c), np.zeros(outlook.isps)
        low = self._low_k(outlook, state, wanted_w)
        high = np.full(isps, max(allowed.rise_k - COMFORT_STEP_C, 0.0))
        return HeatTask(
            step=heat_step(self.building, outlook.isp_hours),
            start_c=(state[0], state[1]),
            outside_c=nowhere,
            gain_w=-cop * outlook.own_w,
            cop=cop,
            power_w_max=self._most_w(outlook),
            band=Band(low, nowhere, high),
            price_eur_per_mwh=outlook.price_eur_per_mwh,
            eur_per_kelvin_hour=allowed.eur_per_kelvin_hour,
            isp_hours=outlook.isp_hours,
            wanted_w=wanted_w,
            end_c=(0.0, 0.0),
            habit_w=outlook.own_w,
            size=self.building.mass_wh_per_k / Building(self.asset_id).mass_wh_per_k,
        )
