"""A heat pump is held down within the owner's comfort, and catches up."""

import pytest

from flexmanager.assets import HeatPump, Preferences
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.heat_pump import HeatPumpManager
from flexmanager.manager import AssetState
from tests.flexmanager.defaults import (
    HEAT_PUMP,
    HEAT_PUMP_NIGHT_W,
    HOURS,
    PREFERENCES,
    horizon,
    order_w,
    whole,
)

MANAGER = HeatPumpManager(HEAT_PUMP, PREFERENCES)
STEADY = horizon([1000] * 16)


def test_is_held_down_and_catches_up_at_once_with_all_spare_power() -> None:
    response = MANAGER.respond(STEADY, order_w(16, (2, 6, -1000)))
    assert response.delta_w.tolist() == [0] * 2 + [-1000] * 4 + [1200] * 3 + [400] + [0] * 6
    assert response.state == AssetState()


def test_recorded_night_is_shed_where_the_pump_runs() -> None:
    response = MANAGER.respond(horizon(HEAT_PUMP_NIGHT_W), order_w(20, (6, 12, -1000)))
    assert response.delta_w[6:12].tolist() == [0, -664, -1000, -1000, -1000, -884]
    assert response.delta_w[12:].tolist() == [2200, 2200, 148, 0, 0, 0, 0, 0]
    assert [note.offset for note in response.notes] == [6, 7, 11]
    assert "draws less" in response.notes[0].text


def test_the_longest_time_held_down_ends_the_response_but_not_the_order() -> None:
    manager = HeatPumpManager(HEAT_PUMP, Preferences(heat_pump_off_minutes_max=45))
    response = manager.respond(STEADY, order_w(16, (0, 8, -600)))
    assert response.delta_w[:8].tolist() == [-600, -600, -600, 0, 0, 0, 0, 0]
    assert response.delta_w[8:].sum() == 1800
    assert "longest time held down" in response.notes[0].text


def test_time_held_down_counts_on_until_the_pump_has_caught_up() -> None:
    manager = HeatPumpManager(HEAT_PUMP, Preferences(heat_pump_off_minutes_max=45))
    busy = horizon([2000] * 16)
    response = manager.respond(busy, order_w(16, (0, 2, -2000), (3, 6, -2000)))
    assert response.delta_w[:6].tolist() == [-2000, -2000, 200, -2000, 0, 0]


@pytest.mark.parametrize(
    ("temperature_c", "isps"), [(20.0, 8), (5.0, 8), (-2.5, 4), (-9.0, 0), (-10.0, 0), (-20.0, 0)]
)
def test_the_time_held_down_shrinks_in_the_cold(temperature_c: float, isps: int) -> None:
    response = MANAGER.respond(horizon([1000] * 20, temperature_c), order_w(20, (0, 12, -1000)))
    assert (response.delta_w[:12] < 0).sum() == isps


def test_the_owner_limits_the_share() -> None:
    manager = HeatPumpManager(HEAT_PUMP, Preferences(heat_pump_shed_share_max=0.3))
    assert manager.respond(STEADY, order_w(16, (0, 1, -1000))).delta_w[0] == -300


def test_catch_up_share_scales_the_rebound() -> None:
    manager = HeatPumpManager(HeatPump("h", 2200, catch_up_share=0.9), PREFERENCES)
    response = manager.respond(STEADY, order_w(16, (0, 4, -1000)))
    assert response.delta_w[4:].sum() == 3600


def test_what_is_owed_is_carried_into_the_next_horizon() -> None:
    first = MANAGER.respond(horizon([1000] * 4), order_w(4, (1, 4, -1000)))
    assert first.state == AssetState(held_wh=-750.0, down_isps=3)
    second = MANAGER.respond(horizon([1000] * 4), order_w(4), first.state)
    assert second.delta_w.tolist() == [1200, 1200, 600, 0]
    assert second.state == AssetState()


def test_nothing_is_promised_before_the_rebound_is_over() -> None:
    owing = AssetState(held_wh=-750.0, down_isps=3)
    assert MANAGER.capability_w(horizon([1000] * 5), -1, 1, owing).tolist() == [
        0,
        0,
        0,
        -1000,
        -1000,
    ]
    assert not MANAGER.capability_w(horizon([2200] * 5), -1, 1, owing).any()


def test_preheating_is_returned_less_what_is_lost() -> None:
    response = MANAGER.respond(STEADY, order_w(16, (0, 4, 1000)))
    assert response.delta_w[:4].tolist() == [1000] * 4
    assert response.delta_w[4:].sum() == -3200


def test_preheating_stops_at_the_heat_the_building_takes() -> None:
    manager = HeatPumpManager(HeatPump("h", 2200, preheat_wh_max=500), PREFERENCES)
    response = manager.respond(STEADY, order_w(16, (0, 4, 1000)))
    assert response.delta_w[:4].tolist() == [1000, 1000, 0, 0]
    assert manager.capability_w(STEADY, 1, 4)[0] == 500


def test_an_increase_first_pays_back_what_is_owed() -> None:
    manager = HeatPumpManager(HeatPump("h", 2200, preheat_wh_max=0), PREFERENCES)
    response = manager.respond(STEADY, order_w(16, (0, 2, -1000), (2, 6, 800)))
    assert response.delta_w[2:6].tolist() == [800, 800, 400, 0]
    assert response.state == AssetState()


def test_no_preheating_on_a_warm_day() -> None:
    warm = horizon([1000] * 4, temperature_c=18.0)
    assert not MANAGER.capability_w(warm, 1).any()
    assert not MANAGER.respond(warm, order_w(4, (0, 2, 500))).delta_w.any()


def test_nothing_is_given_back_while_the_site_stands_under_an_order() -> None:
    requested = order_w(16, (2, 4, -1000))
    response = MANAGER.respond(STEADY, requested, order_w=order_w(16, (2, 8, -3000)))
    assert response.delta_w[4:8].tolist() == [0] * 4
    assert response.delta_w[8:].sum() == 2000


def test_a_request_against_the_order_is_refused() -> None:
    with pytest.raises(HorizonError, match="requested_w of LV1-13-Load27, ISP 2"):
        MANAGER.respond(STEADY, order_w(16, (2, 3, -5)), order_w=order_w(16, (2, 3, 5)))


def test_a_pump_that_runs_above_its_rating_has_no_spare_power() -> None:
    assert MANAGER.capability_w(horizon([2500] * 3), 1).tolist() == [0, 0, 0]


@pytest.mark.parametrize("sign", [0, 2])
def test_a_direction_is_one_or_minus_one(sign: int) -> None:
    with pytest.raises(ParameterError, match="sign"):
        MANAGER.capability_w(STEADY, sign)


def test_energy_is_counted_in_watt_hours() -> None:
    response = MANAGER.respond(STEADY, whole([-400] + [0] * 15), AssetState())
    assert response.delta_w.sum() * HOURS == 0
