"""Every parameter has a default within its bounds and is refused beyond them, with both named."""

from dataclasses import replace
from math import inf, nan

import pytest

from flexmanager.checks import Limits, parameters_of
from flexmanager.errors import ParameterError
from flexmanager.local.recorded_heating import Leeway
from flexmanager.physics.battery import Battery
from flexmanager.physics.building import Building, Heater
from flexmanager.physics.comfort import Comfort
from flexmanager.physics.generation import HeatAndPower, Photovoltaic
from flexmanager.physics.load import CurtailableLoad, ShiftableLoad
from flexmanager.physics.vehicle import Stay, Vehicle

RECORDS = (
    Battery,
    Building,
    Comfort,
    CurtailableLoad,
    HeatAndPower,
    Heater,
    Photovoltaic,
    ShiftableLoad,
    Leeway,
    Vehicle,
)
PARAMETERS = [
    pytest.param(record, name, default, limits, id=f"{record.__name__}-{name}")
    for record in RECORDS
    for name, default, limits in parameters_of(record)
]


@pytest.mark.parametrize(("record", "name", "default", "limits"), PARAMETERS)
def test_a_parameter_beyond_its_bounds_is_refused(
    record: type, name: str, default: float, limits: Limits
) -> None:
    sane = record("house 7")
    assert limits.lowest <= getattr(sane, name) == default <= limits.highest
    beyond = (limits.lowest - 1, limits.highest + 1, nan, inf, "4", True)
    for value in (*beyond, 0.5) if isinstance(default, int) else beyond:
        with pytest.raises(ParameterError, match=f"house 7: {name} is ") as refused:
            replace(sane, **{name: value})
        assert f"{limits.lowest} to {limits.highest}" in refused.value.expected


@pytest.mark.parametrize("record", RECORDS)
def test_an_asset_has_a_name(record: type) -> None:
    with pytest.raises(ParameterError, match="asset_id"):
        record("")


def test_records_refuse_what_contradicts_itself() -> None:
    with pytest.raises(ParameterError, match="done_by_utc_s"):
        ShiftableLoad("washer", ready_utc_s=900, done_by_utc_s=900)
    with pytest.raises(ParameterError, match="profile_w"):
        ShiftableLoad("washer", profile_w=(0, 0))
    with pytest.raises(ParameterError, match="profile_w"):
        ShiftableLoad("washer", profile_w=(0, 2_000))
    with pytest.raises(ParameterError, match="profile_w"):
        ShiftableLoad("washer", profile_w=(100, -1))
    with pytest.raises(ParameterError, match="departure_utc_s"):
        Stay("s", 900, 900, 0, 0)
    with pytest.raises(ParameterError, match="wished_c"):
        Comfort("house", wished_c=18.0)
    with pytest.raises(ParameterError, match="hours_away"):
        Comfort("house", hours_away=frozenset((168,)))


def test_a_distance_needs_energy_above_the_minimum() -> None:
    vehicle = Vehicle("car", capacity_wh=60_000, wh_per_km=180.0, energy_min_share=0.1)
    assert vehicle.energy_for_wh(100.0) == 6_000 + 18_000
    with pytest.raises(ParameterError, match="0 to 300 km"):
        vehicle.energy_for_wh(301.0)
    with pytest.raises(ParameterError, match="distance_km"):
        vehicle.energy_for_wh(nan)
