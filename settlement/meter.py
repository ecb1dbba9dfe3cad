"""Meter data: one blob of int32 W per metering point and UTC day, and its commitment. Rule 0.10.

A reading that is not there is absent (None), never 0 W; in a blob it is -2^31.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from settlement.clock import MINUTES_PER_DAY
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.units import fits_power
from settlement.words import WORD_BYTES, bytes32_word, uint_word

MISSING_W = -(2**31)


def meter_key(metering_point: str, salt: bytes) -> bytes:
    """Return the salted hash under which a metering point is known on the ledger."""
    text = metering_point.encode()
    padded = text + bytes(-len(text) % WORD_BYTES)
    return keccak256(
        uint_word(2 * WORD_BYTES, 256, "offset")
        + bytes32_word(salt, "salt")
        + uint_word(len(text), 256, "length")
        + padded
    )


def elements_hash(meter_keys: Iterable[bytes]) -> bytes:
    """Return the `elements` term: the hash of the meter keys in ascending order."""
    return keccak256(b"".join(sorted(bytes32_word(key, "meter key") for key in meter_keys)))


def encode_blob(values_w: Sequence[int | None]) -> bytes:
    """Write a UTC day as big-endian int32 W; a value out of range counts as missing."""
    clean = [MISSING_W if w is None or not fits_power(w) else w for w in values_w]
    return struct.pack(f">{len(clean)}i", *clean)


def decode_blob(blob: bytes, isp_minutes: int, where: str) -> tuple[int | None, ...]:
    """Read a day blob back; missing readings come back as None.

    Raises:
        InputError: the blob is not one UTC day long.
    """
    count = MINUTES_PER_DAY // isp_minutes
    if len(blob) != 4 * count:
        raise InputError(f"{len(blob)} bytes", where, f"{4 * count} bytes, one UTC day")
    return tuple(None if w == MISSING_W else w for w in struct.unpack(f">{count}i", blob))


def day_leaf(key: bytes, utc_day: int, blob: bytes) -> bytes:
    """Return the leaf that commits one blob; `key` is a meter key or an agreement id."""
    return leaf_of_hash(key, utc_day, keccak256(blob))


def leaf_of_hash(key: bytes, utc_day: int, blob_hash: bytes) -> bytes:
    """Return the leaf of a blob of which only the hash is known."""
    inner = bytes32_word(key, "key") + uint_word(utc_day, 32, "utc_day")
    return keccak256(keccak256(inner + bytes32_word(blob_hash, "blob hash")))


@dataclass(frozen=True, slots=True)
class Readings:
    """Average W per ISP of one metering point, of a sum of them, or of a nomination.

    Attributes:
        isp_minutes: ISP length.
        days: per UTC day the values of its ISPs; a day not held is missing as a whole.
    """

    isp_minutes: int
    days: Mapping[int, tuple[int | None, ...]]

    def at(self, isp: int) -> int | None:
        """Return the W of an ISP (UTC index), or None if there is no reading."""
        utc_day, position = divmod(isp, MINUTES_PER_DAY // self.isp_minutes)
        day = self.days.get(utc_day)
        return None if day is None else day[position]


def sum_readings(parts: Sequence[Readings]) -> Readings:
    """Add metering points ISP by ISP; one missing reading makes the sum missing. Rule 0.11."""
    if len(parts) == 1:
        return parts[0]
    shared = set(parts[0].days)
    for part in parts[1:]:
        shared &= part.days.keys()
    return Readings(
        parts[0].isp_minutes,
        {
            day: tuple(
                None if None in values else sum(w for w in values if w is not None)
                for values in zip(*(part.days[day] for part in parts), strict=True)
            )
            for day in sorted(shared)
        },
    )
