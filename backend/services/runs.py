"""Settlement runs in the store: which periods may be settled, and every version of each run.

A version is computed first. Until it is published it may be computed again; afterwards it stands,
and a correction is the next version.
"""

import json
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, CommitmentRow, RunRow, StatementRow
from backend.services.records import METER, RECORDED, agreements_between, read_terms
from backend.services.settling import (
    RunScope,
    SettledPeriod,
    deviation_w_isps,
    in_period,
    settle_period,
)
from settlement.clock import date_text
from settlement.errors import InputError
from settlement.settle import Settled
from settlement.statement import Period

PERIOD_DAYS_MAX = 31
COMPUTED, PUBLISHED, TOLD, DELIVERED = "computed", "published", "told", "delivered"
"""How far a run has come: figures stored; on the ledger; messages stored; bundles written."""


def scope_of(run: RunRow) -> RunScope:
    """Return what a stored run settles."""
    return RunScope(run.dso, run.aggregator, Period(run.first_day, run.last_day))


def describe_period(period: Period) -> str:
    """Write a period for people."""
    return f"{date_text(period.first_day)} to {date_text(period.last_day)}"


def versions_of(session: Session, scope: RunScope) -> Sequence[RunRow]:
    """Return all versions of the run of a period, the standing one last."""
    query = select(RunRow).where(
        RunRow.dso == scope.dso,
        RunRow.aggregator == scope.aggregator,
        RunRow.first_day == scope.period.first_day,
        RunRow.last_day == scope.period.last_day,
    )
    return session.scalars(query.order_by(RunRow.version)).all()


def standing_run(session: Session, scope: RunScope) -> RunRow:
    """Return the last version of the run of a period.

    Raises:
        InputError: the period was not settled.
    """
    versions = versions_of(session, scope)
    if not versions:
        where = f"period {describe_period(scope.period)}"
        raise InputError("no run", where, "a period that was settled")
    return versions[-1]


def aggregators_of(session: Session, dso: bytes, period: Period) -> tuple[bytes, ...]:
    """Return who has agreements that name a DSO and have a day in a period, ascending."""
    query = select(AgreementRow).where(AgreementRow.dso == dso, AgreementRow.status == RECORDED)
    rows = (row for row in session.scalars(query) if in_period(row, period))
    return tuple(sorted({row.aggregator for row in rows}))


def check_period(session: Session, scope: RunScope, now_s: int) -> None:
    """Refuse a period that cannot be settled.

    Args:
        session: an open session.
        scope: DSO, aggregator and period, for which there is no run yet.
        now_s: UTC second of the call.

    Raises:
        InputError: a reversed period or one longer than a month, one that lies before or across
            what is settled already, one that is not over by every clock, or nothing to settle.
    """
    period, where = scope.period, f"period {describe_period(scope.period)}"
    days = period.last_day - period.first_day + 1
    if not 1 <= days <= PERIOD_DAYS_MAX:
        raise InputError(f"{days} days", where, f"1 to {PERIOD_DAYS_MAX} days")
    query = select(RunRow).where(RunRow.dso == scope.dso, RunRow.aggregator == scope.aggregator)
    last = session.scalars(query.order_by(RunRow.last_day.desc())).first()
    if last is not None and period.first_day <= last.last_day:
        settled = describe_period(Period(last.first_day, last.last_day))
        expected = f"that period again, or one from {date_text(last.last_day + 1)} on"
        raise InputError(f"{settled} is settled already", where, expected)
    rows = agreements_between(session, scope.dso, scope.aggregator)
    terms = [read_terms(row.terms) for row in rows if in_period(row, period)]
    if not terms:
        raise InputError("no agreement", where, "one that these parties have in the period")
    for clock in {one.clock for one in terms}:
        if clock.start_s(clock.day_isps(period.last_day + 1)[0]) > now_s:
            raise InputError("its last day is not over", where, "a period that is over")


def store_run(
    session: Session,
    settled: SettledPeriod,
    version: int,
    cause: str,
    non_working_days: Sequence[int],
    data_block: int,
) -> RunRow:
    """Store a computed version of a run with its statements; a draft of it is replaced.

    Args:
        session: an open session.
        settled: what was computed.
        version: from 1.
        cause: why there is this version.
        non_working_days: the published list that was used.
        data_block: data committed before this block was used.
    """
    scope, (root, total) = settled.scope, settled.run.tree.root
    run = next((one for one in versions_of(session, scope) if one.version == version), None)
    if run is None:
        run = RunRow(
            dso=scope.dso,
            aggregator=scope.aggregator,
            first_day=scope.period.first_day,
            last_day=scope.period.last_day,
            version=version,
            status=COMPUTED,
        )
        session.add(run)
    assert run.status == COMPUTED, "a published version stands"
    run.cause, run.non_working_days = cause, json.dumps(sorted(non_working_days))
    run.data_block, run.root, run.sum = data_block, root, total
    run.depth = settled.run.tree.depth
    session.flush()
    session.execute(delete(StatementRow).where(StatementRow.run_id == run.run_id))
    session.add_all(_complete_row(run.run_id, one) for one in settled.run.settled)
    session.add_all(
        StatementRow(
            run_id=run.run_id, agreement_id=one.agreement_id, reason="; ".join(one.reasons)
        )
        for one in settled.incomplete
    )
    session.flush()
    return run


def _complete_row(run_id: int, settled: Settled) -> StatementRow:
    statement, lines = settled.statement, settled.lines
    return StatementRow(
        run_id=run_id,
        agreement_id=statement.agreement_id,
        capacity=statement.capacity,
        volume=statement.volume,
        penalty=statement.penalty,
        amount=statement.amount,
        ordered_w_isps=sum(line.delivery.ordered_w_sum for line in lines),
        delivered_w_isps=sum(line.delivery.delivered_w_sum for line in lines),
        deficiency_w_isps=sum(line.delivery.deficiency_w_sum for line in lines),
        deviation_w_isps=sum(deviation_w_isps(line) for line in lines),
    )


def count_complete(session: Session, run: RunRow) -> int:
    """Count the statements of a run that are complete: its leaves."""
    query = select(func.count()).where(
        StatementRow.run_id == run.run_id, StatementRow.amount.is_not(None)
    )
    return session.scalar(query) or 0


def non_working_days_of(run: RunRow) -> tuple[int, ...]:
    """Return the published list that a run used."""
    return tuple(json.loads(run.non_working_days))


def settled_of(session: Session, run: RunRow) -> SettledPeriod:
    """Return what a stored run settled, computed again from the data that it used.

    Raises:
        InputError: the stored data does not give the stored root any more.
    """
    scope = scope_of(run)
    settled = settle_period(session, scope, non_working_days_of(run), run.data_block)
    if settled.run.tree.root != (run.root, run.sum):
        where = f"run {describe_period(scope.period)}, version {run.version}"
        raise InputError("the stored data gives another root", where, "the data it was made of")
    return settled


def recommitted_days(session: Session, run: RunRow) -> tuple[int, ...]:
    """Return the UTC days of which meter data was committed after what a run used, ascending."""
    agreements = agreements_between(session, run.dso, run.aggregator)
    companies = {read_terms(row.terms).mdc for row in agreements}
    query = select(CommitmentRow.utc_day).where(
        CommitmentRow.kind == METER,
        CommitmentRow.committer.in_(companies),
        CommitmentRow.block >= run.data_block,
    )
    return tuple(sorted(set(session.scalars(query))))
