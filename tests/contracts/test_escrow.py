"""Paying in and taking back."""

import pytest

from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.world import PURSE, World

UNITS = 5_000_000


def escrow(
    world: World, aggregator: Actor = actors.AGGREGATOR, dso: Actor = actors.DSO
) -> tuple[int, int]:
    return tuple(
        world.chain.read(world.ledger.functions.escrowOf(aggregator.checksum, dso.checksum))
    )


@pytest.mark.parametrize("name", ["deposit", "withdraw"])
def test_nothing_is_not_moved(world: World, name: str) -> None:
    call = world.ledger.functions[name](actors.DSO.checksum, 0)
    assert world.chain.refusal(call, actors.AGGREGATOR) == ("NothingToMove", ())


def test_a_deposit_needs_tokens(world: World) -> None:
    ledger = bytes.fromhex(world.ledger.address[2:])
    call = world.ledger.functions.deposit(actors.DSO.checksum, UNITS)
    assert world.chain.refusal(call, actors.STRANGER) == (
        "ERC20InsufficientAllowance",
        (ledger, 0, UNITS),
    )


def test_a_deposit_beyond_what_a_word_holds_is_refused(world: World) -> None:
    call = world.ledger.functions.deposit(actors.DSO.checksum, 2**128)
    assert world.chain.refusal(call, actors.AGGREGATOR) == (
        "SafeCastOverflowedUintDowncast",
        (128, 2**128),
    )


def test_a_deposit_is_for_one_dso(world: World) -> None:
    call = world.ledger.functions.deposit(actors.DSO.checksum, UNITS)
    aggregator, dso = actors.AGGREGATOR.address, actors.DSO.address
    events = world.chain.emitted(call, actors.AGGREGATOR)
    ledger = bytes.fromhex(world.ledger.address[2:])
    assert events == [
        ("Deposited", (aggregator, dso, UNITS)),
        ("Transfer", (aggregator, ledger, UNITS)),
    ]
    assert escrow(world) == (UNITS, 0)
    assert escrow(world, dso=actors.OTHER_DSO) == (0, 0)
    assert escrow(world, aggregator=actors.OTHER_AGGREGATOR) == (0, 0)
    assert world.held == UNITS


def test_no_more_than_the_free_escrow_is_taken_back(world: World) -> None:
    world.chain.send(world.ledger.functions.deposit(actors.DSO.checksum, UNITS), actors.AGGREGATOR)
    for sender, dso, free in (
        (actors.AGGREGATOR, actors.DSO, UNITS),
        (actors.AGGREGATOR, actors.OTHER_DSO, 0),
        (actors.OTHER_AGGREGATOR, actors.DSO, 0),
    ):
        call = world.ledger.functions.withdraw(dso.checksum, UNITS + 1)
        assert world.chain.refusal(call, sender) == (
            "EscrowShort",
            (sender.address, dso.address, free, UNITS + 1),
        )


def test_free_escrow_comes_back(world: World) -> None:
    world.chain.send(world.ledger.functions.deposit(actors.DSO.checksum, UNITS), actors.AGGREGATOR)
    call = world.ledger.functions.withdraw(actors.DSO.checksum, UNITS - 1)
    assert world.chain.emitted(call, actors.AGGREGATOR)[0] == (
        "Withdrawn",
        (actors.AGGREGATOR.address, actors.DSO.address, UNITS - 1),
    )
    assert escrow(world) == (1, 0)
    assert world.balance(actors.AGGREGATOR.checksum) == PURSE - 1
