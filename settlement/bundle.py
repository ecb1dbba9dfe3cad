"""The bundle: one canonical JSON document with all that a party needs to check a statement.

Records here are its content; `bundle_document` checks its form, `plausibility` its truth.
"""

from dataclasses import dataclass

from settlement.activation import Activation
from settlement.identity import Domain
from settlement.merkle import Proof
from settlement.statement import Period, Statement
from settlement.terms import Terms


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of an activation log and the block that recorded it."""

    activation: Activation
    block: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another agreement that shares a metering point, with its whole activation log."""

    agreement_id: bytes
    log: tuple[LogEntry, ...]


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """Name and salt of a metering point; together they make its key on the ledger."""

    name: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class CommittedDay:
    """One day blob with its place under a committed root.

    Attributes:
        metering_point: name, or None for a nomination.
        utc_day: the UTC day.
        blob: int32 W, big-endian.
        root: the committed root of that day.
        version: which of the commitments of that day, from 0.
        block: the block of the commitment.
        proof: way from the leaf to the root.
    """

    metering_point: str | None
    utc_day: int
    blob: bytes
    root: bytes
    version: int
    block: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line as the DSO states it."""

    first_isp: int
    baseline_w: tuple[int, ...]
    actual_w: tuple[int, ...]
    volume: int
    penalty: int


@dataclass(frozen=True, slots=True)
class StatedRun:
    """The run as the DSO states it."""

    root: bytes
    sum: int
    depth: int
    version: int


@dataclass(frozen=True, slots=True)
class Stated:
    """A complete statement with its lines, run and proof, as the DSO states them."""

    statement: Statement
    lines: tuple[StatedLine, ...]
    run: StatedRun
    proof: Proof


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything about one agreement in one period. Exactly one of `stated` and `incomplete`."""

    domain: Domain
    ledger: bytes
    terms: Terms
    aggregator_signature: bytes
    prosumer_signature: bytes
    end_day: int | None
    log: tuple[LogEntry, ...]
    overlaps: tuple[Overlap, ...]
    metering_points: tuple[MeteringPoint, ...]
    non_working_days: tuple[int, ...]
    meter_days: tuple[CommittedDay, ...]
    nominations: tuple[CommittedDay, ...]
    period: Period
    stated: Stated | None
    incomplete: tuple[str, ...]
