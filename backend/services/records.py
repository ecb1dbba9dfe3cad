"""Domain records read from and written to the store; the one place that knows both shapes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.db.models import (
    ActivationRow,
    AgreementRow,
    AssetRow,
    CommitmentRow,
    MeterDayRow,
    MeteringPointRow,
    SiteRow,
)
from settlement.activation import Activation, standing_activations
from settlement.bundle.records import LogEntry, entries_of
from settlement.document import canonical_json
from settlement.meter import Readings, decode_blob, sum_readings
from settlement.terms import Terms
from settlement.terms_document import from_document, to_document

OFFERED, REFUSED, SIGNED, RECORDED = "offered", "refused", "signed", "recorded"
LAPSED = "lapsed"
"""What may become of an agreement; lapsed: signed by both, and not recorded in time."""

METER, NOMINATION = "meter", "nomination"
"""What is committed."""

ANY_BLOCK = 2**62
"""A block after all others."""


def write_terms(terms: Terms) -> str:
    """Write terms for a column."""
    return canonical_json(to_document(terms))


def read_terms(text: str) -> Terms:
    """Read terms from a column."""
    return from_document(json.loads(text), "stored terms")


def recorded_agreements(session: Session) -> Sequence[AgreementRow]:
    """Return the agreements on the ledger, by site and terms."""
    query = select(AgreementRow).where(AgreementRow.status == RECORDED)
    return session.scalars(query.order_by(AgreementRow.site_id, AgreementRow.terms)).all()


def agreements_between(session: Session, dso: bytes, aggregator: bytes) -> Sequence[AgreementRow]:
    """Return the agreements of an aggregator on the ledger that name a DSO, by id."""
    query = select(AgreementRow).where(
        AgreementRow.dso == dso,
        AgreementRow.aggregator == aggregator,
        AgreementRow.status == RECORDED,
    )
    return session.scalars(query.order_by(AgreementRow.agreement_id)).all()


def agreement_of(session: Session, agreement_id: bytes) -> AgreementRow:
    """Return a stored agreement that is known to exist."""
    row = session.get(AgreementRow, agreement_id)
    assert row is not None, "an agreement that was made here is stored"
    return row


@dataclass(frozen=True, slots=True)
class Registered:
    """How much is registered, and how many offers were refused."""

    sites: int
    assets: int
    refused_offers: int


def count_registered(session: Session) -> Registered:
    """Count what is registered."""

    def count(query: Select[tuple[int]]) -> int:
        return session.scalar(query) or 0

    refused = select(func.count()).where(AgreementRow.status == REFUSED)
    return Registered(
        count(select(func.count()).select_from(SiteRow)),
        count(select(func.count()).select_from(AssetRow)),
        count(refused),
    )


def log_of(session: Session, agreement_id: bytes) -> tuple[LogEntry, ...]:
    """Return the activation log of an agreement."""
    query = select(ActivationRow).where(ActivationRow.agreement_id == agreement_id)
    return tuple(
        LogEntry(Activation(row.first_isp, row.isps, row.ordered_w), row.block)
        for row in session.scalars(query.order_by(ActivationRow.position))
    )


def standing_by_agreement(session: Session) -> dict[bytes, tuple[Activation, ...]]:
    """Return the standing activations of all agreements that ever had one."""
    query = select(
        ActivationRow.agreement_id,
        ActivationRow.first_isp,
        ActivationRow.isps,
        ActivationRow.ordered_w,
        ActivationRow.block,
    )
    logs: dict[bytes, list[LogEntry]] = {}
    for identity, first_isp, isps, ordered_w, block in session.execute(
        query.order_by(ActivationRow.agreement_id, ActivationRow.position)
    ):
        entry = LogEntry(Activation(first_isp, isps, ordered_w), block)
        logs.setdefault(identity, []).append(entry)
    return {identity: standing_activations(entries_of(log)) for identity, log in logs.items()}


def standing_of(session: Session, agreement_id: bytes) -> tuple[Activation, ...]:
    """Return the standing activations of an agreement."""
    return standing_activations(entries_of(log_of(session, agreement_id)))


def points_of(session: Session, site_id: str) -> Sequence[MeteringPointRow]:
    """Return the metering points of a site."""
    query = select(MeteringPointRow).where(MeteringPointRow.site_id == site_id)
    return session.scalars(query.order_by(MeteringPointRow.name)).all()


def meter_blobs_of(
    session: Session, point: str, committed: Mapping[int, int] | None = None
) -> dict[int, bytes]:
    """Return the day blobs of a metering point by UTC day, in the version that counts.

    Args:
        session: an open session.
        point: name of the metering point.
        committed: the version of each day's root that counts, as `committed_versions` finds it;
            other days are left out. None takes the latest version of every day, committed or not.
    """
    query = select(MeterDayRow).where(MeterDayRow.metering_point == point)
    if committed is not None:
        days = min(committed, default=0), max(committed, default=-1)
        query = query.where(MeterDayRow.utc_day.between(*days))
    found: dict[int, bytes] = {}
    for row in session.scalars(query.order_by(MeterDayRow.utc_day, MeterDayRow.version)):
        if committed is None or (
            row.commitment is not None and row.commitment <= committed.get(row.utc_day, -1)
        ):
            found[row.utc_day] = row.blob
    return found


def readings_of(
    session: Session, point: str, isp_minutes: int, committed: Mapping[int, int] | None = None
) -> Readings:
    """Return the readings of a metering point; arguments as for `meter_blobs_of`."""
    return Readings(
        isp_minutes,
        {
            utc_day: decode_blob(blob, isp_minutes, "stored meter day")
            for utc_day, blob in meter_blobs_of(session, point, committed).items()
        },
    )


def committed_sum(
    session: Session,
    points: Sequence[MeteringPointRow],
    isp_minutes: int,
    utc_days: range,
    before_block: int = ANY_BLOCK,
) -> Readings:
    """Sum the readings of metering points that were committed before a block, each by its own MDC.

    One missing reading makes the sum of its ISP missing; without points all are.
    """
    committed = {
        mdc: committed_versions(session, mdc, utc_days, before_block)
        for mdc in {point.mdc for point in points}
    }
    parts = [readings_of(session, one.name, isp_minutes, committed[one.mdc]) for one in points]
    return sum_readings(parts) if parts else Readings(isp_minutes, {})


def committed_versions(
    session: Session, mdc: bytes, utc_days: Iterable[int], before_block: int = ANY_BLOCK
) -> dict[int, int]:
    """Return the version of the last meter root of each of some UTC days before a block."""
    roots = commitments_of(session, METER, mdc, utc_days, before_block)
    return {utc_day: root.version for utc_day, root in roots.items()}


def commitments_of(
    session: Session,
    kind: str,
    committer: bytes,
    utc_days: Iterable[int],
    before_block: int = ANY_BLOCK,
) -> dict[int, CommitmentRow]:
    """Return the latest commitment of each of some UTC days that came before a block."""
    query = select(CommitmentRow).where(
        CommitmentRow.kind == kind,
        CommitmentRow.committer == committer,
        CommitmentRow.utc_day.in_(list(utc_days)),
        CommitmentRow.block < before_block,
    )
    rows = session.scalars(query.order_by(CommitmentRow.version))
    return {row.utc_day: row for row in rows}
