"""A site shares one series of wanted changes among its devices and goes on from where it was."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.site import RecordedDevice, Site, held_w, recorded_device
from flexmanager.local.site_life import lived
from flexmanager.local.site_order import order_at
from flexmanager.local.wishes import Wishes
from flexmanager.rounding import IntArray
from tests.flexmanager.local.devices import DAY_ISPS, FIRST_ISP, outlook
from tests.flexmanager.local.habits import (
    battery,
    check_course,
    pump,
    recorded_devices,
    roof,
    stay,
)

END_ISP = FIRST_ISP + DAY_ISPS
BY_NINE = 9 * 60 + 15
ALL = recorded_devices()
NOBODY: frozenset[int] = frozenset()


def site(*kinds: str, of: Mapping[str, RecordedDevice] = ALL) -> Site:
    chosen = {name: one for name, one in of.items() if not kinds or name in kinds}
    return Site("site", chosen)


def orders(*parts: tuple[int, int, int]) -> dict[int, int]:
    """Return constant orders: (start, stop, W), offsets, stop excluded."""
    return {FIRST_ISP + t: power for start, stop, power in parts for t in range(start, stop)}


def live(
    one: Site, start: int, stop: int, wanted: Mapping[int, int], overridden: frozenset[int] = NOBODY
) -> tuple[Site, IntArray]:
    """Return the site after a stretch between two offsets, and the change of all its devices."""
    taken_back = {FIRST_ISP + t for t in overridden}
    after, changes = lived(one, FIRST_ISP + start, FIRST_ISP + stop, wanted, taken_back)
    nothing = np.zeros(stop - start, dtype=np.int64)
    return after, sum(changes.values(), nothing)


def day(one: Site, wanted: Mapping[int, int], overridden: frozenset[int] = NOBODY) -> IntArray:
    """Return the change of a site over the whole day."""
    return live(one, 0, DAY_ISPS, wanted, overridden)[1]


def test_without_an_order_nothing_moves_and_nobody_is_awake() -> None:
    after, change = live(site(), 0, DAY_ISPS, {})
    assert not change.any()
    assert not after.managers
    assert not after.off_now()


def test_nothing_moves_before_an_order_begins() -> None:
    change = day(site(), orders((60, 68, -5_000)))
    assert not change[:60].any()
    assert change[60:68].tolist() == [-5_000] * 8
    assert change[68:].max() > 0


def test_the_device_that_asks_least_comes_first() -> None:
    wanted = orders((40, 44, 3_000))
    low = outlook(-np.floor(7_300.0 * np.ones(DAY_ISPS)), feed_in=20.0)
    cheap = {**ALL, "photovoltaic": recorded_device(roof(), low, ())}
    change = day(site("battery", "photovoltaic", of=cheap), wanted)
    assert change.tolist() == [0] * 40 + [3_000] * 4 + [0] * 52, "curtailed: nothing comes back"
    dear = {
        **ALL,
        "photovoltaic": recorded_device(
            roof(), replace(low, feed_in_eur_per_mwh=low.feed_in_eur_per_mwh + 600.0), ()
        ),
    }
    change = day(site("battery", "photovoltaic", of=dear), wanted)
    assert change[44:].min() < 0, "stored: it comes back"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, DAY_ISPS - 12), st.integers(1, 12), st.sampled_from([-1, 1]))
def test_a_site_keeps_every_promise(start: int, isps: int, sign: int) -> None:
    held = held_w(site(), FIRST_ISP, END_ISP, sign, isps)
    promised = int(held[start])
    change = day(site(), orders((start, start + isps, promised)))
    assert change[start : start + isps].tolist() == [promised] * isps


def test_what_is_held_is_the_sum_over_the_devices_as_they_are_now() -> None:
    one = site("battery", "heat pump")
    parts = [held_w(site(name), FIRST_ISP, END_ISP, -1, 4) for name in one.devices]
    assert held_w(one, FIRST_ISP, END_ISP, -1, 4).tolist() == np.sum(parts, axis=0).tolist()
    drained, _ = live(one, 0, 8, orders((0, 8, -1_900)))
    rested = held_w(site("heat pump"), FIRST_ISP, END_ISP, -1, 4)
    assert held_w(drained, FIRST_ISP, END_ISP, -1, 4).tolist() == rested.tolist()
    assert held_w(drained, FIRST_ISP, END_ISP, 1, 8)[0] > held_w(one, FIRST_ISP, END_ISP, 1, 8)[0]


def test_what_is_promised_already_is_not_held_twice() -> None:
    one, order = site("battery"), orders((0, 8, -1_900))
    running, _ = live(one, 0, 4, order)
    done, _ = live(one, 0, 8, order)
    assert held_w(running, FIRST_ISP, END_ISP, -1, 4)[20] == 0
    for sign in (-1, 1):
        left = held_w(running, FIRST_ISP, END_ISP, sign, 4)
        assert left.tolist() == held_w(done, FIRST_ISP, END_ISP, sign, 4).tolist()


def test_what_one_cannot_hold_throughout_still_fills_what_is_open() -> None:
    small = {**ALL, "battery": recorded_device(battery(4_000), outlook(), (2_000.0,))}
    one = site("battery", "heat pump", of=small)
    held = -held_w(one, FIRST_ISP, END_ISP, -1, 8)[8]
    assert 700 < held < 1_000
    change = day(one, orders((8, 16, -1_500)))
    assert change[8:11].tolist() == [-1_500] * 3, "the pump takes what the battery leaves open"
    assert change[11:16] == pytest.approx([-held - 740] + [-held] * 4, abs=1)


def test_nobody_gives_back_where_the_site_is_under_an_order() -> None:
    change = day(site("battery", "heat pump"), orders((7, 9, -1_500), (9, 17, -300)))
    assert change[7:17].tolist() == [-1_500] * 2 + [-300] * 8


def test_an_override_ends_that_order_only_and_what_follows_is_physical() -> None:
    wanted = orders((8, 16, -1_000), (40, 44, -1_000))
    change = day(site("battery", "heat pump"), wanted, frozenset((11, 12, 13)))
    assert change[8:11].tolist() == [-1_000] * 3
    assert (change[11:16] >= 0).all()
    assert change[40:44].tolist() == [-1_000] * 4


def test_an_override_needs_the_owners_right() -> None:
    bound = replace(site("battery"), overrides_allowed=False)
    with pytest.raises(ParameterError, match="overrides_allowed"):
        day(bound, orders((8, 16, -1_000)), frozenset((9,)))
    assert day(bound, orders((8, 16, -500)))[8] == -500


def test_a_vehicle_that_comes_during_an_order_may_take_part() -> None:
    late = {"car": stay(10, 60, 8_000)}
    change = day(site(of=late), orders((8, 16, -4_000)))
    assert change[8:16].tolist() == [0, 0] + [-4_000] * 6
    assert change.sum() == 0


def test_all_is_given_back_by_the_hour_that_was_said() -> None:
    one = replace(site("battery"), restored_by_minute=BY_NINE)
    after, change = live(one, 0, DAY_ISPS, orders((8, 12, -2_000)))
    assert change[12:37].sum() > 8_000
    assert not change[37:].any()
    assert not after.managers
    assert abs(after.off_now().get("battery", (0.0,))[0]) < 1


CUTS = st.sets(st.integers(1, DAY_ISPS - 1), max_size=12)
ORDERS = st.lists(st.integers(-6_000, 6_000) | st.just(0), min_size=12, max_size=12)


@settings(max_examples=30, deadline=None)
@given(CUTS, ORDERS)
def test_short_stretches_of_life_are_the_same_as_a_long_one(
    cuts: set[int], blocks: list[int]
) -> None:
    wanted = {FIRST_ISP + t: int(w) for t, w in enumerate(np.repeat(blocks, 8))}
    one = replace(site(), restored_by_minute=BY_NINE)
    whole = day(one, wanted)
    parts, edges = [], [0, *sorted(cuts), DAY_ISPS]
    for start, stop in pairwise(edges):
        one, change = live(one, start, stop, wanted)
        parts.append(change)
    assert np.concatenate(parts).tolist() == whole.tolist()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(ALL)), ORDERS, st.sets(st.integers(0, DAY_ISPS - 1), max_size=6))
def test_whatever_is_ordered_no_limit_is_broken_and_no_car_leaves_short(
    kind: str, blocks: list[int], overridden: set[int]
) -> None:
    wanted = {FIRST_ISP + t: int(w) for t, w in enumerate(np.repeat(blocks, 8))}
    one = ALL[kind]
    change = day(site(kind), wanted, frozenset(overridden))
    start = one.first_isp - FIRST_ISP
    own = np.zeros(DAY_ISPS, dtype=np.int64)
    own[start : start + one.outlook.isps] = one.own.power_w
    inside = np.zeros(DAY_ISPS, dtype=np.bool_)
    inside[start : start + one.outlook.isps] = True
    assert not change[~inside].any()
    check_course(one, (own + change)[inside], one.own.state(0))


def test_a_course_that_a_device_cannot_take_is_no_habit() -> None:
    beyond = np.where(np.arange(DAY_ISPS) == 3, 2_300.0, 0.0)
    with pytest.raises(HorizonError, match="own_w of pump, ISP 3: found 2300"):
        recorded_device(pump(), outlook(beyond), (0.0, 0.0))
    with pytest.raises(HorizonError, match="own_w of roof, ISP 3"):
        recorded_device(roof(), outlook(beyond), ())


def test_an_order_ends_where_its_direction_does() -> None:
    wanted = {7: 0, 8: -5, 9: -1, 10: 3, 11: 0, 12: 4}
    assert order_at(7, wanted) is None
    order = order_at(8, wanted)
    assert order is not None
    assert (order.first_isp, order.end_isp, order.sign) == (8, 10, -1)
    assert order.change_w.tolist() == [-5, -1]
    assert order_at(13, wanted) is None


def test_what_a_site_holds_leaves_room_for_what_its_owner_wishes() -> None:
    full_by = Wishes(full_by_minute=17 * 60 + 45)
    one = replace(site("car in the evening"), wishes=full_by)
    held = held_w(one, FIRST_ISP, END_ISP, -1, 4)
    assert held.any()
    assert (held > held_w(site(*one.devices), FIRST_ISP, END_ISP, -1, 4)).any()
    for start in np.flatnonzero(held).tolist():
        change = day(one, orders((start, start + 4, int(held[start]))))
        assert change[start : start + 4].tolist() == [int(held[start])] * 4


@pytest.mark.parametrize("minute", [-15, 550, 24 * 60])
def test_giving_back_ends_where_an_isp_begins(minute: int) -> None:
    with pytest.raises(ParameterError, match="restored_by_minute"):
        replace(site("battery"), restored_by_minute=minute)


def test_an_order_that_is_running_stays_as_it_began() -> None:
    order, raised = orders((40, 48, -600)), orders((40, 44, -600), (44, 48, -1_200))
    running, _ = live(site("battery"), 40, 44, order)
    assert live(running, 44, 48, raised)[1].tolist() == [-600] * 4
    assert live(running, 44, 48, {})[1].tolist() == [-600] * 4
    longer, change = live(running, 44, 52, orders((40, 52, -600)))
    assert change.tolist() == [-600] * 8
    assert longer.shared_to == FIRST_ISP + 52
