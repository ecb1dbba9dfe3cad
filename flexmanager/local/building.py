"""The building flexibility manager's device: a heater and the building that stores its heat."""

from dataclasses import dataclass, replace

import numpy as np

from flexmanager.local.device import (
    Bounds,
    Course,
    Outlook,
    State,
    energy_eur,
    nothing_wanted,
)
from flexmanager.physics.building import Building, Heater, heat_step, temperatures_c
from flexmanager.physics.comfort import Band, Comfort, comfort_band
from flexmanager.planning.heat import HeatTask, plan_heating_w
from flexmanager.rounding import FloatArray, IntArray, to_w

COMFORT_STEP_C = 0.01
"""Plans keep this distance from the band, because set-points are whole W."""

_RAMP_EUR_PER_MWH = 1_000.0
"""Price of the first ISP when energy is to be used as late, or as early, as possible."""


@dataclass(frozen=True, slots=True)
class HeatedBuilding:
    """A building with its heater and what the people in it want.

    The state is air and mass temperature [degC].
    """

    building: Building
    heater: Heater
    comfort: Comfort

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.building.asset_id

    @property
    def state_step(self) -> State:
        """A tenth of a degree of air; nobody measures the mass."""
        return (0.1, np.inf)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Heat at least cost, by what money and comfort are worth to the owner."""
        end_c = None if end is None else (end[0], end[1])
        task = replace(self._task(outlook, state), wanted_w=wanted_w, end_c=end_c)
        return self.simulated(outlook, state, to_w(plan_heating_w(task), f"plan {self.asset_id}"))

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Let the building live with the heater's power."""
        power = np.clip(power_w, 0, self.heater.rated_w)
        path = heating_path_c(self._task(outlook, state), power.astype(np.float64))
        band, air = self._band(outlook), path[1:, 0]
        missed = np.maximum(band.wished_c - air, 0.0).sum() * outlook.isp_hours
        # Warmer than the high is the heater's doing only while it runs.
        over = np.where(power > 0, np.maximum(air - band.high_c, 0.0), 0.0)
        return Course(
            power_w=power.astype(np.int64),
            states=path,
            energy_eur=energy_eur(outlook, power),
            comfort_eur=float(missed) * self.comfort.eur_per_kelvin_hour,
            short=np.maximum(band.low_c - air, 0.0) + over,
        )

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Heat as early as the high allows, and as late as the low allows."""
        return heating_bounds(self._task(outlook, state))

    def _task(self, outlook: Outlook, state: State) -> HeatTask:
        band = self._band(outlook)
        # The band may be narrower than the distance kept from its ends.
        low = np.minimum(band.low_c + COMFORT_STEP_C, band.high_c)
        return HeatTask(
            step=heat_step(self.building, outlook.isp_hours),
            start_c=(state[0], state[1]),
            outside_c=outlook.outside_c,
            gain_w=self._gain_w(outlook),
            cop=self.heater.cop(outlook.outside_c),
            power_w_max=self.heater.rated_w,
            band=replace(band, low_c=low, high_c=np.maximum(band.high_c - COMFORT_STEP_C, low)),
            price_eur_per_mwh=outlook.price_eur_per_mwh,
            eur_per_kelvin_hour=self.comfort.eur_per_kelvin_hour,
            isp_hours=outlook.isp_hours,
            wanted_w=nothing_wanted(outlook.isps),
        )

    def _band(self, outlook: Outlook) -> Band:
        return comfort_band(self.comfort, outlook.local_minutes)

    def _gain_w(self, outlook: Outlook) -> FloatArray:
        return self.building.gain_w + self.building.sun_m2 * outlook.sun_w_per_m2


def heating_path_c(task: HeatTask, power_w: FloatArray) -> FloatArray:
    """Return the temperatures before the first ISP and after each, shape (n + 1, 2)."""
    heat = power_w * task.cop + task.gain_w
    path = temperatures_c(task.step, task.start_c, task.outside_c, heat)
    return np.vstack((np.asarray(task.start_c), path))


def heating_bounds(task: HeatTask) -> Bounds:
    """Return what a heater could do within the band.

    A building that got more heat earlier is nowhere colder. So the early path has used the most
    energy up to every ISP and is the warmest; the late path the least, and the coldest. Power
    lies between what leads from the warmest to the low and from the coldest to the high.
    """
    hurry = np.linspace(_RAMP_EUR_PER_MWH, 1.0, task.isps)
    free = replace(task, eur_per_kelvin_hour=0.0, end_c=None, habit_w=None)
    most = plan_heating_w(replace(free, price_eur_per_mwh=-hurry))
    least = plan_heating_w(replace(free, price_eur_per_mwh=hurry))
    warm, cold = (heating_path_c(free, power) for power in (most, least))
    to_low = _power_to_w(task, warm[:-1], task.band.low_c)
    to_high = _power_to_w(task, cold[:-1], task.band.high_c)
    return Bounds(
        power_w_min=np.minimum(to_low, least),
        power_w_max=np.maximum(to_high, most),
        energy_wh_min=np.cumsum(least) * task.isp_hours,
        energy_wh_max=np.cumsum(most) * task.isp_hours,
    )


def _power_to_w(task: HeatTask, before_c: FloatArray, air_c: FloatArray) -> FloatArray:
    """Return the power that takes the air to a temperature within each ISP, as far as it can."""
    step = task.step
    idle = before_c @ step.keep[0] + step.outside[0] * task.outside_c
    missing_w = (air_c - idle) / step.heat[0] - task.gain_w
    power: FloatArray = np.clip(missing_w / task.cop, 0.0, task.power_w_max)
    return power
