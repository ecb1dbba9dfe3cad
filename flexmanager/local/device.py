"""The one interface of all devices behind a local manager, and the records it speaks in.

A device knows its parameters and its physics. What it was before comes in as a state, so every
answer is a pure function: the same question gets the same answer, live or in a simulation.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from flexmanager.checks import check_sign
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import FloatArray, IntArray
from settlement.clock import Clock

State = tuple[float, ...]
"""Energy [Wh] of a store; air and mass temperature [degC] of a building; nothing for a generator
without memory."""

MINUTES_PER_HOUR = 60
WH_PER_MWH = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is expected of the next n ISPs; all arrays have shape (n,).

    Attributes:
        first_isp: UTC index of the first ISP.
        clock: local time and length of an ISP.
        price_eur_per_mwh: what a MWh from the grid costs [EUR/MWh].
        feed_in_eur_per_mwh: what a MWh to the grid earns [EUR/MWh].
        outside_c: outside temperature [degC].
        sun_w_per_m2: sun on the building [W/m2].
        own_w: what the device does if nobody plans it: the consumption of a load, the generation
            of a photovoltaic (negative), the heat that a plant has to give [W].
    """

    first_isp: int
    clock: Clock
    price_eur_per_mwh: FloatArray
    feed_in_eur_per_mwh: FloatArray
    outside_c: FloatArray
    sun_w_per_m2: FloatArray
    own_w: FloatArray

    def __post_init__(self) -> None:
        """Refuse no ISP at all, series of different length and values that are not numbers."""
        if not self.isps:
            raise HorizonError("outlook", "no ISP", "at least one")
        for field, values in self._series().items():
            if values.shape != (self.isps,):
                raise HorizonError(field, f"shape {values.shape}", f"shape ({self.isps},)")
            if not np.isfinite(values).all():
                first = int(np.flatnonzero(~np.isfinite(values))[0])
                raise HorizonError(f"{field}, ISP {first}", values[first], "a finite number")

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.price_eur_per_mwh)

    @property
    def end_isp(self) -> int:
        """The ISP after the last (UTC index)."""
        return self.first_isp + self.isps

    @property
    def isp_hours(self) -> float:
        """Length of an ISP [h]."""
        return self.clock.isp_minutes / MINUTES_PER_HOUR

    @property
    def isp_seconds(self) -> int:
        """Length of an ISP [s]."""
        return self.clock.isp_minutes * 60

    @property
    def local_minutes(self) -> IntArray:
        """Local time at the end of each ISP, in minutes since 1970 local, shape (n,)."""
        isps = range(self.first_isp + 1, self.first_isp + self.isps + 1)
        return np.array([self.clock.local_minutes(isp) for isp in isps], dtype=np.int64)

    def part(self, start: int, stop: int | None = None) -> "Outlook":
        """Return the ISPs at offsets `start` to `stop`, stop excluded."""
        inside = slice(start, stop)
        cut: dict[str, Any] = {field: values[inside] for field, values in self._series().items()}
        return replace(self, first_isp=self.first_isp + start, **cut)

    def _series(self) -> dict[str, FloatArray]:
        return {
            "price_eur_per_mwh": self.price_eur_per_mwh,
            "feed_in_eur_per_mwh": self.feed_in_eur_per_mwh,
            "outside_c": self.outside_c,
            "sun_w_per_m2": self.sun_w_per_m2,
            "own_w": self.own_w,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a device does over n ISPs, planned or simulated.

    Attributes:
        power_w: power at the grid side, consumption positive, shape (n,) [W].
        states: the state before the first ISP and after each, shape (n + 1, k).
        energy_eur: what the energy costs, less what it earns, and wear [EUR].
        comfort_eur: what the owner misses, in money as the owner values it [EUR].
        short: what stays out of reach in each ISP: Wh below the energy needed, or degrees outside
            the comfort band, shape (n,) [Wh or K]; 0 where nothing does.
    """

    power_w: IntArray
    states: FloatArray
    energy_eur: float
    comfort_eur: float
    short: FloatArray

    @property
    def cost_eur(self) -> float:
        """Money and comfort [EUR]."""
        return self.energy_eur + self.comfort_eur

    def state(self, offset: int) -> State:
        """Return the state before the ISP at an offset."""
        return tuple(float(value) for value in self.states[offset])

    def part(self, outlook: Outlook, start: int, stop: int) -> "Course":
        """Return the ISPs at offsets `start` to `stop`, stop excluded, without comfort and wear.

        Args:
            outlook: the outlook of the whole course.
            start: first offset.
            stop: the offset after the last.
        """
        power = self.power_w[start:stop]
        money = energy_eur(outlook.part(start, stop), power)
        return Course(power, self.states[start : stop + 1], money, 0.0, self.short[start:stop])


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """What a device could do over n ISPs; shape (n,) each.

    Attributes:
        power_w_min: least power that some plan within all limits has in this ISP [W].
        power_w_max: greatest such power [W].
        energy_wh_min: least energy taken up by the end of this ISP [Wh]: from the grid, or, of a
            battery or vehicle, what is in it more than now (feeding back loses energy on the way).
        energy_wh_max: greatest such energy [Wh].
    """

    power_w_min: FloatArray
    power_w_max: FloatArray
    energy_wh_min: FloatArray
    energy_wh_max: FloatArray


class Device(Protocol):
    """What any device can be asked."""

    @property
    def asset_id(self) -> str:
        """Name of the asset."""

    @property
    def state_step(self) -> State:
        """Differences of a reported state from the planned one that are not worth a new plan."""

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Return the plan of least cost that keeps what the owner needs, then what is wanted.

        Args:
            outlook: n ISPs.
            state: the state before the first.
            wanted_w: power asked for, shape (n,) [W]; NaN where the device is free.
            end: the state in which the plan should leave the device, or a better one; None for any.
        """

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Return what the device does with set-points: never more than its physics allows."""

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Return power and energy within which every plan lies."""


class HabitualDevice(Device, Protocol):
    """A device with a habit: a course of its own that it leaves only for a promise.

    After a promise it gives back as much as is needed, where that is cheapest, and nothing else
    moves.
    """

    @property
    def rest_step(self) -> State:
        """Differences from its own course that are not worth going back to it."""

    def held_w(self, outlook: Outlook, state: State, sign: int, isps: int) -> IntArray:
        """Return what it could hold on top of its own course from each ISP on, shape (n,) [W].

        Args:
            outlook: n ISPs.
            state: the state before the first; until it is asked it goes its own course from there.
            sign: +1 for more consumption or less generation, -1 for less consumption.
            isps: for how many ISPs on end.

        Returns:
            Signed like `sign`; 0 where the outlook ends sooner.

        Raises:
            ParameterError: the sign is none, or there is no ISP to hold.
        """


def check_held(asset_id: str, sign: int, isps: int) -> None:
    """Refuse a direction that is neither -1 nor +1, and less than one ISP."""
    check_sign(sign)
    if isps < 1:
        raise ParameterError(asset_id, "isps", isps, "at least 1")


def least_ahead(values_w: IntArray, isps: int) -> IntArray:
    """Return per ISP the least value over it and the ISPs after it, `isps` in all.

    Where fewer than `isps` ISPs are left the outlook does not show what comes: 0 there.
    """
    least_w = np.zeros(len(values_w), dtype=np.int64)
    if 1 <= isps <= len(values_w):
        windows = np.lib.stride_tricks.sliding_window_view(values_w, isps)
        least_w[: len(windows)] = windows.min(axis=1)
    return least_w


def energy_eur(outlook: Outlook, power_w: npt.NDArray[np.generic], wear_eur: float = 0.0) -> float:
    """Return what a course costs at the outlook's prices [EUR]."""
    power = np.asarray(power_w, dtype=np.float64)
    rate = np.where(power >= 0, outlook.price_eur_per_mwh, outlook.feed_in_eur_per_mwh)
    return float(rate @ power) * outlook.isp_hours / WH_PER_MWH + wear_eur


def nothing_wanted(isps: int) -> FloatArray:
    """Return a wish that leaves the device free in all ISPs."""
    return np.full(isps, np.nan)
