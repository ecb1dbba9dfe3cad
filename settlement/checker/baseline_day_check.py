"""The days that a baseline is said to come from, with their reasons, against the rules. Rule 0.12.

Days that are stated differently leave the figures as they are: those are checked by themselves.
But a party that follows the choice by hand has to find the one that was made.
"""

from collections.abc import Iterator

from settlement.baselines.baseline import LookedAt
from settlement.bundle.records import Bundle, StatedLine
from settlement.checker.report import Check
from settlement.clock import date_of
from settlement.settle import Incomplete, Line, Settled


def baseline_day_check(bundle: Bundle, settled: Settled | Incomplete) -> Check:
    """Compare stated days and adjustments with the recomputed ones, line by line."""
    findings: list[str] = []
    if bundle.stated is not None and isinstance(settled, Settled):
        told = {line.first_isp: line for line in bundle.stated.lines}
        for line in settled.lines:
            stated = told.get(line.activation.first_isp)
            if stated is not None:
                when = bundle.terms.clock.describe(line.activation.first_isp)
                findings += (f"Activation at {when}: {one}" for one in _differences(stated, line))
    return Check(
        "baseline-days",
        "The baselines come from the days that the rules choose.",
        tuple(findings),
        (_list_used(bundle),),
    )


def _list_used(bundle: Bundle) -> str:
    """Say which list was used, since no bundle can prove that it is the published one."""
    days = ", ".join(str(date_of(day)) for day in sorted(bundle.non_working_days))
    return f"Days that count as non-working besides weekends: {days or 'none'}."


def _differences(stated: StatedLine, line: Line) -> Iterator[str]:
    told = {one.day: one for one in stated.days}
    found = {one.day: one for one in line.baseline.days}
    for day in sorted(told.keys() | found.keys()):
        if told.get(day) != found.get(day):
            yield (
                f"{date_of(day)} is stated as {_describe(told.get(day))}; "
                f"by the rules it is {_describe(found.get(day))}."
            )
    if len(told) != len(stated.days):
        yield "a day is listed twice."
    if stated.note != line.baseline.note:
        yield (
            f"about the adjustment it is stated: {stated.note}; "
            f"by the rules it is: {line.baseline.note}."
        )


def _describe(looked_at: LookedAt | None) -> str:
    if looked_at is None:
        return "not looked at"
    text = "taken" if looked_at.taken else f"left: {looked_at.reason}"
    return text if looked_at.w_sum is None else f"{text} ({looked_at.w_sum} W in sum)"
