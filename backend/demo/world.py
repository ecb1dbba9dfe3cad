"""The simulated part of the demonstration: what sites do when their agreements are activated.

The recorded series are real: they are the habits of the sites' devices. On top of them the local
managers compute response and rebound, stretch by stretch, so that no day knows a later one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.demo import plan
from backend.demo.devices import devices_of
from backend.demo.owners import Preferences
from backend.district import CongestionPoint, District
from flexmanager.local.device import Outlook
from flexmanager.local.site import Site, held_w
from flexmanager.local.site_life import lived
from settlement.clock import date_of
from settlement.units import AMOUNT_PER_EUR

HOLD_ISPS = 8
"""What a site can hold within the day is judged over two hours."""

RESTORED_BY_MINUTE = 9 * 60 + 15
"""By the first gate of the next day all is given back, or planned anew."""

_MINUTES_PER_HOUR = 60
_CENTI = 100
IntArray = NDArray[np.int64]


@dataclass(slots=True)
class SimulatedSite:
    """A site with its local managers, and what became of its recorded series.

    Attributes:
        preferences: what its owner allows and asks.
        site: its devices as they are now.
        actual_w: W per quarter as the meter shows it.
    """

    preferences: Preferences
    site: Site
    actual_w: IntArray


class World:
    """All sites of a district over its quarters."""

    def __init__(self, district: District, preferences: Mapping[str, Preferences]) -> None:
        self.district = district
        self.first_isp = district.first_quarter_utc_s // (plan.ISP_MINUTES * 60)
        hours = np.arange(district.quarters) * plan.ISP_MINUTES // _MINUTES_PER_HOUR
        self.price_eur_per_mwh = district.day_ahead_price[hours] / AMOUNT_PER_EUR
        nothing = np.zeros(district.quarters)
        self._recorded = Outlook(
            first_isp=self.first_isp,
            clock=plan.CLOCK,
            price_eur_per_mwh=self.price_eur_per_mwh,
            feed_in_eur_per_mwh=self.price_eur_per_mwh,
            outside_c=district.temperature_centi_celsius[hours] / _CENTI,
            sun_w_per_m2=nothing,
            own_w=nothing,
        )
        self.sites = {
            site.site_id: self._simulated(site.site_id, preferences[site.site_id])
            for site in district.sites
        }

    def _simulated(self, site_id: str, preferences: Preferences) -> SimulatedSite:
        site = Site(
            site_id,
            devices_of(self.district, site_id, preferences, self._recorded),
            preferences.wishes,
            preferences.overrides_allowed,
            RESTORED_BY_MINUTE,
        )
        return SimulatedSite(preferences, site, self.recorded_site_w(site_id))

    def columns_of(self, day: int) -> slice:
        """Return the quarters of a local day, given as a day number."""
        return self.district.quarters_of_day(date_of(day))

    def able_w(
        self, site_id: str, sign: int, day: int, now_isp: int, requested_w: Mapping[int, int]
    ) -> IntArray:
        """Return what a site could hold from each ISP of a recorded local day on.

        What is ordered already is taken as done first, as it is about to be: energy that is
        promised is not promised again.

        Args:
            site_id: the site.
            sign: +1 for more consumption or less generation, -1 for less consumption.
            day: the day, as a day number.
            now_isp: the ISP that the site lives next (UTC index).
            requested_w: ISP to requested W.
        """
        site = self.sites[site_id].site
        ahead = [isp for isp, wanted_w in requested_w.items() if wanted_w and isp >= now_isp]
        if ahead:
            site, _ = lived(site, now_isp, max(ahead) + 1, requested_w)
        columns = self.columns_of(day)
        first, end = self.first_isp + columns.start, self.first_isp + columns.stop
        return held_w(site, first, end, sign, HOLD_ISPS)

    def live(
        self,
        first_isp: int,
        end_isp: int,
        requested_w: Mapping[str, Mapping[int, int]],
        overridden: Mapping[str, set[int]],
    ) -> None:
        """Let all sites live a stretch of time.

        Args:
            first_isp: first ISP (UTC index).
            end_isp: the ISP after the last.
            requested_w: site id to ISP to requested W; may reach beyond the stretch.
            overridden: site id to the ISPs in which the owner takes back control.
        """
        columns = slice(first_isp - self.first_isp, end_isp - self.first_isp)
        for site_id, one in self.sites.items():
            wanted = requested_w.get(site_id, {})
            if not one.site.managers and not any(first_isp <= isp < end_isp for isp in wanted):
                continue
            taken_back = overridden.get(site_id, set())
            one.site, changes = lived(one.site, first_isp, end_isp, wanted, taken_back)
            for change_w in changes.values():
                one.actual_w[columns] += change_w

    def point_of(self, site_id: str) -> str:
        """Return the congestion point of a site."""
        (site,) = (one for one in self.district.sites if one.site_id == site_id)
        return site.congestion_point_id

    def congestion_point(self, name: str) -> CongestionPoint:
        """Return a congestion point by its name."""
        (found,) = (
            one for one in self.district.congestion_points if one.congestion_point_id == name
        )
        return found

    def load_w(self, congestion_point: str, *, actual: bool) -> IntArray:
        """Return the load of a congestion point, as metered or as it would have been without."""
        members = [
            site.site_id
            for site in self.district.sites
            if site.congestion_point_id == congestion_point
        ]
        total = np.zeros(self.district.quarters, dtype=np.int64)
        for site_id in members:
            total += self.sites[site_id].actual_w if actual else self.recorded_site_w(site_id)
        return total

    def recorded_site_w(self, site_id: str) -> IntArray:
        """Return the recorded net series of a site."""
        return self.district.site_w(site_id).astype(np.int64)

    def utc_day_values(self, site_id: str, utc_day: int) -> list[int | None]:
        """Return one UTC day of a site's meter; quarters outside the district are missing."""
        first = utc_day * plan.ISPS_PER_UTC_DAY - self.first_isp
        series = self.sites[site_id].actual_w
        return [
            int(series[column]) if 0 <= column < len(series) else None
            for column in range(first, first + plan.ISPS_PER_UTC_DAY)
        ]
