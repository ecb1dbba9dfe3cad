"""Cancelling the last activation before it begins."""

from typing import Any

from settlement.activation import EMPTY_HEAD, Activation, log_head
from settlement.identity import agreement_id
from tests.contracts import actors
from tests.contracts.defaults import FIRST_ISP, ISP_S, STANDARD, day, words
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)
FIRST = Activation(FIRST_ISP, 8, -3000)
SECOND = Activation(FIRST_ISP + 96, 4, -2000)
THIRD = Activation(FIRST_ISP + 2 * 96, 2, -1000)


def gone(one: Activation) -> Activation:
    """The log entry that cancels an activation."""
    return Activation(one.first_isp, one.isps, 0)


def order(world: World, *activations: Activation) -> None:
    for one in activations:
        world.activate(first_isp=one.first_isp, isps=one.isps, ordered_w=one.ordered_w)


def cancellation(world: World, one: Activation, *before: Activation) -> Any:
    return world.market.functions.cancelActivation(
        words(STANDARD), log_head(before), one.first_isp, one.isps, one.ordered_w
    )


def test_only_the_aggregator_cancels(world: World) -> None:
    world.record()
    order(world, FIRST)
    assert world.chain.refusal(cancellation(world, FIRST), actors.PROSUMER) == (
        "NotAggregator",
        (actors.PROSUMER.address, actors.AGGREGATOR.address),
    )


def test_an_unknown_agreement_has_nothing_to_cancel(world: World) -> None:
    assert world.chain.refusal(cancellation(world, FIRST), actors.AGGREGATOR) == (
        "UnknownAgreement",
        (IDENTITY,),
    )


def test_without_an_activation_there_is_nothing_to_cancel(world: World) -> None:
    world.record()
    assert world.chain.refusal(cancellation(world, FIRST), actors.AGGREGATOR) == (
        "NothingToCancel",
        (IDENTITY,),
    )


def test_only_the_last_activation_is_cancelled(world: World) -> None:
    world.record()
    order(world, FIRST, SECOND)
    call = cancellation(world, FIRST)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "ActivationHeadMismatch",
        (IDENTITY, log_head([FIRST]), log_head([FIRST, SECOND])),
    )


def test_what_is_cancelled_has_to_be_told_exactly(world: World) -> None:
    world.record()
    order(world, FIRST)
    for wrong in (
        cancellation(world, Activation(FIRST_ISP, 8, -2999)),
        cancellation(world, Activation(FIRST_ISP, 7, -3000)),
        cancellation(world, Activation(FIRST_ISP + 1, 8, -3000)),
        cancellation(world, FIRST, SECOND),
    ):
        assert world.chain.refusal(wrong, actors.AGGREGATOR)[0] == "ActivationHeadMismatch"


def test_not_twice_in_a_row(world: World) -> None:
    world.record()
    order(world, FIRST, SECOND)
    world.chain.send(cancellation(world, SECOND, FIRST), actors.AGGREGATOR)
    log = [FIRST, SECOND, gone(SECOND)]
    for call in (
        cancellation(world, FIRST),
        cancellation(world, SECOND, FIRST),
        cancellation(world, gone(SECOND), FIRST, SECOND),
    ):
        assert world.chain.refusal(call, actors.AGGREGATOR) == ("NothingToCancel", (IDENTITY,))
    assert world.head(IDENTITY) == log_head(log)


def test_an_activation_that_has_begun_stands(world: World) -> None:
    world.record()
    order(world, FIRST)
    begins = FIRST_ISP * ISP_S
    call = cancellation(world, FIRST)
    world.chain.at(begins - 1)
    world.chain.read(call, actors.AGGREGATOR)
    world.chain.at(begins)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "ActivationStarted",
        (IDENTITY, begins, begins),
    )


def test_cancelling_gives_back_count_and_recovery(world: World) -> None:
    world.record()
    order(world, FIRST, SECOND)
    assert world.chain.emitted(cancellation(world, SECOND, FIRST), actors.AGGREGATOR) == [
        ("ActivationCancelled", (IDENTITY, SECOND.first_isp, SECOND.isps, SECOND.ordered_w))
    ]
    assert world.head(IDENTITY) == log_head([FIRST, SECOND, gone(SECOND)])
    assert world.state(IDENTITY) == {
        "status": 1,
        "activations": 1,
        "lastEndIsp": FIRST.end_isp,
        "previousEndIsp": 0,
        "lastDay": 0,
        "lastWasCancelled": True,
    }
    order(world, SECOND)
    assert world.state(IDENTITY)["previousEndIsp"] == FIRST.end_isp


def test_after_a_new_order_one_may_cancel_again(world: World) -> None:
    world.record()
    order(world, FIRST, SECOND)
    world.chain.send(cancellation(world, SECOND, FIRST), actors.AGGREGATOR)
    order(world, THIRD)
    log = [FIRST, SECOND, gone(SECOND)]
    world.chain.send(cancellation(world, THIRD, *log), actors.AGGREGATOR)
    assert world.state(IDENTITY)["lastEndIsp"] == FIRST.end_isp
    assert world.head(IDENTITY) == log_head([*log, THIRD, gone(THIRD)])


def test_the_only_activation_can_be_cancelled(world: World) -> None:
    world.record()
    order(world, FIRST)
    world.chain.send(cancellation(world, FIRST), actors.AGGREGATOR)
    state = world.state(IDENTITY)
    assert (state["activations"], state["lastEndIsp"]) == (0, 0)
    assert world.head(IDENTITY) != EMPTY_HEAD
    order(world, FIRST)


def test_an_ended_agreement_still_cancels(world: World) -> None:
    world.record()
    order(world, FIRST)
    last_day = day(2040, 4, 10)
    notice = world.market.functions.giveNotice(words(STANDARD), last_day)
    world.chain.send(notice, actors.PROSUMER)
    world.chain.send(cancellation(world, FIRST), actors.AGGREGATOR)
    state = world.state(IDENTITY)
    assert (state["status"], state["lastDay"], state["activations"]) == (2, last_day, 0)
