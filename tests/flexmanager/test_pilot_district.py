"""Four recorded weeks of the pilot district with orders laid on top: what must hold on real series.

The recorded series are real or standardised profiles; the responses are simulated.
"""

from fractions import Fraction

import numpy as np
import pytest

from backend.district import Asset as Recorded
from backend.district import AssetKind, District, load_district
from flexmanager.assets import (
    Battery,
    ElectricVehicle,
    FlexAsset,
    HeatPump,
    Photovoltaic,
    Preferences,
    Session,
)
from flexmanager.forecast import forecast
from flexmanager.horizon import SiteHorizon
from flexmanager.offer import offer
from flexmanager.rounding import IntArray
from flexmanager.site import Site, build_site, capability_w, respond
from tests.flexmanager.defaults import DAY_ISPS, ISP_SECONDS

WEEKS = slice(4 * 7 * DAY_ISPS, 8 * 7 * DAY_ISPS)
"""Whole weeks before the clock change, so that every day has 96 quarters."""

HOURS = Fraction(1, 4)
ISPS = WEEKS.stop - WEEKS.start
OF_DAY = np.arange(ISPS) % DAY_ISPS
EVENING = (OF_DAY >= 68) & (OF_DAY < 80)
MIDDAY = (OF_DAY >= 44) & (OF_DAY < 60)
LARGE_W = 6_000
MIDDAY_ORDERS = 8


def flexible(district: District, asset: Recorded) -> FlexAsset | None:
    if asset.kind is AssetKind.BATTERY:
        assert asset.capacity_wh is not None
        return Battery(asset.asset_id, asset.capacity_wh, asset.rated_w, asset.rated_w)
    if asset.kind is AssetKind.HEAT_PUMP:
        return HeatPump(asset.asset_id, asset.rated_w)
    if asset.kind is AssetKind.PHOTOVOLTAIC:
        return Photovoltaic(asset.asset_id, asset.rated_w)
    if asset.kind is AssetKind.ELECTRIC_VEHICLE:
        sessions = tuple(
            Session(s.session_id, s.plug_in_utc_s, s.plug_out_utc_s, s.delivered_wh)
            for s in district.sessions_of(asset.asset_id)
        )
        return ElectricVehicle(asset.asset_id, asset.rated_w, sessions)
    return None


def replay(district: District, site_id: str) -> tuple[Site, SiteHorizon]:
    assets, recorded = [], {}
    for asset in district.assets_of(site_id):
        made = flexible(district, asset)
        if made is None:
            continue
        assets.append(made)
        if not isinstance(made, Battery):
            recorded[asset.asset_id] = district.asset_w(asset.asset_id)[WEEKS].astype(np.int64)
    hourly = slice(WEEKS.start // 4, WEEKS.stop // 4)
    horizon = SiteHorizon(
        first_isp=district.first_quarter_utc_s // ISP_SECONDS + WEEKS.start,
        isp_minutes=15,
        recorded_w=recorded,
        temperature_c=np.repeat(district.temperature_centi_celsius[hourly] / 100.0, 4),
        price_eur_per_mwh=np.repeat(district.day_ahead_price[hourly] / 10_000.0, 4),
    )
    return build_site(site_id, assets, Preferences()), horizon


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


def weekly_orders() -> IntArray:
    """Two evenings and two middays of two hours a week."""
    order = np.zeros(ISPS, dtype=np.int64)
    for day in range(ISPS // DAY_ISPS):
        begin = day * DAY_ISPS
        if day % 7 in (1, 3):
            order[begin + 70 : begin + 78] = -LARGE_W
        if day % 7 in (2, 3):
            order[begin + 48 : begin + 56] = LARGE_W
    return order


def test_every_site_stays_within_the_physics_of_its_assets(district: District) -> None:
    order, flexible_sites = weekly_orders(), 0
    for recorded_site in district.sites:
        site, horizon = replay(district, recorded_site.site_id)
        response = respond(site, horizon, order)
        flexible_sites += len(site.managers) > 0
        assert (np.sign(order) * response.delta_w <= np.abs(order))[order != 0].all()
        for manager in site.managers:
            asset, delta = manager.asset, response.asset_delta_w[manager.asset_id]  # type: ignore[attr-defined]
            actual = horizon.asset(manager.asset_id).recorded_w + delta
            check_physics(asset, horizon, delta, actual)
    assert flexible_sites == 32


def check_physics(
    asset: FlexAsset, horizon: SiteHorizon, delta_w: IntArray, actual_w: IntArray
) -> None:
    if isinstance(asset, Photovoltaic):
        assert (actual_w <= 0).all()
        assert (delta_w >= 0).all()
    elif isinstance(asset, HeatPump):
        assert actual_w.min() >= 0
        assert actual_w.max() <= asset.rated_w
        lost_wh = MIDDAY_ORDERS * (1 - asset.preheat_return_share) * asset.preheat_wh_max
        assert -1 <= float(delta_w.sum() * HOURS) <= lost_wh + 1
    elif isinstance(asset, ElectricVehicle):
        assert actual_w.min() >= 0
        for session in asset.sessions:
            first = session.plug_in_utc_s // ISP_SECONDS - horizon.first_isp
            stop = -(-session.plug_out_utc_s // ISP_SECONDS) - horizon.first_isp
            if 0 <= first and stop <= ISPS:
                assert delta_w[first:stop].sum() == 0
    else:
        energy = Fraction(asset.capacity_wh) * Fraction(asset.rest_share)
        for power_w in delta_w[delta_w != 0].tolist():
            gain = Fraction(asset.charge_efficiency)
            factor = gain if power_w > 0 else 1 / Fraction(asset.discharge_efficiency)
            energy += power_w * HOURS * factor
            assert asset.capacity_wh * 0.1 - 0.01 <= energy <= asset.capacity_wh + 0.01
        assert abs(energy - Fraction(asset.capacity_wh) / 2) <= 25


def test_offers_follow_what_the_sites_are_made_of(district: District) -> None:
    evening, midday = {}, {}
    for recorded_site in district.sites:
        site, horizon = replay(district, recorded_site.site_id)
        evening[site.site_id] = offer(site, horizon, EVENING, -1, 8).amount_w
        midday[site.site_id] = offer(site, horizon, MIDDAY, 1, 8).amount_w
        if evening[site.site_id]:
            held = capability_w(site, horizon, -1, 8)[EVENING & (OF_DAY <= 72)]
            assert (held <= evening[site.site_id]).mean() >= 0.9
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
