"""Meter data and nominations: taken in as day blobs, committed as one root per UTC day."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

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
from settlement.commitment import Commitment, CommittedBlob, build_commitment
from settlement.errors import InputError
from settlement.meter import decode_blob, encode_blob

ISP_MINUTES = 15
"""Meter data of the market has one ISP length, that of its agreements."""


def take_in_day(
    session: Session, mdc: bytes, utc_day: int, values_w: Mapping[str, Sequence[int | None]]
) -> int:
    """Store one UTC day of some metering points; None is a reading that is not given.

    Where a day is held already, what differs makes a new version of it, and a reading that is not
    given again stands: a reading is corrected by another, not taken back.

    Args:
        session: an open session.
        mdc: address of the meter data company that sends the day.
        utc_day: the UTC day.
        values_w: W per ISP of the day for each metering point, consumption positive.

    Returns:
        The number of metering points of which something new was stored.

    Raises:
        InputError: a metering point that is unknown or metered by somebody else, or another number
            of values. Nothing of the day is stored then.
    """
    names = list(values_w)
    points = select(MeteringPointRow).where(MeteringPointRow.name.in_(names))
    known = {row.name: row.mdc for row in session.scalars(points)}
    days = select(MeterDayRow).where(
        MeterDayRow.utc_day == utc_day, MeterDayRow.metering_point.in_(names)
    )
    held = {row.metering_point: row for row in session.scalars(days.order_by(MeterDayRow.version))}
    rows = []
    for point, values in values_w.items():
        where = f"meter data of {point}, {date_of(utc_day)} (UTC)"
        if point not in known:
            raise InputError("unknown metering point", where, "one that is registered")
        if known[point] != mdc:
            expected = f"one of the meter data company 0x{mdc.hex()}"
            raise InputError("metering point of another company", where, expected)
        given = decode_blob(encode_blob(values), ISP_MINUTES, where)
        before = held.get(point)
        version, blob = 0, encode_blob(given)
        if before is not None:
            version, blob = before.version + 1, _amended(before.blob, given, where)
        if before is None or blob != before.blob:
            rows.append(
                MeterDayRow(metering_point=point, utc_day=utc_day, version=version, blob=blob)
            )
    session.add_all(rows)
    session.flush()
    return len(rows)


def _amended(before: bytes, given: Sequence[int | None], where: str) -> bytes:
    """Put the readings that are given in the place of those held."""
    held = decode_blob(before, ISP_MINUTES, where)
    return encode_blob([old if new is None else new for old, new in zip(held, given, strict=True)])


def meter_commitment(
    session: Session, mdc: bytes, utc_day: int, version: int | None = None
) -> Commitment:
    """Build the tree over the blobs of a UTC day of all metering points of a company.

    Args:
        session: an open session.
        mdc: address of the meter data company.
        utc_day: the UTC day.
        version: of the day's root, from 0; without it, the tree of what is committed next.
    """
    query = (
        select(MeteringPointRow.key, MeterDayRow.blob)
        .join(MeterDayRow, MeterDayRow.metering_point == MeteringPointRow.name)
        .where(MeterDayRow.utc_day == utc_day, MeteringPointRow.mdc == mdc)
        .order_by(MeterDayRow.version)
    )
    if version is not None:
        query = query.where(MeterDayRow.commitment <= version)
    latest = {key: blob for key, blob in session.execute(query)}
    return build_commitment(CommittedBlob(key, utc_day, blob) for key, blob in latest.items())


def commit_meter_days(
    session: Session, ledger: Ledger, mdc: Wallet, first_utc_day: int, last_utc_day: int
) -> None:
    """Commit consecutive UTC days, both inclusive, of a company's points in one transaction.

    Raises:
        ContractRefused: the ledger refused the roots; nothing is stored then.
    """
    committer = address_of(mdc)
    days = range(first_utc_day, last_utc_day + 1)
    roots = [meter_commitment(session, committer, day).root for day in days]
    receipt = ledger.commit_meter_data(mdc, first_utc_day, roots)
    stored = _store_roots(session, METER, committer, zip(days, roots, strict=True), receipt.block)
    for row in _uncommitted(session, committer):
        row.commitment = stored.get(row.utc_day)
    session.commit()


def commit_new_days(session: Session, ledger: Ledger, mdc: Wallet) -> list[int]:
    """Commit every UTC day of which something was taken in since its last root.

    Returns:
        The days, ascending; consecutive ones went in one transaction.
    """
    days = sorted({row.utc_day for row in _uncommitted(session, address_of(mdc))})
    starts = [day for day in days if day - 1 not in days]
    ends = [day for day in days if day + 1 not in days]
    for first, last in zip(starts, ends, strict=True):
        commit_meter_days(session, ledger, mdc, first, last)
    return days


def _uncommitted(session: Session, mdc: bytes) -> Sequence[MeterDayRow]:
    """Return the latest versions of a company's days that stand under no root yet."""
    newer = aliased(MeterDayRow)
    superseded = exists().where(
        newer.metering_point == MeterDayRow.metering_point,
        newer.utc_day == MeterDayRow.utc_day,
        newer.version > MeterDayRow.version,
    )
    query = (
        select(MeterDayRow)
        .join(MeteringPointRow, MeteringPointRow.name == MeterDayRow.metering_point)
        .where(MeteringPointRow.mdc == mdc, MeterDayRow.commitment.is_(None), ~superseded)
    )
    return session.scalars(query).all()


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
    session.commit()


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
) -> dict[int, int]:
    """Store roots as the next version of their days; returns the version of each day."""
    versions: dict[int, int] = {}
    for utc_day, root in roots:
        query = select(func.count()).where(
            CommitmentRow.kind == kind,
            CommitmentRow.committer == committer,
            CommitmentRow.utc_day == utc_day,
        )
        versions[utc_day] = session.scalar(query) or 0
        session.add(
            CommitmentRow(
                kind=kind,
                committer=committer,
                utc_day=utc_day,
                version=versions[utc_day],
                root=root,
                block=block,
            )
        )
    session.flush()
    return versions
