"""A day of a house: its manager acts on what it is told, the house lives with what is true."""

from dataclasses import dataclass

import numpy as np

from backend.district import District
from backend.district.calendar import SECONDS_PER_QUARTER
from backend.report.flexibility_house import House
from backend.report.flexibility_outlook import first_isp_of, outside_c
from flexmanager.local.finding import Cause
from flexmanager.local.hearing import hear
from flexmanager.local.manager import Manager, activate, close_isp
from flexmanager.local.offers import PricedOffer, offers
from flexmanager.local.telemetry import (
    MeterReading,
    MomentaryPower,
    OwnerOverride,
    OwnerWish,
    StateReading,
)
from flexmanager.local.wishes import Wishes
from flexmanager.physics.building import heat_step
from flexmanager.rounding import FloatArray, IntArray
from settlement.activation import Activation
from settlement.terms import Terms

WORTH_EUR_PER_MWH = 280.0
"""What the aggregator pays for a MWh less in the evening: the rate of the demonstration."""

OWNER_LIKES_C = 23.0
"""An owner who takes back control heats up to this."""

_THERMOSTAT_S, _SAID_S, _TAKEN_S, _SEEN_S = 30, 60, 300, 240
"""Seconds into an ISP at which these records come."""

_ISPS_PER_HOUR = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes otherwise.

    Attributes:
        cause: an override, a failure, readings that are missing, or one that is stale.
        isps: offsets in the day in which it lasts.
    """

    cause: Cause
    isps: range


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What happens on a day besides the weather.

    Attributes:
        said: offset in the day to what the owner says then.
        troubles: what goes otherwise.
        order_at: offset at which the aggregator chooses among the offers; None for no orders.
    """

    said: dict[int, str]
    troubles: tuple[Trouble, ...]
    order_at: int | None

    def suffers(self, cause: Cause, at: int) -> bool:
        """Tell whether some trouble lasts at an offset in the day."""
        return any(one.cause is cause and at in one.isps for one in self.troubles)


@dataclass(frozen=True, slots=True, eq=False)
class DayLived:
    """A day as it was; series over its n ISPs.

    Attributes:
        planned: what happened besides the weather.
        manager: the manager at its end; its horizon goes on beyond the day.
        wishes_before: what the owner had said before the day.
        state: true temperatures of air and mass before each ISP and at the end, shape (n + 1, 2).
        power_w: true power, shape (n,) [W].
        offered: all offers at the hour of choice.
        chosen: the one that was taken, None if none was.
    """

    planned: DayPlan
    manager: Manager
    wishes_before: Wishes
    state: FloatArray
    power_w: IntArray
    offered: tuple[PricedOffer, ...]
    chosen: PricedOffer | None

    @property
    def baseline_w(self) -> IntArray:
        """The plan without events, shape (n,) [W]."""
        baseline: IntArray = self.manager.baseline_w[: len(self.power_w)]
        return baseline

    @property
    def delivered_wh(self) -> float:
        """Less energy used in the event than the plan without it said, never more than ordered."""
        if self.chosen is None:
            return 0.0
        event = self.chosen.activation
        start = event.first_isp - self.manager.outlook.first_isp
        inside = slice(start, start + event.isps)
        less = (self.baseline_w - self.power_w)[inside]
        return float(np.clip(less, 0, -event.ordered_w).sum()) / _ISPS_PER_HOUR


def live_house_day(
    district: District,
    house: House,
    manager: Manager,
    start_c: FloatArray,
    isps: int,
    planned: DayPlan,
    terms: Terms,
    standing: tuple[Activation, ...],
) -> DayLived:
    """Let a house live a day.

    Args:
        district: the district.
        house: the house with what is recorded of it.
        manager: its manager at the beginning of the day.
        start_c: true temperatures of air and mass [degC].
        isps: length of the day.
        planned: what happens.
        terms: the agreement with the aggregator.
        standing: its activations so far.
    """
    first = manager.outlook.first_isp - first_isp_of(district)
    outside = outside_c(district, slice(first, first + isps))
    state, power = np.empty((isps + 1, 2)), np.zeros(isps, dtype=np.int64)
    state[0] = start_c
    offered: tuple[PricedOffer, ...] = ()
    chosen, wishes = None, manager.wishes
    for at in range(isps):
        manager = _told(manager, planned, at, float(state[at, 0]))
        if at == planned.order_at:
            now_s = (manager.outlook.first_isp + at) * SECONDS_PER_QUARTER
            offered = offers(manager, terms, standing, now_s)
            chosen = best_offer(offered)
            manager = manager if chosen is None else activate(manager, chosen.activation)
        power[at] = _true_power_w(manager, house, planned, at, float(state[at, 0]))
        state[at + 1] = _after(house, state[at], float(outside[at]), int(power[at]), first + at)
        if not planned.suffers(Cause.MISSING, at):
            begin_s = (manager.outlook.first_isp + at) * SECONDS_PER_QUARTER
            reading = MeterReading(manager.device.asset_id, begin_s, int(power[at]))
            manager = hear(manager, reading)
        manager = close_isp(manager)
    return DayLived(planned, manager, wishes, state, power, offered, chosen)


def best_offer(offered: tuple[PricedOffer, ...]) -> PricedOffer | None:
    """Return the offer that leaves the aggregator most, the earliest among equals; None if none."""

    def left_eur(one: PricedOffer) -> float:
        energy = abs(one.activation.ordered_w) * one.activation.isps
        return (WORTH_EUR_PER_MWH - one.price_eur_per_mwh) * energy

    best = max(offered, key=left_eur, default=None)
    return best if best is not None and left_eur(best) > 0 else None


def _told(manager: Manager, planned: DayPlan, at: int, air_c: float) -> Manager:
    """Let thermostat, owner and device tell the manager what they have to tell in an ISP."""
    name = manager.device.asset_id
    begin_s = (manager.outlook.first_isp + at) * SECONDS_PER_QUARTER
    if planned.suffers(Cause.STALE, at):
        hour_ago_s = begin_s - _ISPS_PER_HOUR * SECONDS_PER_QUARTER
        manager = hear(manager, StateReading(name, hour_ago_s, (air_c, np.nan)))
    elif not planned.suffers(Cause.MISSING, at):
        measured = StateReading(name, begin_s + _THERMOSTAT_S, (air_c, np.nan))
        manager = hear(manager, measured)
    if at in planned.said:
        manager = hear(manager, OwnerWish(name, begin_s + _SAID_S, planned.said[at]))
    for one in planned.troubles:
        if at == one.isps.start and one.cause is Cause.OVERRIDE:
            until_s = begin_s + len(one.isps) * SECONDS_PER_QUARTER
            manager = hear(manager, OwnerOverride(name, begin_s + _TAKEN_S, until_s))
        if at in one.isps and one.cause is Cause.FAILURE:
            manager = hear(manager, MomentaryPower(name, begin_s + _SEEN_S, 0))
    return manager


def _true_power_w(manager: Manager, house: House, planned: DayPlan, at: int, air_c: float) -> int:
    if planned.suffers(Cause.FAILURE, at):
        return 0
    if planned.suffers(Cause.OVERRIDE, at):
        return house.device.heater.rated_w if air_c < OWNER_LIKES_C else 0
    return manager.expected_now_w


def _after(
    house: House, before_c: FloatArray, outside: float, power_w: int, quarter: int
) -> FloatArray:
    """Return the true temperatures after an ISP, with what people, devices and sun really gave."""
    building = house.device.building
    step = heat_step(building, 1 / _ISPS_PER_HOUR)
    cop = float(house.device.heater.cop(np.array([outside]))[0])
    gain = house.gain_w[quarter] + building.sun_m2 * house.sun_w_per_m2[quarter]
    idle = step.keep @ before_c + step.outside * outside
    after: FloatArray = idle + step.heat * (power_w * cop + gain)
    return after
