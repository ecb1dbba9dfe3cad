"""What a check found, for people and for machines (`report_1.schema.json`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from settlement.bundle.records import Bundle
from settlement.clock import date_of
from settlement.document import canonical_json
from settlement.identity import agreement_id
from settlement.settle import Incomplete, Settled
from settlement.units import format_eur
from settlement.words import hex_of

FORMAT = "flexledger-report/1"
_SHOWN_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        id: names the check for machines; does not change.
        name: what holds if there is no finding, as a sentence.
        findings: what does not hold, one sentence each, with the numbers.
        notes: what a reader should know though it breaks no rule.
    """

    id: str
    name: str
    findings: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of a bundle.

    Attributes:
        checks: in the order in which they were made.
        settled: the recomputed statement, None if it is not possible.
        remedies: what the party can do about the findings, one sentence each.
    """

    checks: tuple[Check, ...]
    settled: Settled | Incomplete | None
    remedies: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """True if no check has a finding."""
        return not any(check.findings for check in self.checks)


def shorten(findings: Iterable[str]) -> tuple[str, ...]:
    """Keep the first few findings and count the rest, for people."""
    every = tuple(findings)
    if len(every) <= _SHOWN_AT_MOST:
        return every
    return (*every[:_SHOWN_AT_MOST], f"and {len(every) - _SHOWN_AT_MOST} more.")


def as_text(bundle: Bundle, report: Report) -> str:
    """Write a report for a person."""
    period = bundle.period
    lines = [
        f"Agreement {hex_of(agreement_id(bundle.terms))}",
        f"Period {date_of(period.first_day)} to {date_of(period.last_day)}",
        "",
    ]
    for check in report.checks:
        lines.append(f"  {'no' if check.findings else 'ok'}  {check.name}")
        lines += [f"        {finding}" for finding in shorten(check.findings)]
        lines += [f"        note: {note}" for note in shorten(check.notes)]
    lines += ["", _verdict(bundle, report)]
    if report.remedies:
        lines += ["", "What you can do:", *(f"  {remedy}" for remedy in report.remedies)]
    return "\n".join(lines) + "\n"


def _verdict(bundle: Bundle, report: Report) -> str:
    if not report.holds:
        count = sum(len(check.findings) for check in report.checks)
        return f"Do not accept this settlement: {count} finding{'s' if count > 1 else ''}."
    if bundle.stated is None:
        return "Everything holds. The statement waits for data: " + "; ".join(bundle.incomplete)
    statement = bundle.stated.statement
    return (
        f"Everything holds. You are owed {format_eur(statement.amount)} EUR: capacity "
        f"{format_eur(statement.capacity)} + delivered {format_eur(statement.volume)} "
        f"- penalty {format_eur(statement.penalty)}."
    )


def as_json(bundle: Bundle, report: Report) -> str:
    """Write a report for a machine; `amount` is the recomputed one in 1e-4 EUR, or null."""
    settled = report.settled
    return canonical_json(
        {
            "format": FORMAT,
            "agreement_id": hex_of(agreement_id(bundle.terms)),
            "period": {
                "first_day": bundle.period.first_day,
                "last_day": bundle.period.last_day,
            },
            "holds": report.holds,
            "amount": settled.statement.amount if isinstance(settled, Settled) else None,
            "checks": [
                {
                    "id": one.id,
                    "name": one.name,
                    "findings": list(one.findings),
                    "notes": list(one.notes),
                }
                for one in report.checks
            ],
            "remedies": list(report.remedies),
        }
    )
