"""JSON-RPC over HTTP with nothing but the standard library.

Every answer is taken as hostile: its form is checked, and a wrong one is a `ChainError`.
"""

import http.client
import json
import urllib.request
from typing import Any

from settlement.document import NESTING_MAX, nesting_of
from settlement.errors import CallRefused, ChainError
from settlement.words import WORD_BYTES

TIMEOUT_S = 30
_ANSWER_BYTES_MAX = 64_000_000


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
            CallRefused: the node answered with an error, or with nothing.
            ChainError: no answer, or an answer of another form.
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
            raise CallRefused(f"{self._url}: {method} was refused: {told!r:.200}")
        return answer["result"]


def hex_bytes(value: object) -> bytes:
    """Read the bytes that a node answered.

    Raises:
        ChainError: it answered something else.
    """
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainError(f"the node answered {value!r:.60} where hexadecimal was expected")


def words_of(data: bytes) -> list[bytes]:
    """Cut an encoded answer into words.

    Raises:
        ChainError: these are not whole words.
    """
    if len(data) % WORD_BYTES:
        raise ChainError(f"the node answered {len(data)} bytes, not whole words")
    return [data[at : at + WORD_BYTES] for at in range(0, len(data), WORD_BYTES)]


def integer_of(word: bytes) -> int:
    """Read a word as an unsigned integer."""
    return int.from_bytes(word, "big")
