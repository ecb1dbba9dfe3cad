"""Charging is shifted inside its session, and the vehicle leaves as full as it did."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.assets import Preferences
from flexmanager.electric_vehicle import ElectricVehicleManager
from flexmanager.highs import Model, SparseMatrix, solve
from flexmanager.rounding import BoolArray, FloatArray, IntArray
from tests.flexmanager.defaults import (
    FIRST_ISP,
    ISP_SECONDS,
    PREFERENCES,
    horizon,
    order_w,
    stay,
    uncontrolled_w,
    vehicle,
)

EVENING = stay(2, 14, 4_000)
CHARGING = uncontrolled_w(16, (EVENING,), 4_000)
MANAGER = ElectricVehicleManager(vehicle(EVENING), PREFERENCES)


def test_the_recorded_charging_of_these_tests() -> None:
    assert CHARGING.tolist() == [0] * 2 + [4000] * 4 + [0] * 10


def test_deferred_charging_goes_into_the_cheapest_isps_left() -> None:
    price = np.array([50.0] * 9 + [20.0, 50.0, 10.0, 50.0, 50.0, 1.0, 1.0])
    response = MANAGER.respond(horizon(CHARGING, price=price), order_w(16, (2, 4, -4000)))
    expected = [0] * 16
    expected[2] = expected[3] = -4000
    expected[9] = expected[11] = 4000
    assert response.delta_w.tolist() == expected
    assert response.notes == ()


def test_deferral_stops_where_the_session_could_not_catch_up() -> None:
    short = stay(2, 9, 4_000)
    manager = ElectricVehicleManager(vehicle(short), PREFERENCES)
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 6, -4000)))
    assert response.delta_w[2:9].tolist() == [-4000] * 3 + [0] + [4000] * 3
    assert [note.offset for note in response.notes] == [5]


def test_a_vehicle_that_charges_to_the_end_has_nothing_to_give() -> None:
    full = stay(2, 6, 4_000)
    manager = ElectricVehicleManager(vehicle(full), PREFERENCES)
    assert not manager.capability_w(horizon(CHARGING), -1).any()
    assert not manager.respond(horizon(CHARGING), order_w(16, (2, 6, -4000))).delta_w.any()


def test_an_owner_may_accept_to_leave_with_less() -> None:
    full = stay(2, 6, 4_000)
    manager = ElectricVehicleManager(vehicle(full), Preferences(departure_share=0.75))
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 6, -1500)))
    assert response.delta_w[2:6].tolist() == [-1500, -1500, -1000, 0]
    assert response.delta_w.sum() == -4000


def test_what_may_be_missing_at_departure_is_spent_once() -> None:
    full = stay(2, 6, 4_000)
    manager = ElectricVehicleManager(vehicle(full), Preferences(departure_share=0.75))
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 3, -3000), (4, 5, -3000)))
    assert response.delta_w[2:6].tolist() == [-3000, 0, -1000, 0]


def test_charging_is_brought_forward_from_the_dearest_isps() -> None:
    slow = uncontrolled_w(16, (EVENING,), 2_000)
    price = np.arange(16.0)
    response = MANAGER.respond(horizon(slow, price=price), order_w(16, (2, 4, 2000)))
    assert response.delta_w[2:4].tolist() == [2000, 2000]
    assert response.delta_w[8:10].tolist() == [-2000, -2000]
    assert response.delta_w.sum() == 0


def test_a_part_connected_isp_charges_only_in_its_part() -> None:
    early = stay(2, 8, 4_000, early_s=600)
    manager = ElectricVehicleManager(vehicle(early), PREFERENCES)
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 6, -4000)))
    assert response.delta_w[7] == 1333
    assert response.delta_w.sum() == 0


def test_a_later_order_sees_what_the_first_one_left() -> None:
    response = MANAGER.respond(horizon(CHARGING), order_w(16, (2, 4, -4000), (6, 8, -1000)))
    assert response.delta_w[2:4].tolist() == [-4000, -4000]
    assert response.delta_w[6:8].tolist() == [0, 0]
    assert response.delta_w.sum() == 0


def test_an_isp_shared_by_two_sessions_is_left_alone() -> None:
    first, second = stay(0, 4, 1_000, "s1", early_s=450), stay(3, 9, 2_000, "s2", late_s=450)
    manager = ElectricVehicleManager(vehicle(first, second), PREFERENCES)
    recorded = uncontrolled_w(16, (first, second), 4_000)
    assert recorded[3] == 2000
    response = manager.respond(horizon(recorded), order_w(16, (0, 9, -4000)))
    assert response.delta_w[3] == 0
    assert manager.capability_w(horizon(recorded), -1)[3] == 0


def test_a_session_that_outlasts_the_horizon_is_caught_up_inside_it() -> None:
    long = stay(2, 40, 4_000)
    manager = ElectricVehicleManager(vehicle(long), PREFERENCES)
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 6, -4000)))
    assert response.delta_w.sum() == 0


def test_charging_outside_any_session_is_left_alone() -> None:
    manager = ElectricVehicleManager(vehicle(), PREFERENCES)
    response = manager.respond(horizon(CHARGING), order_w(16, (2, 6, -4000)))
    assert not response.delta_w.any()
    assert "no vehicle" in response.notes[0].text


LATE_S = st.integers(0, 899)


@st.composite
def sessions_and_orders(draw: st.DrawFn) -> tuple[ElectricVehicleManager, IntArray, IntArray]:
    bounds = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=6)))
    stays = [
        stay(first, stop, draw(st.integers(0, 12_000)), f"s{first}", draw(LATE_S))
        for first, stop in itertools.pairwise(bounds)
        if draw(st.booleans())
    ]
    asset = vehicle(*stays, rated_w=draw(st.integers(1_000, 12_000)))
    recorded = uncontrolled_w(48, asset.sessions, asset.rated_w)
    orders = draw(st.lists(st.integers(-12_000, 12_000), min_size=6, max_size=6))
    return ElectricVehicleManager(asset, PREFERENCES), recorded, np.repeat(orders, 8)


def connected(manager: ElectricVehicleManager) -> BoolArray:
    """Tell in which ISPs a vehicle is there at all."""
    there = np.zeros(48, dtype=np.bool_)
    for session in manager.asset.sessions:
        first = session.plug_in_utc_s // ISP_SECONDS - FIRST_ISP
        there[first : -(-session.plug_out_utc_s // ISP_SECONDS) - FIRST_ISP] = True
    return there


@settings(deadline=None)
@given(sessions_and_orders())
def test_every_session_keeps_its_energy_and_its_limits(
    case: tuple[ElectricVehicleManager, IntArray, IntArray],
) -> None:
    manager, recorded, order = case
    response = manager.respond(horizon(recorded), order)
    charged = recorded + response.delta_w
    assert (charged >= 0).all()
    assert (charged <= np.maximum(manager.asset.rated_w, recorded)).all()
    assert not response.delta_w[~connected(manager)].any()
    for session in manager.asset.sessions:
        first = session.plug_in_utc_s // ISP_SECONDS - FIRST_ISP
        stop = -(-session.plug_out_utc_s // ISP_SECONDS) - FIRST_ISP
        assert response.delta_w[first:stop].sum() == 0


def cheapest_catch_up_eur(price: FloatArray, cap_w: IntArray, moved: int) -> float:
    """The linear model of the same question: place `moved` W over ISPs at least cost."""
    isps = len(price)
    matrix = SparseMatrix()
    matrix.add(np.zeros(isps), np.arange(isps), np.ones(isps))
    start, index, value = matrix.by_column(isps)
    bound = np.array([float(moved)])
    model = Model(price, np.zeros(isps), cap_w.astype(float), bound, bound, start, index, value)
    return solve(model).objective


@settings(deadline=None)
@given(st.lists(st.integers(-50, 100), min_size=10, max_size=10), st.integers(1, 8))
def test_catching_up_costs_as_little_as_a_linear_model(prices: list[int], isps: int) -> None:
    price = np.array([0.0] * 6 + [float(p) for p in prices])
    manager = ElectricVehicleManager(vehicle(stay(0, 16, 4_000)), PREFERENCES)
    recorded = uncontrolled_w(16, manager.asset.sessions, 4_000)
    order = order_w(16, (0, min(isps, 6), -4000))
    response = manager.respond(horizon(recorded, price=price), order)
    after = slice(min(isps, 6), None)
    spare = 4000 - recorded[after]
    moved = -int(response.delta_w[: min(isps, 6)].sum())
    best = cheapest_catch_up_eur(price[after], spare, moved)
    paid = float(price[after] @ response.delta_w[after])
    assert paid == pytest.approx(best, rel=1e-9, abs=1e-6)
