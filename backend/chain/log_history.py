"""The events of an in-process chain, read once and searched in memory.

The in-process chain goes from its last block back to each block that it is asked about. Many
checkers ask about the same history, so it is kept and read on from where it was. Who makes many
blocks reads on now and then, since the time for it grows with the square of the blocks to read.
"""

from collections.abc import Mapping
from typing import Any

from web3 import Web3
from web3.types import LogReceipt


class LogHistory:
    """All events of one chain."""

    def __init__(self, web3: Web3) -> None:
        self._web3 = web3
        self._blocks: tuple[int, object] = (-1, None)
        self._logs: list[LogReceipt] = []

    def read_on(self) -> int:
        """Read the blocks that came since; returns the number of the last one."""
        last = self._web3.eth.get_block("latest")
        number, known, known_hash = last["number"], *self._blocks
        if known_hash == last["hash"]:
            return number
        if known > number or (known >= 0 and self._hash_of(known) != known_hash):
            # What was read was taken back.
            known, self._logs = -1, []
        self._logs += self._web3.eth.get_logs({"fromBlock": known + 1, "toBlock": "latest"})
        self._blocks = number, last["hash"]
        return number

    def matching(self, query: Mapping[str, Any]) -> list[LogReceipt]:
        """Return the events of a contract, oldest first.

        Args:
            query: as of `eth_getLogs`: address, fromBlock, toBlock, and topics, each of them a
                word, a list of words of which it is one, or None for any.

        Raises:
            ValueError: no address, or a block that is neither a number nor a known name.
        """
        last = self.read_on()
        first = self._number(query.get("fromBlock", "latest"), last)
        until = self._number(query.get("toBlock", "latest"), last)
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

    def _hash_of(self, number: int) -> object:
        return self._web3.eth.get_block(number)["hash"]

    def _number(self, block: object, last: int) -> int:
        known = {"earliest": 0, "latest": last}
        text = str(block)
        return known[text] if text in known else int(text, 16)


def _matches(asked: object, found: bytes) -> bool:
    if asked is None:
        return True
    allowed = asked if isinstance(asked, list) else [asked]
    return "0x" + bytes(found).hex() in [str(one).lower() for one in allowed]
