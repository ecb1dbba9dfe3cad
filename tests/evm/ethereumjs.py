"""The pure rules on the EVM of ethereumjs, behind the interface that web3 has for any chain."""

import subprocess
import threading
from pathlib import Path
from typing import Any

from web3 import Web3
from web3.providers import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from tests.contracts.chain import ARTIFACTS, artifact
from tests.evm.tools import FOLDER

ANSWER_LIMIT_S = 60
_ANY_ADDRESS = "0x" + "11" * 20


class EthereumJs(BaseProvider):
    """A node process that answers calls to one deployed RulesHarness, and nothing else."""

    def __init__(self, node: str, log: Path) -> None:
        super().__init__()
        self.calls = 0
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [node, FOLDER / "run_vectors.mjs", ARTIFACTS / "RulesHarness.json"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer `eth_call`; a call that fails is an error with the reason."""
        assert method == "eth_call", f"only calls are answered here, not {method}"
        self.calls += 1
        told = self._ask(params[0]["data"])
        if told.startswith("0x"):
            return {"jsonrpc": "2.0", "id": self.calls, "result": told}
        return {"jsonrpc": "2.0", "id": self.calls, "error": {"code": 3, "message": told}}

    def _ask(self, calldata: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        too_long = threading.Timer(ANSWER_LIMIT_S, self._process.kill)
        too_long.start()
        try:
            stdin.write(calldata + "\n")
            stdin.flush()
            told = stdout.readline().strip()
        except BrokenPipeError:
            told = ""
        finally:
            too_long.cancel()
        if not told:
            self._process.wait(timeout=ANSWER_LIMIT_S)
            raise AssertionError(f"no answer from ethereumjs:\n{self._log.read_text()}")
        return told

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate(timeout=10)


class Rules:
    """The pure functions of the contracts by name, as the tests of the vectors call them."""

    def __init__(self, provider: EthereumJs) -> None:
        web3 = Web3(provider, middleware=[])  # nothing but the call itself
        self._harness = web3.eth.contract(_ANY_ADDRESS, abi=artifact("RulesHarness")["abi"])

    def __getattr__(self, name: str) -> Any:
        function = self._harness.functions[name]
        return lambda *arguments: function(*arguments).call()
