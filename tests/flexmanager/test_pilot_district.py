"""Recorded weeks of the pilot district with orders laid on top: what must hold on real series.

The recorded series are real or standardised profiles; the responses are simulated.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from backend.demo.owners import preferences_of
from backend.demo.plan import CLOCK
from backend.demo.world import World
from backend.district import AssetKind, District, load_district
from flexmanager.forecast import forecast
from flexmanager.local.site import RecordedDevice, Site, held_w
from flexmanager.local.site_life import lived
from flexmanager.local.standing_offer import standing_offer
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.rounding import IntArray
from tests.flexmanager.local.habits import check_course

DAY_ISPS = 96
WEEKS = slice(4 * 7 * DAY_ISPS, 8 * 7 * DAY_ISPS)
"""Whole weeks before the clock change, so that every day has 96 quarters."""

ISPS = WEEKS.stop - WEEKS.start
OF_DAY = np.arange(ISPS) % DAY_ISPS
EVENING = (OF_DAY >= 68) & (OF_DAY < 80)
MIDDAY = (OF_DAY >= 44) & (OF_DAY < 60)
LIVED_ISPS = 5 * DAY_ISPS


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


@pytest.fixture(scope="module")
def world(district: District) -> World:
    return World(
        district, {one.site_id: preferences_of(district, one.site_id) for one in district.sites}
    )


def drawn_orders(site: Site, first_isp: int, random: np.random.Generator) -> dict[int, int]:
    """Return two orders a day of one to three hours, up to half as much again as is held."""
    wanted: dict[int, int] = {}
    held = {sign: held_w(site, first_isp, first_isp + LIVED_ISPS, sign, 8) for sign in (-1, 1)}
    for day in range(0, LIVED_ISPS, DAY_ISPS):
        for hour in (random.integers(0, 44), random.integers(56, 84)):
            start, isps = day + int(hour), int(random.integers(4, 13))
            sign = int(random.choice([-1, 1]))
            power = int(held[sign][start] * random.uniform(0.2, 1.5)) or sign * 500
            wanted.update({first_isp + start + t: power for t in range(isps)})
    return wanted


def lived_in_parts(
    site: Site,
    first_isp: int,
    wanted: Mapping[int, int],
    random: np.random.Generator | None,
) -> dict[str, IntArray]:
    """Return the change of each device over days lived in parts, drawn at random, or at once."""
    total = {name: np.zeros(LIVED_ISPS, dtype=np.int64) for name in site.devices}
    start, overridden = 0, {isp for isp in wanted if isp % 47 == 0}
    while start < LIVED_ISPS:
        isps = LIVED_ISPS if random is None else int(random.integers(1, 60))
        stop = min(start + isps, LIVED_ISPS)
        site, changes = lived(site, first_isp + start, first_isp + stop, wanted, overridden)
        for name, change in changes.items():
            total[name][start:stop] += change
        start = stop
    return total


def check_device(one: RecordedDevice, first_isp: int, change: IntArray) -> bool:
    """Simulate a device over the days that were lived; tells whether it moved at all."""
    first = max(first_isp, one.first_isp)
    end = min(first_isp + LIVED_ISPS, one.end_isp)
    inside = slice(max(first - first_isp, 0), max(end - first_isp, 0))
    assert not np.delete(change, np.arange(LIVED_ISPS)[inside]).any(), "moved while away"
    if not change.any():
        return False
    start, stop = first - one.first_isp, end - one.first_isp
    part = replace(
        one,
        outlook=one.outlook.part(start, stop),
        own=one.own.part(one.outlook, start, stop),
    )
    if isinstance(one.device, ParkedVehicle) and one.end_isp > end:
        # It is still there: only when it leaves it has to have what it needs.
        later = one.outlook.own_w[stop:].sum() / 4
        stay = replace(one.device.stay, needed_wh=0)
        assert part.own.states[-1, 0] + later == one.device.vehicle.capacity_wh
        part = replace(part, device=replace(one.device, stay=stay))
    check_course(part, part.own.power_w + change[inside], part.own.state(0))
    return True


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_ordered_of_real_sites_no_limit_is_broken(world: World, seed: int) -> None:
    moved: set[str] = set()
    for site_id, simulated in world.sites.items():
        random = np.random.default_rng([seed, *site_id.encode()])
        first_isp = world.first_isp + int(random.integers(0, 70)) * DAY_ISPS
        wanted = drawn_orders(simulated.site, first_isp, random)
        changes = lived_in_parts(simulated.site, first_isp, wanted, random)
        for name, one in simulated.site.devices.items():
            if check_device(one, first_isp, changes[name]):
                moved.add(type(one.device).__name__)
    assert moved == {"BatteryStore", "CurtailableGenerator", "ParkedVehicle", "RecordedHeating"}


@pytest.mark.parametrize("site_id", ["LV1-10", "LV1-13", "LV4-38"])
def test_days_lived_in_parts_are_the_days_lived_at_once(world: World, site_id: str) -> None:
    site, random = world.sites[site_id].site, np.random.default_rng(5)
    first_isp = world.first_isp + WEEKS.start
    wanted = drawn_orders(site, first_isp, random)
    parts = lived_in_parts(site, first_isp, wanted, random)
    whole = lived_in_parts(site, first_isp, wanted, None)
    assert {name: one.tolist() for name, one in parts.items()} == {
        name: one.tolist() for name, one in whole.items()
    }


def test_real_sites_keep_what_they_promise(world: World) -> None:
    random, kept = np.random.default_rng(3), 0
    for simulated in world.sites.values():
        site = simulated.site
        for sign in (-1, 1):
            first_isp = world.first_isp + int(random.integers(0, 80)) * DAY_ISPS
            isps = int(random.integers(2, 13))
            held = held_w(site, first_isp, first_isp + DAY_ISPS, sign, isps)
            offsets = np.flatnonzero(held)
            if not len(offsets):
                continue
            start = int(random.choice(offsets))
            ordered = range(first_isp + start, first_isp + start + isps)
            wanted = dict.fromkeys(ordered, int(held[start]))
            _, changes = lived(site, first_isp, first_isp + DAY_ISPS, wanted)
            total = sum(changes.values(), np.zeros(DAY_ISPS, dtype=np.int64))
            assert total[start : start + isps].tolist() == [held[start]] * isps, site.site_id
            assert not total[:start].any()
            kept += 1
    assert kept > 30


def test_offers_follow_what_the_sites_are_made_of(district: District, world: World) -> None:
    first_isp, evening, midday = world.first_isp + WEEKS.start, {}, {}
    for site_id, simulated in world.sites.items():
        asked = (simulated.site, CLOCK, first_isp)
        evening[site_id] = standing_offer(*asked, EVENING, -1, 8).amount_w
        midday[site_id] = standing_offer(*asked, MIDDAY, 1, 8).amount_w
        if evening[site_id]:
            held = held_w(simulated.site, first_isp, first_isp + ISPS, -1, 8)
            assert (held[EVENING & (OF_DAY <= 72)] <= evening[site_id]).mean() >= 0.9
    with_battery = {a.site_id for a in district.assets if a.kind is AssetKind.BATTERY}
    assert {site_id for site_id, amount in evening.items() if amount} == with_battery
    assert sum(amount > 0 for amount in midday.values()) > len(with_battery)


def test_the_load_of_a_congestion_point_is_forecast_from_its_mornings(district: District) -> None:
    days = district.congestion_point_w("LV4")[WEEKS].reshape(-1, DAY_ISPS).astype(np.float64)
    noon, errors, plain = 48, [], []
    for day in range(14, len(days)):
        found = forecast(days[day - 14 : day], days[day, :noon], nearest=3)
        errors.append(found.mean_w[noon:] - days[day, noon:])
        plain.append(days[day - 14 : day].mean(axis=0)[noon:] - days[day, noon:])
        assert (found.cautious_w(1) >= found.mean_w).all()
    assert np.sqrt(np.mean(np.square(errors))) < np.sqrt(np.mean(np.square(plain)))
