"""A stated statement against the recomputed one: every line and every figure, with both values."""

from collections.abc import Iterator

from settlement.bundle.records import Bundle, Stated, StatedLine
from settlement.settle import Incomplete, Line, Settled
from settlement.units import format_eur


def statement_findings(bundle: Bundle, settled: Settled | Incomplete) -> Iterator[str]:
    """Compare the statement of a bundle with the recomputed one, figure by figure."""
    stated = bundle.stated
    if isinstance(settled, Incomplete):
        if stated is not None:
            yield "There is a statement, but data it needs is missing: " + "; ".join(
                settled.reasons
            )
        elif bundle.incomplete != settled.reasons:
            yield (
                f"You were told that this is missing: {'; '.join(bundle.incomplete)}. By the rules "
                f"it is: {'; '.join(settled.reasons)}."
            )
        return
    if stated is None:
        yield (
            "You were told that data is missing, but the statement can be computed: "
            f"{format_eur(settled.statement.amount)} EUR."
        )
        return
    yield from _line_findings(bundle, stated, settled)
    for name, told, found in (
        ("capacity pay", stated.statement.capacity, settled.statement.capacity),
        ("pay for delivered flexibility", stated.statement.volume, settled.statement.volume),
        ("penalty", stated.statement.penalty, settled.statement.penalty),
        ("amount", stated.statement.amount, settled.statement.amount),
    ):
        if told != found:
            yield (
                f"The {name} is stated as {format_eur(told)} EUR; "
                f"by the rules it is {format_eur(found)} EUR."
            )
    if stated.statement.capacity_isps != settled.statement.capacity_isps:
        yield (
            f"Capacity is stated for {stated.statement.capacity_isps} ISPs; "
            f"by the rules it is {settled.statement.capacity_isps}."
        )
    if stated.statement.agreement_id != settled.statement.agreement_id:
        yield "The statement names another agreement than the signed terms."
    if stated.statement.series_hash != settled.statement.series_hash:
        yield "The series under the statement is not the one the committed data gives."


def _line_findings(bundle: Bundle, stated: Stated, settled: Settled) -> Iterator[str]:
    clock = bundle.terms.clock
    told = {line.first_isp: line for line in stated.lines}
    if len(told) != len(stated.lines):
        yield "An activation has two lines."
    found = {line.activation.first_isp: line for line in settled.lines}
    for first_isp in sorted(told.keys() - found.keys()):
        yield f"There is a line for {clock.describe(first_isp)}, where nothing was ordered."
    for first_isp, line in found.items():
        when = clock.describe(first_isp)
        if first_isp not in told:
            yield f"The activation at {when} has no line."
        else:
            yield from _one_line_findings(when, told[first_isp], line)


def _one_line_findings(when: str, told: StatedLine, found: Line) -> Iterator[str]:
    assert found.baseline.values_w is not None
    for name, told_w, found_w in (
        ("baseline", told.baseline_w, found.baseline.values_w),
        ("meter reading", told.actual_w, found.actual_w),
    ):
        if told_w != found_w:
            yield f"Activation at {when}: {_first_difference(name, told_w, found_w)}"
    for name, told_amount, found_amount in (
        ("pay for delivered flexibility", told.volume, found.volume),
        ("penalty", told.penalty, found.penalty),
    ):
        if told_amount != found_amount:
            yield (
                f"Activation at {when}: the {name} is stated as {format_eur(told_amount)} EUR; "
                f"by the rules it is {format_eur(found_amount)} EUR."
            )


def _first_difference(name: str, told_w: tuple[int, ...], found_w: tuple[int, ...]) -> str:
    if len(told_w) != len(found_w):
        return f"{len(told_w)} values of the {name} are stated for {len(found_w)} ISPs."
    for position, (told, found) in enumerate(zip(told_w, found_w, strict=True)):
        if told != found:
            return f"the {name} of its ISP {position + 1} is stated as {told} W, it is {found} W."
    raise AssertionError("called for differing series")
