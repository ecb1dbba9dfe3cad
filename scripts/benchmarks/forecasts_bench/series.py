"""The pilot district as hourly series with weather and calendar."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.district import AssetKind, District
from backend.district.calendar import local_day
from flexmanager.forecasting.known import HOURS_PER_DAY, Known
from flexmanager.physics.building import Heater
from flexmanager.rounding import FloatArray

SECONDS_PER_HOUR, QUARTERS_PER_HOUR = 3_600, 4
SUNDAY = 6


def calendar_of(district: District) -> Known:
    """Return a history of nothing but calendar and weather, to be filled by `with_values`."""
    hours = district.quarters // QUARTERS_PER_HOUR
    seconds = district.first_quarter_utc_s + SECONDS_PER_HOUR * np.arange(hours)
    days = [local_day(int(second)) for second in seconds]
    weekday = np.array([day.weekday() for day in days])
    midnight = np.concatenate(([True], weekday[1:] != weekday[:-1]))
    # Hours since midnight: on the day of the clock change they run an hour behind the clock.
    begin = np.maximum.accumulate(np.where(midnight, np.arange(hours), 0))
    off = set(district.non_working_days)
    return Known(
        values=np.zeros(hours),
        outside_c=district.temperature_centi_celsius[:hours] / 100,
        hour_of_week=weekday * HOURS_PER_DAY + np.arange(hours) - begin,
        free_day=np.array([day.weekday() == SUNDAY or day in off for day in days]),
    )


def with_values(calendar: Known, values: FloatArray) -> Known:
    """Return a series with its weather and calendar."""
    return replace(calendar, values=values)


def series_of(district: District, calendar: Known) -> dict[str, Known]:
    """Return the series to forecast by name."""
    of_kind = {
        kind: [
            asset.asset_id
            for asset in district.assets
            if asset.kind is kind and asset.asset_id in district.series_asset_ids
        ]
        for kind in AssetKind
    }
    households, vehicles = of_kind[AssetKind.HOUSEHOLD], of_kind[AssetKind.ELECTRIC_VEHICLE]
    heat_w = assets_w(district, of_kind[AssetKind.HEAT_PUMP]) * Heater("pump").cop(
        calendar.outside_c
    )
    values = {
        "load of a household [W]": assets_w(district, households[:1]),
        "load of all households [W]": assets_w(district, households),
        "load of a business [W]": assets_w(district, of_kind[AssetKind.BUSINESS][:1]),
        "photovoltaic [W]": assets_w(district, of_kind[AssetKind.PHOTOVOLTAIC]),
        "heat demand [W]": heat_w,
        "energy of all vehicles [W]": assets_w(district, vehicles),
        "energy of a vehicle [W]": assets_w(district, vehicles[:1]),
        "vehicles present": presence(district, vehicles),
    }
    return {name: with_values(calendar, one) for name, one in values.items()}


def weather_of_yesterday(known: Known, forecast_from: int) -> Known:
    """Return a series for which nobody forecasts the weather: it stays as it was a day before."""
    held = known.outside_c.copy()
    ahead = np.arange(forecast_from, len(held))
    held[ahead] = held[forecast_from - HOURS_PER_DAY + (ahead - forecast_from) % HOURS_PER_DAY]
    return replace(known, outside_c=held)


def assets_w(district: District, asset_ids: Sequence[str]) -> FloatArray:
    """Return the mean power per hour of some assets together [W]."""
    return hourly(np.sum([district.asset_w(one) for one in asset_ids], axis=0))


def hourly(quarters: np.ndarray) -> FloatArray:
    """Return means per hour."""
    return quarters.reshape(-1, QUARTERS_PER_HOUR).mean(axis=1, dtype=np.float64)


def presence(district: District, asset_ids: Sequence[str]) -> FloatArray:
    """Return how many vehicles are plugged in, on average over each hour."""
    hours = district.quarters // QUARTERS_PER_HOUR
    begin = district.first_quarter_utc_s + SECONDS_PER_HOUR * np.arange(hours)
    there = np.zeros(hours)
    for asset_id in asset_ids:
        for session in district.sessions_of(asset_id):
            ends = np.minimum(begin + SECONDS_PER_HOUR, session.plug_out_utc_s)
            stay_s = np.maximum(ends - np.maximum(begin, session.plug_in_utc_s), 0)
            there += stay_s / SECONDS_PER_HOUR
    return there
