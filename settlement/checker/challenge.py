"""What a party can do about a wrong statement: which challenge the ledger takes. Rule 0.10.

The ledger recomputes a statement from the series that its hash stands for (arithmetic), and
compares single ISPs of that series with committed data. It does not compute baselines from like
days: there, only a correction of the DSO helps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from settlement.activation import Activation
from settlement.baselines.baseline import Baseline
from settlement.bundle.records import Bundle, CommittedDay, Stated
from settlement.checker.evidence import Evidence, nominations_before, recorded_block
from settlement.checker.report import Report
from settlement.clock import MINUTES_PER_DAY
from settlement.meter import decode_blob
from settlement.settle import Incomplete, Line, Settled, activations_of, line_of, statement_of
from settlement.statement import Pair, series_hash
from settlement.terms import BaselineMethod
from settlement.units import format_eur

ARITHMETIC, ACTUAL, BASELINE = "challengeArithmetic", "challengeActual", "challengeBaseline"
_FATAL = {
    "terms",
    "elements",
    "run",
    "chain",
    "ledger-agreement",
    "ledger-log",
    "ledger-run",
}
"""Checks without which what was handed out is not what the ledger holds."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that the ledger would take.

    Attributes:
        function: of the ledger.
        pairs: baseline and actual of the ordered ISPs, as hashed in the statement.
        isp: the ISP whose actual or baseline is not the committed one; None for the arithmetic.
        reason: one sentence.
    """

    function: str
    pairs: tuple[Pair, ...]
    isp: int | None
    reason: str


def find_challenges(bundle: Bundle, report: Report, evidence: Evidence | None) -> list[Challenge]:
    """Find the challenges that would succeed.

    Args:
        bundle: the bundle.
        report: all checks of it.
        evidence: what was read from it, None if that was not possible.
    """
    fatal = any(check.findings and check.id in _FATAL for check in report.checks)
    if fatal or evidence is None or bundle.stated is None:
        return []
    pairs = _preimage(bundle.stated, report.settled)
    if pairs is None:
        return []
    events = activations_of(bundle.terms, evidence.standing, bundle.period)
    return [
        *_arithmetic(bundle, bundle.stated, events, pairs),
        *_actual(bundle, evidence, events, pairs),
        *_baseline(bundle, events, pairs),
    ]


def _preimage(stated: Stated, settled: Settled | Incomplete | None) -> tuple[Pair, ...] | None:
    """Return the series that the statement's hash stands for, if the bundle has it."""
    told = tuple(
        pair for line in stated.lines for pair in zip(line.baseline_w, line.actual_w, strict=False)
    )
    found = settled.lines if isinstance(settled, Settled) else ()
    for pairs in (told, tuple(pair for line in found for pair in line.pairs)):
        if series_hash(pairs) == stated.statement.series_hash:
            return pairs
    return None


def _arithmetic(
    bundle: Bundle, stated: Stated, events: Sequence[Activation], pairs: tuple[Pair, ...]
) -> Iterator[Challenge]:
    if len(pairs) != sum(event.isps for event in events):
        reason = "The series has another length than what was ordered: it puts you on hold."
        yield Challenge(ARITHMETIC, pairs, None, reason)
        return
    lines = list(_lines(bundle, events, pairs))
    amount = statement_of(bundle.terms, bundle.period, lines, bundle.end_day).amount
    if amount != stated.statement.amount:
        yield Challenge(
            ARITHMETIC,
            pairs,
            None,
            f"From the stated series the ledger computes {format_eur(amount)} EUR instead of "
            f"{format_eur(stated.statement.amount)} EUR, and pays that. The first to show it in "
            "this run receives the DSO's bond.",
        )


def _lines(bundle: Bundle, events: Sequence[Activation], pairs: Sequence[Pair]) -> Iterator[Line]:
    start = 0
    for event in events:
        own = pairs[start : start + event.isps]
        start += event.isps
        baseline = Baseline(tuple(told for told, _ in own), (), "as stated")
        yield line_of(bundle.terms, event, baseline, tuple(actual for _, actual in own))


def _actual(
    bundle: Bundle, evidence: Evidence, events: Sequence[Activation], pairs: Sequence[Pair]
) -> Iterator[Challenge]:
    """Find the first ISP whose stated actual is not the committed one.

    Only days that are committed for all metering points can be handed in.
    """
    ordered = [isp for event in events for isp in event.ordered_isps()]
    per_day = MINUTES_PER_DAY // bundle.terms.isp_minutes
    for isp, (_, told) in zip(ordered, pairs, strict=False):
        found = evidence.history.readings.at(isp)
        held = all(isp // per_day in points.days for points in evidence.points.values())
        if held and found != told:
            committed = "missing" if found is None else f"{found} W"
            yield Challenge(
                ACTUAL,
                tuple(pairs),
                isp,
                f"At {bundle.terms.clock.describe(isp)} the stated meter reading is {told} W, the "
                f"committed one is {committed}: the ledger holds the statement back until it is "
                "corrected.",
            )
            return


def _baseline(
    bundle: Bundle, events: Sequence[Activation], pairs: Sequence[Pair]
) -> Iterator[Challenge]:
    """Find the first ISP whose stated baseline is none of the nominations before its order."""
    if bundle.terms.baseline_method is not BaselineMethod.NOMINATED:
        return
    ordered = [(isp, event) for event in events for isp in event.ordered_isps()]
    for (isp, event), (told, _) in zip(ordered, pairs, strict=False):
        nominated = [w for _, w in nominated_at(bundle, event, isp)]
        if nominated and told not in nominated:
            yield Challenge(
                BASELINE,
                tuple(pairs),
                isp,
                f"At {bundle.terms.clock.describe(isp)} the stated baseline is {told} W, which was "
                "never nominated before the order: the ledger holds the statement back. If another "
                "version was committed after the order and within the notice, hand it in as well.",
            )
            return


def nominated_at(
    bundle: Bundle, activation: Activation, isp: int
) -> list[tuple[CommittedDay, int | None]]:
    """Return the nominations of an ISP committed before its order, each with its W."""
    isp_minutes = bundle.terms.isp_minutes
    utc_day, position = divmod(isp, MINUTES_PER_DAY // isp_minutes)
    return [
        (one, decode_blob(one.blob, isp_minutes, "bundle")[position])
        for one in nominations_before(bundle, utc_day, recorded_block(bundle, activation))
    ]


def remedies(
    report: Report,
    challenges: Sequence[Challenge],
    closes_s: int | None = None,
    now_s: int | None = None,
) -> tuple[str, ...]:
    """Say in plain words what a party can do.

    Args:
        report: all checks.
        challenges: those that would succeed.
        closes_s: UTC second at which the challenge window closes, None if it is not known.
        now_s: block time of the ledger's last block, None if it is not known.
    """
    if report.holds:
        return ()
    general = (
        "Send this report to the DSO and ask for a correction run; keep the bundle as evidence."
    )
    if not challenges:
        return (
            "Nothing here can be challenged on the ledger: it takes a wrong amount for the stated "
            "series, and readings or nominated baselines that are not the committed ones.",
            general,
        )
    if closes_s is not None and now_s is not None and now_s >= closes_s:
        return (f"The challenge window closed at {_moment(closes_s)}.", general)
    until = "while the challenge window is open, 7 days from publication unless set otherwise"
    if closes_s is not None:
        until = f"until {_moment(closes_s)}"
    return (
        *(f"You can challenge the statement ({one.function}): {one.reason}" for one in challenges),
        f"A challenge has to be recorded {until}. It costs gas and no bond, and it publishes your "
        "baseline and meter readings of the ordered ISPs for everybody to read.",
        general,
    )


def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M} UTC"
