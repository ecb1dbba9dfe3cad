"""What a chain answers in the words of the contracts: errors and events by name and arguments."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_abi import decode
from eth_tester.exceptions import TransactionFailed
from eth_utils.abi import abi_to_signature, get_abi_input_types

from settlement.keccak import keccak256

PANIC_SELECTOR = keccak256(b"Panic(uint256)")[:4]
_REVERTED = "execution reverted: "
Named = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Decoder:
    """Errors by selector and events by topic, from any number of ABIs."""

    errors: Mapping[bytes, Mapping[str, Any]] = field(repr=False)
    events: Mapping[bytes, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def of(cls, abis: Iterable[Iterable[Mapping[str, Any]]]) -> "Decoder":
        """Collect the errors and events of ABIs."""
        entries = [entry for abi in abis for entry in abi]
        return cls(
            {_hash(one)[:4]: one for one in entries if one["type"] == "error"},
            {_hash(one): one for one in entries if one["type"] == "event"},
        )

    def error(self, failure: TransactionFailed) -> Named:
        """Return name and arguments of the error that stopped a call."""
        data = revert_data(failure)
        if data[:4] == PANIC_SELECTOR:
            return "Panic", (int.from_bytes(data[4:], "big"),)
        if not data:
            return "", ()
        entry = self.errors[data[:4]]
        return entry["name"], _values(get_abi_input_types(entry), data[4:])

    def event(self, log: Mapping[str, Any]) -> Named:
        """Return name and arguments of a log, in the order in which they are declared."""
        entry = self.events[bytes(log["topics"][0])]
        kinds = get_abi_input_types(entry)
        flags = [one["indexed"] for one in entry["inputs"]]
        plain = [kind for kind, indexed in zip(kinds, flags, strict=True) if not indexed]
        in_data = iter(_values(plain, bytes(log["data"])))
        topics = iter(log["topics"][1:])
        arguments: list[object] = []
        for kind, indexed in zip(kinds, flags, strict=True):
            arguments.append(_values([kind], bytes(next(topics)))[0] if indexed else next(in_data))
        return entry["name"], tuple(arguments)


def revert_data(failure: TransactionFailed) -> bytes:
    """Return the bytes that a reverted call gave back."""
    text = str(failure.args[0])
    assert text.startswith(_REVERTED), f"not a revert: {text}"
    found = ast.literal_eval(text.removeprefix(_REVERTED))
    assert isinstance(found, bytes)
    return found


def _hash(entry: Mapping[str, Any]) -> bytes:
    return keccak256(abi_to_signature(entry).encode())


def _values(kinds: Iterable[str], data: bytes) -> tuple[object, ...]:
    return tuple(_plain(value) for value in decode(list(kinds), data))


def _plain(value: object) -> object:
    """Write addresses as 20 bytes, inside tuples too."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
        return bytes.fromhex(value[2:])
    return value
