"""What a DSO asks for: limits in both directions, margins, room that is left, feeders below."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.vpp.book import Book
from flexmanager.vpp.congestion import (
    GridPoint,
    Limits,
    Outlook,
    PointKind,
    bottom_up,
    chain,
    needed_w,
    remaining,
    request_for,
    requested_change_w,
    room_w,
)
from flexmanager.vpp.judge import rejections
from settlement.orders.capacity import RequestedIsp
from tests.flexmanager.vpp.trading import DSO, EXPIRES_S, FIVE_PM, NOON_S, SCOPE, TRADE, header
from tests.settlement.defaults import VIENNA

LIMITS = Limits(import_w=10_000, export_w=8_000)
ISPS = VIENNA.day_isps(SCOPE.day)
powers = st.integers(-50_000, 50_000)


def outlook(low_w: list[int], high_w: list[int] | None = None) -> Outlook:
    return Outlook(np.array(low_w), np.array(low_w if high_w is None else high_w))


def asked(
    found: Outlook,
    sign: int,
    open_from_isp: int = FIVE_PM - 8,
    limits: Limits = LIMITS,
    asked_isps: range | None = None,
):
    isps = np.array(ISPS)
    return request_for(
        header(1, DSO),
        SCOPE,
        1,
        EXPIRES_S,
        found,
        limits,
        sign,
        isps >= open_from_isp,
        "C1",
        asked_isps=None if asked_isps is None else np.isin(isps, asked_isps),
    )


def evening(high_w: int, elsewhere_w: int = 4_000) -> Outlook:
    """A day of one load, and another one from 17:00 to 18:00."""
    found = [high_w if FIVE_PM <= isp < FIVE_PM + 4 else elsewhere_w for isp in ISPS]
    return outlook(found)


@pytest.mark.parametrize(
    ("low_w", "high_w", "change_w"),
    [
        (9_000, 10_000, 0),
        (9_000, 10_001, -1),
        (-8_000, 0, 0),
        (-8_001, 0, 1),
        (-9_000, 12_000, -2_000),
        (-12_000, 11_000, 4_000),
        (-9_000, 11_000, -1_000),
    ],
)
def test_the_change_that_is_needed(low_w, high_w, change_w):
    assert needed_w(outlook([low_w], [high_w]), LIMITS).tolist() == [change_w]


def test_a_margin_is_kept_free_of_each_limit():
    assert LIMITS.less(500) == Limits(9_500, 7_600)
    assert LIMITS.less(0) == LIMITS
    assert LIMITS.less(10_000) == Limits(0, 0)
    assert Limits(3, 3).less(1) == Limits(2, 2), "rounded to the safe side"
    for wrong in (-1, 10_001):
        with pytest.raises(ParameterError, match="margin_bp"):
            LIMITS.less(wrong)
    with pytest.raises(ParameterError, match="export_w"):
        Limits(1, -1)


@given(st.lists(st.tuples(powers, st.integers(0, 9_000)), min_size=1, max_size=20))
def test_the_change_brings_the_load_within_its_limits_where_any_does(loads):
    found = outlook([low for low, _ in loads], [low + spread for low, spread in loads])
    after = found.after(needed_w(found, LIMITS))
    assert (after.high_w <= LIMITS.import_w).all(), "the spread is less than between the limits"
    assert (after.low_w >= -LIMITS.export_w).all()
    assert not needed_w(after, LIMITS).any()


@given(st.lists(st.tuples(powers, st.integers(0, 9_000)), min_size=1, max_size=20))
def test_the_room_ends_at_the_limits(loads):
    found = outlook([low for low, _ in loads], [low + spread for low, spread in loads])
    calm = needed_w(found, LIMITS) == 0
    down_w, up_w = room_w(found, LIMITS)
    assert (down_w <= 0).all()
    assert (up_w >= 0).all()
    assert (found.low_w + down_w)[calm].tolist() == [-LIMITS.export_w] * int(calm.sum())
    assert (found.high_w + up_w)[calm].tolist() == [LIMITS.import_w] * int(calm.sum())


def test_a_request_names_what_is_needed_and_the_room_beside_it():
    found = asked(evening(13_000), -1)
    bands = dict(found.isps)
    assert bands[FIVE_PM] == RequestedIsp(True, -3_000, 0)
    assert bands[FIVE_PM - 1] == RequestedIsp(False, -12_000, 6_000)
    assert found.requested_isps == tuple(range(FIVE_PM, FIVE_PM + 4))
    assert min(bands) == FIVE_PM - 8, "ISPs that cannot be ordered any more are not named"
    assert requested_change_w(found) == dict.fromkeys(range(FIVE_PM, FIVE_PM + 4), -3_000)
    assert rejections(Book(TRADE), found, NOON_S) == ()


def test_a_request_for_exports_goes_the_other_way():
    found = asked(evening(-9_500), 1)
    assert dict(found.isps)[FIVE_PM] == RequestedIsp(True, 0, 1_500)
    assert asked(evening(-9_500), -1) is None
    assert rejections(Book(TRADE), found, NOON_S) == ()


def test_isps_congested_the_other_way_have_no_room():
    both = [13_000 if isp == FIVE_PM else -9_000 if isp == FIVE_PM + 1 else 0 for isp in ISPS]
    assert FIVE_PM + 1 not in dict(asked(outlook(both), -1).isps)
    assert FIVE_PM not in dict(asked(outlook(both), 1).isps)


def test_a_load_at_both_limits_leaves_no_room():
    full = [13_000 if isp == FIVE_PM else 10_000 for isp in ISPS]
    found = asked(outlook(full), -1, limits=Limits(10_000, 0))
    assert dict(found.isps)[FIVE_PM + 1] == RequestedIsp(False, -10_000, 0)
    tight = outlook([0 if isp != FIVE_PM else 13_000 for isp in ISPS])
    assert [isp for isp, _ in asked(tight, -1, limits=Limits(0, 0)).isps] == [FIVE_PM]


def test_nothing_is_asked_for_what_is_over_or_not_congested():
    assert asked(evening(10_000), -1) is None
    assert asked(evening(13_000), -1, open_from_isp=FIVE_PM + 4) is None


def test_what_is_not_asked_for_yet_is_named_with_its_room():
    """Congested from 17:00 to 18:00; relief is asked for in the first half of it."""
    whole = asked(evening(13_000), -1)
    found = asked(evening(13_000), -1, asked_isps=range(FIVE_PM - 2, FIVE_PM + 2))
    assert found.requested_isps == (FIVE_PM, FIVE_PM + 1)
    later = dict(found.isps)[FIVE_PM + 2]
    assert (later.requested, later.min_w, later.max_w) == (False, -8_000 - 13_000, 0)
    assert [isp for isp, _ in found.isps] == [isp for isp, _ in whole.isps]
    assert asked(evening(13_000), -1, asked_isps=range(FIVE_PM - 2, FIVE_PM)) is None


def test_an_outlook_covers_the_day_and_does_not_cross():
    with pytest.raises(HorizonError, match=r"outlook: found shape \(2,\); expected shape \(96,\)"):
        asked(outlook([1, 2]), -1)
    with pytest.raises(HorizonError, match="high_w, ISP 1: found 1; expected at least low_w, 2"):
        outlook([1, 2], [1, 1])
    with pytest.raises(HorizonError, match="high_w"):
        outlook([1, 2], [1])


# Transformer and feeders

TRANSFORMER = GridPoint("T", PointKind.TRANSFORMER, LIMITS)
FEEDERS = tuple(GridPoint(name, PointKind.FEEDER, LIMITS, "T") for name in ("F1", "F2"))
END = GridPoint("F1a", PointKind.FEEDER, LIMITS, "F1")


def test_feeders_come_before_what_feeds_them():
    names = [one.name for one in bottom_up([TRANSFORMER, *FEEDERS, END])]
    assert names == ["F1a", "F1", "F2", "T"]
    assert chain({one.name: one for one in [TRANSFORMER, *FEEDERS, END]}, "F1a") == (
        "F1a",
        "F1",
        "T",
    )


@pytest.mark.parametrize(
    "points",
    [
        [TRANSFORMER, TRANSFORMER],
        [END],
        [
            GridPoint("A", PointKind.FEEDER, LIMITS, "B"),
            GridPoint("B", PointKind.FEEDER, LIMITS, "A"),
        ],
    ],
)
def test_a_grid_is_a_forest(points):
    with pytest.raises(ParameterError):
        bottom_up(points)


def test_what_relieves_a_feeder_relieves_its_transformer():
    at_feeder = requested_change_w(asked(evening(12_000), -1))
    relief_w = np.array([at_feeder.get(isp, 0) for isp in ISPS])
    assert asked(evening(12_500).after(relief_w), -1) is not None
    assert asked(evening(12_000).after(relief_w), -1) is None


# What is left of a request


def test_what_is_ordered_is_no_longer_asked_for():
    whole = asked(evening(13_000), -1)
    ordered = {FIVE_PM: -1_000, FIVE_PM + 1: -3_000, FIVE_PM + 2: -4_000, FIVE_PM + 6: 2_000}
    left = dict(remaining(whole, ordered).isps)
    assert left[FIVE_PM] == RequestedIsp(True, -2_000, 0)
    assert FIVE_PM + 1 not in left
    assert FIVE_PM + 2 not in left
    assert left[FIVE_PM + 3] == RequestedIsp(True, -3_000, 0)
    assert left[FIVE_PM + 6] == RequestedIsp(False, -14_000, 4_000)
    assert remaining(whole, {}) == whole
    assert remaining(whole, dict.fromkeys(range(FIVE_PM, FIVE_PM + 4), -3_000)) is None
