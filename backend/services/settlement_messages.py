"""What every party is told of a run: volume, deviation and price, as one canonical document each.

The form is in docs/settling.md and in `settlement_message_1.schema.json`. Numbers are whole; energy
is the sum of W over ISPs, money 1e-4 EUR.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, MessageRow, RunRow, StatementRow
from backend.services.metering import ISP_MINUTES
from backend.services.procurement import Procurement, procurements
from backend.services.records import agreement_of, read_terms
from backend.services.runs import COMPUTED
from backend.services.settling import SettledPeriod, deviation_w_isps
from settlement.clock import date_of, date_text, day_of
from settlement.document import canonical_json
from settlement.settle import Line
from settlement.words import hex_of

VERSION = 1
AGGREGATOR, PROSUMER, DSO = "aggregator", "prosumer", "dso"
"""Who is told."""

SUMS = (
    "ordered_w_isps",
    "delivered_w_isps",
    "deficiency_w_isps",
    "deviation_w_isps",
    "capacity",
    "volume",
    "penalty",
    "amount",
)
Document = dict[str, Any]


def store_messages(session: Session, run: RunRow, settled: SettledPeriod) -> None:
    """Make the message of every party of a published run and store it; again changes nothing.

    Args:
        session: an open session.
        run: the published run.
        settled: what it settled.
    """
    rows = [agreement_of(session, identity) for identity in settled.agreement_ids]
    points = [_point(one) for one in procurements(session, run, settled)]
    complete = {one.statement.agreement_id: one for one in settled.run.settled}
    entries = {row.agreement_id: _entry(session, run, row) for row in rows}
    for row in rows:
        lines = complete[row.agreement_id].lines if row.agreement_id in complete else ()
        entries[row.agreement_id]["lines"] = [_line(row, one) for one in lines]
    owners: dict[bytes, list[AgreementRow]] = {}
    for row in rows:
        owners.setdefault(read_terms(row.terms).prosumer, []).append(row)
    for prosumer, own in owners.items():
        _store(session, run, PROSUMER, prosumer, own, [entries[row.agreement_id] for row in own])
    short = [{k: v for k, v in one.items() if k != "lines"} for one in entries.values()]
    sums = [{k: v for k, v in point.items() if k != "procured"} for point in points]
    _store(session, run, AGGREGATOR, run.aggregator, rows, short, sums)
    _store(session, run, DSO, run.dso, rows, short, points)


def messages_of(session: Session, run: RunRow) -> Sequence[MessageRow]:
    """Return the stored messages of a run, by role and party."""
    query = select(MessageRow).where(MessageRow.run_id == run.run_id)
    return session.scalars(query.order_by(MessageRow.role, MessageRow.party)).all()


def read_message(row: MessageRow) -> Document:
    """Read a stored message."""
    found: Document = json.loads(row.document)
    return found


def messages_to(session: Session, party: bytes) -> list[Document]:
    """Return every message to an address, by period and version."""
    query = select(MessageRow).join(RunRow).where(MessageRow.party == party)
    query = query.order_by(RunRow.first_day, RunRow.version, RunRow.run_id, MessageRow.role)
    return [read_message(row) for row in session.scalars(query)]


def _store(
    session: Session,
    run: RunRow,
    role: str,
    party: bytes,
    agreements: Sequence[AgreementRow],
    entries: Sequence[Document],
    points: Sequence[Document] = (),
) -> None:
    identities = [row.agreement_id for row in agreements]
    document = {
        "message": "flexledger settlement",
        "message_version": VERSION,
        "recipient": {"role": role, "address": hex_of(party)},
        "run": _run(run),
        "isp_minutes": ISP_MINUTES,
        "totals": _totals(session, [run], identities),
        "month": _month(session, run, identities),
        "agreements": list(entries),
    }
    if role != PROSUMER:
        document["congestion_points"] = list(points)
    text = canonical_json(document)
    session.merge(MessageRow(run_id=run.run_id, role=role, party=party, document=text))


def _run(run: RunRow) -> Document:
    return {
        "dso": hex_of(run.dso),
        "aggregator": hex_of(run.aggregator),
        "first_day": date_text(run.first_day),
        "last_day": date_text(run.last_day),
        "version": run.version,
        "cause": run.cause,
        "root": hex_of(run.root),
        "sum": run.sum,
        "block": run.block,
    }


def _entry(session: Session, run: RunRow, row: AgreementRow) -> Document:
    """Return the figures of an agreement; null where the statement is incomplete."""
    terms = read_terms(row.terms)
    stated = session.get_one(StatementRow, (run.run_id, row.agreement_id))
    return {
        "agreement_id": hex_of(row.agreement_id),
        "site_id": row.site_id,
        "incomplete": stated.reason,
        "volume_rate": terms.volume_rate,
        "penalty_rate": terms.penalty_rate,
        "capacity_rate": terms.capacity_rate,
        "previous_amount": _previous_amount(session, run, row.agreement_id),
        **{name: getattr(stated, name) for name in SUMS},
    }


def _previous_amount(session: Session, run: RunRow, agreement_id: bytes) -> int | None:
    """Return what the version before stated, None if there is none or it lacked data."""
    query = (
        select(StatementRow.amount)
        .join(RunRow)
        .where(
            RunRow.dso == run.dso,
            RunRow.aggregator == run.aggregator,
            RunRow.first_day == run.first_day,
            RunRow.version == run.version - 1,
            StatementRow.agreement_id == agreement_id,
        )
    )
    return session.scalar(query)


def _line(row: AgreementRow, line: Line) -> Document:
    start_s = read_terms(row.terms).clock.start_s(line.activation.first_isp)
    return {
        "start_utc": _utc(start_s),
        "first_isp": line.activation.first_isp,
        "isps": line.activation.isps,
        "ordered_w": line.activation.ordered_w,
        "ordered_w_isps": line.delivery.ordered_w_sum,
        "delivered_w_isps": line.delivery.delivered_w_sum,
        "deficiency_w_isps": line.delivery.deficiency_w_sum,
        "deviation_w_isps": deviation_w_isps(line),
        "volume": line.volume,
        "penalty": line.penalty,
    }


def _point(point: Procurement) -> Document:
    return {
        "congestion_point": point.congestion_point,
        "procured": [
            {
                "isp": one.isp,
                "start_utc": _utc(one.isp * ISP_MINUTES * 60),
                "ordered_w": one.ordered_w,
                "volume_rate": one.volume_rate,
                "price": one.price,
                "deviation_w": one.deviation_w,
            }
            for one in point.procured
        ],
        "ordered_w_isps": sum(abs(one.ordered_w) for one in point.procured),
        "price": sum(one.price for one in point.procured),
        "forecast": {
            "compared_isps": point.compared_isps,
            "unknown_isps": point.unknown_isps,
            "deviation_w_isps": point.deviation_w_isps,
            "absolute_deviation_w_isps": point.absolute_deviation_w_isps,
        },
    }


def _totals(session: Session, runs: Sequence[RunRow], identities: Iterable[bytes]) -> Document:
    """Add up complete statements of some agreements in some runs, and count both kinds."""
    columns = [func.coalesce(func.sum(getattr(StatementRow, name)), 0) for name in SUMS]
    query = select(func.count(StatementRow.amount), func.count(), *columns).where(
        StatementRow.run_id.in_([run.run_id for run in runs]),
        StatementRow.agreement_id.in_(list(identities)),
    )
    complete, every, *sums = session.execute(query).one()
    return {
        "statements": complete,
        "incomplete": every - complete,
        **{name: int(value) for name, value in zip(SUMS, sums, strict=True)},
    }


def _month(session: Session, run: RunRow, identities: Sequence[bytes]) -> Document:
    """Add up the periods that began in the calendar month, up to this one, as they stand."""
    month_first = day_of(date_of(run.first_day).replace(day=1))
    query = select(RunRow).where(
        RunRow.dso == run.dso,
        RunRow.aggregator == run.aggregator,
        RunRow.first_day.between(month_first, run.first_day - 1),
        RunRow.status != COMPUTED,
    )
    standing = {one.first_day: one for one in session.scalars(query.order_by(RunRow.version))}
    runs = [*standing.values(), run]
    return {
        "month": date_text(month_first)[:7],
        "periods": len(runs),
        **_totals(session, runs, identities),
    }


def _utc(utc_s: int) -> str:
    return datetime.fromtimestamp(utc_s, UTC).strftime("%Y-%m-%dT%H:%MZ")
