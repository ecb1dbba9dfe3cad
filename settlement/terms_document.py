"""Terms in a document: ledger names, whole numbers, and hexadecimal for bytes and 256-bit words."""

import re

from settlement.clock import ISP_MINUTES_ALLOWED
from settlement.errors import InputError
from settlement.identity import ENUMS, FIELDS
from settlement.terms import Terms
from settlement.units import parse_integer
from settlement.words import bytes_of, hex_of

_HEXADECIMAL = re.compile("0x[0-9a-fA-F]{1,64}")


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
    """Read terms from a document and check each field by itself.

    That it is of its ledger type, and an ISP length that exists; not the other rules of 0.1.

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
        if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
            raise InputError(f"{value!r:.60}", where, "0x and hexadecimal digits, 64 at most")
        return int(value, 16)
    number = _read_number(value, kind, where)
    if name == "isp_minutes" and number not in ISP_MINUTES_ALLOWED:
        raise InputError(f"{number}", where, "5, 15, 30 or 60")
    if name in ENUMS:
        try:
            return ENUMS[name](number)
        except ValueError:
            known = ", ".join(f"{member.value} {member.name}" for member in ENUMS[name])
            raise InputError(f"{number}", where, f"one of {known}") from None
    return number


def _read_number(value: object, kind: str, where: str) -> int:
    if kind.startswith("uint"):
        return parse_integer(value, where, 0, (1 << int(kind[4:])) - 1)
    half = 1 << int(kind[3:]) - 1
    return parse_integer(value, where, -half, half - 1)
