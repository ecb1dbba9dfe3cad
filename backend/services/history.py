"""What became of an agreement in a period, run by run: amounts, what changed and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import RunRow, StatementRow
from backend.services.runs import describe_period
from settlement.clock import date_text
from settlement.statement import Period
from settlement.units import format_eur
from settlement.words import hex_of


@dataclass(frozen=True, slots=True)
class StatementVersion:
    """The statement of one agreement in one version of a run; money in 1e-4 EUR.

    Attributes:
        period: local days, inclusive.
        version: of the run, from 1.
        status: how far the run has come.
        cause: why there is this version.
        block: the block that published it, None until then.
        root: root of the run.
        amount: None while the statement is incomplete.
        reason: why it is incomplete, else empty.
        change: amount less that of the last complete version before, None without either.
        paid: whether it was claimed here.
    """

    period: Period
    version: int
    status: str
    cause: str
    block: int | None
    root: bytes
    amount: int | None
    reason: str
    change: int | None
    paid: bool


def history_of(
    session: Session, agreement_id: bytes, period: Period | None = None
) -> tuple[StatementVersion, ...]:
    """Return every version of an agreement's statements, by period and version.

    Args:
        session: an open session.
        agreement_id: 32 bytes.
        period: of one run; None for all periods.
    """
    query = (
        select(RunRow, StatementRow)
        .join(StatementRow, StatementRow.run_id == RunRow.run_id)
        .where(StatementRow.agreement_id == agreement_id)
        .order_by(RunRow.first_day, RunRow.version)
    )
    if period is not None:
        query = query.where(
            RunRow.first_day == period.first_day, RunRow.last_day == period.last_day
        )
    found: list[StatementVersion] = []
    before: dict[int, int] = {}
    for run, row in session.execute(query):
        known = before.get(run.first_day)
        change = None if row.amount is None or known is None else row.amount - known
        if row.amount is not None:
            before[run.first_day] = row.amount
        found.append(
            StatementVersion(
                Period(run.first_day, run.last_day),
                run.version,
                run.status,
                run.cause,
                run.block,
                run.root,
                row.amount,
                row.reason,
                change,
                row.paid,
            )
        )
    return tuple(found)


def describe_history(versions: Sequence[StatementVersion]) -> str:
    """Write the versions of an agreement's statements as people read them; money in EUR."""
    lines: list[str] = []
    for one in versions:
        if one.version == 1:
            lines.append(describe_period(one.period))
        where = f"in block {one.block}" if one.block is not None else "not published"
        amount = f"waits for data: {one.reason}" if one.amount is None else _amount(one)
        lines += [
            f"  version {one.version}, {where}, {one.status}: {amount}",
            f"    cause: {one.cause}",
        ]
    return "".join(f"{line}\n" for line in lines)


def _amount(one: StatementVersion) -> str:
    assert one.amount is not None, "asked for complete statements"
    text = f"{format_eur(one.amount)} EUR"
    if one.change is not None:
        text += f", a change of {format_eur(one.change)} EUR"
    return text + (", paid" if one.paid else "")


def history_document(versions: Sequence[StatementVersion]) -> list[dict[str, object]]:
    """Return the versions for machines: one object each, money in 1e-4 EUR, days as dates."""
    return [
        {
            "first_day": date_text(one.period.first_day),
            "last_day": date_text(one.period.last_day),
            "version": one.version,
            "status": one.status,
            "cause": one.cause,
            "block": one.block,
            "root": hex_of(one.root),
            "amount": one.amount,
            "reason": one.reason,
            "change": one.change,
            "paid": one.paid,
        }
        for one in versions
    ]
