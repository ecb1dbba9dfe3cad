"""The simulated sites: their devices are what was recorded, and they live from any ISP to any."""

import json
from dataclasses import replace

import numpy as np
import pytest

from backend.demo import plan
from backend.demo.devices import RESTORE_SHARE
from backend.demo.owners import Preferences, preferences_of
from backend.demo.world import World
from backend.district import AssetKind, District
from flexmanager.local.battery import BatteryStore
from flexmanager.local.generator import CurtailableGenerator
from flexmanager.local.recorded_heating import RecordedHeating
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.local.wishes import Wishes
from settlement.document import canonical_json
from tests.backend.demo.short import one_feeder

DAY_ISPS = 96


@pytest.fixture(scope="module")
def district() -> District:
    return one_feeder()


def built(district: District, **chosen: object) -> World:
    """Return a world whose owners all have the same preferences."""
    same = replace(Preferences(Wishes()), **chosen)
    return World(district, {one.site_id: same for one in district.sites})


@pytest.fixture(scope="module")
def world(district: District) -> World:
    return built(district)


def test_every_device_does_by_itself_what_was_recorded(district, world):
    for site in district.sites:
        devices = world.sites[site.site_id].site.devices
        for asset in district.assets_of(site.site_id):
            if asset.kind in (AssetKind.HEAT_PUMP, AssetKind.PHOTOVOLTAIC):
                recorded = district.asset_w(asset.asset_id).tolist()
                assert devices[asset.asset_id].own.power_w.tolist() == recorded
            if asset.kind is AssetKind.BATTERY:
                assert not devices[asset.asset_id].own.power_w.any()


def test_stays_are_the_recorded_sessions_but_for_quarter_hours_that_two_share(district, world):
    points = [one for one in district.assets if one.kind is AssetKind.ELECTRIC_VEHICLE]
    points = [one for one in points if one.site_id in world.sites]
    assert points
    for point in points:
        devices = world.sites[point.site_id].site.devices
        recorded, covered = district.asset_w(point.asset_id), np.zeros(district.quarters, dtype=int)
        for session in district.sessions_of(point.asset_id):
            stay = devices.get(session.session_id)
            if stay is None:
                continue
            part = slice(stay.first_isp - world.first_isp, stay.end_isp - world.first_isp)
            assert stay.own.power_w.tolist() == recorded[part].tolist()
            assert stay.device.stay.plug_in_utc_s >= session.plug_in_utc_s
            assert stay.device.stay.departure_utc_s <= session.plug_out_utc_s
            assert stay.device.stay.needed_wh == recorded[part].sum() / 4
            covered[part] += 1
        assert covered.max() == 1, "no quarter hour belongs to two stays"
        assert recorded[covered == 1].sum() > 0.95 * recorded.sum()


def test_what_an_owner_allows_reaches_the_devices(district):
    chosen = built(district, reserve_share=0.3, curtailment_share_max=0.4, fall_k=0.7)
    seen = set()
    for simulated in chosen.sites.values():
        for one in simulated.site.devices.values():
            device = one.device
            seen.add(type(device))
            if isinstance(device, BatteryStore):
                assert (device.reserve_share, device.restore_share) == (0.3, RESTORE_SHARE)
            elif isinstance(device, CurtailableGenerator):
                assert device.curtailment_share_max == 0.4
            elif isinstance(device, RecordedHeating):
                assert device.leeway.fall_k == 0.7
    assert seen == {BatteryStore, CurtailableGenerator, ParkedVehicle, RecordedHeating}


def test_preferences_are_registered_in_whole_numbers(district):
    for site in district.sites:
        document = preferences_of(district, site.site_id).document()
        assert json.loads(canonical_json(document)) == document
        values = [one for found in document.values() for one in np.atleast_1d(found).tolist()]
        assert all(isinstance(value, int) for value in values)


def test_a_site_lives_through_an_order_in_short_stretches(district):
    site_id, whole, parts = "LV1-10", built(district), built(district)
    first = whole.first_isp + 70 * DAY_ISPS
    wanted = {site_id: {first + 30 + t: -9_000 for t in range(8)}}
    overridden = {site_id: {first + 35, first + 36, first + 37}}
    end = first + 2 * DAY_ISPS
    whole.live(first, end, wanted, overridden)
    for start in range(first, end, 7):
        parts.live(start, min(start + 7, end), wanted, overridden)
    change = whole.sites[site_id].actual_w - whole.recorded_site_w(site_id)
    column = first + 30 - whole.first_isp
    assert change[column : column + 5].tolist() == [-9_000] * 5
    assert (change[column + 5 : column + 8] >= 0).all(), "the owner took back control"
    assert not change[:column].any()
    assert (parts.sites[site_id].actual_w == whole.sites[site_id].actual_w).all()
    for other, simulated in whole.sites.items():
        if other != site_id:
            assert (simulated.actual_w == whole.recorded_site_w(other)).all()
            assert not simulated.site.managers


def test_energy_that_is_ordered_is_not_promised_again(district):
    site_id, world = "LV1-10", built(district)
    now = world.first_isp + 70 * DAY_ISPS
    day = plan.CLOCK.local_day(now)
    free_w = world.able_w(site_id, -1, day, now, {})
    wanted = {now + 30 + t: -5_000 for t in range(8)}
    left_w = world.able_w(site_id, -1, day, now, wanted)
    # At night only the battery can give anything; of an empty one nothing is promised.
    night = slice(0, 8)
    assert free_w[night].min() < left_w[night].max() <= 0
    assert not world.sites[site_id].site.managers, "to ask changes nothing"
    world.live(now, now + 38, {site_id: wanted}, {})
    then_w = world.able_w(site_id, -1, day, now + 38, {})
    assert then_w.tolist() == left_w.tolist()
