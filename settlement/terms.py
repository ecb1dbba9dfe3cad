"""The terms of an agreement: every parameter, what it may be, and the identity made of it.

The id of an agreement is the EIP-712 struct hash of its terms (rule 0.1): nobody has to look an
agreement up to know that its terms are the signed ones. `FIELDS` is the one list of the fields;
the type string, the encoding and the document form are all read off it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from functools import partial

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule
from settlement.errors import InputError, TermsError
from settlement.keccak import keccak256
from settlement.units import BASIS_POINTS, POWER_W_MAX
from settlement.window import WEEK_BITS, WORD_BITS, WindowWords
from settlement.words import (
    address_word,
    bytes32_word,
    bytes_of,
    hex_of,
    int_word,
    uint_word,
)


class DeliveryRule(IntEnum):
    """How the volume of an activation is paid, rule 0.4."""

    LINEAR = 0
    THRESHOLD = 1
    GRACE = 2


class BaselineMethod(IntEnum):
    """Where the baseline comes from, rule 0.12."""

    HIGH = 0
    MID = 1
    LOW = 2
    ROLLING = 3
    NOMINATED = 4


class Adjustment(IntEnum):
    """How the baseline follows the day of the event, rule 0.12."""

    NONE = 0
    ADDITIVE = 1
    MULTIPLICATIVE = 2
    ADDITIVE_UPWARD = 3
    MULTIPLICATIVE_UPWARD = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """One agreement between an aggregator and a prosumer, or a template for such.

    Addresses have 20 bytes, hashes 32. Days are local days since 1970-01-01, both inclusive.
    Rates are 1e-4 EUR per MWh (volume, penalty) and per MW and hour (capacity); `amount_w` is a
    signed delta on the baseline, consumption positive. `*_bp` are basis points.
    """

    aggregator: bytes
    prosumer: bytes
    dso: bytes
    mdc: bytes
    template_id: bytes
    rule_set: bytes
    start_day: int
    end_day: int
    utc_offset_minutes: int
    clock_rule: ClockRule
    isp_minutes: int
    window0: int
    window1: int
    window2: int
    elements: bytes
    amount_w: int
    max_activations: int
    max_runtime_isps: int
    recovery_isps: int
    notice_isps: int
    volume_rate: int
    penalty_rate: int
    capacity_rate: int
    delivery_rule: DeliveryRule
    delivery_bp: int
    delivery_slope: int
    penalty_cap_bp: int
    baseline_method: BaselineMethod
    x: int
    y: int
    adjustment: Adjustment
    adjustment_isps: int
    adjustment_gap_isps: int
    adjustment_cap_bp: int
    salt: bytes
    sign_before: int

    @property
    def window(self) -> WindowWords:
        """The weekly window as its three words."""
        return self.window0, self.window1, self.window2

    @property
    def clock(self) -> Clock:
        """The local time of the agreement."""
        return Clock(self.isp_minutes, self.utc_offset_minutes, self.clock_rule)


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
_ENUMS: Mapping[str, type[IntEnum]] = {
    "clock_rule": ClockRule,
    "delivery_rule": DeliveryRule,
    "baseline_method": BaselineMethod,
    "adjustment": Adjustment,
}


def solidity_name(name: str) -> str:
    """Turn a field name into its ledger spelling: `amount_w` is `amountW`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


FIELDS: tuple[tuple[str, str, str], ...] = tuple(
    (field.name, solidity_name(field.name), _SOLIDITY_TYPES[field.name]) for field in fields(Terms)
)
"""Each field as (name here, name on the ledger, ledger type), in the order of the encoding."""

_TYPE_STRING = "Agreement(" + ",".join(f"{kind} {name}" for _, name, kind in FIELDS) + ")"
TYPE_HASH = keccak256(_TYPE_STRING.encode())
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


def validate(terms: Terms) -> None:
    """Refuse terms that break a rule of 0.1.

    Raises:
        TermsError: names the field, its value and what was expected.
    """
    encode(terms)
    require = partial(_require, terms)
    require(terms.isp_minutes in ISP_MINUTES_ALLOWED, "isp_minutes", "5, 15, 30 or 60")
    require(
        terms.utc_offset_minutes % terms.isp_minutes == 0,
        "utc_offset_minutes",
        "a multiple of the ISP length",
    )
    require(terms.start_day <= terms.end_day, "start_day", f"at most end_day {terms.end_day}")
    require(terms.window2 >> WEEK_BITS - 2 * WORD_BITS == 0, "window2", "no bit past the week")
    require(
        terms.amount_w != 0 and abs(terms.amount_w) <= POWER_W_MAX, "amount_w", "not 0, in range"
    )
    for field in ("max_activations", "max_runtime_isps"):
        require(getattr(terms, field) >= 1, field, "at least 1; no value means unlimited")
    for field in ("delivery_bp", "penalty_cap_bp", "adjustment_cap_bp"):
        require(getattr(terms, field) <= BASIS_POINTS, field, f"at most {BASIS_POINTS}")
    _validate_delivery(terms)
    _validate_baseline(terms)


def _require(terms: Terms, holds: bool, field: str, expected: str) -> None:
    if not holds:
        raise TermsError(field, getattr(terms, field), expected)


def _validate_delivery(terms: Terms) -> None:
    require = partial(_require, terms)
    if terms.delivery_rule is DeliveryRule.LINEAR:
        require(terms.delivery_bp == 0, "delivery_bp", "0, LINEAR does not use it")
    if terms.delivery_rule is DeliveryRule.GRACE:
        require(terms.delivery_slope >= 1, "delivery_slope", "at least 1 for GRACE")
    else:
        require(terms.delivery_slope == 0, "delivery_slope", "0, only GRACE uses it")


def _validate_baseline(terms: Terms) -> None:
    require = partial(_require, terms)
    method, x, y = terms.baseline_method, terms.x, terms.y
    if method is BaselineMethod.NOMINATED:
        require(x == 0, "x", "0 for a nominated baseline")
        require(y == 0, "y", "0 for a nominated baseline")
        require(terms.adjustment is Adjustment.NONE, "adjustment", "none if nominated")
    elif method is BaselineMethod.ROLLING:
        require(x == 0, "x", "0 for a rolling mean")
        require(y >= 1, "y", "at least 1")
    else:
        require(1 <= x <= y, "x", f"from 1 to y = {y}")
        if method is BaselineMethod.MID:
            require((y - x) % 2 == 0, "x", "y - x even for MID")
    if terms.adjustment is Adjustment.NONE:
        for field in ("adjustment_isps", "adjustment_gap_isps", "adjustment_cap_bp"):
            require(getattr(terms, field) == 0, field, "0 without an adjustment")
    else:
        require(terms.adjustment_isps >= 1, "adjustment_isps", "at least 1")


def to_document(terms: Terms) -> dict[str, str | int]:
    """Write terms for a document: ledger names, bytes and 256-bit words as hexadecimal."""
    document: dict[str, str | int] = {}
    for name, ledger_name, kind in FIELDS:
        value = getattr(terms, name)
        if kind == "uint256":
            document[ledger_name] = hex(value)
        else:
            document[ledger_name] = hex_of(value) if isinstance(value, bytes) else int(value)
    return document


def from_document(document: object, where: str = "terms") -> Terms:
    """Read terms from a document and check the form of each field (not the rules of 0.1).

    Raises:
        InputError: a field is missing, unknown, or not of its form.
    """
    if not isinstance(document, dict):
        raise InputError(f"{document!r:.40}", where, "an object with the fields of the terms")
    names = {ledger_name for _, ledger_name, _ in FIELDS}
    for name in document.keys() - names:
        raise InputError(f"unknown field {name!r:.40}", where, "the fields of the terms only")
    values: dict[str, object] = {}
    for name, ledger_name, kind in FIELDS:
        at = f"{where}.{ledger_name}"
        if ledger_name not in document:
            raise InputError("missing", at, f"a value of type {kind}")
        values[name] = _read_field(document[ledger_name], name, kind, at)
    return Terms(**values)  # type: ignore[arg-type]


def _read_field(value: object, name: str, kind: str, where: str) -> object:
    if kind in ("address", "bytes32"):
        return bytes_of(value, where, 20 if kind == "address" else 32)
    if kind == "uint256":
        if not isinstance(value, str):
            raise InputError(f"{value!r:.60}", where, "0x and hexadecimal digits")
        try:
            return int(value, 16)
        except ValueError:
            raise InputError(f"{value!r:.60}", where, "0x and hexadecimal digits") from None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{value!r:.60}", where, f"a whole number of type {kind}")
    if name in _ENUMS:
        try:
            return _ENUMS[name](value)
        except ValueError:
            known = ", ".join(f"{member.value} {member.name}" for member in _ENUMS[name])
            raise InputError(f"{value}", where, f"one of {known}") from None
    return value
