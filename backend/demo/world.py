"""The simulated part of the demonstration: what sites do when their agreements are activated.

The recorded series are real. On top of them each site's manager computes the response and the
rebound, day by day, so that no day knows a later one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.demo import plan
from backend.district import Asset, AssetKind, CongestionPoint, District
from flexmanager.assets import (
    Battery,
    ElectricVehicle,
    FlexAsset,
    HeatPump,
    Photovoltaic,
    Preferences,
    Session,
)
from flexmanager.horizon import SiteHorizon
from flexmanager.manager import AssetState
from flexmanager.site import Site, build_site, capability_w, respond
from settlement.clock import date_of
from settlement.units import AMOUNT_PER_EUR, BASIS_POINTS

HOLD_ISPS = 8
"""What a site can hold within the day is judged over two hours."""

RESTORE_SHARE = 0.12
"""Batteries come back to rest slowly, over the night, so that they make no peak of their own."""

_MINUTES_PER_HOUR = 60
_CENTI = 100
IntArray = NDArray[np.int64]


@dataclass(slots=True)
class SimulatedSite:
    """A site with its manager, its recorded series and what became of them.

    Attributes:
        manager: the site's flexible assets and preferences.
        recorded_w: asset id to recorded W per quarter of the district.
        actual_w: W per quarter as the meter shows it.
        states: what each asset still has to give back.
    """

    manager: Site
    recorded_w: Mapping[str, IntArray]
    actual_w: IntArray
    states: Mapping[str, AssetState] = field(default_factory=dict)


def flexible_asset(district: District, asset: Asset) -> FlexAsset | None:
    """Return what a manager can do with an asset; None for fixed load."""
    if asset.kind is AssetKind.BATTERY:
        assert asset.capacity_wh is not None
        assert asset.efficiency_bp is not None
        one_way = asset.efficiency_bp / BASIS_POINTS
        return Battery(
            asset.asset_id,
            asset.capacity_wh,
            asset.rated_w,
            asset.rated_w,
            one_way,
            one_way,
            restore_share=RESTORE_SHARE,
        )
    if asset.kind is AssetKind.HEAT_PUMP:
        return HeatPump(asset.asset_id, asset.rated_w)
    if asset.kind is AssetKind.PHOTOVOLTAIC:
        return Photovoltaic(asset.asset_id, asset.rated_w)
    if asset.kind is AssetKind.ELECTRIC_VEHICLE:
        sessions = tuple(
            Session(one.session_id, one.plug_in_utc_s, one.plug_out_utc_s, one.delivered_wh)
            for one in district.sessions_of(asset.asset_id)
        )
        return ElectricVehicle(asset.asset_id, asset.rated_w, sessions)
    return None


class World:
    """All sites of a district over its quarters."""

    def __init__(self, district: District, preferences: Mapping[str, Preferences]) -> None:
        self.district = district
        self.first_isp = district.first_quarter_utc_s // (plan.ISP_MINUTES * 60)
        hours = np.arange(district.quarters) * plan.ISP_MINUTES // _MINUTES_PER_HOUR
        self._temperature_c = district.temperature_centi_celsius[hours] / _CENTI
        self._price_eur_per_mwh = district.day_ahead_price[hours] / AMOUNT_PER_EUR
        self.sites = {
            site.site_id: self._simulated(site.site_id, preferences[site.site_id])
            for site in district.sites
        }

    def _simulated(self, site_id: str, preferences: Preferences) -> SimulatedSite:
        district, assets = self.district, self.district.assets_of(site_id)
        flexible = [flexible_asset(district, asset) for asset in assets]
        manager = build_site(site_id, [one for one in flexible if one is not None], preferences)
        recorded = {
            asset.asset_id: district.asset_w(asset.asset_id).astype(np.int64)
            for asset in assets
            if asset.asset_id in district.series_asset_ids
        }
        return SimulatedSite(manager, recorded, district.site_w(site_id).astype(np.int64))

    def columns_of(self, day: int) -> slice:
        """Return the quarters of a local day, given as a day number."""
        return self.district.quarters_of_day(date_of(day))

    def horizon(self, site_id: str, columns: slice) -> SiteHorizon:
        """Return a stretch of a site's recorded series."""
        site = self.sites[site_id]
        flexible = {manager.asset_id for manager in site.manager.managers}
        return SiteHorizon(
            self.first_isp + columns.start,
            plan.ISP_MINUTES,
            {name: w[columns] for name, w in site.recorded_w.items() if name in flexible},
            self._temperature_c[columns],
            self._price_eur_per_mwh[columns],
        )

    def able_w(self, site_id: str, sign: int, day: int) -> IntArray:
        """Return what a site, as it is now, could hold from each ISP of a recorded local day on.

        Args:
            site_id: the site.
            sign: +1 for more consumption or less generation, -1 for less consumption.
            day: the day, as a day number.
        """
        site, horizon = self.sites[site_id], self.horizon(site_id, self.columns_of(day))
        return capability_w(site.manager, horizon, sign, HOLD_ISPS, site.states)

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
            requested_w: site id to ISP to requested W.
            overridden: site id to the ISPs in which the owner takes back control.
        """
        columns = slice(first_isp - self.first_isp, end_isp - self.first_isp)
        start = first_isp
        for site_id, site in self.sites.items():
            isps = range(start, self.first_isp + columns.stop)
            asked = requested_w.get(site_id, {})
            wanted = np.array([asked.get(isp, 0) for isp in isps], dtype=np.int64)
            if not wanted.any() and not site.states:
                continue
            offsets = {isp - start for isp in overridden.get(site_id, set()) if isp in isps}
            response = respond(
                site.manager, self.horizon(site_id, columns), wanted, site.states, offsets
            )
            site.actual_w[columns] += response.delta_w
            site.states = response.states

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
