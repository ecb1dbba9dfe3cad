"""A node of its own for these tests: anvil on a free loopback port, ended with them."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from backend.chain.adapter import Chain

HARDFORK = "prague"
START_LIMIT_S = 30
_LOOPBACK = "127.0.0.1"
_PAUSE_S = 0.05


@contextmanager
def running(program: Path, log: Path, chain_id: int, utc_s: int) -> Iterator[str]:
    """Start a node whose first block has this time, give its address, and end it afterwards."""
    port = free_port()
    command = [program, "--host", _LOOPBACK, "--port", port, "--hardfork", HARDFORK]
    command += ["--chain-id", chain_id, "--timestamp", utc_s]
    with log.open("wb") as output:
        node = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output)
        try:
            url = f"http://{_LOOPBACK}:{port}"
            wait_until_ready(url, node, log)
            yield url
        finally:
            node.kill()
            node.wait(timeout=10)


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as found:
        found.bind((_LOOPBACK, 0))
        port: int = found.getsockname()[1]
    return port


def wait_until_ready(url: str, node: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the node answers, for a bounded time."""
    web3 = Web3(HTTPProvider(url))
    end = time.monotonic() + START_LIMIT_S
    while not web3.is_connected():
        if node.poll() is not None:
            raise AssertionError(f"anvil ended with {node.returncode}:\n{log.read_text()}")
        if time.monotonic() > end:
            raise AssertionError(f"anvil gave no answer in {START_LIMIT_S} s:\n{log.read_text()}")
        time.sleep(_PAUSE_S)


def connected(url: str) -> Chain:
    """The project's own adapter on the node, able to move its time forward."""
    chain = Chain.connect(url)

    def advance_to(utc_s: int) -> None:
        # Views are answered in the time of the latest block, the next transaction in its own.
        ask(chain.web3, "evm_setNextBlockTimestamp", utc_s - 1)
        ask(chain.web3, "evm_mine")
        ask(chain.web3, "evm_setNextBlockTimestamp", utc_s)

    chain.advance_to = advance_to
    return chain


def ask(web3: Web3, method: str, *parameters: object) -> object:
    """Send a request that only this node knows."""
    answer = web3.provider.make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, f"{method}{parameters}: {answer['error']}"
    return answer["result"]
