"""The ledger over read-only JSON-RPC, with nothing but the standard library.

Every answer is taken as hostile: its form is checked, and a wrong one is a `ChainError`.
"""

import http.client
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from settlement.activation import Activation
from settlement.chain_view import AgreementRecord, RunRecord
from settlement.clock import DAY_MAX
from settlement.document import NESTING_MAX, nesting_of
from settlement.errors import ChainError
from settlement.keccak import keccak256
from settlement.words import WORD_BYTES, address_word, bytes32_word, hex_of, uint_word

TIMEOUT_S = 30
_ANSWER_BYTES_MAX = 8_000_000
_TERMINATED = 2
_STATE_WORDS, _RUN_WORDS = 6, 10
_METER, _NOMINATION = 0, 1
_ACTIVATED = keccak256(b"Activated(bytes32,uint32,uint16,int32)")


class JsonRpc:
    """One JSON-RPC endpoint."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ChainError(f"{url!r:.80} is not an http or https address")
        self._url = url
        self._sent = 0

    def call(self, method: str, *params: object) -> Any:
        """Call a method and return its result.

        Raises:
            ChainError: no answer, an answer of another form, or an error of the node.
        """
        self._sent += 1
        body = {"jsonrpc": "2.0", "id": self._sent, "method": method, "params": list(params)}
        try:
            request = urllib.request.Request(
                self._url, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as stream:
                text = stream.read(_ANSWER_BYTES_MAX).decode()
            if nesting_of(text) > NESTING_MAX:
                raise ValueError("an answer nested too deep")
            answer = json.loads(text)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ChainError(f"{self._url}: {error}") from None
        if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
            told = answer.get("error") if isinstance(answer, dict) else answer
            raise ChainError(f"{self._url}: {method} was refused: {told!r:.200}")
        return answer["result"]


def _hex_bytes(value: object) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainError(f"the node answered {value!r:.60} where hexadecimal was expected")


def _words(data: bytes) -> list[bytes]:
    if len(data) % WORD_BYTES:
        raise ChainError(f"the node answered {len(data)} bytes, not whole words")
    return [data[at : at + WORD_BYTES] for at in range(0, len(data), WORD_BYTES)]


def _integer(word: bytes) -> int:
    return int.from_bytes(word, "big")


class RpcChain:
    """The `ChainView` of a node: market and ledger contract behind one endpoint."""

    def __init__(self, rpc: JsonRpc, market: bytes, ledger: bytes) -> None:
        self._rpc, self._market, self._ledger = rpc, market, ledger

    def chain_id(self) -> int:
        """Return the id of the chain."""
        value = self._rpc.call("eth_chainId")
        try:
            return int(value, 16)
        except (TypeError, ValueError):
            raise ChainError(f"the node answered {value!r:.60} as its chain id") from None

    def agreement(self, agreement_id: bytes) -> AgreementRecord:
        """Return what the market knows of an agreement."""
        key = bytes32_word(agreement_id, "agreement id")
        state = self._view(self._market, "agreementState(bytes32)", key, _STATE_WORDS)
        (head,) = self._view(self._market, "activationHead(bytes32)", key, 1)
        status, activations, _, _, last_day, _ = (_integer(word) for word in state)
        terminated = status == _TERMINATED
        return AgreementRecord(status != 0, activations, last_day if terminated else None, head)

    def run(self, dso: bytes, aggregator: bytes, period_first_day: int) -> RunRecord | None:
        """Return the standing run of a period, or None."""
        arguments = (
            address_word(dso, "dso")
            + address_word(aggregator, "aggregator")
            + uint_word(period_first_day, 32, "period_first_day")
        )
        words = self._view(self._ledger, "runOf(address,address,uint32)", arguments, _RUN_WORDS)
        root, rule_set = words[:2]
        total, _, _, block, last_day, depth, version, _ = (_integer(word) for word in words[2:])
        if version == 0:
            return None
        if last_day > DAY_MAX:
            raise ChainError(f"the node answered day {last_day} as the end of a period")
        return RunRecord(last_day, root, total, depth, version, block, rule_set)

    def meter_roots(
        self, mdc: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last meter data root of each day committed before a block, or None."""
        return self._roots(_METER, mdc, first_utc_day, days, before_block)

    def nomination_roots(
        self, aggregator: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last nomination root of each day committed before a block, or None."""
        return self._roots(_NOMINATION, aggregator, first_utc_day, days, before_block)

    def activations_in(self, agreement_id: bytes, block: int) -> Sequence[Activation]:
        """Return the activations of an agreement that a block recorded."""
        topics = [hex_of(_ACTIVATED), hex_of(bytes32_word(agreement_id, "agreement id"))]
        logs = self._rpc.call(
            "eth_getLogs",
            {
                "address": hex_of(self._market),
                "fromBlock": hex(block),
                "toBlock": hex(block),
                "topics": topics,
            },
        )
        if not isinstance(logs, list):
            raise ChainError(f"the node answered {logs!r:.60} where a list was expected")
        return [_activation(log, topics) for log in logs]

    def _roots(
        self, kind: int, committer: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        if days <= 0:
            return []
        arguments = (
            uint_word(kind, 8, "kind")
            + address_word(committer, "committer")
            + uint_word(first_utc_day, 32, "first_utc_day")
            + uint_word(days, 32, "days")
            + uint_word(before_block, 64, "before_block")
        )
        signature = "rootsBefore(uint8,address,uint32,uint32,uint64)"
        words = self._view(self._ledger, signature, arguments, days + 2)
        return [word if any(word) else None for word in words[2:]]

    def _view(self, contract: bytes, signature: str, arguments: bytes, words: int) -> list[bytes]:
        call = {
            "to": hex_of(contract),
            "data": hex_of(keccak256(signature.encode())[:4] + arguments),
        }
        found = _words(_hex_bytes(self._rpc.call("eth_call", call, "latest")))
        if len(found) != words:
            raise ChainError(f"{signature} answered {len(found)} words, expected {words}")
        return found


def _activation(log: Any, topics: list[str]) -> Activation:
    if not isinstance(log, dict) or log.get("topics") != topics:
        raise ChainError("the node answered events that were not asked for")
    words = _words(_hex_bytes(log.get("data")))
    if len(words) != 3:
        raise ChainError(f"an activation event has {len(words)} words, expected 3")
    ordered_w = int.from_bytes(words[2], "big", signed=True)
    return Activation(_integer(words[0]), _integer(words[1]), ordered_w)
