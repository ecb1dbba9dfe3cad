"""Events of a contract over JSON-RPC, each held against what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.chain.json_rpc import JsonRpc, hex_bytes, words_of
from settlement.errors import ChainError
from settlement.words import hex_of

EARLIEST, LATEST = "earliest", "latest"
Topic = bytes | tuple[bytes, ...] | None
"""What a topic has to be: this word, one of these words, or any."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event: its topics, the words of its data, and its block."""

    topics: tuple[bytes, ...]
    words: tuple[bytes, ...]
    block: int


def read_logs(
    rpc: JsonRpc,
    contract: bytes,
    topics: Sequence[Topic],
    words: int,
    first_block: str,
    last_block: str,
) -> list[Log]:
    """Ask for the events of a contract, oldest first.

    Args:
        rpc: the node.
        contract: its address.
        topics: what the first topics have to be.
        words: how many words of data each event has.
        first_block: hexadecimal or EARLIEST.
        last_block: hexadecimal or LATEST.

    Raises:
        CallRefused: the node does not give its logs, or not so many.
        ChainError: it answered something else than what was asked for.
    """
    query = {
        "address": hex_of(contract),
        "fromBlock": first_block,
        "toBlock": last_block,
        "topics": [_asked(topic) for topic in topics],
    }
    found = rpc.call("eth_getLogs", query)
    if not isinstance(found, list):
        raise ChainError(f"the node answered {found!r:.60} where a list was expected")
    logs = [_log(one) for one in found]
    for log in logs:
        if len(log.topics) < len(topics) or not all(map(_matches, topics, log.topics)):
            raise ChainError("the node answered events that were not asked for")
        if len(log.words) != words:
            raise ChainError(f"an event has {len(log.words)} words, expected {words}")
    return logs


def _asked(topic: Topic) -> str | list[str] | None:
    if isinstance(topic, tuple):
        return [hex_of(one) for one in topic]
    return None if topic is None else hex_of(topic)


def _matches(asked: Topic, found: bytes) -> bool:
    return asked is None or (found in asked if isinstance(asked, tuple) else found == asked)


def _log(log: object) -> Log:
    if not isinstance(log, dict) or not isinstance(log.get("topics"), list):
        raise ChainError(f"the node answered {log!r:.60} where an event was expected")
    try:
        block = int(log["blockNumber"], 16)
    except (KeyError, TypeError, ValueError):
        raise ChainError("the node answered an event without its block") from None
    topics = tuple(hex_bytes(topic) for topic in log["topics"])
    return Log(topics, tuple(words_of(hex_bytes(log.get("data")))), block)
