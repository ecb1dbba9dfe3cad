"""A site splits one request over its assets and says why it fell short."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.assets import Battery, Preferences
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.manager import AssetState
from flexmanager.rounding import IntArray
from flexmanager.site import Cause, build_site, capability_w, respond
from tests.flexmanager.defaults import (
    BATTERY,
    HEAT_PUMP,
    PHOTOVOLTAIC,
    PREFERENCES,
    order_w,
    site_horizon,
    stay,
    uncontrolled_w,
    vehicle,
)

ISPS = 48
STAY = stay(4, 40, 6_000)
VEHICLE = vehicle(STAY)
RECORDED = {
    HEAT_PUMP.asset_id: np.tile([1768, 1768, 0, 884], 12),
    VEHICLE.asset_id: uncontrolled_w(ISPS, (STAY,), 4_000),
    PHOTOVOLTAIC.asset_id: np.full(ISPS, -5_000),
}
HORIZON = site_horizon(RECORDED, ISPS)
ALL = (PHOTOVOLTAIC, BATTERY, HEAT_PUMP, VEHICLE)
SITE = build_site("LV1-10", ALL, PREFERENCES)
SMALL_BATTERY = Battery("LV1-2-Storage1", 4_000, 2_000, 2_000)


def test_the_least_nuisance_is_used_first() -> None:
    assert [m.asset_id for m in SITE.order_of_use()] == [
        VEHICLE.asset_id,
        HEAT_PUMP.asset_id,
        BATTERY.asset_id,
        PHOTOVOLTAIC.asset_id,
    ]


def test_each_asset_serves_what_the_earlier_ones_left_open() -> None:
    response = respond(SITE, HORIZON, order_w(ISPS, (4, 8, -8_000)))
    assert response.asset_delta_w[VEHICLE.asset_id][4:8].tolist() == [-4_000] * 4
    assert response.asset_delta_w[HEAT_PUMP.asset_id][4:8].tolist() == [-1768, -1768, 0, -884]
    assert response.asset_delta_w[BATTERY.asset_id][4:8].tolist() == [-2232, -2232, -4000, -3116]
    assert response.delta_w[4:8].tolist() == [-8_000] * 4
    assert not response.shortfall_w.any()
    assert response.causes == {}


def test_no_asset_gives_back_where_the_site_is_under_an_order() -> None:
    small = order_w(ISPS, (8, 16, -1_000))
    response = respond(SITE, HORIZON, small)
    assert response.delta_w[8:16].tolist() == [-1_000] * 8


def test_the_battery_does_not_charge_while_others_serve_the_order() -> None:
    site = build_site("LV1-6", (HEAT_PUMP, BATTERY), PREFERENCES)
    response = respond(site, HORIZON, order_w(ISPS, (8, 16, -1_000)))
    battery = response.asset_delta_w[BATTERY.asset_id]
    assert battery[8:16].tolist() == [0, 0, -1000, -116, 0, 0, -1000, -116]
    assert response.delta_w[8:16].tolist() == [-1_000] * 8
    assert battery[16:].sum() > 0


def test_shortfall_names_what_was_not_there() -> None:
    site = build_site("LV1-13", (HEAT_PUMP, PHOTOVOLTAIC), PREFERENCES)
    response = respond(site, HORIZON, order_w(ISPS, (8, 12, -1_500)))
    assert response.shortfall_w[8:12].tolist() == [0, 0, 1_500, 616]
    assert response.causes == {10: Cause.UNAVAILABLE, 11: Cause.UNAVAILABLE}


def test_shortfall_names_a_limit_that_was_reached() -> None:
    site = build_site("LV1-2", (SMALL_BATTERY,), PREFERENCES)
    response = respond(site, HORIZON, order_w(ISPS, (8, 16, -2_000)))
    assert response.causes == {isp: Cause.EXHAUSTED for isp in range(11, 16)}
    assert response.notes[SMALL_BATTERY.asset_id][0].offset == 11


def test_shortfall_names_the_rebound_of_an_earlier_order() -> None:
    short = stay(2, 10, 4_000)
    site = build_site("LV4-20", (vehicle(short),), PREFERENCES)
    recorded = {VEHICLE.asset_id: uncontrolled_w(ISPS, (short,), 4_000)}
    order = order_w(ISPS, (2, 6, -4_000), (8, 9, -1_000))
    response = respond(site, site_horizon(recorded, ISPS), order)
    assert response.delta_w[2:10].tolist() == [-4_000] * 4 + [4_000] * 4
    assert response.shortfall_w[8] == 5_000
    assert response.causes == {8: Cause.REBOUND}


def test_an_override_ends_the_response_to_that_order_only() -> None:
    order = order_w(ISPS, (8, 16, -3_000), (30, 34, -3_000))
    response = respond(SITE, HORIZON, order, overridden=(11,))
    assert response.delta_w[8:11].tolist() == [-3_000] * 3
    assert (response.delta_w[11:16] >= 0).all()
    assert response.delta_w[30:34].tolist() == [-3_000] * 4
    assert response.causes == {isp: Cause.OVERRIDE for isp in range(11, 16)}


def test_rebound_after_an_override_is_physical() -> None:
    site = build_site("LV1-13", (HEAT_PUMP,), PREFERENCES)
    response = respond(site, HORIZON, order_w(ISPS, (8, 16, -1_700)), overridden=(9, 12))
    assert response.delta_w[8] == -1_700
    assert response.delta_w[9:11].tolist() == [432, 1_268]
    assert response.shortfall_w[9] == 1_700 + 432
    assert response.delta_w.sum() == 0


def test_an_override_needs_the_owners_right() -> None:
    site = build_site("LV1-13", (HEAT_PUMP,), Preferences(overrides_allowed=False))
    order = order_w(ISPS, (8, 16, -1_700))
    with pytest.raises(ParameterError, match="overrides_allowed"):
        respond(site, HORIZON, order, overridden=(9,))
    assert respond(site, HORIZON, order).delta_w[8] == -1_700


def test_an_override_lies_within_the_horizon() -> None:
    with pytest.raises(HorizonError, match="override at LV1-10: found 48"):
        respond(SITE, HORIZON, order_w(ISPS), overridden=(48,))


def test_both_directions_in_one_horizon() -> None:
    response = respond(SITE, HORIZON, order_w(ISPS, (8, 12, -2_000), (30, 34, 9_000)))
    assert response.delta_w[8:12].tolist() == [-2_000] * 4
    assert response.delta_w[30:34].tolist() == [9_000] * 4


def test_states_are_carried_from_horizon_to_horizon() -> None:
    first = respond(SITE, HORIZON, order_w(ISPS, (40, 48, -10_000)))
    assert first.states[BATTERY.asset_id].held_wh < -1_000
    calm = respond(SITE, HORIZON, order_w(ISPS), first.states)
    assert calm.asset_delta_w[BATTERY.asset_id].sum() > 0
    assert abs(calm.states[BATTERY.asset_id].held_wh) < 25


def test_capability_is_the_sum_over_the_assets() -> None:
    parts = [m.capability_w(HORIZON.asset(m.asset_id), -1, 4) for m in SITE.managers]
    assert capability_w(SITE, HORIZON, -1, 4).tolist() == np.sum(parts, axis=0).tolist()
    drained = {BATTERY.asset_id: AssetState(held_wh=-26_800.0)}
    lost = capability_w(SITE, HORIZON, -1, 4, drained) - capability_w(SITE, HORIZON, -1, 4)
    assert lost[0] == 25_460


def test_a_site_without_flexible_assets_promises_nothing() -> None:
    site = build_site("LV4-2", (), PREFERENCES)
    assert not capability_w(site, HORIZON, -1).any()
    response = respond(site, HORIZON, order_w(ISPS, (1, 2, -500)))
    assert response.shortfall_w[1] == 500
    assert response.causes == {1: Cause.UNAVAILABLE}


def test_an_asset_stands_once_at_a_site() -> None:
    with pytest.raises(ParameterError, match="every asset id once"):
        build_site("LV1-10", (BATTERY, BATTERY), PREFERENCES)


def test_a_request_fits_the_horizon() -> None:
    with pytest.raises(HorizonError, match="requested_w of LV1-10"):
        respond(SITE, HORIZON, order_w(ISPS + 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-40_000, 40_000) | st.just(0), min_size=8, max_size=8))
def test_parts_add_up_and_the_shortfall_is_the_rest(blocks: list[int]) -> None:
    order: IntArray = np.repeat(blocks, 6)
    response = respond(SITE, HORIZON, order)
    total = np.sum(list(response.asset_delta_w.values()), axis=0)
    assert response.delta_w.tolist() == total.tolist()
    reached = np.sign(order) * response.delta_w
    missing = np.where(order != 0, np.maximum(np.abs(order) - reached, 0), 0)
    assert response.shortfall_w.tolist() == missing.tolist()
    assert sorted(response.causes) == np.flatnonzero(missing).tolist()


@settings(deadline=None)
@given(st.integers(0, ISPS - 8), st.sampled_from([-1, 1]))
def test_a_site_keeps_its_promise(start: int, sign: int) -> None:
    promised = int(capability_w(SITE, HORIZON, sign, 8)[start])
    response = respond(SITE, HORIZON, order_w(ISPS, (start, start + 8, promised)))
    assert not response.shortfall_w.any()
