"""A heated house of the pilot district: what is recorded of it, and the model fitted to that.

Recorded are the heat pump's energy, the household's consumption, the weather and the sun as the
photovoltaic sees it. The model's loss is fitted so that over the recorded weeks it needs the heat
that the recorded heat pump gave. Heat capacities and coefficients of performance are assumptions.
"""

from dataclasses import dataclass

import numpy as np

from backend.district import Asset, AssetKind, District
from backend.report.flexibility_outlook import (
    day_ahead_eur_per_mwh,
    outlook_of,
    outside_c,
)
from flexmanager.local.building import HeatedBuilding
from flexmanager.local.device import Outlook
from flexmanager.physics.building import Building, Heater, usual_building
from flexmanager.physics.comfort import Comfort
from flexmanager.rounding import FloatArray
from settlement.errors import InputError

FITTED_DAYS = 28
TARIFF_EUR_PER_MWH = 210.0
"""What the household pays, at any hour; an assumption. By hourly prices it would heat before the
evening by itself and have little left to offer then."""

SUN_DAYS_BACK = 3
"""The sun of a quarter hour is forecast as its mean over as many days before."""

_QUARTERS_PER_DAY = 96
_FULL_SUN_W_PER_M2 = 1_000.0
_FIXED = (AssetKind.HOUSEHOLD, AssetKind.BUSINESS, AssetKind.FARM)


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """A house with its recorded series over all quarter hours of the district, shape (n,).

    Attributes:
        site_id: the site.
        device: the building as its manager knows it.
        recorded_w: the heat pump as recorded [W].
        gain_w: heat of people and devices: what the household consumed [W].
        sun_w_per_m2: sun as a photovoltaic saw it [W/m2].
        surplus_w: own generation beyond the household's consumption [W, 0 or positive].
    """

    site_id: str
    device: HeatedBuilding
    recorded_w: FloatArray
    gain_w: FloatArray
    sun_w_per_m2: FloatArray
    surplus_w: FloatArray


def house_at(district: District, site_id: str) -> House:
    """Return the house at a site.

    Raises:
        InputError: there is no such site, or it has no heat pump.
    """
    try:
        assets = district.assets_of(site_id)
    except KeyError:
        raise InputError(site_id, "site", "a site of the pilot district") from None
    pumps = [one for one in assets if one.kind is AssetKind.HEAT_PUMP]
    if len(pumps) != 1:
        raise InputError(f"{len(pumps)} heat pumps", f"site {site_id}", "one")
    everything = slice(0, district.quarters)
    recorded = district.asset_w(pumps[0].asset_id).astype(np.float64)
    gain = _summed_w(district, [one for one in assets if one.kind in _FIXED])
    own = [one for one in assets if one.kind is AssetKind.PHOTOVOLTAIC]
    nearest = own or [one for one in district.assets if one.kind is AssetKind.PHOTOVOLTAIC]
    seen = -_summed_w(district, nearest[:1]) / nearest[0].rated_w
    sun = np.maximum(seen, 0.0) * _FULL_SUN_W_PER_M2
    surplus = np.maximum(-_summed_w(district, own) - gain, 0.0)
    heater = Heater(pumps[0].asset_id, pumps[0].rated_w)
    heat = recorded * heater.cop(outside_c(district, everything))
    building = _fitted(pumps[0].asset_id, heat, gain, sun, outside_c(district, everything))
    device = HeatedBuilding(building, heater, Comfort(pumps[0].asset_id))
    return House(site_id, device, recorded, gain, sun, surplus)


def house_outlook(district: District, house: House, quarters: slice) -> Outlook:
    """Return what the house's manager expects of some quarter hours.

    The weather is taken as known. The sun is forecast from the days before, and so is the own
    surplus: as far as it covers the heat pump a MWh costs what it would earn in the grid.
    """
    surplus = _days_before(house.surplus_w, quarters)
    own_share = np.minimum(surplus / house.device.heater.rated_w, 1.0)
    earned = day_ahead_eur_per_mwh(district, quarters)
    return outlook_of(
        district,
        quarters,
        price_eur_per_mwh=own_share * earned + (1.0 - own_share) * TARIFF_EUR_PER_MWH,
        sun_w_per_m2=_days_before(house.sun_w_per_m2, quarters),
    )


def _fitted(
    asset_id: str, heat_w: FloatArray, gain_w: FloatArray, sun: FloatArray, outside: FloatArray
) -> Building:
    """Return a building of usual make, as large as its recorded heat says."""
    part = slice(0, FITTED_DAYS * _QUARTERS_PER_DAY)
    warmer_k = Comfort(asset_id).wished_c - float(outside[part].mean())
    return usual_building(
        asset_id,
        float(heat_w[part].mean()),
        warmer_k,
        float(gain_w[part].mean()),
        Building(asset_id).sun_m2 * float(sun[part].mean()),
    )


def _summed_w(district: District, assets: list[Asset]) -> FloatArray:
    total = np.zeros(district.quarters)
    for one in assets:
        total += district.asset_w(one.asset_id)
    return total


def _days_before(series: FloatArray, quarters: slice) -> FloatArray:
    """Return the mean of the same quarter hours over some days before; of fewer at the start."""
    at = np.arange(quarters.start, quarters.stop)
    # A horizon of more than a day must not look into its own first day.
    away = -(-(quarters.stop - quarters.start) // _QUARTERS_PER_DAY)
    back = [at - (away + day) * _QUARTERS_PER_DAY for day in range(SUN_DAYS_BACK)]
    known = [series[one] for one in back if one[0] >= 0]
    forecast: FloatArray = np.mean(known, axis=0) if known else np.zeros(len(at))
    return forecast
