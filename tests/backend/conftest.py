"""The small market at each of its stages; what a test does to it is undone afterwards."""

from collections.abc import Callable, Iterator

import pytest

from backend.chain.rpc_server import serve
from tests.backend.stages import STEPS
from tests.backend.town import StagedTown, Town


@pytest.fixture(scope="session")
def staged() -> StagedTown:
    return StagedTown.deploy(STEPS)


@pytest.fixture(scope="session")
def served(staged: StagedTown) -> Iterator[str]:
    """The read-only JSON-RPC of the chain, at whatever stage it is."""
    with serve(staged.first.chain.web3) as url:
        yield url


def _at(stage: str) -> Callable[[StagedTown], Iterator[Town]]:
    @pytest.fixture(name=stage)
    def town(staged: StagedTown) -> Iterator[Town]:
        with staged.at(stage) as found:
            yield found

    return town


deployed = _at("deployed")
"""Contracts with roles and a full escrow, an empty store."""

registered = _at("registered")
"""Three sites with their metering points and assets."""

offering = _at("offering")
"""Four templates are published."""

agreed = _at("agreed")
"""Four agreements are recorded."""

begun = _at("begun")
"""The first day of the period has begun; earlier meter data is committed."""

ordered = _at("ordered")
"""The period is over with all its activations; its meter data is not there yet."""

metered = _at("metered")
"""The meter data of the period is committed."""

published = _at("published")
"""The run of the period is published."""
