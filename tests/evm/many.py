"""Many calls of the pure rules in one request to a node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import decode, encode
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple
from web3 import Web3
from web3.contract import Contract

from tests.contracts.chain import artifact


@dataclass(frozen=True, slots=True)
class ManyRules:
    """The rules deployed on a node."""

    harness: Contract

    @classmethod
    def on(cls, web3: Web3) -> "ManyRules":
        """Deploy them from an account that the node unlocked."""
        compiled = artifact("RulesHarness")
        made = web3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        sent = made.constructor().transact({"from": web3.eth.accounts[0]})
        receipt = web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        return cls(web3.eth.contract(receipt["contractAddress"], abi=compiled["abi"]))

    def ask(self, name: str, calls: Sequence[Sequence[object]]) -> list[tuple[Any, ...]]:
        """Call one function with many arguments and return what each call returns."""
        (declared,) = (one for one in self.harness.abi if one.get("name") == name)
        taken, given = (
            [collapse_if_tuple(one) for one in declared[side]] for side in ("inputs", "outputs")
        )
        selector = keccak(text=f"{name}({','.join(taken)})")[:4]
        packed = [selector + encode(taken, arguments) for arguments in calls]
        return [decode(given, one) for one in self.harness.functions.multicall(packed).call()]
