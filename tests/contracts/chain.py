"""An in-process chain with the contracts on it, deployed from the committed artifacts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.decoding import Decoder, Named

ARTIFACTS = Path(__file__).resolve().parents[2] / "backend" / "chain" / "artifacts"
NAMES = tuple(sorted(path.stem for path in ARTIFACTS.glob("*.json") if path.stem != "sources"))
BLOCK_GAS_LIMIT = 60_000_000
_BALANCE_WEI = 10**24


def artifact(name: str) -> Mapping[str, Any]:
    """Read a committed artifact."""
    found: Mapping[str, Any] = json.loads((ARTIFACTS / f"{name}.json").read_text())
    return found


@dataclass(frozen=True, slots=True)
class Moment:
    """What the chain has in memory, and its next block.

    The chain's own snapshots import a block again on the way back and mix up blocks by number.
    """

    memory: Mapping[bytes, bytes]
    next_block: object


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain of its own; calls and transactions see the time set by `at`."""

    tester: EthereumTester
    w3: Web3
    decoder: Decoder

    @classmethod
    def starting(cls, utc_s: int) -> "Chain":
        """Start a chain at a moment, which has to lie in the future of the machine's clock."""
        account = {"balance": _BALANCE_WEI, "nonce": 0, "code": b"", "storage": {}}
        backend = PyEVMBackend(
            genesis_parameters={"timestamp": utc_s, "gas_limit": BLOCK_GAS_LIMIT},
            genesis_state={actor.address: account for actor in actors.ALL},
        )
        tester = EthereumTester(backend)
        for actor in actors.ALL:
            backend.add_account(actor.key.to_bytes())
        return cls(
            tester,
            Web3(EthereumTesterProvider(tester)),
            Decoder.of(artifact(name)["abi"] for name in NAMES),
        )

    def moment(self) -> Moment:
        """Remember the present."""
        return Moment(dict(self._memory), self.tester.backend.chain.header)

    def back_to(self, moment: Moment) -> None:
        """Return to a moment, from wherever."""
        self._memory.clear()
        self._memory.update(moment.memory)
        self.tester.backend.chain.header = moment.next_block

    @property
    def _memory(self) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = self.tester.backend.chain.chaindb.db.wrapped_db.kv_store
        return found

    def deploy(self, name: str, *arguments: object) -> Contract:
        """Deploy a contract from its artifact."""
        compiled = artifact(name)
        contract = self.w3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        receipt = self.send(contract.constructor(*arguments), actors.ADMIN)
        return self.w3.eth.contract(address=receipt["contractAddress"], abi=compiled["abi"])

    @property
    def now_s(self) -> int:
        """The block time of the next call or transaction."""
        return self.w3.eth.get_block("pending")["timestamp"]

    def at(self, utc_s: int) -> None:
        """Move on, so that the next call or transaction has this block time."""
        self.tester.time_travel(utc_s)

    def send(self, function: Any, sender: Actor) -> Mapping[str, Any]:
        """Send a transaction and return its receipt; it must not revert."""
        options = {"from": sender.checksum, "gas": BLOCK_GAS_LIMIT // 2}
        receipt = self.w3.eth.get_transaction_receipt(function.transact(options))
        if receipt["status"] != 1:
            raise AssertionError(f"reverted: {self.refusal(function, sender)}")
        return receipt

    def emitted(self, function: Any, sender: Actor) -> list[Named]:
        """Send a transaction and return its events."""
        return [self.decoder.event(log) for log in self.send(function, sender)["logs"]]

    def read(self, function: Any, sender: Actor = actors.STRANGER) -> Any:
        """Call a function without changing anything."""
        return function.call({"from": sender.checksum}, block_identifier="pending")

    def refusal(self, function: Any, sender: Actor) -> Named:
        """Return the error with which a call is refused; it is an error if it is not."""
        try:
            result = self.read(function, sender)
        except TransactionFailed as failure:
            return self.decoder.error(failure)
        raise AssertionError(f"not refused, it returned {result!r}")
