"""Releasing what nobody claimed, and claims after that."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.settling import (
    BONDED,
    FIRST_DAY,
    ONE,
    PAIR,
    RELEASED,
    TWO,
    Settlement,
    claim,
    escrow_of,
    run_of,
)
from tests.contracts.world import World

RELEASE_S = CHALLENGE_WINDOW_S + 180 * DAY_S


def correction(world: World, run: Settlement, **changes: object) -> Any:
    return world.ledger.functions.publishCorrection(run.run_input(**changes))


def test_the_rest_is_released_after_180_days(pair: World) -> None:
    claim(pair, PAIR, ONE)
    function = pair.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    opens = run_of(pair)["published_at"] + RELEASE_S
    pair.chain.at(opens - 1)
    assert pair.chain.refusal(function, actors.STRANGER) == (
        "ReleaseTooEarly",
        (opens - 1, opens),
    )
    pair.chain.at(opens)
    assert pair.chain.emitted(function, actors.STRANGER) == [
        ("BondFreed", (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1)),
        ("RunReleased", (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1, 500)),
    ]
    assert escrow_of(pair) == (9000, 0)
    assert run_of(pair)["status"] == RELEASED
    assert pair.chain.refusal(function, actors.STRANGER) == (
        "AlreadyReleased",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )


def test_an_unknown_run_is_not_released(pair: World) -> None:
    function = pair.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY + 1
    )
    assert pair.chain.refusal(function, actors.STRANGER)[0] == "UnknownRun"


@pytest.fixture
def released(pair: World) -> World:
    """The unpaid rest of the run went back."""
    pair.chain.at(run_of(pair)["published_at"] + RELEASE_S)
    function = pair.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    pair.chain.send(function, actors.STRANGER)
    return pair


def test_a_late_claim_draws_on_free_escrow(released: World) -> None:
    assert claim(released, PAIR, TWO) == 500
    assert escrow_of(released) == (9500, 0)
    assert run_of(released)["claimed"] == 500


def test_a_late_claim_without_escrow_is_refused(released: World) -> None:
    rest = released.ledger.functions.withdraw(actors.DSO.checksum, 9_501 * 100)
    released.chain.send(rest, actors.AGGREGATOR)
    call = released.ledger.functions.claim(PAIR.claim_of(TWO))
    assert released.chain.refusal(call, actors.STRANGER) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 49_900, 50_000),
    )


def test_a_correction_after_the_release_locks_again(released: World) -> None:
    events = released.chain.emitted(correction(released, PAIR), actors.DSO)
    assert [name for name, _ in events] == ["RunPublished"]
    assert escrow_of(released) == (8500, 1500)
    assert run_of(released)["status"] == BONDED
