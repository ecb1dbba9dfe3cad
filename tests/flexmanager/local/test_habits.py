"""Devices with habits: what they say they hold they hold, and nothing else moves than has to."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.device import least_ahead, nothing_wanted
from flexmanager.local.site import RecordedDevice
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.vehicle import Vehicle
from flexmanager.rounding import IntArray
from tests.flexmanager.local.devices import PRICE, at_s, outlook
from tests.flexmanager.local.habits import (
    CAR_W,
    battery,
    check_course,
    pump,
    recorded_devices,
    roof,
    stay,
)

DEVICES = recorded_devices()
every_device = pytest.mark.parametrize("kind", sorted(DEVICES))


def answered(one: RecordedDevice, start: int, change_w: object) -> IntArray:
    """Return the power of a device that goes its own way until it is asked for changes."""
    change = np.atleast_1d(np.asarray(change_w, dtype=np.float64))
    rest = one.outlook.part(start)
    wanted = nothing_wanted(rest.isps)
    wanted[: len(change)] = one.own.power_w[start : start + len(change)] + change
    plan = one.device.planned(rest, one.own.state(start), wanted, one.own.state(-1))
    return np.concatenate((one.own.power_w[:start], plan.power_w))


@every_device
def test_unasked_it_does_what_was_recorded(kind: str) -> None:
    one = DEVICES[kind]
    assert one.own.power_w.tolist() == one.outlook.own_w.tolist()
    plan = answered(one, 0, np.zeros(0))
    assert plan.tolist() == one.own.power_w.tolist()
    assert not any(check_course(one, plan, one.own.state(0)))


@every_device
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_device_holds_what_it_says_it_holds(kind: str, data: st.DataObject) -> None:
    one = DEVICES[kind]
    sign, isps = data.draw(st.sampled_from([-1, 1])), data.draw(st.integers(1, 12))
    held = one.device.held_w(one.outlook, one.own.state(0), sign, isps)
    assert (sign * held >= 0).all()
    assert not held[one.outlook.isps - isps + 1 :].any()
    offsets = np.flatnonzero(held).tolist()
    if not offsets:
        return
    start = data.draw(st.sampled_from(offsets))
    share = data.draw(st.sampled_from([1.0, 0.6, 0.1]))
    power = int(held[start] * share)
    plan = answered(one, start, np.full(isps, power))
    moved = (plan - one.own.power_w)[start : start + isps]
    assert moved.tolist() == [power] * isps
    check_course(one, plan, one.own.state(0))


@pytest.mark.parametrize(
    ("kind", "signs"),
    [
        ("battery", {-1, 1}),
        ("heat pump", {-1, 1}),
        ("car in the evening", {-1}),
        ("photovoltaic", {1}),
    ],
)
def test_something_is_held_at_all(kind: str, signs: set[int]) -> None:
    one = DEVICES[kind]
    for sign in (-1, 1):
        held = one.device.held_w(one.outlook, one.own.state(0), sign, 2)
        assert held.any() == (sign in signs)


@every_device
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_order_is_followed_at_most_as_far_as_asked(kind: str, data: st.DataObject) -> None:
    one = DEVICES[kind]
    start = data.draw(st.integers(0, one.outlook.isps - 1))
    isps = data.draw(st.integers(1, min(16, one.outlook.isps - start)))
    power = data.draw(st.integers(-20_000, 20_000).filter(bool))
    plan = answered(one, start, np.full(isps, power))
    moved = (plan - one.own.power_w)[start : start + isps] * np.sign(power)
    assert (moved >= 0).all()
    assert (moved <= abs(power)).all()
    check_course(one, plan, one.own.state(0))


@every_device
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_plan_lies_within_the_bounds(kind: str, data: st.DataObject) -> None:
    one = DEVICES[kind]
    start = data.draw(st.integers(0, one.outlook.isps - 1))
    isps = data.draw(st.integers(1, min(16, one.outlook.isps - start)))
    plan = answered(one, start, np.full(isps, data.draw(st.integers(-9_000, 9_000))))
    bounds = one.device.bounds(one.outlook, one.own.state(0))
    # Whole W lie up to one W beyond; a building's band is kept to a hundredth of a degree.
    slack_w = 60.0 if kind == "heat pump" else 1.0
    assert (plan >= bounds.power_w_min - slack_w).all()
    assert (plan <= bounds.power_w_max + slack_w).all()


@every_device
def test_what_was_taken_comes_back(kind: str) -> None:
    one = DEVICES[kind]
    for sign in (-1, 1):
        held = one.device.held_w(one.outlook, one.own.state(0), sign, 4)
        start = int(np.argmax(np.abs(held[: one.outlook.isps // 2])))
        plan = answered(one, start, np.full(4, held[start]))
        off = check_course(one, plan, one.own.state(0))
        assert off == pytest.approx((0.0,) * len(off), abs=0.3 if len(off) == 1 else 0.02)


def test_deferred_charging_goes_into_the_cheapest_quarter_hours_left() -> None:
    one = stay(2, 14, 4_000)
    price = np.array([50.0, 50, 20, 50, 50, 50, 20, 50, 50, 10, 50, 50])
    one = replace(one, outlook=replace(one.outlook, price_eur_per_mwh=price))
    plan = answered(one, 0, [-4_000, -4_000])
    assert plan.tolist() == [0, 0, 4_000, 4_000, 0, 0, 4_000, 0, 0, 4_000, 0, 0]


@settings(deadline=None)
@given(st.lists(st.integers(-50, 100), min_size=16, max_size=16), st.integers(1, 4))
def test_what_was_deferred_comes_back_at_least_cost(prices: list[int], isps: int) -> None:
    one = stay(0, 16, 4_000)
    price = np.array(prices, dtype=np.float64)
    dear = replace(one.outlook, price_eur_per_mwh=price)
    moved = answered(replace(one, outlook=dear), 0, [-4_000.0] * isps) - one.own.power_w
    open_w = (CAR_W - one.own.power_w)[isps:]
    cheapest = np.argsort(price[isps:], kind="stable")
    before = np.cumsum(open_w[cheapest]) - open_w[cheapest]
    filled = np.clip(4_000 * isps - before, 0, open_w[cheapest])
    paid = float(price[isps:] @ moved[isps:])
    assert paid == pytest.approx(float(price[isps:][cheapest] @ filled))


def test_a_battery_comes_back_with_a_share_of_its_power_and_never_trades() -> None:
    one = replace(DEVICES["battery"], device=battery(restore_share=0.1))
    steep = replace(one.outlook, feed_in_eur_per_mwh=PRICE - 1.0, price_eur_per_mwh=PRICE)
    plan = answered(replace(one, outlook=steep), 20, [-3_800.0] * 4)
    assert plan[20:24].tolist() == [-3_800] * 4
    assert not plan[:20].any()
    assert plan[24:].min() == 0
    assert plan[24:].max() == 460
    assert plan[24:].sum() / 4 * 0.95 == pytest.approx(4_000, abs=1)


def test_an_owner_may_accept_to_leave_with_less() -> None:
    full = stay(2, 6, 4_000)
    assert isinstance(full.device, ParkedVehicle)
    assert not full.device.held_w(full.outlook, (0.0,), -1, 2).any()
    less = replace(full.device, stay=replace(full.device.stay, needed_wh=3_000))
    assert less.held_w(full.outlook, (0.0,), -1, 2).tolist() == [-2_000] * 3 + [0]
    plan = answered(replace(full, device=less), 0, [-1_500] * 4)
    assert plan.tolist() == [2_500, 2_500, 3_000, 4_000]


def test_a_stay_that_outlasts_the_outlook_needs_only_what_cannot_wait() -> None:
    long = stay(2, 40, 4_000)
    evening = long.outlook.part(0, 6)
    wanted = np.zeros(6)
    plan = long.device.planned(evening, (0.0,), wanted)
    assert not plan.power_w.any()
    soon = stay(2, 9, 4_000)
    plan = soon.device.planned(soon.outlook.part(0, 6), (0.0,), wanted)
    assert plan.power_w.sum() / 4 == 3_000


def test_nobody_heats_more_than_by_habit_where_it_is_warm() -> None:
    warm = replace(DEVICES["heat pump"].outlook, outside_c=np.full(96, 16.0))
    assert not pump().held_w(warm, (0.0, 0.0), 1, 4).any()
    assert pump().held_w(warm, (0.0, 0.0), -1, 1).any()


def test_a_house_that_is_cold_already_holds_less() -> None:
    one = DEVICES["heat pump"]
    rested = pump(0.4).held_w(one.outlook, (0.0, 0.0), -1, 4)
    cold = pump(0.4).held_w(one.outlook, (-0.3, -0.3), -1, 4)
    assert (rested <= cold).all()
    assert rested.sum() < cold.sum()


def test_records_refuse_habits_that_are_none() -> None:
    with pytest.raises(ParameterError, match="restore_share"):
        replace(battery(), habit=False, restore_share=0.5)
    with pytest.raises(ParameterError, match="discharge_w_max"):
        ParkedVehicle(
            Vehicle("car", discharge_w_max=3_000),
            stay(2, 6, 400).device.stay,
            habit=True,  # type: ignore[attr-defined]
        )
    one = stay(2, 14, 4_000)
    back = replace(one.outlook, own_w=np.full(one.outlook.isps, -5.0))
    with pytest.raises(HorizonError, match="own_w of a store, ISP 0"):
        one.device.planned(back, (0.0,), nothing_wanted(back.isps))


@pytest.mark.parametrize("device", [battery(), pump(), roof()], ids=repr)
def test_what_is_asked_makes_sense(device: object) -> None:
    with pytest.raises(ParameterError, match="sign"):
        device.held_w(outlook(), (5_000.0, 0.0), 0, 1)  # type: ignore[attr-defined]
    with pytest.raises(ParameterError, match="isps"):
        device.held_w(outlook(), (5_000.0, 0.0), 1, 0)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("isps", "least"),
    [(1, [3, 1, 4]), (2, [1, 1, 0]), (3, [1, 0, 0]), (4, [0, 0, 0])],
)
def test_least_ahead_knows_nothing_beyond_the_end(isps: int, least: list[int]) -> None:
    assert least_ahead(np.array([3, 1, 4]), isps).tolist() == least


def test_what_was_heated_early_is_given_back_without_anybody_being_colder() -> None:
    one = DEVICES["heat pump"]
    held = one.device.held_w(one.outlook, (0.0, 0.0), 1, 4)
    start = int(np.argmax(held[:40]))
    plan = answered(one, start, np.full(4, held[start]))
    course = one.device.simulated(one.outlook, (0.0, 0.0), plan)
    assert course.states[:, 0].max() > 0.5
    assert course.states[:, 0].min() > -0.02
    saved_wh = (one.own.power_w - plan)[start + 4 :].sum() / 4
    assert saved_wh > 0.5 * held[start]


@pytest.mark.parametrize(
    ("early_share", "energy_min_share", "due"),
    [(1.0, 0.5, None), (0.0, 0.0, None), (0.5, 0.0, None), (1.0, 0.0, 71.0), (1.0, 0.0, 50.0)],
)
def test_what_is_needed_before_the_departure_cannot_wait(
    early_share: float, energy_min_share: float, due: float | None
) -> None:
    usual = stay(60.3, 94.0, 9_000)
    car = replace(usual.device.vehicle, energy_min_share=energy_min_share)
    due_utc_s = None if due is None else at_s(due)
    parked = replace(usual.device, vehicle=car, early_share=early_share, due_utc_s=due_utc_s)
    look, isps = usual.outlook, 4
    held = parked.held_w(look, (0.0,), -1, isps)
    for first in range(look.isps - isps + 1):
        wanted = nothing_wanted(look.isps)
        wanted[first : first + isps] = np.rint(look.own_w)[first : first + isps] + held[first]
        change = parked.planned(look, (0.0,), wanted).power_w - look.own_w
        if held[first]:
            assert change[first : first + isps].max() <= held[first] + 1
