"""The identity of terms: their encoding, the ids hashed from it, and what both parties sign.

The id of an agreement is the EIP-712 struct hash of its terms (rule 0.1): nobody has to look an
agreement up to know that its terms are the signed ones. `FIELDS` is the one list of the fields;
the type string, the encoding and the document form are all read off it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum

from settlement.clock import ClockRule
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.words import (
    ADDRESS_BYTES,
    WORD_BYTES,
    address_word,
    bytes32_word,
    int_word,
    uint_word,
)

_SOLIDITY_TYPES = {
    "aggregator": "address",
    "prosumer": "address",
    "dso": "address",
    "mdc": "address",
    "template_id": "bytes32",
    "rule_set": "bytes32",
    "start_day": "uint32",
    "end_day": "uint32",
    "utc_offset_minutes": "int16",
    "clock_rule": "uint8",
    "isp_minutes": "uint8",
    "window0": "uint256",
    "window1": "uint256",
    "window2": "uint256",
    "elements": "bytes32",
    "amount_w": "int32",
    "max_activations": "uint16",
    "max_runtime_isps": "uint16",
    "recovery_isps": "uint16",
    "notice_isps": "uint16",
    "volume_rate": "uint32",
    "penalty_rate": "uint32",
    "capacity_rate": "uint32",
    "delivery_rule": "uint8",
    "delivery_bp": "uint16",
    "delivery_slope": "uint16",
    "penalty_cap_bp": "uint16",
    "baseline_method": "uint8",
    "x": "uint8",
    "y": "uint8",
    "adjustment": "uint8",
    "adjustment_isps": "uint16",
    "adjustment_gap_isps": "uint16",
    "adjustment_cap_bp": "uint16",
    "salt": "bytes32",
    "sign_before": "uint64",
}


ENUMS: Mapping[str, type[IntEnum]] = {
    "clock_rule": ClockRule,
    "delivery_rule": DeliveryRule,
    "baseline_method": BaselineMethod,
    "adjustment": Adjustment,
}
"""The fields that choose, each with what it may choose from."""


def solidity_name(name: str) -> str:
    """Turn a field name into its ledger spelling: `amount_w` is `amountW`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


FIELDS: tuple[tuple[str, str, str], ...] = tuple(
    (field.name, solidity_name(field.name), _SOLIDITY_TYPES[field.name]) for field in fields(Terms)
)
"""Each field as (name here, name on the ledger, ledger type), in the order of the encoding."""

TYPE_STRING = "Agreement(" + ",".join(f"{kind} {name}" for _, name, kind in FIELDS) + ")"
"""The EIP-712 type of the terms."""

TYPE_HASH = keccak256(TYPE_STRING.encode())
_DOMAIN_TYPE_HASH = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature is valid: one market contract on one chain."""

    chain_id: int
    market: bytes

    def separator(self) -> bytes:
        """Return the EIP-712 domain separator."""
        return keccak256(
            _DOMAIN_TYPE_HASH
            + keccak256(b"FlexMarket")
            + keccak256(b"1")
            + uint_word(self.chain_id, 256, "chain_id")
            + address_word(self.market, "market")
        )


def _word(name: str, kind: str, value: object) -> bytes:
    if kind == "address":
        assert isinstance(value, bytes)
        return address_word(value, name)
    if kind == "bytes32":
        assert isinstance(value, bytes)
        return bytes32_word(value, name)
    assert isinstance(value, int)
    if kind.startswith("uint"):
        return uint_word(value, int(kind[4:]), name)
    return int_word(value, int(kind[3:]), name)


def encode(terms: Terms) -> bytes:
    """Return the `abi.encode` of the terms: one word per field.

    Raises:
        InputError: a value does not fit its ledger type.
    """
    return b"".join(_word(name, kind, getattr(terms, name)) for name, _, kind in FIELDS)


def decode(data: bytes) -> Terms:
    """Read `abi.encode`d terms back.

    Raises:
        InputError: another length, or a value that no field of the terms has.
    """
    if len(data) != WORD_BYTES * len(FIELDS):
        raise InputError(f"{len(data)} bytes", "encoded terms", f"{len(FIELDS)} words")
    words = (data[at : at + WORD_BYTES] for at in range(0, len(data), WORD_BYTES))
    values = {
        name: _value(name, kind, word) for (name, _, kind), word in zip(FIELDS, words, strict=True)
    }
    return Terms(**values)  # type: ignore[arg-type]


def _value(name: str, kind: str, word: bytes) -> object:
    if kind == "address":
        return word[-ADDRESS_BYTES:]
    if kind == "bytes32":
        return word
    number = int.from_bytes(word, "big", signed=kind.startswith("int"))
    try:
        return ENUMS[name](number) if name in ENUMS else number
    except ValueError:
        raise InputError(f"{number}", f"encoded terms, {name}", "one of its values") from None


def agreement_id(terms: Terms) -> bytes:
    """Return the id of the agreement: the EIP-712 struct hash of its terms."""
    return keccak256(TYPE_HASH + encode(terms))


def template_of(terms: Terms) -> Terms:
    """Return the template form: every field that differs from prosumer to prosumer is zero."""
    zero = bytes(32)
    return replace(
        terms,
        template_id=zero,
        prosumer=bytes(20),
        elements=zero,
        start_day=0,
        end_day=0,
        salt=zero,
        sign_before=0,
    )


def template_id(terms: Terms) -> bytes:
    """Return the id of the template that has these terms."""
    return agreement_id(template_of(terms))


def signing_digest(identity: bytes, domain: Domain) -> bytes:
    """Return what both parties sign for an agreement id."""
    return keccak256(b"\x19\x01" + domain.separator() + identity)
