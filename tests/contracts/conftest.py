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
from tests.contracts.world import Stages, World


@pytest.fixture(scope="session")
def deployed() -> World:
    return World.create()


@pytest.fixture(scope="session")
def all_stages(deployed: World) -> Stages:
    return Stages(deployed, deployed.chain.moment())


@pytest.fixture
def stages(all_stages: Stages) -> Iterator[Stages]:
    """The stages; afterwards the contracts are as they were deployed."""
    yield all_stages
    all_stages.world.chain.back_to(all_stages.deployed)


@pytest.fixture
def world(stages: Stages) -> World:
    return stages.world


@pytest.fixture
def published(stages: Stages) -> World:
    """The run of five statements stands, its claims are not open, its sum is all the escrow."""
    return stages.at("published", _publish_five)


@pytest.fixture
def claimable(stages: Stages) -> World:
    """The challenge window of the run of five has passed."""
    world = stages.at("published", _publish_five)
    open_claims(world)
    return world


@pytest.fixture
def pair(stages: Stages) -> World:
    """The run of two statements is claimable; the escrow holds 10,000 in all."""
    return stages.at("pair", _publish_pair)


def _publish_five(world: World) -> None:
    record_all(world, FIVE_AGREEMENTS)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, FIVE.sum)
    publish(world, FIVE)


def _publish_pair(world: World) -> None:
    record_all(world, [ONE, TWO])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 10_000)
    publish(world, PAIR)
    open_claims(world)
