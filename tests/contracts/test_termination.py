"""Ending an agreement early, by both signatures or by the notice of one party."""

from typing import Any

import pytest

from settlement.identity import agreement_id
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import (
    END_DAY,
    FIRST_ISP,
    NOW_S,
    STANDARD,
    always,
    day,
    isp_utc,
    terms,
    utc_s,
    words,
)
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)
TODAY = day(2040, 3, 1)
LATER_S = NOW_S + 3600
NOBODY = bytes(20)


def by_both(
    world: World,
    last_day: int,
    aggregator: Actor = actors.AGGREGATOR,
    prosumer: Actor = actors.PROSUMER,
    sign_before: int = LATER_S,
) -> Any:
    message = world.messages.termination(IDENTITY, last_day, sign_before)
    return world.market.functions.terminate(
        words(STANDARD),
        last_day,
        sign_before,
        message.signed_by(aggregator),
        message.signed_by(prosumer),
    )


def by_notice(world: World, last_day: int) -> Any:
    return world.market.functions.giveNotice(words(STANDARD), last_day)


def by_signed_notice(world: World, last_day: int, party: Actor, signer: Actor) -> Any:
    message = world.messages.notice(IDENTITY, last_day, LATER_S)
    return world.market.functions.giveNoticeBySignature(
        words(STANDARD), last_day, LATER_S, party.checksum, message.signed_by(signer)
    )


def test_an_unknown_agreement_cannot_end(world: World) -> None:
    for call in (by_both(world, TODAY), by_notice(world, TODAY + 30)):
        assert world.chain.refusal(call, actors.PROSUMER) == ("UnknownAgreement", (IDENTITY,))


def test_a_termination_needs_both_signatures(world: World) -> None:
    world.record()
    for call, missing in (
        (by_both(world, TODAY, aggregator=actors.PROSUMER), actors.AGGREGATOR),
        (by_both(world, TODAY, prosumer=actors.AGGREGATOR), actors.PROSUMER),
    ):
        name, (signer, _) = world.chain.refusal(call, actors.RELAYER)
        assert (name, signer) == ("InvalidSignature", missing.address)


def test_signatures_of_a_notice_do_not_end_at_once(world: World) -> None:
    world.record()
    message = world.messages.notice(IDENTITY, TODAY, LATER_S)
    call = world.market.functions.terminate(
        words(STANDARD),
        TODAY,
        LATER_S,
        message.signed_by(actors.AGGREGATOR),
        message.signed_by(actors.PROSUMER),
    )
    assert world.chain.refusal(call, actors.RELAYER)[0] == "InvalidSignature"


def test_a_signed_termination_expires(world: World) -> None:
    world.record()
    world.chain.at(LATER_S + 1)
    for call in (
        by_both(world, TODAY),
        by_signed_notice(world, TODAY + 30, actors.PROSUMER, actors.PROSUMER),
    ):
        assert world.chain.refusal(call, actors.RELAYER) == (
            "SignatureExpired",
            (LATER_S, LATER_S + 1),
        )


def test_both_end_it_today_at_the_earliest(world: World) -> None:
    world.record()
    assert world.chain.refusal(by_both(world, TODAY - 1), actors.RELAYER) == (
        "TerminationTooEarly",
        (IDENTITY, TODAY - 1, TODAY),
    )
    assert world.chain.emitted(by_both(world, TODAY), actors.RELAYER) == [
        ("AgreementTerminated", (IDENTITY, NOBODY, TODAY))
    ]
    state = world.state(IDENTITY)
    assert (state["status"], state["lastDay"]) == (2, TODAY)


def test_today_is_a_local_day(world: World) -> None:
    world.record()
    world.chain.at(utc_s(2040, 3, 1, 23))
    expires = utc_s(2040, 3, 2)
    assert world.chain.refusal(by_both(world, TODAY, sign_before=expires), actors.RELAYER) == (
        "TerminationTooEarly",
        (IDENTITY, TODAY, TODAY + 1),
    )


@pytest.mark.parametrize("party", [actors.AGGREGATOR, actors.PROSUMER], ids=lambda one: one.name)
def test_one_party_gives_thirty_days_notice(world: World, party: Actor) -> None:
    world.record()
    assert world.chain.refusal(by_notice(world, TODAY + 29), party) == (
        "TerminationTooEarly",
        (IDENTITY, TODAY + 29, TODAY + 30),
    )
    assert world.chain.emitted(by_notice(world, TODAY + 30), party) == [
        ("AgreementTerminated", (IDENTITY, party.address, TODAY + 30))
    ]
    state = world.state(IDENTITY)
    assert (state["status"], state["lastDay"]) == (2, TODAY + 30)


def test_nobody_else_gives_notice(world: World) -> None:
    world.record()
    parties = (actors.AGGREGATOR.address, actors.PROSUMER.address)
    refused = ("NotParty", (actors.DSO.address, *parties))
    assert world.chain.refusal(by_notice(world, TODAY + 30), actors.DSO) == refused
    call = by_signed_notice(world, TODAY + 30, actors.DSO, actors.DSO)
    assert world.chain.refusal(call, actors.RELAYER) == refused


def test_a_signed_notice_is_relayed(world: World) -> None:
    world.record()
    forged = by_signed_notice(world, TODAY + 30, actors.PROSUMER, actors.STRANGER)
    assert world.chain.refusal(forged, actors.RELAYER)[0] == "InvalidSignature"
    call = by_signed_notice(world, TODAY + 30, actors.PROSUMER, actors.PROSUMER)
    assert world.chain.emitted(call, actors.RELAYER) == [
        ("AgreementTerminated", (IDENTITY, actors.PROSUMER.address, TODAY + 30))
    ]


def test_an_end_only_ever_comes_nearer(world: World) -> None:
    world.record()
    refused = ("TerminationNotEarlier", (IDENTITY, END_DAY, END_DAY))
    assert world.chain.refusal(by_both(world, END_DAY), actors.RELAYER) == refused
    world.chain.send(by_both(world, TODAY + 50), actors.RELAYER)
    for call in (by_both(world, TODAY + 50), by_both(world, TODAY + 60)):
        name, (_, asked, end_day) = world.chain.refusal(call, actors.RELAYER)
        assert (name, end_day) == ("TerminationNotEarlier", TODAY + 50)
        assert asked >= end_day
    world.chain.send(by_notice(world, TODAY + 40), actors.PROSUMER)
    assert world.state(IDENTITY)["lastDay"] == TODAY + 40


def test_the_end_is_not_before_what_is_ordered(world: World) -> None:
    world.record()
    world.activate()
    ordered_day = day(2040, 3, 5)
    assert world.chain.refusal(by_both(world, ordered_day - 1), actors.RELAYER) == (
        "TerminationTooEarly",
        (IDENTITY, ordered_day - 1, ordered_day),
    )
    world.chain.send(by_both(world, ordered_day), actors.RELAYER)


def test_an_order_up_to_midnight_belongs_to_the_day_before(world: World) -> None:
    value = always(max_runtime_isps=8)
    world.record(value)
    world.activate(value, first_isp=isp_utc(2040, 3, 9, 21), isps=8)
    identity = agreement_id(value)
    message = world.messages.termination(identity, day(2040, 3, 9), LATER_S)
    call = world.market.functions.terminate(
        words(value),
        day(2040, 3, 9),
        LATER_S,
        message.signed_by(actors.AGGREGATOR),
        message.signed_by(actors.PROSUMER),
    )
    world.chain.send(call, actors.RELAYER)
    assert world.state(identity)["lastDay"] == day(2040, 3, 9)


def test_nothing_is_ordered_after_the_end(world: World) -> None:
    world.record()
    world.chain.send(by_both(world, day(2040, 3, 5)), actors.RELAYER)
    tuesday = world.activation(first_isp=FIRST_ISP + 96)
    assert world.chain.refusal(tuesday, actors.AGGREGATOR) == (
        "OutsideDates",
        (
            IDENTITY,
            FIRST_ISP + 96,
            day(2040, 3, 6),
            STANDARD.start_day,
            day(2040, 3, 5),
        ),
    )
    world.activate()


def test_an_ended_agreement_is_not_recorded_again(world: World) -> None:
    world.record()
    world.chain.send(by_both(world, TODAY), actors.RELAYER)
    call = world.market.functions.recordAgreement(world.signed(terms()))
    assert world.chain.refusal(call, actors.RELAYER)[0] == "AgreementAlreadyRecorded"
