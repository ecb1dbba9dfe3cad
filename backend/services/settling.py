"""S03: the DSO settles one aggregator's agreements for a period, from committed data alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, NominationRow
from backend.services.activating import overlapping_agreements
from backend.services.records import (
    ANY_BLOCK,
    NOMINATION,
    agreements_between,
    commitments_of,
    committed_versions,
    log_of,
    points_of,
    read_terms,
    readings_of,
    standing_of,
)
from settlement.activation import Activation, standing_activations, touched_days
from settlement.baselines.baseline import History
from settlement.bundle.records import entries_of
from settlement.commitment import needed_utc_days
from settlement.meter import Readings, decode_blob, sum_readings
from settlement.run import SettlementRun, build_run
from settlement.settle import Incomplete, Line, Settled, settle
from settlement.statement import Period
from settlement.terms import BaselineMethod, Terms


@dataclass(frozen=True, slots=True)
class RunScope:
    """What one run settles: an aggregator's agreements that name a DSO, over a period.

    Attributes:
        dso: address of the DSO.
        aggregator: address of the aggregator.
        period: local days, inclusive.
    """

    dso: bytes
    aggregator: bytes
    period: Period


@dataclass(frozen=True, slots=True)
class SettledPeriod:
    """What came of a period: the run and the statements that wait for data."""

    scope: RunScope
    run: SettlementRun
    incomplete: tuple[Incomplete, ...]

    @property
    def period(self) -> Period:
        """The local days that were settled."""
        return self.scope.period

    @property
    def agreement_ids(self) -> tuple[bytes, ...]:
        """The agreements of the run, complete or not, ascending."""
        complete = (one.statement.agreement_id for one in self.run.settled)
        return tuple(sorted([*complete, *(one.agreement_id for one in self.incomplete)]))


def settle_period(
    session: Session,
    scope: RunScope,
    non_working_days: Sequence[int],
    before_block: int = ANY_BLOCK,
) -> SettledPeriod:
    """Settle the agreements of a run, as the store knows them.

    Args:
        session: an open session.
        scope: DSO, aggregator and period; agreements without a day in the period are left out.
        non_working_days: the published list.
        before_block: meter data committed in this block or later does not count.
    """
    settled: list[Settled] = []
    incomplete: list[Incomplete] = []
    for row in agreements_between(session, scope.dso, scope.aggregator):
        if not in_period(row, scope.period):
            continue
        result = settle_agreement(session, row, scope.period, non_working_days, before_block)
        if isinstance(result, Settled):
            settled.append(result)
        else:
            incomplete.append(result)
    return SettledPeriod(scope, build_run(settled), tuple(incomplete))


def in_period(row: AgreementRow, period: Period) -> bool:
    """Tell whether an agreement has a day in a period."""
    terms = read_terms(row.terms)
    end_day = terms.end_day if row.end_day is None else row.end_day
    return terms.start_day <= period.last_day and end_day >= period.first_day


def settle_agreement(
    session: Session,
    row: AgreementRow,
    period: Period,
    non_working_days: Sequence[int],
    before_block: int = ANY_BLOCK,
) -> Settled | Incomplete:
    """Settle one agreement for a period from what was committed before a block."""
    terms, log = read_terms(row.terms), log_of(session, row.agreement_id)
    own = standing_activations(entries_of(log))
    sharing = list(own)
    for other in overlapping_agreements(session, row.site_id, row.agreement_id):
        sharing.extend(standing_of(session, other.agreement_id))
    first, last = needed_utc_days(terms, entries_of(log), period)
    committed = committed_versions(session, terms.mdc, range(first, last + 1), before_block)
    history = History(
        sum_readings(
            [
                readings_of(session, point.name, terms.isp_minutes, committed)
                for point in points_of(session, row.site_id)
            ]
        ),
        touched_days(terms, sharing),
        frozenset(isp for one in sharing for isp in one.ordered_isps()),
        frozenset(non_working_days),
    )
    return settle(terms, own, period, history, nominations_of(session, row, terms), row.end_day)


def deviation_w_isps(line: Line) -> int:
    """Sum the actual less baseline and order over the ISPs of a line; consumption positive."""
    ordered_w = line.activation.ordered_w
    return sum(actual_w - baseline_w - ordered_w for baseline_w, actual_w in line.pairs)


def nominations_of(
    session: Session, row: AgreementRow, terms: Terms
) -> Mapping[Activation, Readings]:
    """Return for each activation the nomination that was in force when it was recorded."""
    if terms.baseline_method is not BaselineMethod.NOMINATED:
        return {}
    found: dict[Activation, Readings] = {}
    for entry in log_of(session, row.agreement_id):
        isps = entry.activation.ordered_isps()
        utc_days = {terms.clock.utc_day(isp) for isp in isps}
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
