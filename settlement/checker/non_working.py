"""A party's own list of non-working days against the one that its baselines were chosen by.

The list is published by the DSO, not on the ledger, so nothing in a bundle can prove it.
"""

from collections.abc import Collection

from settlement.baselines.baseline import LOOK_BACK_DAYS
from settlement.bundle.records import Bundle
from settlement.checker.evidence import Evidence
from settlement.checker.report import Check
from settlement.clock import date_of, weekday_of
from settlement.settle import activations_of
from settlement.terms import BaselineMethod

_SATURDAY = 5


def check_non_working_days(bundle: Bundle, evidence: Evidence, own: Collection[int]) -> Check:
    """Compare the lists where it matters: weekdays that a baseline of the period may read."""
    clock = bundle.terms.clock
    events = activations_of(bundle.terms, evidence.standing, bundle.period)
    matter: set[int] = set()
    if bundle.terms.baseline_method is not BaselineMethod.NOMINATED:
        for event in events:
            day = clock.local_day(event.first_isp)
            matter.update(range(day - LOOK_BACK_DAYS, day + 1))
    told = set(bundle.non_working_days)
    findings = [
        f"{date_of(day)} counts as {'non-working' if day in told else 'working'} in the bundle, "
        f"and not in your list."
        for day in sorted(told.symmetric_difference(own) & matter)
        if weekday_of(day) < _SATURDAY
    ]
    return Check(
        "non-working-days",
        "The non-working days are those of your own list.",
        tuple(findings),
    )
