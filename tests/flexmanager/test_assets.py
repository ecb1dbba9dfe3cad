"""Assets and preferences refuse what cannot be, naming asset, field, value and expectation."""

from collections.abc import Callable

import pytest

from flexmanager.assets import Battery, HeatPump, Photovoltaic, Preferences, Session
from flexmanager.battery import BatteryManager
from flexmanager.errors import FlexError, ParameterError
from tests.flexmanager.defaults import BATTERY, stay, vehicle

BAD: list[tuple[str, Callable[[], object]]] = [
    ("asset_id", lambda: Battery("", 1, 1, 1)),
    ("capacity_wh", lambda: Battery("b", 0, 1, 1)),
    ("charge_w_max", lambda: Battery("b", 1, -1, 1)),
    ("discharge_w_max", lambda: Battery("b", 1, 1, 2**31)),
    ("charge_efficiency", lambda: Battery("b", 1, 1, 1, charge_efficiency=1.01)),
    ("discharge_efficiency", lambda: Battery("b", 1, 1, 1, discharge_efficiency=0.2)),
    ("discharge_efficiency", lambda: Battery("b", 1, 1, 1, discharge_efficiency=float("nan"))),
    ("rest_share", lambda: Battery("b", 1, 1, 1, rest_share=-0.1)),
    ("restore_share", lambda: Battery("b", 1, 1, 1, restore_share=0.0)),
    ("prepare_isps", lambda: Battery("b", 1, 1, 1, prepare_isps=-1)),
    ("rated_w", lambda: HeatPump("h", 0)),
    ("catch_up_share", lambda: HeatPump("h", 1, catch_up_share=2.0)),
    ("preheat_return_share", lambda: HeatPump("h", 1, preheat_return_share=0.0)),
    ("preheat_wh_max", lambda: HeatPump("h", 1, preheat_wh_max=-1)),
    ("no_off_below_c", lambda: HeatPump("h", 1, no_off_below_c=5.0)),
    ("heating_limit_c", lambda: HeatPump("h", 1, heating_limit_c=99.0)),
    ("rated_w", lambda: Photovoltaic("p", 1.5)),  # type: ignore[arg-type]
    ("rated_w", lambda: vehicle(rated_w=True)),
    ("plug_out_utc_s", lambda: Session("s", 100, 100, 1)),
    ("delivered_wh", lambda: Session("s", 100, 200, -1)),
    ("battery_reserve_share", lambda: Preferences(battery_reserve_share=1.1)),
    ("departure_share", lambda: Preferences(departure_share=-0.1)),
    ("curtailment_share_max", lambda: Preferences(curtailment_share_max=2.0)),
    ("volume_rate_min", lambda: Preferences(volume_rate_min=-1)),
    ("heat_pump_off_minutes_max", lambda: Preferences(heat_pump_off_minutes_max=2000)),
    ("excluded_weekdays", lambda: Preferences(excluded_weekdays=frozenset({7}))),
]


@pytest.mark.parametrize(("field", "make"), BAD)
def test_a_bad_parameter_is_named(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(ParameterError) as refused:
        make()
    assert refused.value.field == field
    assert refused.value.expected
    assert field in str(refused.value)
    assert isinstance(refused.value, (FlexError, ValueError))


def test_sessions_must_not_overlap() -> None:
    with pytest.raises(ParameterError, match="begins before s1 has ended"):
        vehicle(stay(0, 8, 100, "s1"), stay(7, 9, 100, "s2"))


def test_sessions_may_touch() -> None:
    assert len(vehicle(stay(0, 8, 100, "s1"), stay(8, 9, 100, "s2")).sessions) == 2


def test_a_reserve_above_the_rest_level_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"battery_reserve_share is 0\.6"):
        BatteryManager(BATTERY, Preferences(battery_reserve_share=0.6))
