"""S03: the DSO settles a period, publishes one root, and every party gets its bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.ledger import Ledger, PublishedRun
from backend.chain.wallet import Wallet, address_of
from backend.db.models import AgreementRow, NominationRow, RunRow, StatementRow
from backend.services.activating import overlapping_agreements
from backend.services.records import (
    NOMINATION,
    commitments_of,
    log_of,
    points_of,
    read_terms,
    readings_of,
    recorded_agreements,
    standing_of,
)
from settlement.activation import Activation, touched_days
from settlement.baseline import History
from settlement.meter import Readings, decode_blob, sum_readings
from settlement.rule_set import rule_set_1
from settlement.run import SettlementRun, build_run
from settlement.settle import Incomplete, Settled, settle
from settlement.statement import Period
from settlement.terms import BaselineMethod, Terms

_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SettledPeriod:
    """What came of a period: the run and the statements that wait for data."""

    period: Period
    run: SettlementRun
    incomplete: tuple[Incomplete, ...]


def settle_period(
    session: Session, period: Period, non_working_days: Sequence[int]
) -> SettledPeriod:
    """Settle all recorded agreements for a period.

    Args:
        session: an open session.
        period: local days, inclusive.
        non_working_days: the published list.
    """
    settled: list[Settled] = []
    incomplete: list[Incomplete] = []
    for row in recorded_agreements(session):
        result = settle_agreement(session, row, period, non_working_days)
        if isinstance(result, Settled):
            settled.append(result)
        else:
            incomplete.append(result)
    return SettledPeriod(period, build_run(settled), tuple(incomplete))


def settle_agreement(
    session: Session, row: AgreementRow, period: Period, non_working_days: Sequence[int]
) -> Settled | Incomplete:
    """Settle one agreement for a period from the stored data that is committed."""
    terms = read_terms(row.terms)
    own = standing_of(session, row.agreement_id)
    sharing = list(own)
    for other in overlapping_agreements(session, row.site_id, row.agreement_id):
        sharing.extend(standing_of(session, other.agreement_id))
    history = History(
        sum_readings(
            [
                readings_of(session, point.name, terms.isp_minutes, terms.mdc)
                for point in points_of(session, row.site_id)
            ]
        ),
        touched_days(terms, sharing),
        frozenset(isp for one in sharing for isp in one.ordered_isps()),
        frozenset(non_working_days),
    )
    return settle(terms, own, period, history, nominations_of(session, row, terms))


def nominations_of(
    session: Session, row: AgreementRow, terms: Terms
) -> Mapping[Activation, Readings]:
    """Return for each activation the nomination that was in force when it was recorded."""
    if terms.baseline_method is not BaselineMethod.NOMINATED:
        return {}
    found: dict[Activation, Readings] = {}
    for entry in log_of(session, row.agreement_id):
        isps = entry.activation.ordered_isps()
        utc_days = {terms.clock.start_s(isp) // _SECONDS_PER_DAY for isp in isps}
        days = {}
        for utc_day in utc_days:
            nomination = _in_force(session, row.agreement_id, terms, utc_day, entry.block)
            if nomination is not None:
                days[utc_day] = decode_blob(nomination.blob, terms.isp_minutes, "nomination")
        found[entry.activation] = Readings(terms.isp_minutes, days)
    return found


def _in_force(
    session: Session, identity: bytes, terms: Terms, utc_day: int, block: int
) -> NominationRow | None:
    query = select(NominationRow).where(
        NominationRow.agreement_id == identity, NominationRow.utc_day == utc_day
    )
    versions = {row.version: row for row in session.scalars(query)}
    roots = commitments_of(session, NOMINATION, terms.aggregator, [utc_day], before_block=block)
    root = roots.get(utc_day)
    return None if root is None else versions.get(root.version)


def publish_run(
    session: Session,
    ledger: Ledger,
    dso: Wallet,
    aggregator: bytes,
    settled: SettledPeriod,
) -> RunRow:
    """Publish a run with one transaction and store its statements."""
    root, total = settled.run.tree.root
    published = PublishedRun(
        aggregator=aggregator,
        period=settled.period,
        root=root,
        sum=total,
        depth=settled.run.tree.depth,
        rule_set=rule_set_1(),
        statements=len(settled.run.settled),
    )
    ledger.publish_run(dso, published)
    record = ledger.run_of(address_of(dso), aggregator, settled.period.first_day)
    row = RunRow(
        aggregator=aggregator,
        first_day=settled.period.first_day,
        last_day=settled.period.last_day,
        version=record.version,
        root=root,
        sum=total,
        depth=settled.run.tree.depth,
        block=record.block,
    )
    session.add(row)
    session.flush()
    session.add_all(_complete_row(row.run_id, one) for one in settled.run.settled)
    session.add_all(
        StatementRow(
            run_id=row.run_id, agreement_id=one.agreement_id, reason="; ".join(one.reasons)
        )
        for one in settled.incomplete
    )
    session.flush()
    return row


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
    )
