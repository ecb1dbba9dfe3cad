"""Recording agreements that both parties have signed."""

from dataclasses import replace

import pytest

from settlement.clock import Clock, ClockRule
from settlement.identity import Domain, agreement_id, signing_digest, template_id, template_of
from settlement.terms import Terms
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import (
    DAY_S,
    STANDARD,
    START_DAY,
    TEMPLATE,
    TEMPLATE_ID,
    terms,
    words,
)
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)


def digest(world: World, value: Terms = STANDARD) -> bytes:
    market = bytes.fromhex(world.market.address[2:])
    return signing_digest(agreement_id(value), Domain(world.messages.chain_id, market))


def first_second(value: Terms) -> int:
    """UTC second at which the start day begins."""
    return value.clock.start_s(value.clock.day_isps(value.start_day)[0])


def test_an_agreement_is_recorded_once(world: World) -> None:
    world.record()
    call = world.market.functions.recordAgreement(world.signed(STANDARD))
    assert world.chain.refusal(call, actors.RELAYER) == ("AgreementAlreadyRecorded", (IDENTITY,))


def test_invalid_terms_are_refused(world: World) -> None:
    call = world.market.functions.recordAgreement(world.signed(terms(max_activations=0)))
    assert world.chain.refusal(call, actors.RELAYER) == (
        "InvalidTerms",
        (b"maxActivations".ljust(32, b"\0"), 0, 1),
    )


def test_after_the_deadline_signatures_are_worth_nothing(world: World) -> None:
    deadline = STANDARD.sign_before
    call = world.market.functions.recordAgreement(world.signed(STANDARD))
    world.chain.at(deadline)
    world.chain.read(call)
    world.chain.at(deadline + 1)
    assert world.chain.refusal(call, actors.RELAYER) == (
        "SignatureExpired",
        (deadline, deadline + 1),
    )


@pytest.mark.parametrize(
    ("rule", "offset"),
    [(ClockRule.EU, 60), (ClockRule.NONE, 0), (ClockRule.US, -480), (ClockRule.NONE, 345)],
)
def test_an_agreement_that_has_begun_is_refused(world: World, rule: ClockRule, offset: int) -> None:
    value = terms(clock_rule=rule, utc_offset_minutes=offset, sign_before=2**63)
    assert value.clock == Clock(15, offset, rule)
    call = world.market.functions.recordAgreement(world.signed(value))
    begins = first_second(value)
    world.chain.at(begins - 1)
    world.chain.read(call)
    world.chain.at(begins)
    assert world.chain.refusal(call, actors.RELAYER) == (
        "AgreementAlreadyStarted",
        (agreement_id(value), START_DAY, START_DAY),
    )


def test_a_start_day_long_past_is_refused(world: World) -> None:
    value = terms(start_day=0, end_day=0)
    call = world.market.functions.recordAgreement(world.signed(value))
    today = world.chain.now_s // DAY_S
    assert world.chain.refusal(call, actors.RELAYER) == (
        "AgreementAlreadyStarted",
        (agreement_id(value), 0, today),
    )


@pytest.mark.parametrize(
    ("template", "publisher"),
    [(bytes(32), bytes(20)), (bytes([7]) * 32, bytes(20))],
    ids=["none", "unknown"],
)
def test_an_agreement_needs_a_template(world: World, template: bytes, publisher: bytes) -> None:
    call = world.market.functions.recordAgreement(world.signed(terms(template_id=template)))
    assert world.chain.refusal(call, actors.RELAYER) == (
        "UnknownTemplate",
        (template, actors.AGGREGATOR.address, publisher),
    )


def test_a_withdrawn_template_takes_no_more_agreements(world: World) -> None:
    withdrawal = world.market.functions.withdrawTemplate(TEMPLATE_ID)
    world.chain.send(withdrawal, actors.AGGREGATOR)
    call = world.market.functions.recordAgreement(world.signed(STANDARD))
    assert world.chain.refusal(call, actors.RELAYER) == (
        "UnknownTemplate",
        (TEMPLATE_ID, actors.AGGREGATOR.address, bytes(20)),
    )


def test_the_template_of_another_aggregator_does_not_count(world: World) -> None:
    other = replace(TEMPLATE, aggregator=actors.OTHER_AGGREGATOR.address)
    world.chain.send(world.market.functions.publishTemplate(words(other)), actors.OTHER_AGGREGATOR)
    value = terms(template_id=template_id(other))
    call = world.market.functions.recordAgreement(world.signed(value))
    assert world.chain.refusal(call, actors.RELAYER) == (
        "UnknownTemplate",
        (template_id(other), actors.AGGREGATOR.address, actors.OTHER_AGGREGATOR.address),
    )


@pytest.mark.parametrize(
    ("aggregator", "prosumer", "missing"),
    [
        (actors.STRANGER, actors.PROSUMER, actors.AGGREGATOR),
        (actors.AGGREGATOR, actors.STRANGER, actors.PROSUMER),
        (actors.PROSUMER, actors.AGGREGATOR, actors.AGGREGATOR),
    ],
    ids=["aggregator", "prosumer", "swapped"],
)
def test_both_parties_sign(
    world: World, aggregator: Actor, prosumer: Actor, missing: Actor
) -> None:
    call = world.market.functions.recordAgreement(world.signed(STANDARD, aggregator, prosumer))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "InvalidSignature",
        (missing.address, digest(world)),
    )


def test_signatures_cover_every_term(world: World) -> None:
    _, by_aggregator, by_prosumer = world.signed(STANDARD)
    changed = terms(volume_rate=STANDARD.volume_rate - 1)
    call = world.market.functions.recordAgreement((words(changed), by_aggregator, by_prosumer))
    assert world.chain.refusal(call, actors.RELAYER) == (
        "InvalidSignature",
        (actors.AGGREGATOR.address, digest(world, changed)),
    )


def test_signatures_are_of_one_market(world: World) -> None:
    other = world.chain.deploy("FlexMarket")
    world.chain.send(other.functions.publishTemplate(words(TEMPLATE)), actors.AGGREGATOR)
    call = other.functions.recordAgreement(world.signed(STANDARD))
    name, (signer, signed) = world.chain.refusal(call, actors.RELAYER)
    assert (name, signer) == ("InvalidSignature", actors.AGGREGATOR.address)
    assert signed != digest(world)


def test_a_signature_in_the_upper_half_of_the_curve_is_refused(world: World) -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    value, by_aggregator, by_prosumer = world.signed(STANDARD)
    s = order - int.from_bytes(by_prosumer[32:64], "big")
    twin = by_prosumer[:32] + s.to_bytes(32, "big") + bytes([55 - by_prosumer[64]])
    call = world.market.functions.recordAgreement((value, by_aggregator, twin))
    assert world.chain.refusal(call, actors.RELAYER)[0] == "InvalidSignature"


@pytest.mark.parametrize("position", [9, 23, 27, 30], ids=["clock", "delivery", "method", "adjust"])
def test_a_choice_that_does_not_exist_is_refused(world: World, position: int) -> None:
    value, by_aggregator, by_prosumer = world.signed(STANDARD)
    odd = (*value[:position], 200, *value[position + 1 :])
    call = world.market.functions.recordAgreement((odd, by_aggregator, by_prosumer))
    assert world.chain.refusal(call, actors.RELAYER) == ("", ())


def test_anyone_records_what_both_parties_signed(world: World) -> None:
    call = world.market.functions.recordAgreement(world.signed(STANDARD))
    assert world.chain.read(call) == IDENTITY
    assert world.chain.emitted(call, actors.RELAYER) == [
        (
            "AgreementRecorded",
            (IDENTITY, actors.AGGREGATOR.address, actors.PROSUMER.address, words(STANDARD)),
        )
    ]
    assert world.state(IDENTITY) == {
        "status": 1,
        "activations": 0,
        "lastEndIsp": 0,
        "previousEndIsp": 0,
        "lastDay": 0,
        "lastWasCancelled": False,
    }
    assert world.head(IDENTITY) == bytes(32)


def test_what_is_signed_is_what_wallets_sign(world: World) -> None:
    assert world.messages.agreement(STANDARD).digest() == digest(world)


def test_terms_may_differ_from_the_template(world: World) -> None:
    value = terms(amount_w=2500, volume_rate=9_999, isp_minutes=60)
    assert template_id(value) != TEMPLATE_ID
    assert template_of(value).aggregator == TEMPLATE.aggregator
    identity = world.record(value)
    assert world.state(identity)["status"] == 1


def test_a_smart_account_signs_by_its_code(world: World) -> None:
    account = world.chain.deploy("TestAccount", actors.OTHER_PROSUMER.checksum)
    value = terms(prosumer=bytes.fromhex(account.address[2:]))
    forged = world.market.functions.recordAgreement(world.signed(value, prosumer=actors.STRANGER))
    assert world.chain.refusal(forged, actors.RELAYER)[0] == "InvalidSignature"
    signed = world.signed(value, prosumer=actors.OTHER_PROSUMER)
    world.chain.send(world.market.functions.recordAgreement(signed), actors.RELAYER)
    assert world.state(agreement_id(value))["status"] == 1


def test_a_batch_records_all(world: World) -> None:
    values = [terms(salt=bytes([number]) * 32) for number in range(3)]
    call = world.market.functions.recordAgreements([world.signed(one) for one in values])
    assert [name for name, _ in world.chain.emitted(call, actors.RELAYER)] == [
        "AgreementRecorded"
    ] * 3
    assert [world.state(agreement_id(one))["status"] for one in values] == [1, 1, 1]


def test_a_batch_with_one_bad_agreement_records_none(world: World) -> None:
    bad = world.signed(terms(salt=bytes(32)), prosumer=actors.STRANGER)
    call = world.market.functions.recordAgreements([world.signed(STANDARD), bad])
    assert world.chain.refusal(call, actors.RELAYER)[0] == "InvalidSignature"
    assert world.state(IDENTITY)["status"] == 0
