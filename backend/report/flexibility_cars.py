"""The recorded stays of cars as their managers see them, and what a car takes in truth."""

from dataclasses import dataclass

import numpy as np

from backend.district import EvSession
from backend.district.calendar import SECONDS_PER_QUARTER
from flexmanager.local.device import MINUTES_PER_HOUR, Outlook
from flexmanager.local.finding import Finding
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.vehicle import Stay, Vehicle
from flexmanager.rounding import IntArray

UNSAID_WH = 60_000
"""Planned for a car whose driver said nothing: a whole battery; it tells when it is full."""

SHORT_WH = 25
"""Less than this is what whole W over some quarter hours leave."""

_HOURS = SECONDS_PER_QUARTER / 60 / MINUTES_PER_HOUR
_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True, eq=False)
class CarDay:
    """What became of a car; series over the quarter hours of the day, shape (n,).

    Attributes:
        session: its recorded stay.
        takes_wh: most energy that it takes.
        got_wh: energy that it left with.
        power_w: power drawn [W].
        baseline_w: power as planned without the order [W].
        at_once_w: power if nobody had steered it [W].
        findings: what its manager noticed.
    """

    session: EvSession
    takes_wh: int
    got_wh: float
    power_w: IntArray
    baseline_w: IntArray
    at_once_w: IntArray
    findings: tuple[Finding, ...]

    @property
    def asked_wh(self) -> int:
        """What its driver asked for and it takes; all it takes if the driver said nothing [Wh]."""
        asked = self.session.requested_wh
        return self.takes_wh if asked is None else min(asked, self.takes_wh)

    @property
    def reachable_wh(self) -> float:
        """What of it charging at once reaches before the car leaves [Wh]."""
        return min(self.asked_wh, float(self.at_once_w.sum()) * _HOURS)

    @property
    def left_early(self) -> bool:
        """Whether it left before the departure that its driver stated."""
        stated = self.session.stated_departure_utc_s
        return stated is not None and self.session.plug_out_utc_s < stated


def takes_wh(session: EvSession, rated_w: int) -> int:
    """Return the most energy that a car takes [Wh].

    The recording tells it where the car took more than was asked for, where nothing was asked for,
    and where it took less although there was time for more. Elsewhere it takes what was asked for.
    """
    asked = session.requested_wh
    if asked is None or session.delivered_wh >= asked:
        return session.delivered_wh
    fits = rated_w * (session.plug_out_utc_s - session.plug_in_utc_s) >= asked * _SECONDS_PER_HOUR
    return session.delivered_wh if fits else asked


def parked(session: EvSession, rated_w: int, end_utc_s: int, early_share: float) -> ParkedVehicle:
    """Return a car as its manager sees it; energies count from its arrival, at the charging point.

    Args:
        session: what the driver said on arrival.
        rated_w: rated power of the charging point [W].
        end_utc_s: where the plan ends [UTC s].
        early_share: how early it is charged, see `ParkedVehicle`.
    """
    asked, stated_s = session.requested_wh, session.stated_departure_utc_s
    open_end = asked is None or stated_s is None
    need_wh = UNSAID_WH if asked is None else asked
    vehicle = Vehicle(
        session.asset_id,
        capacity_wh=max(need_wh, 1),
        charge_w_max=rated_w,
        charge_efficiency=1.0,
        energy_min_share=0.0,
    )
    departure_s = end_utc_s if stated_s is None else min(stated_s, end_utc_s)
    stay = Stay(session.session_id, session.plug_in_utc_s, departure_s, 0, need_wh)
    return ParkedVehicle(vehicle, stay, early_share, open_end=open_end)


def at_once_w(one: EvSession, rated_w: int, outlook: Outlook) -> IntArray:
    """Return what a car draws if nobody steers it: all power until it leaves or is full [W]."""
    begins = (outlook.first_isp + np.arange(outlook.isps + 1)) * SECONDS_PER_QUARTER
    there_s = np.clip(begins, one.plug_in_utc_s, one.plug_out_utc_s) - one.plug_in_utc_s
    most_wh = takes_wh(one, rated_w)
    wanted_wh = most_wh if one.requested_wh is None else min(one.requested_wh, most_wh)
    drawn_ws = np.minimum(there_s * rated_w, wanted_wh * _SECONDS_PER_HOUR)
    drawn: IntArray = np.rint(np.diff(drawn_ws) / SECONDS_PER_QUARTER).astype(np.int64)
    return drawn


def short_wh(car: CarDay) -> float:
    """Return what a car left without though charging at once had reached it [Wh]."""
    missing = max(car.reachable_wh - car.got_wh, 0.0)
    return missing if missing >= SHORT_WH else 0.0
