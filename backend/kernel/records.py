"""Portfolios from the records of `settlement`, and the reasons of incomplete statements as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.kernel.columns import (
    BLOB_DTYPE,
    HASH_BYTES,
    TERM_COLUMNS,
    WINDOW_BYTES,
    Activations,
    Agreements,
    Integers,
    Lines,
    Meters,
    Occupied,
    Portfolio,
    Powers,
    no_readings,
)
from backend.kernel.lines import Reason
from settlement.activation import Activation
from settlement.baselines.baseline import LOOK_BACK_DAYS
from settlement.clock import MINUTES_PER_DAY, Clock, ClockRule
from settlement.errors import InputError
from settlement.meter import MISSING_W, Readings
from settlement.terms import Terms

Blobs = Mapping[str, Mapping[int, bytes]]
"""Day blobs by metering point and UTC day; a day that is not there has no readings."""


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """One agreement with all that its statement depends on, meter data apart.

    Attributes:
        agreement_id: 32 bytes.
        terms: its terms.
        standing: its activations in time order, without cancelled ones.
        elements: names of its metering points.
        shared: standing activations of other agreements that share a metering point.
        nominations: per activation the nomination in force when it was recorded.
        end_day: last local day after a termination, None without one.
    """

    agreement_id: bytes
    terms: Terms
    standing: Sequence[Activation]
    elements: Sequence[str]
    shared: Sequence[Activation] = ()
    nominations: Mapping[Activation, Readings] = field(default_factory=dict)
    end_day: int | None = None


def portfolio_of(
    records: Sequence[AgreementRecord], blobs: Blobs, first_utc_day: int, last_utc_day: int
) -> Portfolio:
    """Put records and blobs into columns.

    Args:
        records: at least one, in any order, all with the same ISP length.
        blobs: meter data.
        first_utc_day: first UTC day to settle from.
        last_utc_day: last one, inclusive.

    Raises:
        InputError: ISP lengths differ, an element has no row, or a blob is not one UTC day.
    """
    ordered = sorted(records, key=lambda one: one.agreement_id)
    lengths = {one.terms.isp_minutes for one in ordered}
    if len(lengths) != 1:
        raise InputError(f"ISP lengths {sorted(lengths)}", "portfolio", "one ISP length")
    (isp_minutes,) = lengths
    return Portfolio(
        _agreements(ordered, isp_minutes),
        _activations(ordered),
        Occupied(*_order_columns([one.shared for one in ordered])[:3]),
        _meters(ordered, blobs, first_utc_day, last_utc_day, isp_minutes),
    )


def _agreements(records: Sequence[AgreementRecord], isp_minutes: int) -> Agreements:
    columns = {
        name: np.array([getattr(one.terms, name) for one in records], np.int64)
        for name in TERM_COLUMNS
    }
    for row, one in enumerate(records):
        if one.end_day is not None:
            columns["end_day"][row] = min(one.end_day, one.terms.end_day)
    ids = b"".join(one.agreement_id for one in records)
    windows = b"".join(word.to_bytes(32, "little") for one in records for word in one.terms.window)
    return Agreements(
        isp_minutes,
        np.frombuffer(ids, np.uint8).reshape(-1, HASH_BYTES),
        np.frombuffer(windows, np.uint8).reshape(-1, WINDOW_BYTES),
        columns,
    )


def _activations(records: Sequence[AgreementRecord]) -> Activations:
    columns = _order_columns([one.standing for one in records])
    nominated: list[int | None] = []
    if any(one.nominations for one in records):
        for one in records:
            for activation in one.standing:
                nomination = one.nominations.get(activation)
                nominated += [
                    None if nomination is None else nomination.at(isp)
                    for isp in activation.ordered_isps()
                ]
    known = [MISSING_W if w is None else w for w in nominated]
    return Activations(*columns, np.array(known, np.int32))


def _order_columns(
    orders: Sequence[Sequence[Activation]],
) -> tuple[Integers, Integers, Integers, Integers]:
    rows = [
        (row, one.first_isp, one.isps, one.ordered_w)
        for row, mine in enumerate(orders)
        for one in mine
    ]
    agreement, first, isps, ordered = np.array(rows, np.int64).reshape(-1, 4).T.copy()
    return agreement, first, isps, ordered


def _meters(
    records: Sequence[AgreementRecord],
    blobs: Blobs,
    first_utc_day: int,
    last_utc_day: int,
    isp_minutes: int,
) -> Meters:
    per_day = MINUTES_PER_DAY // isp_minutes
    points = sorted({point for one in records for point in one.elements})
    row_of = {point: row for row, point in enumerate(points)}
    matrix = no_readings(len(points), (last_utc_day - first_utc_day + 1) * per_day)
    for point, row in row_of.items():
        for utc_day, blob in blobs.get(point, {}).items():
            if first_utc_day <= utc_day <= last_utc_day:
                begin = (utc_day - first_utc_day) * per_day
                matrix[row, begin : begin + per_day] = _values(blob, per_day, point)
    elements = [row_of[point] for one in records for point in one.elements]
    counts = [len(one.elements) for one in records]
    return Meters(
        first_utc_day,
        matrix,
        np.array(elements, np.int64),
        np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
    )


def _values(blob: bytes, per_day: int, point: str) -> Powers:
    if len(blob) != 4 * per_day:
        expected = f"{4 * per_day} bytes, one UTC day"
        raise InputError(f"{len(blob)} bytes", f"meter data of {point}", expected)
    return np.frombuffer(blob, BLOB_DTYPE)


def reasons_of(portfolio: Portfolio, lines: Lines) -> dict[int, tuple[str, ...]]:
    """Return why statements are incomplete, by agreement row, in the words of `settlement`.

    Args:
        portfolio: what was settled.
        lines: what came of it.
    """
    reasons: dict[int, tuple[str, ...]] = {}
    activations, terms = portfolio.activations, portfolio.agreements.terms
    for row in np.flatnonzero(lines.reason != Reason.NONE):
        activation = int(lines.activation[row])
        agreement = int(activations.agreement[activation])
        isps, count = int(activations.isps[activation]), int(lines.count[row])
        text = {
            Reason.NOT_NOMINATED: "no baseline was nominated for all of its ISPs",
            Reason.LIKE_DAYS: f"only {count} of {terms['y'][agreement]} like days in the last "
            f"{LOOK_BACK_DAYS} days",
            Reason.BASELINE_RANGE: "a baseline value is out of the range that can be recorded",
            Reason.READINGS: f"{count} of {isps} meter readings are missing",
            Reason.RANGE: "a power is out of the range that can be recorded",
        }[Reason(int(lines.reason[row]))]
        start = _clock(portfolio, agreement).describe(int(activations.first_isp[activation]))
        reasons[agreement] = (*reasons.get(agreement, ()), f"{start}: {text}")
    return reasons


def _clock(portfolio: Portfolio, agreement: int) -> Clock:
    terms = portfolio.agreements.terms
    return Clock(
        portfolio.agreements.isp_minutes,
        int(terms["utc_offset_minutes"][agreement]),
        ClockRule(int(terms["clock_rule"][agreement])),
    )
