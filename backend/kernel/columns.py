"""Agreements, activations, meter data and results in columns: one array per field, one row each.

A portfolio is what one call settles: agreements with one ISP length, with everything their
statements depend on. Column names are those of `Terms`; integers are int64, so that sums of 32-bit
powers and products with rates have room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from settlement.clock import MINUTES_PER_DAY
from settlement.errors import InputError
from settlement.meter import MISSING_W

Integers = NDArray[np.int64]
Powers = NDArray[np.int32]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Exact = NDArray[Any]
"""Whole numbers as int64, or as Python integers (dtype object) where int64 would overflow."""

BLOB_DTYPE = np.dtype(">i4")
"""The layout of a blob: int32 W, big-endian."""

TERM_COLUMNS = (
    "start_day",
    "end_day",
    "utc_offset_minutes",
    "clock_rule",
    "amount_w",
    "volume_rate",
    "penalty_rate",
    "capacity_rate",
    "delivery_rule",
    "delivery_bp",
    "delivery_slope",
    "penalty_cap_bp",
    "baseline_method",
    "x",
    "y",
    "adjustment",
    "adjustment_isps",
    "adjustment_gap_isps",
    "adjustment_cap_bp",
)
"""The terms that decide an amount; `end_day` is the earlier one after a termination."""

WINDOW_BYTES = 96
HASH_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Agreements:
    """Terms in columns.

    Attributes:
        isp_minutes: ISP length of all of them.
        agreement_id: (n, 32) bytes, ascending as unsigned numbers, each once.
        window: (n, 96) bytes, the three window words, each with its least significant byte first.
        terms: the columns of `TERM_COLUMNS`, each (n,).
    """

    isp_minutes: int
    agreement_id: Bytes
    window: Bytes
    terms: Mapping[str, Integers]

    def __len__(self) -> int:
        """Return the number of agreements."""
        return len(self.agreement_id)

    @property
    def isps_per_day(self) -> int:
        """ISPs of a day of 24 hours."""
        return MINUTES_PER_DAY // self.isp_minutes


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """Standing activations of the agreements, by agreement and time, also outside the period.

    Attributes:
        agreement: row of the agreement, ascending.
        first_isp: UTC index of the first ordered ISP, ascending within an agreement.
        isps: number of ordered ISPs, at least 1.
        ordered_w: signed W.
        nominated_w: nominated baselines of all ordered ISPs one after the other, -2^31 where there
            is none; empty if no agreement of the portfolio is settled against nominations.
    """

    agreement: Integers
    first_isp: Integers
    isps: Integers
    ordered_w: Integers
    nominated_w: Powers


@dataclass(frozen=True, slots=True, eq=False)
class Occupied:
    """Standing activations of other agreements that share a metering point with one of these.

    Attributes:
        agreement: row of the agreement whose baselines they bear on.
        first_isp: UTC index of the first ordered ISP.
        isps: number of ordered ISPs.
    """

    agreement: Integers
    first_isp: Integers
    isps: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Meters:
    """Day blobs of metering points, each row the same consecutive UTC days.

    Attributes:
        first_utc_day: UTC day of the first column.
        blobs: (rows, days x ISPs per day), int32 W big-endian, -2^31 where there is no reading.
        element_rows: rows of the elements of all agreements, one agreement after the other.
        element_offsets: (n + 1,), where the elements of each agreement begin.
    """

    first_utc_day: int
    blobs: Powers
    element_rows: Integers
    element_offsets: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Portfolio:
    """Everything that the statements of some agreements depend on."""

    agreements: Agreements
    activations: Activations
    occupied: Occupied
    meters: Meters


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The activations of the period, in the order of the portfolio; see `settlement.settle.Line`.

    Attributes:
        activation: row of the activation.
        reason: why it has no line, a `Reason`; the figures of such a row are 0.
        count: the number that goes with the reason, such as of like days found.
        ordered_w_sum: W over its ISPs, a magnitude.
        delivered_w_sum: the same.
        deficiency_w_sum: the same.
        volume: 1e-4 EUR.
        penalty: 1e-4 EUR, before the cap.
        pair_offsets: (lines + 1,), where the ISPs of each begin in `pairs_w`.
        pairs_w: (ISPs, 2), baseline and actual of every ordered ISP, W.
    """

    activation: Integers
    reason: Integers
    count: Integers
    ordered_w_sum: Integers
    delivered_w_sum: Integers
    deficiency_w_sum: Integers
    volume: Integers
    penalty: Integers
    pair_offsets: Integers
    pairs_w: Powers


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """One row per agreement; money in 1e-4 EUR. The figures of an incomplete one are 0.

    Attributes:
        agreement_id: (n, 32) bytes.
        complete: False where a statement waits for data and so has no leaf.
        series_hash: (n, 32) bytes.
        capacity_isps: window ISPs for which capacity is paid.
        capacity: capacity line.
        volume: sum of the volume lines.
        penalty: after the cap.
        amount: capacity + volume - penalty.
        leaf_hash: (n, 32) bytes, the hash of the leaf whose sum is the amount.
    """

    agreement_id: Bytes
    complete: Flags
    series_hash: Bytes
    capacity_isps: Integers
    capacity: Integers
    volume: Integers
    penalty: Integers
    amount: Integers
    leaf_hash: Bytes


def check_portfolio(portfolio: Portfolio) -> None:
    """Refuse columns that do not fit together: the kernel relies on their shape and order.

    Raises:
        InputError: names the column and what was expected.
    """
    agreements, activations, meters = (
        portfolio.agreements,
        portfolio.activations,
        portfolio.meters,
    )
    count = len(agreements)
    for name in TERM_COLUMNS:
        _require(agreements.terms[name].shape == (count,), name, f"{count} values")
    _require(agreements.window.shape == (count, WINDOW_BYTES), "window", f"{count} x 96 bytes")
    ids = sort_keys(agreements.agreement_id)
    _require(bool(np.all(ids[1:] > ids[:-1])), "agreement_id", "ascending, each once")
    occupied = portfolio.occupied
    for name, rows in (("activations", activations.agreement), ("occupied", occupied.agreement)):
        _require(bool(np.all((rows >= 0) & (rows < count))), name, "rows of the agreements")
    later = np.diff(activations.agreement) > 0
    apart = activations.first_isp[1:] >= activations.first_isp[:-1] + activations.isps[:-1]
    in_order = (np.diff(activations.agreement) == 0) & apart
    _require(bool(np.all(later | in_order)), "activations", "by agreement and time, no overlap")
    _require(bool(np.all(activations.isps >= 1)), "activations", "at least one ISP each")
    _require(bool(np.all(occupied.isps >= 1)), "occupied", "at least one ISP each")
    nominated = len(activations.nominated_w)
    _require(nominated in (0, activations.isps.sum()), "nominated_w", "a value per ordered ISP")
    _require(meters.blobs.dtype == BLOB_DTYPE, "blobs", "int32, big-endian")
    _require(meters.blobs.shape[1] % agreements.isps_per_day == 0, "blobs", "whole UTC days")
    offsets = meters.element_offsets
    whole = len(offsets) == count + 1 and bool(np.all(np.diff(offsets) >= 1))
    _require(whole, "element_offsets", "at least one element for each agreement")
    held = (meters.element_rows >= 0) & (meters.element_rows < len(meters.blobs))
    _require(bool(np.all(held)), "element_rows", "rows of the blobs")


def _require(holds: bool, column: str, expected: str) -> None:
    if not holds:
        raise InputError(f"column {column}", "portfolio", expected)


def sort_keys(identities: Bytes) -> NDArray[np.bytes_]:
    """Return (n, 32) bytes as values that compare like unsigned numbers."""
    return np.ascontiguousarray(identities).view(f"S{HASH_BYTES}").reshape(-1)


def no_readings(rows: int, columns: int) -> Powers:
    """Return blobs in which every reading is missing."""
    return np.full((rows, columns), MISSING_W, BLOB_DTYPE)
