"""Bonds: paid in beforehand, tied by a run, free when its challenge window has closed."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    BONDED,
    FIRST_DAY,
    FIVE,
    RELEASED,
    UNBONDED,
    correct,
    fund,
    publish,
    run_of,
)
from tests.contracts.world import BONDS, PURSE, World

KEY = (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY)


def free(world: World, dso: actors.Actor = actors.DSO) -> int:
    """Bond money that is tied to no run, in token units."""
    return world.chain.read(world.ledger.functions.bondOf(dso.checksum))


def freeing(world: World, first_day: int = FIRST_DAY) -> Any:
    return world.ledger.functions.freeBond(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, first_day
    )


def test_the_bond_is_set_at_construction(world: World) -> None:
    assert world.chain.read(world.ledger.functions.bondUnits()) == BOND_UNITS


@pytest.mark.parametrize("name", ["depositBond", "withdrawBond"])
def test_nothing_is_not_moved(world: World, name: str) -> None:
    call = world.ledger.functions[name](0)
    assert world.chain.refusal(call, actors.DSO) == ("NothingToMove", ())


def test_no_more_than_the_free_bonds_is_taken_back(published: World) -> None:
    rest = (BONDS - 1) * BOND_UNITS
    call = published.ledger.functions.withdrawBond(rest + 1)
    assert published.chain.refusal(call, actors.DSO) == (
        "BondShort",
        (actors.DSO.address, rest, rest + 1),
    )


def test_the_bond_of_another_is_not_taken_back(world: World) -> None:
    call = world.ledger.functions.withdrawBond(1)
    assert world.chain.refusal(call, actors.STRANGER) == (
        "BondShort",
        (actors.STRANGER.address, 0, 1),
    )


def test_a_run_needs_a_bond(world: World) -> None:
    call = world.ledger.functions.withdrawBond((BONDS - 1) * BOND_UNITS + 1)
    world.chain.send(call, actors.DSO)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, FIVE.sum)
    publication = world.ledger.functions.publishRun(FIVE.run_input())
    assert world.chain.refusal(publication, actors.DSO) == (
        "BondShort",
        (actors.DSO.address, BOND_UNITS - 1, BOND_UNITS),
    )
    world.chain.send(world.ledger.functions.depositBond(1), actors.DSO)
    publish(world, FIVE)
    assert free(world) == 0


def test_bonds_come_and_go(world: World) -> None:
    ledger = bytes.fromhex(world.ledger.address[2:])
    paying = world.ledger.functions.depositBond(5)
    assert world.chain.emitted(paying, actors.DSO) == [
        ("BondDeposited", (actors.DSO.address, 5)),
        ("Transfer", (actors.DSO.address, ledger, 5)),
    ]
    taking = world.ledger.functions.withdrawBond(BONDS * BOND_UNITS + 5)
    assert world.chain.emitted(taking, actors.DSO)[0] == (
        "BondWithdrawn",
        (actors.DSO.address, BONDS * BOND_UNITS + 5),
    )
    assert world.balance(actors.DSO.checksum) == PURSE


def test_a_run_ties_one_bond(published: World) -> None:
    assert run_of(published)["status"] == BONDED
    assert free(published) == (BONDS - 1) * BOND_UNITS
    assert free(published, actors.OTHER_DSO) == BONDS * BOND_UNITS


def test_a_bond_is_tied_until_the_window_has_closed(published: World) -> None:
    closes = run_of(published)["published_at"] + CHALLENGE_WINDOW_S
    published.chain.at(closes - 1)
    call = freeing(published)
    assert published.chain.refusal(call, actors.STRANGER) == ("BondStillTied", (closes - 1, closes))
    published.chain.at(closes)
    assert published.chain.emitted(call, actors.STRANGER) == [("BondFreed", (*KEY, 1))]
    assert free(published) == BONDS * BOND_UNITS
    assert run_of(published)["status"] == UNBONDED
    assert published.chain.refusal(call, actors.STRANGER) == ("BondNotTied", KEY)


def test_a_run_that_does_not_exist_has_no_bond(published: World) -> None:
    call = freeing(published, FIRST_DAY + 1)
    assert published.chain.refusal(call, actors.STRANGER)[0] == "UnknownRun"


def test_a_correction_has_a_bond_of_its_own(claimable: World) -> None:
    claimable.chain.send(freeing(claimable), actors.STRANGER)
    correct(claimable, FIVE)
    assert free(claimable) == (BONDS - 1) * BOND_UNITS
    correct(claimable, FIVE)
    assert free(claimable) == (BONDS - 1) * BOND_UNITS, "the superseded version gave its bond back"


def test_the_release_of_a_run_frees_its_bond(claimable: World) -> None:
    claimable.chain.at(claimable.chain.now_s + 180 * DAY_S)
    call = claimable.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    names = [name for name, _ in claimable.chain.emitted(call, actors.STRANGER)]
    assert names == ["BondFreed", "RunReleased"]
    assert free(claimable) == BONDS * BOND_UNITS
    assert run_of(claimable)["status"] == RELEASED
    assert claimable.chain.refusal(freeing(claimable), actors.STRANGER)[0] == "BondNotTied"
