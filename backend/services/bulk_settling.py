"""Periods too large to settle agreement by agreement: from the store to partitions of the kernel.

What is settled from is the same as in `settling`, and so are the statements and the root; see
`backend.kernel`. A partition after the other is read and written, so that memory does not follow
the number of agreements. Whoever asks for the bundle of one agreement has `settling` settle it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import ActivationRow, AgreementRow, MeterDayRow, MeteringPointRow
from backend.kernel.bulk.files import PartitionFile, write_partitions
from backend.kernel.bulk.run import Progress, RunResult, run_partitions
from backend.kernel.columns import Portfolio
from backend.kernel.records import AgreementRecord, Blobs, portfolio_of
from backend.services.records import ANY_BLOCK, RECORDED, committed_versions, read_terms
from backend.services.settling import RunScope, in_period, nominations_of
from settlement.activation import Activation, standing_activations
from settlement.commitment import needed_utc_days
from settlement.statement import Period

PARTITION_AGREEMENTS = 5_000

_IDS_AT_ONCE = 500
"""Ids that one query names: databases limit the length of lists, and find each by its index."""


def settle_in_partitions(
    session: Session,
    scope: RunScope,
    non_working_days: Sequence[int],
    folder: Path,
    executor: Executor,
    say: Progress,
    before_block: int = ANY_BLOCK,
) -> RunResult:
    """Settle the agreements of a run in partitions, with the root of `settling.settle_period`.

    Args:
        session: an open session.
        scope: DSO, aggregator and period.
        non_working_days: the published list.
        folder: new or empty; gets `partitions` and `statements`.
        executor: where partitions are settled; see `backend.kernel.bulk.executors`.
        say: takes lines of progress.
        before_block: meter data committed in this block or later does not count.

    Raises:
        InputError: the folder holds partitions already, or stored data cannot be settled.
    """
    partitions = folder / "partitions"
    written = write_period(session, scope, partitions, before_block)
    say(f"{sum(one.agreements for one in written)} agreements in {len(written)} partitions")
    results = folder / "statements"
    return run_partitions(partitions, results, scope.period, non_working_days, executor, say)


def write_period(
    session: Session,
    scope: RunScope,
    folder: Path,
    before_block: int = ANY_BLOCK,
    agreements: int = PARTITION_AGREEMENTS,
) -> tuple[PartitionFile, ...]:
    """Write the agreements of a run with all that their statements depend on as partitions.

    Args:
        session: an open session.
        scope: DSO, aggregator and period; agreements without a day in the period are left out.
        folder: new or without a manifest.
        before_block: meter data committed in this block or later does not count.
        agreements: most agreements of a partition.

    Raises:
        InputError: the folder holds partitions already, or stored data cannot be settled.
    """
    parts = (
        _portfolio(session, rows, scope.period, before_block)
        for rows in _pages(session, scope, agreements)
    )
    return write_partitions(folder, parts)


def _pages(session: Session, scope: RunScope, count: int) -> Iterator[list[AgreementRow]]:
    """Return the agreements of a run by ascending id, some at a time."""
    last = b""
    while True:
        query = select(AgreementRow).where(
            AgreementRow.dso == scope.dso,
            AgreementRow.aggregator == scope.aggregator,
            AgreementRow.status == RECORDED,
            AgreementRow.agreement_id > last,
        )
        page = session.scalars(query.order_by(AgreementRow.agreement_id).limit(count)).all()
        if not page:
            return
        last = page[-1].agreement_id
        if held := [row for row in page if in_period(row, scope.period)]:
            yield held


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of the sites of some agreements.

    Attributes:
        logs: per site and agreement the activations, cancelled ones included.
        points: per site the metering points.
    """

    logs: dict[str, dict[bytes, list[Activation]]]
    points: dict[str, list[MeteringPointRow]]


def _portfolio(
    session: Session, rows: list[AgreementRow], period: Period, before_block: int
) -> Portfolio:
    """Read everything that the statements of some agreements depend on."""
    site_ids = sorted({row.site_id for row in rows})
    stored = _Stored(_logs(session, site_ids), _points(session, site_ids))
    records = [_record(session, row, stored) for row in rows]
    first, last = _utc_days(rows, stored, period)
    blobs = _blobs(session, stored, (first, last), before_block)
    return portfolio_of(records, blobs, first, last)


def _record(session: Session, row: AgreementRow, stored: _Stored) -> AgreementRecord:
    terms, logs = read_terms(row.terms), stored.logs.get(row.site_id, {})
    others = (log for other, log in logs.items() if other != row.agreement_id)
    return AgreementRecord(
        row.agreement_id,
        terms,
        standing_activations(logs.get(row.agreement_id, [])),
        [point.name for point in stored.points[row.site_id]],
        tuple(chain.from_iterable(standing_activations(log) for log in others)),
        nominations_of(session, row, terms),
        row.end_day,
    )


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[begin : begin + _IDS_AT_ONCE] for begin in range(0, len(ids), _IDS_AT_ONCE))


def _logs(session: Session, site_ids: Sequence[str]) -> dict[str, dict[bytes, list[Activation]]]:
    logs: dict[str, dict[bytes, list[Activation]]] = {}
    for some in _batches(site_ids):
        query = (
            select(ActivationRow, AgreementRow.site_id)
            .join(AgreementRow, AgreementRow.agreement_id == ActivationRow.agreement_id)
            .where(AgreementRow.status == RECORDED, AgreementRow.site_id.in_(some))
            .order_by(ActivationRow.agreement_id, ActivationRow.position)
        )
        for row, site_id in session.execute(query):
            activation = Activation(row.first_isp, row.isps, row.ordered_w)
            logs.setdefault(site_id, {}).setdefault(row.agreement_id, []).append(activation)
    return logs


def _points(session: Session, site_ids: Sequence[str]) -> dict[str, list[MeteringPointRow]]:
    points: dict[str, list[MeteringPointRow]] = {}
    for some in _batches(site_ids):
        query = select(MeteringPointRow).where(MeteringPointRow.site_id.in_(some))
        for row in session.scalars(query.order_by(MeteringPointRow.name)):
            points.setdefault(row.site_id, []).append(row)
    return points


def _utc_days(rows: list[AgreementRow], stored: _Stored, period: Period) -> tuple[int, int]:
    """Return the first and last UTC day that any of the statements may read."""
    needed = [
        needed_utc_days(
            read_terms(row.terms),
            stored.logs.get(row.site_id, {}).get(row.agreement_id, []),
            period,
        )
        for row in rows
    ]
    read = [(first, last) for first, last in needed if first <= last]
    return (
        min((first for first, _ in read), default=period.first_day),
        max((last for _, last in read), default=period.first_day),
    )


def _blobs(
    session: Session, stored: _Stored, utc_days: tuple[int, int], before_block: int
) -> Blobs:
    """Return the day blobs of the sites in the version that is committed, as `settling` does."""
    mdc_of = {point.name: point.mdc for points in stored.points.values() for point in points}
    days = range(utc_days[0], utc_days[1] + 1)
    committed = {
        mdc: committed_versions(session, mdc, days, before_block) for mdc in set(mdc_of.values())
    }
    blobs: dict[str, dict[int, bytes]] = {}
    for some in _batches(sorted(mdc_of)):
        query = select(
            MeterDayRow.metering_point,
            MeterDayRow.utc_day,
            MeterDayRow.commitment,
            MeterDayRow.blob,
        ).where(
            MeterDayRow.metering_point.in_(some),
            MeterDayRow.utc_day.between(*utc_days),
            MeterDayRow.commitment.is_not(None),
        )
        for point, utc_day, commitment, blob in session.execute(
            query.order_by(MeterDayRow.version)
        ):
            if commitment <= committed[mdc_of[point]].get(utc_day, -1):
                blobs.setdefault(point, {})[utc_day] = blob
    return blobs
