"""The party's own meter file in the place of the committed meter data. Rule 0.13."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from settlement.bundle.records import Bundle
from settlement.checker.evidence import Evidence, recompute
from settlement.checker.report import Check
from settlement.clock import MINUTES_PER_DAY
from settlement.meter import Readings, sum_readings
from settlement.settle import Incomplete
from settlement.units import format_eur

TOLERANCE = 100
"""0.01 EUR per statement."""


def check_own_meter(
    bundle: Bundle, evidence: Evidence, own: Mapping[str, Readings], tolerance: int = TOLERANCE
) -> Check:
    """Settle with the party's own readings and compare the amounts.

    Where the own file has no reading the committed one is used. The notes say for each metering
    point how many of the ISPs that the settlement reads the file has.

    Args:
        bundle: the bundle.
        evidence: what was read from it.
        own: own readings per metering point.
        tolerance: 1e-4 EUR by which the amounts may differ, inclusive.
    """
    findings = [
        f"Your file has readings of {point}, which is not a metering point of the agreement."
        for point in own
        if point not in evidence.points
    ]
    needed = _needed_isps(bundle, evidence)
    merged = [_merge(evidence.points[point], own.get(point)) for point in evidence.points]
    notes = [
        _comparison(point, evidence.points[point], own.get(point), needed)
        for point in evidence.points
    ]
    result = recompute(bundle, evidence, sum_readings(merged)) if merged else None
    stated = bundle.stated
    if isinstance(result, Incomplete):
        notes.extend(result.reasons)
        if stated is not None:
            findings.append("With your own readings the statement lacks data.")
    elif result is not None and stated is None:
        amount = format_eur(result.statement.amount)
        findings.append(f"With your own readings the statement is complete: {amount} EUR.")
    elif result is not None and stated is not None:
        told, found = stated.statement.amount, result.statement.amount
        if abs(told - found) > tolerance:
            findings.append(
                f"The statement says {format_eur(told)} EUR; with your own readings it is "
                f"{format_eur(found)} EUR."
            )
    notes.append(f"A difference of up to {format_eur(tolerance)} EUR is accepted.")
    name = "Your own meter file gives the same amount."
    return Check("own-meter", name, tuple(findings), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Watched(Readings):
    """Readings that remember which ISPs they were asked for."""

    asked: set[int] = field(default_factory=set)

    def at(self, isp: int) -> int | None:
        self.asked.add(isp)
        return Readings.at(self, isp)


def _needed_isps(bundle: Bundle, evidence: Evidence) -> set[int]:
    """Return the ISPs of which the settlement reads the meter."""
    history = evidence.history
    watched = _Watched(history.readings.isp_minutes, history.readings.days)
    recompute(bundle, replace(evidence, history=replace(history, readings=watched)))
    return watched.asked


def _comparison(point: str, committed: Readings, own: Readings | None, needed: set[int]) -> str:
    """Say how much of a metering point the own file covers, and how far it differs."""
    held = {isp: own.at(isp) for isp in needed} if own is not None else {}
    covered = {isp: w for isp, w in held.items() if w is not None}
    text = f"Your file has {len(covered)} of the {len(needed)} ISPs of {point} that are read"
    if len(covered) < len(needed):
        text += "; the committed ones were used for the others"
    moved_w = [
        abs(w - (committed.at(isp) or 0)) for isp, w in covered.items() if w != committed.at(isp)
    ]
    if moved_w:
        text += f"; {len(moved_w)} differ, by up to {max(moved_w)} W"
    return text + "."


def _merge(committed: Readings, own: Readings | None) -> Readings:
    """Put own readings over the committed ones."""
    if own is None:
        return committed
    absent = (None,) * (MINUTES_PER_DAY // committed.isp_minutes)
    return Readings(
        committed.isp_minutes,
        {
            utc_day: tuple(
                theirs if ours is None else ours
                for ours, theirs in zip(own.days.get(utc_day, absent), values, strict=True)
            )
            for utc_day, values in committed.days.items()
        },
    )
