"""Reading what a DSO states: run, statement, lines and proofs. Only the form is checked here."""

from settlement.baselines.baseline import LookedAt
from settlement.bundle.records import Proven, Stated, StatedLine, StatedRun, Superseded
from settlement.clock import DAY_MAX
from settlement.document import Field
from settlement.merkle import Proof
from settlement.statement import Period, Statement
from settlement.units import POWER_W_MAX

_W_SUM_MAX = 2**53 - 1
"""No sum of powers over an event comes near it, and every JSON library holds it exactly."""


def read_day(day: Field) -> int:
    """Read a day number."""
    return day.integer(0, DAY_MAX)


def read_proof(proof: Field) -> Proof:
    """Read the way from a leaf to a root."""
    index, siblings = proof.take("index", "siblings")
    nodes = (node.take("hash", "sum") for node in siblings.items())
    return Proof(index.unsigned(64), tuple((leaf.binary(32), s.unsigned(64)) for leaf, s in nodes))


def read_run(run: Field) -> StatedRun:
    """Read a run."""
    root, total, depth, version, block = run.take("root", "sum", "depth", "version", "block")
    return StatedRun(
        root.binary(32),
        total.unsigned(64),
        depth.integer(0, 64),
        version.integer(1, 255),
        block.unsigned(64),
    )


def read_superseded(superseded: Field, period: Period) -> Superseded:
    """Read what a correction replaces; its statement is of the same period."""
    run, stated = superseded.take("run", "stated")
    if stated.absent():
        return Superseded(read_run(run), None)
    statement, proof = stated.take("statement", "proof")
    return Superseded(read_run(run), Proven(_statement(statement, period), read_proof(proof)))


def _statement(figures: Field, period: Period) -> Statement:
    identity, series, isps, capacity, volume, penalty, amount = figures.take(
        "agreement_id", "series_hash", "capacity_isps", "capacity", "volume", "penalty", "amount"
    )
    return Statement(
        identity.binary(32),
        period.first_day,
        period.last_day,
        series.binary(32),
        isps.unsigned(32),
        capacity.unsigned(64),
        volume.unsigned(64),
        penalty.unsigned(64),
        amount.unsigned(64),
    )


def read_stated(stated: Field, period: Period) -> Stated:
    """Read a statement with its lines and proof."""
    statement, lines, proof = stated.take("statement", "lines", "proof")
    return Stated(
        _statement(statement, period),
        tuple(_line(line) for line in lines.items()),
        read_proof(proof),
    )


def _line(line: Field) -> StatedLine:
    first_isp, baseline_w, actual_w, volume, penalty, days, note = line.take(
        "first_isp",
        "baseline_w",
        "actual_w",
        "volume",
        "penalty",
        "baseline_days",
        "baseline_note",
    )
    return StatedLine(
        first_isp.unsigned(32),
        _powers(baseline_w),
        _powers(actual_w),
        volume.unsigned(64),
        penalty.unsigned(64),
        tuple(_looked_at(one) for one in days.items()),
        note.text(),
    )


def _powers(values: Field) -> tuple[int, ...]:
    return tuple(value.integer(-POWER_W_MAX, POWER_W_MAX) for value in values.items())


def _looked_at(looked_at: Field) -> LookedAt:
    day, taken, reason, w_sum = looked_at.take("day", "taken", "reason", "w_sum")
    return LookedAt(
        read_day(day),
        taken.boolean(),
        reason.text(),
        None if w_sum.absent() else w_sum.integer(-_W_SUM_MAX, _W_SUM_MAX),
    )
