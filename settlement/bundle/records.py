"""The bundle: one canonical JSON document with all that a party needs to check a statement.

Records here are its content; `reader` checks its form, `settlement.checker` its truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from settlement.activation import Activation
from settlement.baselines.baseline import LookedAt
from settlement.commitment import Neighbour
from settlement.identity import Domain
from settlement.merkle import Proof
from settlement.statement import Period, Statement
from settlement.terms import Terms

FORMAT = "flexledger-bundle/1"
"""Name and version of the document form."""

ECDSA, ERC1271 = "ecdsa", "erc1271"
"""Who signed: the key of an address, or an account that answers for itself on the chain."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A party's signature under the terms; `kind` is ECDSA or ERC1271."""

    kind: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of an activation log and the block that recorded it."""

    activation: Activation
    block: int


def entries_of(log: Iterable[LogEntry]) -> tuple[Activation, ...]:
    """Return the entries of a log without their blocks."""
    return tuple(entry.activation for entry in log)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another agreement that shares a metering point: keys of its elements, and its whole log."""

    agreement_id: bytes
    meter_keys: tuple[bytes, ...]
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
class AbsentDay:
    """A metering point that a committed day leaves out, with the proof that it does.

    Leaves ascend by key, so two leaves side by side, one below and one above the key of the
    metering point, show that nothing is committed for it. At an end of the tree one is enough.

    Attributes:
        metering_point: name.
        utc_day: the UTC day.
        root: the committed root of that day.
        version: which of the commitments of that day, from 0.
        block: the block of the commitment.
        before: the last leaf below the key, None if there is none.
        after: the first leaf above the key, None if there is none.
    """

    metering_point: str
    utc_day: int
    root: bytes
    version: int
    block: int
    before: Neighbour | None
    after: Neighbour | None


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line as the DSO states it, with the days its baseline comes from and its adjustment."""

    first_isp: int
    baseline_w: tuple[int, ...]
    actual_w: tuple[int, ...]
    volume: int
    penalty: int
    days: tuple[LookedAt, ...]
    note: str


@dataclass(frozen=True, slots=True)
class StatedRun:
    """A published run as the DSO states it; `version` above 1 is a correction."""

    root: bytes
    sum: int
    depth: int
    version: int
    block: int


@dataclass(frozen=True, slots=True)
class Proven:
    """A statement and its place in a run."""

    statement: Statement
    proof: Proof


@dataclass(frozen=True, slots=True)
class Superseded:
    """The run that a correction replaces; `proven` is None if it had no such statement."""

    run: StatedRun
    proven: Proven | None


@dataclass(frozen=True, slots=True)
class Credit:
    """What the ledger had credited for the period, and by which version of the run (0: none)."""

    amount: int
    version: int


@dataclass(frozen=True, slots=True)
class Stated:
    """A complete statement with its lines and proof, as the DSO states them."""

    statement: Statement
    lines: tuple[StatedLine, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything about one agreement in one period. Exactly one of `stated` and `incomplete`."""

    domain: Domain
    ledger: bytes
    terms: Terms
    aggregator_signature: Signature
    prosumer_signature: Signature
    end_day: int | None
    log: tuple[LogEntry, ...]
    overlaps: tuple[Overlap, ...]
    metering_points: tuple[MeteringPoint, ...]
    non_working_days: tuple[int, ...]
    meter_days: tuple[CommittedDay, ...]
    absent_days: tuple[AbsentDay, ...]
    nominations: tuple[CommittedDay, ...]
    period: Period
    run: StatedRun
    superseded: Superseded | None
    credited: Credit
    stated: Stated | None
    incomplete: tuple[str, ...]
