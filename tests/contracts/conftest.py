"""One deployment for all tests; each test starts from its state."""

from collections.abc import Iterator

import pytest

from tests.contracts.world import World


@pytest.fixture(scope="session")
def deployed() -> World:
    return World.create()


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    snapshot = deployed.chain.tester.take_snapshot()
    yield deployed
    deployed.chain.tester.revert_to_snapshot(snapshot)
