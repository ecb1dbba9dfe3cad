"""A node for all tests of this folder, started at the first one that needs it."""

from collections.abc import Iterator

import pytest

from backend.chain.adapter import Chain
from tests.backend.defaults import DAY_S, NEGOTIATION_S
from tests.evm import anvil, small_month
from tests.evm.small_month import Played
from tests.evm.tools import anvil_program

GENESIS_S = NEGOTIATION_S - DAY_S


@pytest.fixture(scope="module")
def in_process() -> Chain:
    """An empty chain on py-evm."""
    chain = Chain.in_process()
    assert chain.advance_to is not None
    chain.advance_to(GENESIS_S)
    return chain


@pytest.fixture(scope="module")
def node(in_process: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh node whose chain has the id of the one in this process."""
    log = tmp_path_factory.mktemp("anvil") / "anvil.log"
    with anvil.running(anvil_program(), log, in_process.chain_id, GENESIS_S) as url:
        yield url


@pytest.fixture(scope="module")
def on_py_evm(in_process: Chain) -> Played:
    """The small month on py-evm."""
    return small_month.play(in_process)


@pytest.fixture(scope="module")
def on_anvil(node: str) -> Played:
    """The small month on anvil, which is another virtual machine behind JSON-RPC."""
    return small_month.play(anvil.connected(node))
