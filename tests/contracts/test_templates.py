"""Publishing and withdrawing templates."""

from dataclasses import replace

import pytest

from settlement.identity import template_id
from tests.contracts import actors
from tests.contracts.defaults import START_DAY, TEMPLATE, TEMPLATE_ID, words
from tests.contracts.world import World

NEW = replace(TEMPLATE, amount_w=-5000)
NOBODY = bytes(20)


def published(world: World, identity: bytes) -> bytes:
    found = world.chain.read(world.market.functions.templateAggregator(identity))
    return bytes.fromhex(found[2:])


def test_only_its_aggregator_publishes_a_template(world: World) -> None:
    call = world.market.functions.publishTemplate(words(NEW))
    assert world.chain.refusal(call, actors.STRANGER) == (
        "NotAggregator",
        (actors.STRANGER.address, actors.AGGREGATOR.address),
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"template_id": bytes(31) + b"\1"}, b"templateId"),
        ({"prosumer": actors.PROSUMER.address}, b"prosumer"),
        ({"elements": bytes(31) + b"\1"}, b"elements"),
        ({"start_day": START_DAY, "end_day": START_DAY}, b"startDay"),
        ({"end_day": START_DAY}, b"endDay"),
        ({"salt": bytes(31) + b"\1"}, b"salt"),
        ({"sign_before": 1}, b"signBefore"),
    ],
)
def test_a_template_leaves_what_differs_between_agreements_open(
    world: World, change: dict[str, object], field: bytes
) -> None:
    call = world.market.functions.publishTemplate(words(replace(NEW, **change)))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "InstanceFieldSet",
        (field.ljust(32, b"\0"),),
    )


def test_invalid_terms_are_no_template(world: World) -> None:
    call = world.market.functions.publishTemplate(words(replace(NEW, amount_w=0)))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "InvalidTerms",
        (b"amountW".ljust(32, b"\0"), 0, 1),
    )


def test_a_template_is_published_once(world: World) -> None:
    call = world.market.functions.publishTemplate(words(TEMPLATE))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "TemplateAlreadyPublished",
        (TEMPLATE_ID,),
    )


def test_publishing_names_the_aggregator_and_tells_the_terms(world: World) -> None:
    call = world.market.functions.publishTemplate(words(NEW))
    identity = template_id(NEW)
    assert world.chain.read(call, actors.AGGREGATOR) == identity
    assert world.chain.emitted(call, actors.AGGREGATOR) == [
        ("TemplatePublished", (identity, actors.AGGREGATOR.address, words(NEW)))
    ]
    assert published(world, identity) == actors.AGGREGATOR.address


def test_only_its_publisher_withdraws_a_template(world: World) -> None:
    call = world.market.functions.withdrawTemplate(TEMPLATE_ID)
    assert world.chain.refusal(call, actors.OTHER_AGGREGATOR) == (
        "NotAggregator",
        (actors.OTHER_AGGREGATOR.address, actors.AGGREGATOR.address),
    )


def test_an_unknown_template_cannot_be_withdrawn(world: World) -> None:
    call = world.market.functions.withdrawTemplate(template_id(NEW))
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "NotAggregator",
        (actors.AGGREGATOR.address, NOBODY),
    )


def test_a_withdrawn_template_is_gone_and_may_come_back(world: World) -> None:
    withdrawal = world.market.functions.withdrawTemplate(TEMPLATE_ID)
    assert world.chain.emitted(withdrawal, actors.AGGREGATOR) == [
        ("TemplateWithdrawn", (TEMPLATE_ID, actors.AGGREGATOR.address))
    ]
    assert published(world, TEMPLATE_ID) == NOBODY
    world.chain.send(world.market.functions.publishTemplate(words(TEMPLATE)), actors.AGGREGATOR)
    assert published(world, TEMPLATE_ID) == actors.AGGREGATOR.address
