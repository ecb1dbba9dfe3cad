"""The read-only JSON-RPC over the small market."""

import pytest

from tests.backend.town import Town


@pytest.fixture
def rpc(served: str, published: Town) -> str:
    """The address of the service while the run of the period is published."""
    return served
