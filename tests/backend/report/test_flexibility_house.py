"""Houses fitted to recorded heat pumps, and plans on recorded weather that keep to physics."""

from dataclasses import replace

import numpy as np
import pytest

from backend.district import AssetKind, District, load_district
from backend.report.flexibility_house import FITTED_DAYS, house_at, house_outlook
from backend.report.flexibility_outlook import outlook_of, outside_c
from flexmanager.local.device import nothing_wanted
from flexmanager.local.generator import CurtailableGenerator
from flexmanager.physics.building import heat_step, temperatures_c
from flexmanager.physics.generation import Photovoltaic
from settlement.errors import InputError
from tests.flexmanager.local.devices import Sample, check_physics

DAY = 96
SITES = ("LV4-12", "LV1-13", "LV4-9", "LV4-41")
START_C = (20.0, 20.0)


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


@pytest.mark.parametrize("site_id", SITES)
def test_the_recorded_heat_keeps_the_fitted_house_at_what_is_wished(
    district: District, site_id: str
) -> None:
    house = house_at(district, site_id)
    building, part = house.device.building, slice(0, FITTED_DAYS * DAY)
    outside = outside_c(district, part)
    given = house.recorded_w[part] * house.device.heater.cop(outside) + house.gain_w[part]
    heat = given + building.sun_m2 * house.sun_w_per_m2[part]
    path = temperatures_c(heat_step(building, 0.25), (21.0, 21.0), outside, heat)
    # The recorded pump follows its own weather, so only the mean can agree.
    assert path[:, 0].mean() == pytest.approx(21.0, abs=1.0)
    assert 50 < building.air_to_outside_w_per_k + building.mass_to_outside_w_per_k < 1_000


@pytest.mark.parametrize(("site_id", "day"), [("LV4-12", 3), ("LV4-9", 16), ("LV1-13", 40)])
def test_set_points_on_recorded_weather_pass_an_independent_simulation(
    district: District, site_id: str, day: int
) -> None:
    house, part = house_at(district, site_id), slice(day * DAY, (day + 1) * DAY)
    outlook = house_outlook(district, house, part)
    held = nothing_wanted(DAY)
    held[70:76] = 0.0
    for wanted in (nothing_wanted(DAY), held):
        plan = house.device.planned(outlook, START_C, wanted)
        end = check_physics(Sample(house.device, outlook, START_C), plan.power_w)
        assert plan.state(-1) == pytest.approx(end, abs=1e-3)


def test_curtailment_of_recorded_generation_keeps_to_the_sun(district: District) -> None:
    for asset in district.assets:
        if asset.kind is not AssetKind.PHOTOVOLTAIC:
            continue
        part = slice(45 * DAY, 46 * DAY)
        own = district.asset_w(asset.asset_id)[part].astype(np.float64)
        roof = CurtailableGenerator(Photovoltaic(asset.asset_id, asset.rated_w), 0.7)
        outlook = outlook_of(district, part, own_w=own)
        wanted = np.where(own < -1_000, own / 2, np.nan)
        plan = roof.planned(outlook, (), wanted)
        check_physics(Sample(roof, outlook, ()), plan.power_w)
        asked = ~np.isnan(wanted)
        assert (np.abs(plan.power_w - wanted)[asked] <= 1).all()


def test_a_forecast_does_not_look_ahead(district: District) -> None:
    house, part = house_at(district, "LV1-13"), slice(20 * DAY, 20 * DAY + 144)
    before = house_outlook(district, house, part)
    other = house.sun_w_per_m2.copy()
    other[part.start :] = 777.0
    spare = house.surplus_w.copy()
    spare[part.start :] = 9_999.0
    changed = replace(house, sun_w_per_m2=other, surplus_w=spare)
    after = house_outlook(district, changed, part)
    assert (before.sun_w_per_m2 == after.sun_w_per_m2).all()
    assert (before.price_eur_per_mwh == after.price_eur_per_mwh).all()
    assert before.sun_w_per_m2.any()


def test_sites_without_a_heat_pump_are_refused(district: District) -> None:
    with pytest.raises(InputError, match="nowhere"):
        house_at(district, "nowhere")
    with pytest.raises(InputError, match="0 heat pumps"):
        house_at(district, "LV1-1")
