"""Bundles: all that a party needs to check its statement, gathered from the store."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.ledger import Ledger
from backend.chain.market import Market
from backend.db.models import AgreementRow, CommitmentRow, NominationRow, RunRow
from backend.services.activating import overlapping_agreements
from backend.services.metering import meter_commitment, nomination_commitment
from backend.services.records import (
    METER,
    NOMINATION,
    commitments_of,
    log_of,
    meter_blobs_of,
    points_of,
    read_terms,
)
from backend.services.settling import SettledPeriod
from settlement.bundle.records import (
    ECDSA,
    ERC1271,
    AbsentDay,
    Bundle,
    CommittedDay,
    Credit,
    MeteringPoint,
    Overlap,
    Proven,
    Signature,
    Stated,
    StatedLine,
    StatedRun,
    Superseded,
    entries_of,
)
from settlement.clock import date_of
from settlement.commitment import Commitment, needed_utc_days
from settlement.errors import InputError
from settlement.identity import signing_digest
from settlement.settle import Line, Settled
from settlement.signature import recover_signer
from settlement.terms import BaselineMethod, Terms


class Bundler:
    """Makes the bundles of one run; keeps the day trees, which all bundles share.

    Args:
        session: an open session.
        market: the market contract.
        ledger: the ledger contract.
        settled: what was published.
        run: the stored run.
        non_working_days: the published list.
        superseded: of a correction run, the run before it and what was published then.
    """

    def __init__(
        self,
        session: Session,
        market: Market,
        ledger: Ledger,
        settled: SettledPeriod,
        run: RunRow,
        non_working_days: Sequence[int],
        superseded: tuple[SettledPeriod, RunRow] | None = None,
    ) -> None:
        self._session, self._market, self._ledger = session, market, ledger
        self._settled, self._run, self._superseded = settled, run, superseded
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
        first, last = needed_utc_days(terms, entries_of(log), self._settled.period)
        incomplete = {one.agreement_id: one for one in self._settled.incomplete}.get(
            row.agreement_id
        )
        return Bundle(
            self._market.domain(),
            self._ledger.address,
            terms,
            self._signature(row, terms.aggregator, row.aggregator_signature),
            self._signature(row, terms.prosumer, row.prosumer_signature),
            row.end_day,
            log,
            tuple(
                Overlap(
                    other.agreement_id,
                    tuple(point.key for point in points_of(session, other.site_id)),
                    log_of(session, other.agreement_id),
                )
                for other in overlapping_agreements(session, row.site_id, row.agreement_id)
            ),
            tuple(MeteringPoint(point.name, point.salt) for point in points),
            self._non_working_days,
            tuple(
                day
                for point in points
                for day in self._meter_days(terms, point.name, point.key, range(first, last + 1))
            ),
            tuple(
                day
                for point in points
                for day in self._absent_days(terms, point.name, point.key, range(first, last + 1))
            ),
            self._nominations(row, terms),
            self._settled.period,
            _stated_run(self._run),
            self._replaced(row.agreement_id),
            Credit(*self._ledger.credit_of(row.agreement_id, self._settled.period.first_day)),
            None if incomplete else self._stated(row.agreement_id),
            incomplete.reasons if incomplete else (),
        )

    def _signature(self, row: AgreementRow, address: bytes, value: bytes) -> Signature:
        digest = signing_digest(row.agreement_id, self._market.domain())
        return Signature(ECDSA if recover_signer(digest, value) == address else ERC1271, value)

    def _replaced(self, agreement_id: bytes) -> Superseded | None:
        if self._superseded is None:
            return None
        settled, run = self._superseded
        found = _settled_of(settled, agreement_id)
        proven = found and Proven(found.statement, settled.run.proof_of(agreement_id))
        return Superseded(_stated_run(run), proven)

    def _meter_days(
        self, terms: Terms, point: str, key: bytes, utc_days: range
    ) -> list[CommittedDay]:
        roots = commitments_of(
            self._session, METER, terms.mdc, utc_days, before_block=self._run.block
        )
        committed = {utc_day: root.version for utc_day, root in roots.items()}
        return [
            self._committed(roots[utc_day], key, point, blob)
            for utc_day, blob in meter_blobs_of(self._session, point, committed).items()
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

    def _absent_days(
        self, terms: Terms, point: str, key: bytes, utc_days: range
    ) -> list[AbsentDay]:
        """Prove for each committed day without this metering point that it is not there."""
        roots = commitments_of(
            self._session, METER, terms.mdc, utc_days, before_block=self._run.block
        )
        absent = []
        for utc_day, root in sorted(roots.items()):
            tree = self._tree(root)
            if key not in (one.key for one in tree.blobs):
                beside = tree.beside(key, utc_day)
                absent.append(
                    AbsentDay(point, utc_day, root.root, root.version, root.block, *beside)
                )
        return absent

    def _committed(
        self, root: CommitmentRow, key: bytes, point: str | None, blob: bytes
    ) -> CommittedDay:
        tree = self._tree(root)
        index = [one.key for one in tree.blobs].index(key)
        return CommittedDay(
            point, root.utc_day, blob, root.root, root.version, root.block, tree.tree.proof(index)
        )

    def _tree(self, root: CommitmentRow) -> Commitment:
        """Build the tree of a commitment again and see that it is the committed one."""
        place = (root.kind, root.utc_day, root.version)
        if place not in self._trees:
            if root.kind == METER:
                self._trees[place] = meter_commitment(
                    self._session, root.committer, root.utc_day, root.version
                )
            else:
                self._trees[place] = nomination_commitment(
                    self._session, root.committer, root.utc_day, root.version
                )
        tree = self._trees[place]
        if tree.root != root.root:
            where = f"bundle, {root.kind} data of {date_of(root.utc_day)} (UTC)"
            raise InputError("stored data that was not committed", where, "the committed data")
        return tree

    def _stated(self, agreement_id: bytes) -> Stated:
        settled = _settled_of(self._settled, agreement_id)
        assert settled is not None, "a statement is complete or incomplete"
        return Stated(
            settled.statement,
            tuple(_stated_line(line) for line in settled.lines),
            self._settled.run.proof_of(agreement_id),
        )


def _settled_of(settled: SettledPeriod, agreement_id: bytes) -> Settled | None:
    found = (one for one in settled.run.settled if one.statement.agreement_id == agreement_id)
    return next(found, None)


def _stated_run(run: RunRow) -> StatedRun:
    return StatedRun(run.root, run.sum, run.depth, run.version, run.block)


def _stated_line(line: Line) -> StatedLine:
    assert line.baseline.values_w is not None, "a line has a baseline"
    return StatedLine(
        line.activation.first_isp,
        line.baseline.values_w,
        line.actual_w,
        line.volume,
        line.penalty,
        line.baseline.days,
        line.baseline.note,
    )
