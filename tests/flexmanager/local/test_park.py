"""One order, several devices: nobody gives more than it holds, together they give what they can."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.local.hearing import hear
from flexmanager.local.manager import Manager, begin, close_isp
from flexmanager.local.park import change_w, released, shared
from flexmanager.local.telemetry import MeterReading, TakesNoMore
from flexmanager.local.telling import missing_w
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.local.wishes import Wishes
from settlement.activation import Activation
from tests.flexmanager.local.devices import (
    CAR,
    CLOCK,
    DAY_ISPS,
    FIRST_ISP,
    SAMPLES,
    STAY,
    Sample,
    at_s,
    check_physics,
    outlook,
)

ORDER = Activation(FIRST_ISP + 40, 6, -15_000)
CHEAP = np.where((np.arange(DAY_ISPS) >= 38) & (np.arange(DAY_ISPS) < 52), 100.0, 300.0)


def car(name: str, needed_wh: int = 42_000, wishes: Wishes | None = None) -> Manager:
    vehicle, stay = replace(CAR, asset_id=name), replace(STAY, stay_id=name, needed_wh=needed_wh)
    device = ParkedVehicle(vehicle, stay)
    return begin(device, outlook(price=CHEAP), (9_000.0,), wishes)


def cars(count: int = 3) -> dict[str, Manager]:
    """Cars that all charge at full power in the ISPs of the order: they are the cheapest."""
    return {f"car {at}": car(f"car {at}") for at in range(count)}


def test_an_order_is_shared_and_nobody_gives_back_within_it() -> None:
    found = shared(cars(), ORDER)
    assert change_w(found, ORDER).tolist() == [-15_000] * 6
    for one in found.values():
        assert not missing_w(one).any()
        plan = one.granted.simulated(one.outlook, one.state, one.power_w)
        assert not plan.short.any()
        sample = Sample(one.device, one.outlook, one.state)
        check_physics(sample, one.power_w)


def test_more_than_all_hold_is_not_promised() -> None:
    found = shared(cars(2), replace(ORDER, ordered_w=-50_000))
    assert change_w(found, ORDER).tolist() == [-22_000] * 6


def test_an_order_to_use_more_is_shared_as_well() -> None:
    early = Activation(FIRST_ISP + 20, 4, 15_000)
    found = shared(cars(), early)
    assert change_w(found, early).tolist() == [15_000] * 4


def test_who_needs_all_the_time_there_is_gives_nothing() -> None:
    hurried = replace(STAY, stay_id="car 0", departure_utc_s=at_s(50), needed_wh=50_000)
    device = ParkedVehicle(replace(CAR, asset_id="car 0"), replace(hurried, plug_in_utc_s=at_s(34)))
    busy = begin(device, outlook(price=CHEAP), (9_000.0,))
    found = shared({"car 0": busy}, ORDER)
    assert not change_w(found, ORDER).any()


def test_owners_who_want_no_events_are_left_alone() -> None:
    today = CLOCK.local_day(FIRST_ISP)
    off = car("car 0", wishes=Wishes(days_off=frozenset({today})))
    found = shared({"car 0": off, "car 1": car("car 1")}, ORDER)
    assert found["car 0"] is off
    assert change_w(found, ORDER).tolist() == [-11_000] * 6


def test_when_one_falls_out_the_others_take_its_part() -> None:
    found = shared(cars(), ORDER)
    while found["car 0"].now < 42:
        for name, one in found.items():
            heard = hear(one, MeterReading(name, at_s(one.now), one.set_point_w))
            found[name] = close_isp(heard)
    gives = [name for name, one in found.items() if one.power_w[42] < one.baseline_w[42]]
    found[gives[0]] = hear(found[gives[0]], TakesNoMore(gives[0], at_s(42)))
    short = change_w(found, ORDER)
    assert short[:2].tolist() == [-15_000] * 2
    assert (short[2:] > -15_000).all()
    again = shared(found, ORDER)
    assert change_w(again, ORDER).tolist() == [-15_000] * 6
    for name, one in found.items():
        assert (again[name].power_w[:42] == one.power_w[:42]).all()


def test_a_released_device_returns_to_its_baseline() -> None:
    for one in shared(cars(), ORDER).values():
        free = released(one, ORDER)
        assert free.activations == ()
        assert (free.power_w == free.baseline_w).all()
        assert released(free, ORDER) is free


@settings(max_examples=25, deadline=None)
@given(
    st.integers(10, 60), st.integers(1, 8), st.integers(-30_000, 30_000).filter(bool), st.booleans()
)
def test_the_change_never_goes_beyond_or_against_the_order(
    start: int, isps: int, ordered_w: int, mixed: bool
) -> None:
    order = Activation(FIRST_ISP + start, isps, ordered_w)
    found = cars(2)
    if mixed:
        sample = SAMPLES["battery"]
        found["battery"] = begin(sample.device, sample.outlook, sample.state)
    change = np.sign(ordered_w) * change_w(shared(found, order), order)
    assert (change >= -2 * len(found)).all()
    assert (change <= abs(ordered_w) + 2 * len(found)).all()


def test_a_car_whose_horizon_is_over_is_left_as_it_is() -> None:
    gone = replace(car("gone"), now=DAY_ISPS)
    found = shared({**cars(), "gone": gone}, ORDER)
    assert found["gone"] is gone
    assert change_w({name: found[name] for name in cars()}, ORDER).tolist() == [-15_000] * 6


def test_who_takes_part_in_one_event_a_week_is_in_no_second_one() -> None:
    rare = {"rare": car("rare", wishes=Wishes(events_per_week_max=1)), "car": car("car")}
    first, second = replace(ORDER, isps=3), Activation(FIRST_ISP + 46, 3, -15_000)
    begun = shared(rare, first)
    assert change_w(begun, first).tolist() == [-15_000] * 3
    again = shared(begun, first)
    assert change_w(again, first).tolist() == [-15_000] * 3, "it is the same event"
    both = shared(again, second)
    assert change_w(both, second).tolist() == [-11_000] * 3
    assert change_w({"rare": both["rare"]}, first).any()
