"""Bundles of the market: what each prosumer is handed, and the run that they are part of."""

from dataclasses import replace
from functools import lru_cache

from settlement.bundle.records import (
    ECDSA,
    Bundle,
    CommittedDay,
    Credit,
    Overlap,
    Signature,
    Stated,
    StatedLine,
    StatedRun,
    entries_of,
)
from settlement.checker.evidence import gather, recompute
from settlement.commitment import Commitment, needed_utc_days
from settlement.identity import signing_digest
from settlement.meter import meter_key
from settlement.run import SettlementRun, build_run
from settlement.settle import Incomplete, Settled
from settlement.terms import BaselineMethod
from tests.settlement.market import (
    DOMAIN,
    FIRST_METER_DAY,
    LEDGER,
    NOMINATED_LATE,
    PERIOD,
    RUN_BLOCK,
    market,
    sign,
)


def meter_block(utc_day: int) -> int:
    """Meter data of a day is committed on the next day, long before the run."""
    return 200 + utc_day - FIRST_METER_DAY


def committed_day(
    commitment: Commitment, key: bytes, point: str | None, version: int, block: int
) -> CommittedDay:
    index = [one.key for one in commitment.blobs].index(key)
    one = commitment.blobs[index]
    return CommittedDay(
        point, one.utc_day, one.blob, commitment.root, version, block, commitment.tree.proof(index)
    )


def unsettled_bundle(name: str) -> Bundle:
    """Everything about an agreement but its statement."""
    here = market()
    own = here.agreements[name]
    digest = signing_digest(own.identity, DOMAIN)
    shared = [
        other
        for other_name, other in here.agreements.items()
        if other_name != name and set(other.points) & set(own.points)
    ]
    first, last = needed_utc_days(own.terms, entries_of(own.log), PERIOD)
    meter_days = [
        committed_day(
            here.meter[day], meter_key(point.name, point.salt), point.name, 0, meter_block(day)
        )
        for point in own.points
        for day in range(first, last + 1)
    ]
    nominations = [
        committed_day(commitment, own.identity, None, version, block)
        for day in range(first, last + 1)
        if own.terms.baseline_method is BaselineMethod.NOMINATED
        for version, (block, commitment) in enumerate(here.nominations[day])
        if block < NOMINATED_LATE
    ]
    return Bundle(
        domain=DOMAIN,
        ledger=LEDGER,
        terms=own.terms,
        aggregator_signature=Signature(ECDSA, sign("aggregator", digest)),
        prosumer_signature=Signature(ECDSA, sign(own.prosumer, digest)),
        end_day=None,
        log=own.log,
        overlaps=tuple(Overlap(other.identity, other.meter_keys, other.log) for other in shared),
        metering_points=own.points,
        non_working_days=here.non_working_days,
        meter_days=tuple(meter_days),
        absent_days=(),
        nominations=tuple(nominations),
        period=PERIOD,
        run=StatedRun(bytes(32), 0, 0, 1, RUN_BLOCK),
        superseded=None,
        credited=Credit(0, 0),
        stated=None,
        incomplete=("not settled yet",),
    )


@lru_cache(maxsize=1)
def results() -> dict[str, Settled | Incomplete]:
    bundles = {name: unsettled_bundle(name) for name in market().agreements}
    return {name: recompute(bundle, gather(bundle)) for name, bundle in bundles.items()}


@lru_cache(maxsize=1)
def run() -> SettlementRun:
    return build_run(one for one in results().values() if isinstance(one, Settled))


def stated_by(settled: Settled, settlement_run: SettlementRun) -> Stated:
    """A statement as the DSO states it."""
    lines = tuple(
        StatedLine(
            line.activation.first_isp,
            tuple(baseline for baseline, _ in line.pairs),
            line.actual_w,
            line.volume,
            line.penalty,
            line.baseline.days,
            line.baseline.note,
        )
        for line in settled.lines
    )
    return Stated(settled.statement, lines, settlement_run.proof_of(settled.statement.agreement_id))


def run_of(settlement_run: SettlementRun, version: int = 1, block: int = RUN_BLOCK) -> StatedRun:
    """A run as the DSO states it."""
    return StatedRun(*settlement_run.tree.root, settlement_run.tree.depth, version, block)


def bundle_of(name: str) -> Bundle:
    """The honest bundle of an agreement."""
    bundle, result = replace(unsettled_bundle(name), run=run_of(run())), results()[name]
    if isinstance(result, Incomplete):
        return replace(bundle, incomplete=result.reasons)
    return replace(bundle, stated=stated_by(result, run()), incomplete=())
