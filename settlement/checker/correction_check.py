"""What a correction run replaces, proven by the statement of the run before. Rule 0.9."""

from collections.abc import Iterator

from settlement.bundle.records import Bundle, Superseded
from settlement.checker.report import Check
from settlement.clock import date_of
from settlement.identity import agreement_id
from settlement.merkle import Node, proves
from settlement.statement import statement_leaf
from settlement.units import format_eur


def correction_check(bundle: Bundle) -> Check:
    """Check that a correction shows what it replaces, and say what it changes."""
    return Check(
        "correction",
        "What a correction changes is shown.",
        tuple(_findings(bundle)),
        tuple(_notes(bundle)),
    )


def _findings(bundle: Bundle) -> Iterator[str]:
    run, superseded, credited = bundle.run, bundle.superseded, bundle.credited
    if superseded is None:
        if run.version > 1:
            yield f"The run is a correction, version {run.version}, and it is not shown of what."
    elif superseded.run.version != run.version - 1:
        yield (
            f"Version {run.version} of a run replaces the one before it; the bundle shows version "
            f"{superseded.run.version}."
        )
    elif superseded.run.block >= run.block:
        yield (
            f"The run of block {run.block} cannot replace one of block {superseded.run.block}: "
            "that is not earlier."
        )
    if superseded is not None:
        yield from _superseded_findings(bundle, superseded)
    if credited.version > run.version:
        yield (
            f"Version {credited.version} is stated as credited, but the run has version "
            f"{run.version}."
        )
    if credited.version == 0 and credited.amount != 0:
        yield f"{format_eur(credited.amount)} EUR are stated as credited, but by no run."


def _superseded_findings(bundle: Bundle, superseded: Superseded) -> Iterator[str]:
    proven, run = superseded.proven, superseded.run
    if proven is None:
        return
    if proven.statement.agreement_id != agreement_id(bundle.terms):
        yield "The statement shown of the superseded run is of another agreement."
    root: Node = (run.root, run.sum)
    if not proves(statement_leaf(proven.statement), proven.proof, root, run.depth):
        yield "The proof does not lead from the superseded statement to the root of its run."


def _notes(bundle: Bundle) -> Iterator[str]:
    superseded = bundle.superseded
    if superseded is not None:
        yield _change(bundle, superseded)
    renewed = sorted({day.utc_day for day in bundle.meter_days if day.version > 0})
    if renewed:
        days = ", ".join(str(date_of(day)) for day in renewed)
        yield f"Meter data was committed anew before the run for {days} (UTC)."


def _change(bundle: Bundle, superseded: Superseded) -> str:
    before = superseded.proven.statement.amount if superseded.proven else None
    now = bundle.stated.statement.amount if bundle.stated else None
    told = f"Version {superseded.run.version} had " + (
        "no statement of yours" if before is None else f"{format_eur(before)} EUR for you"
    )
    if now is None:
        return f"{told}; this run has no statement of yours."
    return (
        f"{told}; version {bundle.run.version} has {format_eur(now)} EUR, "
        f"a change of {format_eur(now - (before or 0))} EUR."
    )
