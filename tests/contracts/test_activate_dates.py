"""Dates and weekly window of an activation, tested on the local start of each ISP."""

import pytest

from settlement.clock import ClockRule
from settlement.identity import agreement_id
from settlement.window import window_bit
from tests.contracts import actors
from tests.contracts.defaults import (
    END_DAY,
    FIRST_ISP,
    STANDARD,
    START_DAY,
    always,
    day,
    isp_utc,
    terms,
)
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)
NEXT_DAY_ISP = FIRST_ISP + 96


def test_dates_are_those_of_the_local_start(world: World) -> None:
    value = always(end_day=START_DAY, max_runtime_isps=96, notice_isps=0)
    identity = world.record(value)
    begin = isp_utc(2040, 3, 4, 23)
    dates = (START_DAY, START_DAY)
    early = world.activation(value, first_isp=begin - 1, isps=2)
    assert world.chain.refusal(early, actors.AGGREGATOR) == (
        "OutsideDates",
        (identity, begin - 1, START_DAY - 1, *dates),
    )
    late = world.activation(value, first_isp=begin + 1, isps=96)
    assert world.chain.refusal(late, actors.AGGREGATOR) == (
        "OutsideDates",
        (identity, begin + 96, START_DAY + 1, *dates),
    )
    world.activate(value, first_isp=begin, isps=96)


@pytest.mark.parametrize(
    ("first_isp", "isps", "outside"),
    [
        (FIRST_ISP - 1, 8, FIRST_ISP - 1),
        (FIRST_ISP + 8, 5, FIRST_ISP + 12),
        (FIRST_ISP + 5 * 96, 8, FIRST_ISP + 5 * 96),
    ],
    ids=["before", "after", "saturday"],
)
def test_the_window_holds_for_every_isp(
    world: World, first_isp: int, isps: int, outside: int
) -> None:
    world.record()
    call = world.activation(first_isp=first_isp, isps=isps)
    bit = window_bit(STANDARD.clock.local_minutes(outside))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "OutsideWindow",
        (IDENTITY, outside, bit),
    )


def test_the_window_moves_with_the_clock(world: World) -> None:
    world.record()
    winter, summer = isp_utc(2040, 3, 23, 16), isp_utc(2040, 3, 26, 15)
    assert world.chain.refusal(world.activation(first_isp=winter - 1), actors.AGGREGATOR)
    world.activate(first_isp=winter)
    assert world.chain.refusal(world.activation(first_isp=summer - 1), actors.AGGREGATOR) == (
        "OutsideWindow",
        (IDENTITY, summer - 1, 67),
    )
    world.activate(first_isp=summer)


@pytest.mark.parametrize(
    ("rule", "offset", "first_isp", "isps"),
    [
        (ClockRule.EU, 60, isp_utc(2040, 3, 25, 0), 12),
        (ClockRule.EU, 60, isp_utc(2040, 10, 28, 0), 12),
        (ClockRule.US, -300, isp_utc(2040, 3, 11, 6), 12),
        (ClockRule.US, -300, isp_utc(2040, 11, 4, 5), 12),
        (ClockRule.EU, 60, isp_utc(2040, 12, 31, 20), 40),
    ],
    ids=["EU spring", "EU autumn", "US spring", "US autumn", "new year"],
)
def test_one_activation_crosses_a_clock_change(
    world: World, rule: ClockRule, offset: int, first_isp: int, isps: int
) -> None:
    """The window is set to exactly the local starts that the Python clock names."""
    value = terms(
        clock_rule=rule, utc_offset_minutes=offset, max_runtime_isps=96, end_day=END_DAY + 1
    )
    local = [value.clock.local_minutes(isp) for isp in range(first_isp, first_isp + isps)]
    bits = sum(1 << bit for bit in {window_bit(one) for one in local})
    mask = 2**256 - 1
    value = terms(
        clock_rule=rule,
        utc_offset_minutes=offset,
        max_runtime_isps=96,
        end_day=END_DAY + 1,
        window0=bits & mask,
        window1=bits >> 256 & mask,
        window2=bits >> 512,
    )
    world.record(value)
    order = {"first_isp": first_isp, "isps": isps}
    longer = world.activation(value, first_isp=first_isp, isps=isps + 1)
    assert world.chain.refusal(longer, actors.AGGREGATOR)[0] in {"OutsideWindow", "OutsideDates"}
    world.activate(value, **order)


def test_the_last_day_of_the_agreement_counts(world: World) -> None:
    value = terms(end_day=day(2040, 3, 6))
    identity = world.record(value)
    call = world.activation(value, first_isp=FIRST_ISP + 2 * 96)
    assert world.chain.refusal(call, actors.AGGREGATOR)[0] == "OutsideDates"
    world.activate(value, first_isp=NEXT_DAY_ISP)
    assert world.state(identity)["activations"] == 1


def test_nothing_is_ordered_before_the_first_day(world: World) -> None:
    value = always(start_day=START_DAY + 1)
    identity = world.record(value)
    call = world.activation(value, first_isp=FIRST_ISP)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "OutsideDates",
        (identity, FIRST_ISP, START_DAY, START_DAY + 1, END_DAY),
    )
