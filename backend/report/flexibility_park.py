"""A day of a car park: recorded stays, what their drivers said, and managers that know only that.

What a driver says on arrival, energy and departure, is all the managers get. That a battery is full
or a car gone they learn when it happens. Cars without a word are charged at once.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from backend.district import District, EvSession
from backend.district.calendar import SECONDS_PER_QUARTER
from backend.report.flexibility_cars import CarDay, at_once_w, parked, takes_wh
from backend.report.flexibility_outlook import first_isp_of, outlook_of
from flexmanager.local.device import Outlook
from flexmanager.local.hearing import hear
from flexmanager.local.manager import Manager, begin, close_isp
from flexmanager.local.park import change_w, shared
from flexmanager.local.telemetry import Departed, MeterReading, StillThere, TakesNoMore
from flexmanager.rounding import IntArray
from settlement.activation import Activation
from settlement.errors import InputError

DAY_AND_NIGHT = 144
"""Quarter hours that are lived: the day, and the night and morning in which its last cars leave."""

NOTICE_ISPS = 4
"""An order is known an hour before it begins."""

_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True, eq=False)
class ParkDay:
    """A day of a car park.

    Attributes:
        day: the local day.
        outlook: its quarter hours, and those after it in which cars are still there.
        order: what the park was asked for.
        early_share: how early cars are charged, see `ParkedVehicle`.
        promised_w: change that was expected when the order was shared first, per ISP of it [W].
        cars: in the order of arrival.
    """

    day: date
    outlook: Outlook
    order: Activation
    early_share: float
    promised_w: IntArray
    cars: tuple[CarDay, ...]

    def total_w(self, series: str) -> IntArray:
        """Return the sum of all cars of `power_w`, `baseline_w` or `at_once_w` [W]."""
        total = np.zeros(self.outlook.isps, dtype=np.int64)
        for car in self.cars:
            total += getattr(car, series)
        return total

    @property
    def delivered_w(self) -> IntArray:
        """What was delivered of the order, per ISP [W], signed like it, never more."""
        first = self.order.first_isp - self.outlook.first_isp
        inside = slice(first, first + self.order.isps)
        change = (self.total_w("power_w") - self.total_w("baseline_w"))[inside]
        ordered = self.order.ordered_w
        delivered: IntArray = np.clip(change, min(ordered, 0), max(ordered, 0))
        return delivered


@dataclass(slots=True, eq=False)
class _Car:
    """A car while it is there."""

    session: EvSession
    rated_w: int
    takes_wh: int
    manager: Manager
    got_wh: float = 0.0
    gone: bool = False


def live_park_day(
    district: District, day: date, order: Activation, early_share: float = 0.5
) -> ParkDay:
    """Let all charging points of the district, taken as one car park, live a day.

    Args:
        district: the district.
        day: a local day of it.
        order: the change ordered of the park; it is shared an hour before it begins, and again in
            every quarter hour until it ends.
        early_share: how early in its stay a car is charged, 0 (at once) to 1 (when it is due).

    Raises:
        InputError: nobody arrives on that day, or the order does not lie within it.
    """
    outlook, end = _horizon(district, day)
    if not outlook.first_isp <= order.first_isp < order.end_isp <= end:
        raise InputError(
            f"ISPs {order.first_isp} to {order.end_isp - 1}", "order", f"a part of {day}"
        )
    arriving = _arriving(district, outlook.first_isp, end)
    rated = {asset.asset_id: asset.rated_w for asset in district.assets}
    cars: list[_Car] = []
    promised = np.zeros(order.isps, dtype=np.int64)
    for isp in range(outlook.first_isp, outlook.first_isp + outlook.isps):
        for one in arriving.get(isp, ()):
            cars.append(_arrived(one, rated[one.asset_id], outlook, isp, early_share))
        there = {car.session.session_id: car for car in cars if not car.gone}
        if order.first_isp - NOTICE_ISPS <= isp < order.end_isp:
            found = shared({name: car.manager for name, car in there.items()}, order)
            for name, manager in found.items():
                there[name].manager = manager
            if isp == order.first_isp - NOTICE_ISPS:
                promised = change_w(found, order)
        for car in there.values():
            _live_isp(car, isp)
    return ParkDay(
        day, outlook, order, early_share, promised, tuple(_told(c, outlook) for c in cars)
    )


def _horizon(district: District, day: date) -> tuple[Outlook, int]:
    """Return the outlook on a day and the night after it, and the ISP that ends the day."""
    columns = district.quarters_of_day(day)
    stop = min(columns.start + DAY_AND_NIGHT, district.quarters)
    return outlook_of(district, slice(columns.start, stop)), first_isp_of(district) + columns.stop


def _arriving(district: District, first_isp: int, end_isp: int) -> dict[int, list[EvSession]]:
    """Return who arrives in each ISP.

    Raises:
        InputError: nobody does.
    """
    found: dict[int, list[EvSession]] = {}
    for one in sorted(district.sessions, key=lambda one: (one.plug_in_utc_s, one.session_id)):
        isp = one.plug_in_utc_s // SECONDS_PER_QUARTER
        if first_isp <= isp < end_isp:
            found.setdefault(isp, []).append(one)
    if not found:
        raise InputError("no car arrives", "sessions of the day", "a day with cars")
    return found


def _arrived(
    session: EvSession, rated_w: int, outlook: Outlook, isp: int, early_share: float
) -> _Car:
    end_s = (outlook.first_isp + outlook.isps) * SECONDS_PER_QUARTER
    device = parked(session, rated_w, end_s, early_share)
    manager = begin(device, outlook.part(isp - outlook.first_isp), (0.0,))
    return _Car(session, rated_w, takes_wh(session, rated_w), manager)


def _live_isp(car: _Car, isp: int) -> None:
    """Let a car draw what it is told while it is there and takes it, and tell its manager."""
    name, begin_s = car.session.asset_id, isp * SECONDS_PER_QUARTER
    leaves = car.session.plug_out_utc_s < begin_s + SECONDS_PER_QUARTER
    stays_s = car.session.plug_out_utc_s - begin_s if leaves else SECONDS_PER_QUARTER
    stated_s = car.session.stated_departure_utc_s
    if stated_s is not None and begin_s <= stated_s < begin_s + stays_s:
        car.manager = hear(car.manager, StillThere(name, stated_s))
    told_w = car.manager.expected_now_w
    room_ws = (car.takes_wh - car.got_wh) * _SECONDS_PER_HOUR
    drawn_ws = min(told_w * stays_s, room_ws)
    if told_w * stays_s > room_ws:
        car.manager = hear(car.manager, TakesNoMore(name, begin_s + int(room_ws / told_w)))
    if leaves:
        car.manager = hear(car.manager, Departed(name, car.session.plug_out_utc_s))
        car.gone = True
    car.got_wh += drawn_ws / _SECONDS_PER_HOUR
    metered = MeterReading(name, begin_s, round(drawn_ws / SECONDS_PER_QUARTER))
    car.manager = close_isp(hear(car.manager, metered))


def _told(car: _Car, outlook: Outlook) -> CarDay:
    manager = car.manager
    before = manager.outlook.first_isp - outlook.first_isp
    power, baseline = (np.zeros(outlook.isps, dtype=np.int64) for _ in range(2))
    power[before : before + manager.now] = manager.metered_w[: manager.now]
    baseline[before:] = manager.baseline_w
    return CarDay(
        car.session,
        car.takes_wh,
        car.got_wh,
        power,
        baseline,
        at_once_w(car.session, car.rated_w, outlook),
        manager.findings,
    )
