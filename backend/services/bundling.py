"""Bundles: all that a party needs to check its statement, gathered from the store."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.ledger import Ledger
from backend.chain.market import Market
from backend.db.models import AgreementRow, CommitmentRow, MeterDayRow, NominationRow, RunRow
from backend.services.activating import overlapping_agreements
from backend.services.metering import meter_commitment, nomination_commitment
from backend.services.records import (
    METER,
    NOMINATION,
    commitments_of,
    log_of,
    points_of,
    read_terms,
)
from backend.services.settling import SettledPeriod
from settlement.bundle import (
    Bundle,
    CommittedDay,
    MeteringPoint,
    Overlap,
    Stated,
    StatedLine,
    StatedRun,
)
from settlement.chain_check import needed_utc_days
from settlement.clock import date_of
from settlement.errors import InputError
from settlement.run import Commitment
from settlement.settle import Line
from settlement.terms import BaselineMethod, Terms


class Bundler:
    """Makes the bundles of one run; keeps the day trees, which all bundles share."""

    def __init__(
        self,
        session: Session,
        market: Market,
        ledger: Ledger,
        settled: SettledPeriod,
        run: RunRow,
        non_working_days: Sequence[int],
    ) -> None:
        self._session, self._market, self._ledger = session, market, ledger
        self._settled, self._run = settled, run
        self._non_working_days = tuple(sorted(non_working_days))
        self._trees: dict[tuple[str, int, int], Commitment] = {}

    def bundle(self, row: AgreementRow) -> Bundle:
        """Return the bundle of an agreement.

        Raises:
            InputError: data came in after it was committed, so that no proof can be made.
        """
        session, terms = self._session, read_terms(row.terms)
        points = points_of(session, row.site_id)
        log = log_of(session, row.agreement_id)
        first, last = needed_utc_days(terms, log, self._settled.period)
        incomplete = {one.agreement_id: one for one in self._settled.incomplete}.get(
            row.agreement_id
        )
        return Bundle(
            self._market.domain(),
            self._ledger.address,
            terms,
            row.aggregator_signature,
            row.prosumer_signature,
            None,
            log,
            tuple(
                Overlap(other.agreement_id, log_of(session, other.agreement_id))
                for other in overlapping_agreements(session, row.site_id, row.agreement_id)
            ),
            tuple(MeteringPoint(point.name, point.salt) for point in points),
            self._non_working_days,
            tuple(
                day
                for point in points
                for day in self._meter_days(terms, point.name, point.key, range(first, last + 1))
            ),
            self._nominations(row, terms),
            self._settled.period,
            None if incomplete else self._stated(row.agreement_id),
            incomplete.reasons if incomplete else (),
        )

    def _meter_days(
        self, terms: Terms, point: str, key: bytes, utc_days: range
    ) -> list[CommittedDay]:
        query = select(MeterDayRow).where(
            MeterDayRow.metering_point == point, MeterDayRow.utc_day.in_(list(utc_days))
        )
        roots = commitments_of(
            self._session, METER, terms.mdc, utc_days, before_block=self._run.block
        )
        return [
            self._committed(roots[row.utc_day], key, point, row.blob)
            for row in self._session.scalars(query.order_by(MeterDayRow.utc_day))
            if row.utc_day in roots
        ]

    def _nominations(self, row: AgreementRow, terms: Terms) -> tuple[CommittedDay, ...]:
        if terms.baseline_method is not BaselineMethod.NOMINATED:
            return ()
        query = select(NominationRow, CommitmentRow).join(
            CommitmentRow,
            (CommitmentRow.utc_day == NominationRow.utc_day)
            & (CommitmentRow.version == NominationRow.version),
        )
        query = query.where(
            NominationRow.agreement_id == row.agreement_id,
            CommitmentRow.kind == NOMINATION,
            CommitmentRow.committer == terms.aggregator,
        ).order_by(NominationRow.utc_day, NominationRow.version)
        return tuple(
            self._committed(root, row.agreement_id, None, nomination.blob)
            for nomination, root in self._session.execute(query)
        )

    def _committed(
        self, root: CommitmentRow, key: bytes, point: str | None, blob: bytes
    ) -> CommittedDay:
        place = (root.kind, root.utc_day, root.version)
        if place not in self._trees:
            if root.kind == METER:
                self._trees[place] = meter_commitment(self._session, root.utc_day)
            else:
                self._trees[place] = nomination_commitment(
                    self._session, root.committer, root.utc_day, root.version
                )
        tree = self._trees[place]
        if tree.root != root.root:
            where = f"bundle, {root.kind} data of {date_of(root.utc_day)} (UTC)"
            raise InputError("stored data that was not committed", where, "the committed data")
        index = [one.key for one in tree.blobs].index(key)
        return CommittedDay(
            point, root.utc_day, blob, root.root, root.version, root.block, tree.tree.proof(index)
        )

    def _stated(self, agreement_id: bytes) -> Stated:
        run = self._settled.run
        (settled,) = (one for one in run.settled if one.statement.agreement_id == agreement_id)
        return Stated(
            settled.statement,
            tuple(_stated_line(line) for line in settled.lines),
            StatedRun(self._run.root, self._run.sum, self._run.depth, self._run.version),
            run.proof_of(agreement_id),
        )


def _stated_line(line: Line) -> StatedLine:
    assert line.baseline.values_w is not None, "a line has a baseline"
    return StatedLine(
        line.activation.first_isp,
        line.baseline.values_w,
        line.actual_w,
        line.volume,
        line.penalty,
    )
