"""The statement of one agreement for one period: record, leaf, series. Rules 0.7 and 0.8."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, fields

from settlement.keccak import keccak256
from settlement.merkle import Node
from settlement.units import fits_power
from settlement.words import WORD_BYTES, bytes32_word, uint_word

Pair = tuple[int, int]
"""Baseline W and actual W of one ordered ISP."""


@dataclass(frozen=True, slots=True)
class Period:
    """An inclusive range of local days; each agreement reads it by its own clock."""

    first_day: int
    last_day: int

    def holds(self, day: int) -> bool:
        """Tell whether a local day lies in the period."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Statement:
    """What the ledger knows of one agreement in one period; money in 1e-4 EUR.

    Attributes:
        agreement_id: 32 bytes.
        period_first_day: first local day.
        period_last_day: last local day, inclusive.
        series_hash: hash of the packed baseline and actual of all ordered ISPs.
        capacity_isps: window ISPs for which capacity is paid.
        capacity: capacity line.
        volume: sum of the volume lines.
        penalty: after the cap.
        amount: capacity + volume - penalty, never negative.
    """

    agreement_id: bytes
    period_first_day: int
    period_last_day: int
    series_hash: bytes
    capacity_isps: int
    capacity: int
    volume: int
    penalty: int
    amount: int

    @property
    def period(self) -> Period:
        """The period of the statement."""
        return Period(self.period_first_day, self.period_last_day)


_WORD_BITS = {
    "period_first_day": 32,
    "period_last_day": 32,
    "capacity_isps": 32,
    "capacity": 64,
    "volume": 64,
    "penalty": 64,
    "amount": 64,
}


def encode_statement(statement: Statement) -> bytes:
    """Return the `abi.encode` of a statement, one word per field."""
    words = []
    for field in fields(statement):
        value = getattr(statement, field.name)
        if isinstance(value, bytes):
            words.append(bytes32_word(value, field.name))
        else:
            words.append(uint_word(value, _WORD_BITS[field.name], field.name))
    return b"".join(words)


def statement_leaf(statement: Statement) -> Node:
    """Return the leaf of a statement: its double hash and its amount.

    Hashing twice keeps a leaf from ever being read as a node of the tree.
    """
    return keccak256(keccak256(encode_statement(statement))), statement.amount


def pack_series(pairs: Iterable[Pair]) -> bytes:
    """Pack baseline and actual of the ordered ISPs: four pairs to a word, the last one padded."""
    packed = b"".join(struct.pack(">ii", baseline, actual) for baseline, actual in pairs)
    return packed + bytes(-len(packed) % WORD_BYTES)


def series_hash(pairs: Iterable[Pair]) -> bytes:
    """Return the hash of the packed series."""
    return keccak256(pack_series(pairs))


def recordable(pairs: Iterable[Pair]) -> bool:
    """Tell whether every value of a series fits the ledger."""
    return all(fits_power(value) for pair in pairs for value in pair)
