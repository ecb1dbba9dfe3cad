"""The events of an in-process chain, read once and searched in memory.

The in-process chain goes through all its blocks for every question about its logs. Many checkers
ask about the same history, so it is kept until the chain has another last block.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from web3 import Web3
from web3.types import LogReceipt


class LogHistory:
    """All events of one chain."""

    def __init__(self, web3: Web3) -> None:
        self._web3 = web3
        self._last_block: object = None
        self._logs: Sequence[LogReceipt] = ()

    def matching(self, query: Mapping[str, Any]) -> list[LogReceipt]:
        """Return the events of a contract, oldest first.

        Args:
            query: as of `eth_getLogs`: address, fromBlock, toBlock, and topics, each of them a
                word, a list of words of which it is one, or None for any.

        Raises:
            ValueError: no address, or a block that is neither a number nor a known name.
        """
        last = self._web3.eth.get_block("latest")
        if last["hash"] != self._last_block:
            self._logs = self._web3.eth.get_logs({"fromBlock": 0, "toBlock": "latest"})
            self._last_block = last["hash"]
        first = self._number(query.get("fromBlock", "latest"), last["number"])
        until = self._number(query.get("toBlock", "latest"), last["number"])
        address = Web3.to_checksum_address(query["address"])
        topics = query.get("topics") or []
        return [
            log
            for log in self._logs
            if first <= log["blockNumber"] <= until
            and log["address"] == address
            and len(log["topics"]) >= len(topics)
            and all(map(_matches, topics, log["topics"]))
        ]

    def _number(self, block: object, last: int) -> int:
        known = {"earliest": 0, "latest": last}
        text = str(block)
        return known[text] if text in known else int(text, 16)


def _matches(asked: object, found: bytes) -> bool:
    if asked is None:
        return True
    allowed = asked if isinstance(asked, list) else [asked]
    return "0x" + bytes(found).hex() in [str(one).lower() for one in allowed]
