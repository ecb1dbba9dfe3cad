"""The devices of a recorded site, each with what it did in the recording as its habit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from backend.demo.owners import Preferences
from backend.district import Asset, AssetKind, District
from flexmanager.local.battery import BatteryStore
from flexmanager.local.device import Outlook
from flexmanager.local.generator import CurtailableGenerator
from flexmanager.local.recorded_heating import Leeway, RecordedHeating
from flexmanager.local.site import RecordedDevice, recorded_device
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.battery import Battery
from flexmanager.physics.building import Heater, usual_building
from flexmanager.physics.comfort import Comfort
from flexmanager.physics.generation import Photovoltaic
from flexmanager.physics.vehicle import Stay, Vehicle
from settlement.units import BASIS_POINTS

REST_SHARE = 0.5
"""A battery idles half full."""

RESTORE_SHARE = 0.12
"""Batteries come back to rest slowly, over the night, so that they make no peak of their own."""

FITTED_ISPS = 28 * 96
"""A building is as large as the heat of its first recorded weeks says."""


def devices_of(
    district: District, site_id: str, preferences: Preferences, recorded: Outlook
) -> dict[str, RecordedDevice]:
    """Return the flexible devices of a site; a charging point has one for each stay.

    Args:
        district: the district.
        site_id: the site.
        preferences: what its owner allows.
        recorded: prices and weather over all quarters of the district; `own_w` is not used.
    """
    found: dict[str, RecordedDevice] = {}
    for asset in district.assets_of(site_id):
        if asset.kind is AssetKind.BATTERY:
            found[asset.asset_id] = _battery(asset, preferences, recorded)
        if asset.asset_id not in district.series_asset_ids:
            continue
        outlook = replace(recorded, own_w=district.asset_w(asset.asset_id).astype(np.float64))
        if asset.kind is AssetKind.HEAT_PUMP:
            found[asset.asset_id] = _pump(asset, preferences, outlook)
        elif asset.kind is AssetKind.PHOTOVOLTAIC:
            found[asset.asset_id] = _roof(asset, preferences, outlook)
        elif asset.kind is AssetKind.ELECTRIC_VEHICLE:
            found.update(_stays(district, asset, outlook))
    return found


def _battery(asset: Asset, preferences: Preferences, recorded: Outlook) -> RecordedDevice:
    assert asset.capacity_wh is not None
    assert asset.efficiency_bp is not None
    one_way = asset.efficiency_bp / BASIS_POINTS
    rated_w, capacity_wh = asset.rated_w, asset.capacity_wh
    battery = Battery(asset.asset_id, capacity_wh, rated_w, rated_w, one_way, one_way)
    store = BatteryStore(
        battery, preferences.reserve_share, habit=True, restore_share=RESTORE_SHARE
    )
    outlook = replace(recorded, own_w=np.zeros(recorded.isps))
    return recorded_device(store, outlook, (REST_SHARE * capacity_wh,))


def _pump(asset: Asset, preferences: Preferences, outlook: Outlook) -> RecordedDevice:
    heater, wished_c = Heater(asset.asset_id, asset.rated_w), Comfort(asset.asset_id).wished_c
    part = outlook.part(0, FITTED_ISPS)
    heat_w = float((part.own_w * heater.cop(part.outside_c)).mean())
    building = usual_building(asset.asset_id, heat_w, wished_c - float(part.outside_c.mean()))
    heating = RecordedHeating(building, heater, Leeway(asset.asset_id, preferences.fall_k))
    return recorded_device(heating, outlook, (0.0, 0.0))


def _roof(asset: Asset, preferences: Preferences, outlook: Outlook) -> RecordedDevice:
    roof = Photovoltaic(asset.asset_id, asset.rated_w)
    share = preferences.curtailment_share_max
    return recorded_device(CurtailableGenerator(roof, share, habit=True), outlook, ())


def _stays(district: District, asset: Asset, outlook: Outlook) -> dict[str, RecordedDevice]:
    """Return the stays at a charging point, without the quarter hours that two of them share.

    The energy of such a quarter hour cannot be told apart, so it stays as it was recorded.
    """
    sessions = district.sessions_of(asset.asset_id)
    starts = [max(_first(outlook, one.plug_in_utc_s), 0) for one in sessions]
    stops = [min(_stop(outlook, one.plug_out_utc_s), outlook.isps) for one in sessions]
    for one, following in pairwise(range(len(sessions))):
        if stops[one] > starts[following]:
            stops[one], starts[following] = starts[following], stops[one]
    found = {}
    for session, start, stop in zip(sessions, starts, stops, strict=True):
        if start < stop and outlook.own_w[start:stop].any():
            seconds = outlook.isp_seconds
            there = (
                max(session.plug_in_utc_s, (outlook.first_isp + start) * seconds),
                min(session.plug_out_utc_s, (outlook.first_isp + stop) * seconds),
            )
            name = session.session_id
            found[name] = _stay(asset, name, there, outlook.part(start, stop))
    return found


def _stay(
    asset: Asset, name: str, there_utc_s: tuple[int, int], outlook: Outlook
) -> RecordedDevice:
    """Return one stay: it needs what it charged in the recording, counted at the grid side."""
    charged_wh = round(float(outlook.own_w.sum()) * outlook.isp_hours)
    vehicle = Vehicle(
        name,
        capacity_wh=charged_wh,
        charge_w_max=asset.rated_w,
        charge_efficiency=1.0,
        energy_min_share=0.0,
    )
    stay = Stay(name, *there_utc_s, 0, charged_wh)
    return recorded_device(ParkedVehicle(vehicle, stay, habit=True), outlook, (0.0,))


def _first(outlook: Outlook, utc_s: int) -> int:
    return utc_s // outlook.isp_seconds - outlook.first_isp


def _stop(outlook: Outlook, utc_s: int) -> int:
    return -(-utc_s // outlook.isp_seconds) - outlook.first_isp
