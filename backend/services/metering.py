"""Meter data and nominations: taken in as day blobs, committed as one root per UTC day."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.chain.ledger import Ledger
from backend.chain.wallet import Wallet, address_of
from backend.db.models import (
    AgreementRow,
    CommitmentRow,
    MeterDayRow,
    MeteringPointRow,
    NominationRow,
)
from backend.services.records import METER, NOMINATION, read_terms
from settlement.clock import date_of
from settlement.errors import InputError
from settlement.meter import decode_blob, encode_blob
from settlement.run import Commitment, CommittedBlob, build_commitment

ISP_MINUTES = 15
"""Meter data of the market has one ISP length, that of its agreements."""


def take_in_day(
    session: Session, utc_day: int, values_w: Mapping[str, Sequence[int | None]]
) -> None:
    """Store one UTC day of some metering points; None is a missing reading.

    Raises:
        InputError: an unknown metering point, another number of values, or a day that is there.
            Nothing of the day is stored then.
    """
    names = list(values_w)
    known = set(
        session.scalars(select(MeteringPointRow.name).where(MeteringPointRow.name.in_(names)))
    )
    held = set(
        session.scalars(
            select(MeterDayRow.metering_point).where(
                MeterDayRow.utc_day == utc_day, MeterDayRow.metering_point.in_(names)
            )
        )
    )
    rows = []
    for point, values in values_w.items():
        where = f"meter data of {point}, {date_of(utc_day)} (UTC)"
        if point not in known:
            raise InputError("unknown metering point", where, "one that is registered")
        if point in held:
            raise InputError("the day is there already", where, "each day once")
        blob = encode_blob(values)
        decode_blob(blob, ISP_MINUTES, where)
        rows.append(MeterDayRow(metering_point=point, utc_day=utc_day, blob=blob))
    session.add_all(rows)


def meter_commitment(session: Session, utc_day: int) -> Commitment:
    """Build the tree over the blobs of all metering points of a UTC day."""
    query = (
        select(MeteringPointRow.key, MeterDayRow.blob)
        .join(MeterDayRow, MeterDayRow.metering_point == MeteringPointRow.name)
        .where(MeterDayRow.utc_day == utc_day)
    )
    blobs = [CommittedBlob(key, utc_day, blob) for key, blob in session.execute(query)]
    return build_commitment(blobs)


def commit_meter_days(
    session: Session, ledger: Ledger, mdc: Wallet, first_utc_day: int, last_utc_day: int
) -> None:
    """Commit consecutive UTC days, both inclusive, in one transaction."""
    session.flush()
    days = range(first_utc_day, last_utc_day + 1)
    roots = [meter_commitment(session, day).root for day in days]
    receipt = ledger.commit_meter_data(mdc, first_utc_day, roots)
    _store_roots(session, METER, address_of(mdc), zip(days, roots, strict=True), receipt.block)


def nominate(
    session: Session,
    ledger: Ledger,
    aggregator: Wallet,
    utc_day: int,
    values_w: Mapping[bytes, Sequence[int | None]],
) -> None:
    """Store and commit the nominated baselines of a UTC day, one per agreement id.

    A root supersedes the one before it as a whole. So the new one repeats the nominations of the
    day that still stand, of agreements that are not nominated again.

    Raises:
        InputError: an agreement that is unknown or of another aggregator, or another number of
            values. Nothing is stored or sent then.
        ContractRefused: the ledger refused the root.
    """
    committer = address_of(aggregator)
    query = select(func.max(CommitmentRow.version)).where(
        CommitmentRow.kind == NOMINATION,
        CommitmentRow.committer == committer,
        CommitmentRow.utc_day == utc_day,
    )
    latest = session.scalar(query)
    blobs: dict[bytes, bytes] = {}
    if latest is not None:
        standing = nomination_commitment(session, committer, utc_day, latest)
        blobs = {one.key: one.blob for one in standing.blobs}
    for identity, values in values_w.items():
        where = f"nomination of {date_of(utc_day)} (UTC)"
        row = session.get(AgreementRow, identity)
        if row is None:
            raise InputError(f"unknown agreement 0x{identity.hex()}", where, "one made here")
        if read_terms(row.terms).aggregator != committer:
            expected = "an agreement of the aggregator that nominates"
            raise InputError(f"agreement 0x{identity.hex()}", where, expected)
        blobs[identity] = encode_blob(values)
        decode_blob(blobs[identity], ISP_MINUTES, where)
    root = build_commitment(CommittedBlob(key, utc_day, blob) for key, blob in blobs.items()).root
    receipt = ledger.commit_nominations(aggregator, utc_day, [root])
    version = 0 if latest is None else latest + 1
    session.add_all(
        NominationRow(agreement_id=identity, utc_day=utc_day, version=version, blob=blob)
        for identity, blob in blobs.items()
    )
    session.flush()
    _store_roots(session, NOMINATION, committer, [(utc_day, root)], receipt.block)


def nomination_commitment(
    session: Session, aggregator: bytes, utc_day: int, version: int
) -> Commitment:
    """Build the tree over an aggregator's nominations of a UTC day in one version."""
    query = (
        select(NominationRow, AgreementRow.terms)
        .join(AgreementRow, AgreementRow.agreement_id == NominationRow.agreement_id)
        .where(NominationRow.utc_day == utc_day, NominationRow.version == version)
    )
    return build_commitment(
        CommittedBlob(row.agreement_id, utc_day, row.blob)
        for row, terms in session.execute(query)
        if read_terms(terms).aggregator == aggregator
    )


def _store_roots(
    session: Session,
    kind: str,
    committer: bytes,
    roots: Iterable[tuple[int, bytes]],
    block: int,
) -> None:
    for utc_day, root in roots:
        query = select(func.count()).where(
            CommitmentRow.kind == kind,
            CommitmentRow.committer == committer,
            CommitmentRow.utc_day == utc_day,
        )
        session.add(
            CommitmentRow(
                kind=kind,
                committer=committer,
                utc_day=utc_day,
                version=session.scalar(query) or 0,
                root=root,
                block=block,
            )
        )
    session.flush()
