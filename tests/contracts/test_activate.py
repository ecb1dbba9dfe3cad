"""Activations: every limit of an agreement, enforced when the order is recorded."""

import pytest

from settlement.activation import EMPTY_HEAD, Activation, next_head
from settlement.identity import agreement_id
from tests.contracts import actors
from tests.contracts.defaults import (
    FIRST_ISP,
    ISP_S,
    STANDARD,
    START_DAY,
    always,
    terms,
    words,
)
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)
NEXT_DAY_ISP = FIRST_ISP + 96


def test_only_the_aggregator_orders(world: World) -> None:
    world.record()
    assert world.chain.refusal(world.activation(), actors.DSO) == (
        "NotAggregator",
        (actors.DSO.address, actors.AGGREGATOR.address),
    )


def test_an_agreement_that_is_not_recorded_cannot_be_ordered(world: World) -> None:
    assert world.chain.refusal(world.activation(), actors.AGGREGATOR) == (
        "UnknownAgreement",
        (IDENTITY,),
    )


def test_other_terms_are_another_agreement(world: World) -> None:
    world.record()
    more = terms(amount_w=-9000)
    assert world.chain.refusal(world.activation(more), actors.AGGREGATOR) == (
        "UnknownAgreement",
        (agreement_id(more),),
    )


@pytest.mark.parametrize("ordered_w", [0, 1, 3000, -3001, -(2**31)])
def test_the_amount_is_within_what_was_agreed(world: World, ordered_w: int) -> None:
    world.record()
    call = world.activation(ordered_w=ordered_w)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "AmountOutOfRange",
        (IDENTITY, ordered_w, -3000),
    )


@pytest.mark.parametrize("ordered_w", [0, -1, 3001, 2**31 - 1])
def test_an_increase_is_bounded_too(world: World, ordered_w: int) -> None:
    upward = terms(amount_w=3000)
    identity = world.record(upward)
    call = world.activation(upward, ordered_w=ordered_w)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "AmountOutOfRange",
        (identity, ordered_w, 3000),
    )
    world.activate(upward, ordered_w=1)


@pytest.mark.parametrize("isps", [0, 9, 2**16 - 1])
def test_the_runtime_is_bounded(world: World, isps: int) -> None:
    world.record()
    assert world.chain.refusal(world.activation(isps=isps), actors.AGGREGATOR) == (
        "RuntimeOutOfRange",
        (IDENTITY, isps, 8),
    )


def test_the_count_is_bounded(world: World) -> None:
    value = terms(max_activations=2)
    identity = world.record(value)
    world.activate(value)
    world.activate(value, first_isp=NEXT_DAY_ISP)
    call = world.activation(value, first_isp=NEXT_DAY_ISP + 96)
    assert world.chain.refusal(call, actors.AGGREGATOR) == ("ActivationsUsedUp", (identity, 2, 2))


def test_recovery_lies_between_two_activations(world: World) -> None:
    value = always(recovery_isps=16)
    identity = world.record(value)
    world.activate(value, isps=8)
    earliest = FIRST_ISP + 8 + 16
    assert world.chain.refusal(
        world.activation(value, first_isp=earliest - 1), actors.AGGREGATOR
    ) == ("RecoveryNotOver", (identity, earliest - 1, earliest))
    world.activate(value, first_isp=earliest)


def test_without_recovery_one_isp_still_lies_between(world: World) -> None:
    value = always(recovery_isps=0)
    identity = world.record(value)
    world.activate(value, isps=8)
    for first_isp in (FIRST_ISP - 20, FIRST_ISP, FIRST_ISP + 7, FIRST_ISP + 8):
        call = world.activation(value, first_isp=first_isp)
        assert world.chain.refusal(call, actors.AGGREGATOR) == (
            "RecoveryNotOver",
            (identity, first_isp, FIRST_ISP + 9),
        )
    world.activate(value, first_isp=FIRST_ISP + 9)


def test_the_notice_is_kept_to_the_second(world: World) -> None:
    world.record()
    latest = (FIRST_ISP - 4) * ISP_S
    world.chain.at(latest)
    world.chain.read(world.activation(), actors.AGGREGATOR)
    world.chain.at(latest + 1)
    assert world.chain.refusal(world.activation(), actors.AGGREGATOR) == (
        "NoticeTooShort",
        (IDENTITY, latest + 1, latest),
    )


def test_without_notice_the_start_is_the_limit(world: World) -> None:
    value = terms(notice_isps=0)
    world.record(value)
    world.chain.at(FIRST_ISP * ISP_S)
    world.activate(value)


def test_a_notice_longer_than_the_past_is_refused(world: World) -> None:
    value = always(notice_isps=2**16 - 1, isp_minutes=60, start_day=START_DAY)
    identity = world.record(value)
    call = world.activation(value, first_isp=10)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "NoticeTooShort",
        (identity, world.chain.now_s, 0),
    )


def test_an_activation_is_recorded_with_its_log(world: World) -> None:
    world.record()
    assert world.activate() == [("Activated", (IDENTITY, FIRST_ISP, 8, -3000))]
    head = next_head(EMPTY_HEAD, Activation(FIRST_ISP, 8, -3000))
    assert world.head(IDENTITY) == head
    assert world.state(IDENTITY) == {
        "status": 1,
        "activations": 1,
        "lastEndIsp": FIRST_ISP + 8,
        "previousEndIsp": 0,
        "lastDay": 0,
        "lastWasCancelled": False,
    }
    world.activate(first_isp=NEXT_DAY_ISP, isps=4, ordered_w=-1)
    assert world.head(IDENTITY) == next_head(head, Activation(NEXT_DAY_ISP, 4, -1))
    state = world.state(IDENTITY)
    assert (state["activations"], state["lastEndIsp"], state["previousEndIsp"]) == (
        2,
        NEXT_DAY_ISP + 4,
        FIRST_ISP + 8,
    )


def test_a_batch_orders_in_its_sequence(world: World) -> None:
    world.record()
    first, second = ((words(STANDARD), isp, 8, -3000) for isp in (FIRST_ISP, NEXT_DAY_ISP))
    wrong = world.market.functions.activateBatch([second, first])
    assert world.chain.refusal(wrong, actors.AGGREGATOR)[0] == "RecoveryNotOver"
    right = world.market.functions.activateBatch([first, second])
    assert world.chain.emitted(right, actors.AGGREGATOR) == [
        ("Activated", (IDENTITY, FIRST_ISP, 8, -3000)),
        ("Activated", (IDENTITY, NEXT_DAY_ISP, 8, -3000)),
    ]
    assert world.state(IDENTITY)["activations"] == 2


def test_a_batch_with_one_bad_order_orders_nothing(world: World) -> None:
    world.record()
    good, bad = ((words(STANDARD), FIRST_ISP, 8, watts) for watts in (-3000, 3000))
    call = world.market.functions.activateBatch([good, bad])
    assert world.chain.refusal(call, actors.AGGREGATOR)[0] == "AmountOutOfRange"
