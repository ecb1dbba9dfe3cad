"""Publishing runs: who, for which period, over what."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import DAY_S, day, utc_s
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    BONDED,
    FIRST_DAY,
    LAST_DAY,
    RULE_SET,
    Settlement,
    agreement,
    escrow_of,
    fund,
    publish,
    run_of,
)
from tests.contracts.world import World

THREE = Settlement.of([(agreement(1), 100), (agreement(2), 0), (agreement(3), 250_000)])
NONE = Settlement.of([])


@pytest.fixture
def ready(world: World) -> World:
    """The period is over and the escrow is filled."""
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 1_000_000)
    return world


def publication(world: World, settlement: Settlement = THREE, **changes: object) -> Any:
    return world.ledger.functions.publishRun(settlement.run_input(**changes))


def test_only_a_dso_publishes(ready: World) -> None:
    role = ready.chain.read(ready.ledger.functions.DSO_ROLE())
    for sender in (actors.AGGREGATOR, actors.ADMIN):
        assert ready.chain.refusal(publication(ready), sender) == (
            "AccessControlUnauthorizedAccount",
            (sender.address, role),
        )


def test_a_role_that_was_taken_back_counts_no_more(ready: World) -> None:
    role = ready.chain.read(ready.ledger.functions.DSO_ROLE())
    ready.chain.send(ready.ledger.functions.revokeRole(role, actors.DSO.checksum), actors.ADMIN)
    assert ready.chain.refusal(publication(ready), actors.DSO)[0] == (
        "AccessControlUnauthorizedAccount"
    )


def test_a_period_does_not_end_before_it_begins(ready: World) -> None:
    call = publication(ready, period_last_day=FIRST_DAY - 1)
    assert ready.chain.refusal(call, actors.DSO) == (
        "PeriodReversed",
        (FIRST_DAY, FIRST_DAY - 1),
    )


def test_a_period_has_to_be_over(world: World) -> None:
    fund(world, 1_000_000)
    world.chain.at((LAST_DAY + 1) * DAY_S - 1)
    assert world.chain.refusal(publication(world), actors.DSO) == (
        "PeriodNotOver",
        (LAST_DAY, LAST_DAY),
    )
    world.chain.at((LAST_DAY + 1) * DAY_S)
    publish(world, THREE)


def test_the_sum_has_to_be_in_escrow(ready: World) -> None:
    short = Settlement.of([(agreement(1), 1_000_001)])
    assert ready.chain.refusal(publication(ready, short), actors.DSO) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 100_000_000, 100_000_100),
    )


def test_escrow_for_another_dso_does_not_count(ready: World) -> None:
    assert ready.chain.refusal(publication(ready), actors.OTHER_DSO) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.OTHER_DSO.address, 0, THREE.sum * 100),
    )


@pytest.mark.parametrize(
    ("depth", "statements"),
    [(1, 3), (3, 3), (1, 0), (1, 1), (0, 2), (33, 2**32 - 1), (255, 3), (31, 2**32 - 1)],
)
def test_the_depth_belongs_to_the_number_of_statements(
    ready: World, depth: int, statements: int
) -> None:
    call = publication(ready, depth=depth, statements=statements)
    assert ready.chain.refusal(call, actors.DSO) == ("DepthMismatch", (depth, statements))


@pytest.mark.parametrize(
    ("depth", "statements"), [(0, 1), (1, 2), (2, 3), (2, 4), (3, 5), (20, 2**20), (32, 2**32 - 1)]
)
def test_the_smallest_tree_that_holds_the_statements(
    ready: World, depth: int, statements: int
) -> None:
    ready.chain.read(publication(ready, depth=depth, statements=statements), actors.DSO)


@pytest.mark.parametrize("change", [{"root": bytes([1]) * 32}, {"sum": 5}])
def test_a_run_without_statements_is_empty(ready: World, change: dict[str, object]) -> None:
    call = publication(ready, NONE, **change)
    told = (change.get("root", bytes(32)), change.get("sum", 0))
    assert ready.chain.refusal(call, actors.DSO) == ("EmptyRun", told)


@pytest.mark.parametrize("first_day", [FIRST_DAY, LAST_DAY, FIRST_DAY - 1, FIRST_DAY + 5])
def test_periods_do_not_overlap(ready: World, first_day: int) -> None:
    publish(ready, THREE)
    call = publication(ready, NONE, period_first_day=first_day, period_last_day=LAST_DAY)
    assert ready.chain.refusal(call, actors.DSO) == (
        "PeriodOverlap",
        (first_day, LAST_DAY + 1),
    )


def test_the_next_period_may_leave_a_gap(ready: World) -> None:
    publish(ready, THREE)
    ready.chain.at(utc_s(2040, 5, 20))
    first_day, last_day = day(2040, 4, 15), day(2040, 5, 14)
    publish(ready, NONE, period_first_day=first_day, period_last_day=last_day)
    assert run_of(ready, first_day)["version"] == 1
    gap = publication(ready, NONE, period_first_day=LAST_DAY + 1, period_last_day=LAST_DAY + 2)
    assert ready.chain.refusal(gap, actors.DSO)[0] == "PeriodOverlap"


def test_each_aggregator_has_periods_of_its_own(ready: World) -> None:
    publish(ready, THREE)
    publish(ready, NONE, aggregator=actors.OTHER_AGGREGATOR.checksum)


def test_a_run_is_stored_and_its_sum_locked(ready: World) -> None:
    ready.chain.at(AFTER_PERIOD_S + 100)
    receipt = ready.chain.send(publication(ready), actors.DSO)
    (log,) = receipt["logs"]
    root = THREE.tree.root[0]
    assert ready.chain.decoder.event(log) == (
        "RunPublished",
        (
            actors.DSO.address,
            actors.AGGREGATOR.address,
            FIRST_DAY,
            LAST_DAY,
            1,
            root,
            250_100,
            2,
            RULE_SET,
            3,
        ),
    )
    assert run_of(ready) == {
        "root": root,
        "rule_set": RULE_SET,
        "sum": 250_100,
        "claimed": 0,
        "published_at": AFTER_PERIOD_S + 100,
        "block_number": receipt["blockNumber"],
        "period_last_day": LAST_DAY,
        "depth": 2,
        "version": 1,
        "status": BONDED,
    }
    assert escrow_of(ready) == (749_900, 250_100)


def test_locked_escrow_cannot_be_taken_back(ready: World) -> None:
    publish(ready, THREE)
    call = ready.ledger.functions.withdraw(actors.DSO.checksum, 749_901 * 100)
    assert ready.chain.refusal(call, actors.AGGREGATOR)[0] == "EscrowShort"
    ready.chain.send(
        ready.ledger.functions.withdraw(actors.DSO.checksum, 749_900 * 100), actors.AGGREGATOR
    )


def test_the_largest_sum_fits(ready: World) -> None:
    largest = Settlement.of([(agreement(1), 2**64 - 1)])
    call = publication(ready, largest)
    assert ready.chain.refusal(call, actors.DSO) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 100_000_000, (2**64 - 1) * 100),
    )
