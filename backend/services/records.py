"""Domain records read from and written to the store; the one place that knows both shapes."""

import json
from collections.abc import Iterable, Sequence
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
from settlement.bundle import LogEntry
from settlement.document import canonical_json
from settlement.meter import Readings, decode_blob
from settlement.terms import Terms
from settlement.terms_document import from_document, to_document

OFFERED, REFUSED, SIGNED, RECORDED = "offered", "refused", "signed", "recorded"
"""What may become of an agreement."""

METER, NOMINATION = "meter", "nomination"
"""What is committed."""


def write_terms(terms: Terms) -> str:
    """Write terms for a column."""
    return canonical_json(to_document(terms))


def read_terms(text: str) -> Terms:
    """Read terms from a column."""
    return from_document(json.loads(text), "stored terms")


def recorded_agreements(session: Session) -> Sequence[AgreementRow]:
    """Return the agreements on the ledger, by site and id."""
    query = select(AgreementRow).where(AgreementRow.status == RECORDED)
    return session.scalars(query.order_by(AgreementRow.site_id, AgreementRow.terms)).all()


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


def standing_of(session: Session, agreement_id: bytes) -> tuple[Activation, ...]:
    """Return the standing activations of an agreement."""
    return standing_activations([entry.activation for entry in log_of(session, agreement_id)])


def points_of(session: Session, site_id: str) -> Sequence[MeteringPointRow]:
    """Return the metering points of a site."""
    query = select(MeteringPointRow).where(MeteringPointRow.site_id == site_id)
    return session.scalars(query.order_by(MeteringPointRow.name)).all()


def readings_of(
    session: Session, point: str, isp_minutes: int, committed_by: bytes | None = None
) -> Readings:
    """Return the readings of a metering point.

    Args:
        session: an open session.
        point: name of the metering point.
        isp_minutes: ISP length.
        committed_by: leaves out the days of which this meter data company has committed nothing;
            None takes every day.
    """
    query = select(MeterDayRow).where(MeterDayRow.metering_point == point)
    if committed_by is not None:
        committed = select(CommitmentRow.utc_day).where(
            CommitmentRow.kind == METER, CommitmentRow.committer == committed_by
        )
        query = query.where(MeterDayRow.utc_day.in_(committed))
    return Readings(
        isp_minutes,
        {
            row.utc_day: decode_blob(row.blob, isp_minutes, "stored meter day")
            for row in session.scalars(query)
        },
    )


def commitments_of(
    session: Session,
    kind: str,
    committer: bytes,
    utc_days: Iterable[int],
    before_block: int = 2**62,
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
