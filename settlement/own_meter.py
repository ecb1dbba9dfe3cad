"""The party's own meter file in the place of the committed meter data. Rule 0.13."""

from collections.abc import Mapping

from settlement.bundle import Bundle
from settlement.clock import MINUTES_PER_DAY
from settlement.evidence import Evidence, recompute
from settlement.meter import Readings, sum_readings
from settlement.report import Check
from settlement.settle import Incomplete
from settlement.units import format_eur

TOLERANCE = 100
"""0.01 EUR per statement."""


def check_own_meter(
    bundle: Bundle, evidence: Evidence, own: Mapping[str, Readings], tolerance: int = TOLERANCE
) -> Check:
    """Settle with the party's own readings and compare the amounts.

    Where the own file has no reading the committed one is used, and the note says for how many
    ISPs.

    Args:
        bundle: the bundle.
        evidence: what was read from it.
        own: own readings per metering point.
        tolerance: 1e-4 EUR by which the amounts may differ, inclusive.
    """
    name = "Your own meter file gives the same amount."
    findings = [
        f"Your file has readings of {point}, which is not a metering point of the agreement."
        for point in own
        if point not in evidence.points
    ]
    merged, notes = [], []
    for point, committed in evidence.points.items():
        if point not in own:
            notes.append(f"Your file has no readings of {point}; the committed ones were used.")
            merged.append(committed)
            continue
        readings, differing, absent, largest_w = _merge(committed, own[point])
        merged.append(readings)
        if differing:
            notes.append(f"{differing} readings of {point} differ, by up to {largest_w} W.")
        if absent:
            notes.append(f"Your file lacks {absent} ISPs of {point}; the committed ones were used.")
    result = recompute(bundle, evidence, sum_readings(merged)) if merged else None
    if isinstance(result, Incomplete):
        notes.extend(result.reasons)
        if bundle.stated is not None:
            findings.append("With your own readings the statement lacks data.")
    elif result is not None and bundle.stated is None:
        amount = format_eur(result.statement.amount)
        findings.append(f"With your own readings the statement is complete: {amount} EUR.")
    elif result is not None and bundle.stated is not None:
        told, found = bundle.stated.statement.amount, result.statement.amount
        if abs(told - found) > tolerance:
            findings.append(
                f"The statement says {format_eur(told)} EUR; with your own readings it is "
                f"{format_eur(found)} EUR. {' '.join(notes)}".rstrip()
            )
    return Check("own-meter", name, tuple(findings), tuple(notes))


def _merge(committed: Readings, own: Readings) -> tuple[Readings, int, int, int]:
    """Put own readings over the committed ones; count differing and absent ISPs."""
    per_day = MINUTES_PER_DAY // committed.isp_minutes
    days: dict[int, tuple[int | None, ...]] = {}
    differing = absent = largest_w = 0
    for utc_day, values in committed.days.items():
        mine = own.days.get(utc_day, (None,) * per_day)
        days[utc_day] = tuple(
            theirs if ours is None else ours for ours, theirs in zip(mine, values, strict=True)
        )
        for ours, theirs in zip(mine, values, strict=True):
            if ours is None:
                absent += 1
            elif ours != theirs:
                differing += 1
                largest_w = max(largest_w, abs(ours - (theirs or 0)))
    return Readings(committed.isp_minutes, days), differing, absent, largest_w
