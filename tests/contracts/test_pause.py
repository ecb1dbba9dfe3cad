"""The emergency stop: what it stops, what it leaves open, and who may use it."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, DAY_S
from tests.contracts.disputing import arithmetic, case, evidence_of, stand
from tests.contracts.settling import FIRST_DAY, ONE, PAIR, claim, fund
from tests.contracts.world import World

DSO, AGGREGATOR = actors.DSO.checksum, actors.AGGREGATOR.checksum


def pause(world: World) -> None:
    world.chain.send(world.ledger.functions.pause(), actors.GUARDIAN)


def test_only_a_guardian_stops(world: World) -> None:
    role = world.chain.read(world.ledger.functions.GUARDIAN_ROLE())
    for sender in (actors.ADMIN, actors.DSO, actors.STRANGER):
        assert world.chain.refusal(world.ledger.functions.pause(), sender) == (
            "AccessControlUnauthorizedAccount",
            (sender.address, role),
        )


def test_only_the_admin_lets_go_on(world: World) -> None:
    pause(world)
    call = world.ledger.functions.unpause()
    assert world.chain.refusal(call, actors.GUARDIAN) == (
        "AccessControlUnauthorizedAccount",
        (actors.GUARDIAN.address, bytes(32)),
    )


def stopped(world: World) -> dict[str, tuple[Any, actors.Actor]]:
    """Everything that waits for the end of the pause."""
    ledger = world.ledger.functions
    return {
        "claim": (ledger.claim(PAIR.claim_of(ONE)), actors.STRANGER),
        "claimBatch": (ledger.claimBatch([PAIR.claim_of(ONE)]), actors.STRANGER),
        "publishRun": (ledger.publishRun(PAIR.run_input()), actors.DSO),
        "publishCorrection": (ledger.publishCorrection(PAIR.run_input()), actors.DSO),
        "releaseUnclaimed": (ledger.releaseUnclaimed(DSO, AGGREGATOR, FIRST_DAY), actors.STRANGER),
    }


@pytest.mark.parametrize(
    "name", ["claim", "claimBatch", "publishRun", "publishCorrection", "releaseUnclaimed"]
)
def test_claims_and_runs_stop(pair: World, name: str) -> None:
    pair.chain.at(pair.chain.now_s + 200 * DAY_S)
    pause(pair)
    call, sender = stopped(pair)[name]
    assert pair.chain.refusal(call, sender) == ("EnforcedPause", ())


def test_what_is_free_comes_back_all_the_same(pair: World) -> None:
    pause(pair)
    fund(pair, 1)
    ledger = pair.ledger.functions
    pair.chain.send(ledger.withdraw(DSO, 100), actors.AGGREGATOR)
    pair.chain.send(ledger.freeBond(DSO, AGGREGATOR, FIRST_DAY), actors.STRANGER)
    pair.chain.send(ledger.depositBond(1), actors.DSO)
    pair.chain.send(ledger.withdrawBond(BOND_UNITS), actors.DSO)


def test_challenges_and_commitments_do_not_wait(world: World) -> None:
    """Else the windows of the runs would pass unused."""
    about = case(0)
    run = stand(world, [(about, about.stating(amount=0))], spare=about.statement.amount)
    pause(world)
    world.chain.send(arithmetic(world, evidence_of(run, about)), actors.CHALLENGER)
    for name, sender in (("commitMeterData", actors.MDC), ("commitNominations", actors.AGGREGATOR)):
        world.chain.send(world.ledger.functions[name](1, [bytes(32)]), sender)


def test_afterwards_everything_goes_on(pair: World) -> None:
    pause(pair)
    pair.chain.send(pair.ledger.functions.unpause(), actors.ADMIN)
    assert claim(pair, PAIR, ONE) == 1000
