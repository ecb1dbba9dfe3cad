"""Roots of meter data and nominations: append-only, one or more versions per UTC day."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import day
from tests.contracts.world import World

METER, NOMINATION = 0, 1
DAY = day(2040, 2, 28)
ROOTS = [bytes([number]) * 32 for number in (1, 2, 3)]


def committed(world: World, kind: int, committer: Actor, utc_day: int, index: int) -> Any:
    return world.ledger.functions.commitmentAt(kind, committer.checksum, utc_day, index)


def count(world: World, kind: int, committer: Actor, utc_day: int) -> int:
    function = world.ledger.functions.commitmentCount(kind, committer.checksum, utc_day)
    return world.chain.read(function)


@pytest.mark.parametrize("sender", [actors.DSO, actors.AGGREGATOR], ids=lambda one: one.name)
def test_meter_data_comes_from_a_meter_data_company(world: World, sender: Actor) -> None:
    role = world.chain.read(world.ledger.functions.MDC_ROLE())
    call = world.ledger.functions.commitMeterData(DAY, ROOTS)
    assert world.chain.refusal(call, sender) == (
        "AccessControlUnauthorizedAccount",
        (sender.address, role),
    )


@pytest.mark.parametrize("name", ["commitMeterData", "commitNominations"])
def test_a_commitment_has_roots(world: World, name: str) -> None:
    call = world.ledger.functions[name](DAY, [])
    assert world.chain.refusal(call, actors.MDC) == ("NoRoots", ())


def test_a_day_beyond_the_calendar_is_refused(world: World) -> None:
    call = world.ledger.functions.commitMeterData(2**32 - 1, ROOTS)
    assert world.chain.refusal(call, actors.MDC) == (
        "SafeCastOverflowedUintDowncast",
        (32, 2**32),
    )


@pytest.mark.parametrize("asked", ["commitmentAt", "committedAt"])
def test_a_commitment_that_does_not_exist_is_not_zero(world: World, asked: str) -> None:
    call = world.ledger.functions[asked](METER, actors.MDC.checksum, DAY, 0)
    assert world.chain.refusal(call, actors.STRANGER) == ("UnknownCommitment", (0, 0))


@pytest.mark.parametrize(
    ("name", "kind", "sender"),
    [
        ("commitMeterData", METER, actors.MDC),
        ("commitNominations", NOMINATION, actors.AGGREGATOR),
    ],
)
def test_each_day_gets_its_root(world: World, name: str, kind: int, sender: Actor) -> None:
    function = world.ledger.functions[name](DAY, ROOTS)
    receipt = world.chain.send(function, sender)
    assert [world.chain.decoder.event(log) for log in receipt["logs"]] == [
        ("Committed", (kind, sender.address, DAY + position, 1, root))
        for position, root in enumerate(ROOTS)
    ]
    for position, root in enumerate(ROOTS):
        found = world.chain.read(committed(world, kind, sender, DAY + position, 0))
        assert tuple(found) == (root, receipt["blockNumber"])
        assert count(world, kind, sender, DAY + position) == 1
    assert count(world, kind, sender, DAY - 1) == 0


def test_a_later_root_is_a_new_version(world: World) -> None:
    blocks = [
        world.chain.send(world.ledger.functions.commitMeterData(DAY, [root]), actors.MDC)[
            "blockNumber"
        ]
        for root in ROOTS
    ]
    assert count(world, METER, actors.MDC, DAY) == len(ROOTS)
    for index, (root, block) in enumerate(zip(ROOTS, blocks, strict=True)):
        found = world.chain.read(committed(world, METER, actors.MDC, DAY, index))
        assert tuple(found) == (root, block)
    beyond = committed(world, METER, actors.MDC, DAY, len(ROOTS))
    assert world.chain.refusal(beyond, actors.STRANGER) == (
        "UnknownCommitment",
        (len(ROOTS), len(ROOTS)),
    )


def test_kinds_and_committers_do_not_mix(world: World) -> None:
    world.chain.send(world.ledger.functions.commitNominations(DAY, ROOTS), actors.AGGREGATOR)
    assert count(world, METER, actors.AGGREGATOR, DAY) == 0
    assert count(world, NOMINATION, actors.OTHER_AGGREGATOR, DAY) == 0
    assert count(world, NOMINATION, actors.AGGREGATOR, DAY) == 1


def test_a_day_without_data_may_be_committed(world: World) -> None:
    world.chain.send(world.ledger.functions.commitMeterData(DAY, [bytes(32)]), actors.MDC)
    assert count(world, METER, actors.MDC, DAY) == 1


def roots_before(
    world: World, block: int, first_day: int = DAY, days: int = 1, kind: int = METER
) -> list[bytes]:
    function = world.ledger.functions.rootsBefore(kind, actors.MDC.checksum, first_day, days, block)
    found: list[bytes] = world.chain.read(function)
    return found


def test_the_last_root_before_a_block_counts(world: World) -> None:
    blocks = [
        world.chain.send(world.ledger.functions.commitMeterData(DAY, [root]), actors.MDC)[
            "blockNumber"
        ]
        for root in ROOTS
    ]
    for before, root in zip(blocks, [bytes(32), *ROOTS], strict=False):
        assert roots_before(world, before) == [root]
    assert roots_before(world, blocks[-1] + 1) == [ROOTS[-1]]
    assert roots_before(world, 2**64 - 1) == [ROOTS[-1]]
    assert roots_before(world, 0) == [bytes(32)]


def test_days_without_a_root_are_zero(world: World) -> None:
    world.chain.send(world.ledger.functions.commitMeterData(DAY, ROOTS), actors.MDC)
    nothing = bytes(32)
    assert roots_before(world, 2**63, DAY - 1, 5) == [nothing, *ROOTS, nothing]
    assert roots_before(world, 2**63, DAY - 1, 0) == []
    assert roots_before(world, 2**63, DAY, 1, NOMINATION) == [nothing]


def test_no_day_lies_beyond_the_calendar(world: World) -> None:
    function = world.ledger.functions.rootsBefore(METER, actors.MDC.checksum, 2**32 - 1, 2, 1)
    assert world.chain.refusal(function, actors.STRANGER) == (
        "SafeCastOverflowedUintDowncast",
        (32, 2**32),
    )
