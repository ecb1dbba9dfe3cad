"""One deployment for all tests; each test starts from its state."""

from collections.abc import Iterator

import pytest

from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIVE,
    FIVE_AGREEMENTS,
    ONE,
    PAIR,
    TWO,
    fund,
    open_claims,
    publish,
    record_all,
)
from tests.contracts.world import World


@pytest.fixture(scope="session")
def deployed() -> World:
    return World.create()


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    snapshot = deployed.chain.tester.take_snapshot()
    yield deployed
    deployed.chain.tester.revert_to_snapshot(snapshot)


@pytest.fixture
def published(world: World) -> World:
    """The run of five statements stands, its claims are not open, its sum is all the escrow."""
    record_all(world, FIVE_AGREEMENTS)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, FIVE.sum)
    publish(world, FIVE)
    return world


@pytest.fixture
def claimable(published: World) -> World:
    """The challenge window of the run of five has passed."""
    open_claims(published)
    return published


@pytest.fixture
def pair(world: World) -> World:
    """The run of two statements is claimable; the escrow holds 10,000 in all."""
    record_all(world, [ONE, TWO])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 10_000)
    publish(world, PAIR)
    open_claims(world)
    return world
