"""Comparison of a bundle with the ledger: nothing that a bundle claims is taken on its word."""

from collections.abc import Iterator

from settlement.activation import log_head
from settlement.bundle.records import ERC1271, AbsentDay, Bundle, CommittedDay, entries_of
from settlement.chain.view import ChainView, RunRecord
from settlement.checker.account_check import account_check
from settlement.checker.evidence import Evidence, nomination_in_force, recorded_block, signatures_of
from settlement.checker.log_check import check_against_logs
from settlement.checker.report import Check
from settlement.clock import date_of
from settlement.commitment import needed_utc_days
from settlement.identity import agreement_id, signing_digest
from settlement.settle import activations_of
from settlement.terms import BaselineMethod
from settlement.units import format_eur
from settlement.words import hex_of


def check_against_chain(
    bundle: Bundle, evidence: Evidence | None, chain: ChainView
) -> tuple[Check, ...]:
    """Compare a bundle with the ledger.

    Args:
        bundle: the bundle.
        evidence: what was read from it; None skips the nominations.
        chain: the ledger.

    Raises:
        ChainError: the ledger does not answer.
    """
    if chain.chain_id() != bundle.domain.chain_id:
        told, found = bundle.domain.chain_id, chain.chain_id()
        finding = f"The bundle is of chain {told}, this is chain {found}."
        return (Check("chain", "The ledger is the one of the agreement.", (finding,)),)
    terms = bundle.terms
    run = chain.run(terms.dso, terms.aggregator, bundle.period.first_day)
    before_block = run.block if run is not None else 2**63
    return (
        _agreement_check(bundle, chain),
        Check(
            "ledger-log",
            "The activation log is complete.",
            tuple(_log_findings(bundle, chain)),
        ),
        Check("ledger-run", "The ledger holds the run.", tuple(_run_findings(bundle, run))),
        Check(
            "ledger-meter-data",
            "The ledger holds the meter data commitments.",
            tuple(_meter_findings(bundle, chain, before_block)),
        ),
        Check(
            "ledger-nominations",
            "The nominations came first.",
            tuple(_nomination_findings(bundle, evidence, chain)),
        ),
        account_check(bundle, chain, run),
        *check_against_logs(bundle, chain),
    )


def challenges_close_s(bundle: Bundle, chain: ChainView) -> int | None:
    """Return the UTC second at which the run's challenge window closes, None without a run."""
    terms = bundle.terms
    run = chain.run(terms.dso, terms.aggregator, bundle.period.first_day)
    return None if run is None else run.published_at_s + chain.challenge_window_s()


def _agreement_check(bundle: Bundle, chain: ChainView) -> Check:
    identity = agreement_id(bundle.terms)
    record = chain.agreement(identity)
    findings, notes = [], []
    if not record.recorded:
        findings.append("These terms are not recorded on the ledger.")
    elif record.end_day != bundle.end_day:
        told, found = _describe_end(bundle.end_day), _describe_end(record.end_day)
        findings.append(f"The agreement is stated to {told}, on the ledger to {found}.")
    digest = signing_digest(identity, bundle.domain)
    for party, address, signature in signatures_of(bundle):
        if signature.kind == ERC1271 and not chain.accepts(address, digest, signature.value):
            told = f"The smart account of the {party}, {hex_of(address)}, does not accept its"
            if record.recorded:
                notes.append(f"{told} signature now; the ledger did when it was recorded.")
            else:
                findings.append(f"{told} signature.")
    return Check(
        "ledger-agreement", "The ledger holds the agreement.", tuple(findings), tuple(notes)
    )


def _describe_end(end_day: int | None) -> str:
    return "have no earlier end" if end_day is None else f"end on {date_of(end_day)}"


def _log_findings(bundle: Bundle, chain: ChainView) -> Iterator[str]:
    logs = [("your agreement", agreement_id(bundle.terms), bundle.log)]
    logs += [("an overlapping agreement", one.agreement_id, one.log) for one in bundle.overlaps]
    for name, identity, log in logs:
        if chain.agreement(identity).log_head != log_head(entries_of(log)):
            yield f"The activations of {name} are not exactly those on the ledger."


def _run_findings(bundle: Bundle, found: RunRecord | None) -> Iterator[str]:
    told = bundle.run
    if found is None:
        yield "No run of this period is published."
        return
    if found.period_last_day != bundle.period.last_day:
        yield (
            f"The period ends on {date_of(bundle.period.last_day)} in the bundle and on "
            f"{date_of(found.period_last_day)} on the ledger."
        )
    if found.rule_set != bundle.terms.rule_set:
        yield "The run was made by another rule set than the agreement's."
    if found.version != told.version:
        yield f"The bundle is of version {told.version}, the run has version {found.version}."
    if found.root != told.root or found.depth != told.depth:
        yield "The root of the run is not the one on the ledger."
    if found.block != told.block:
        yield f"The run is stated to be of block {told.block}, it is of block {found.block}."
    if found.sum != told.sum:
        yield (
            f"The run's sum is stated as {format_eur(told.sum)} EUR, "
            f"on the ledger it is {format_eur(found.sum)} EUR."
        )


def _meter_findings(bundle: Bundle, chain: ChainView, before_block: int) -> Iterator[str]:
    first, last = needed_utc_days(bundle.terms, entries_of(bundle.log), bundle.period)
    roots = chain.meter_roots(bundle.terms.mdc, first, last - first + 1, before_block)
    days: list[CommittedDay | AbsentDay] = [*bundle.meter_days, *bundle.absent_days]
    held = {(day.metering_point, day.utc_day): day.root for day in days}
    for offset, root in enumerate(roots):
        utc_day = first + offset
        for point in bundle.metering_points:
            told = held.get((point.name, utc_day))
            if told is None and root is not None:
                yield f"Meter data of {date_of(utc_day)} (UTC) is committed but not in the bundle."
            elif told is not None and told != root:
                yield f"Meter data of {date_of(utc_day)} (UTC) is not what was committed."
    for day in days:
        if not first <= day.utc_day <= last:
            yield f"Meter data of {date_of(day.utc_day)} (UTC) is beyond what the period needs."


def _nomination_findings(
    bundle: Bundle, evidence: Evidence | None, chain: ChainView
) -> Iterator[str]:
    if bundle.terms.baseline_method is not BaselineMethod.NOMINATED or evidence is None:
        return
    clock = bundle.terms.clock
    for activation in activations_of(bundle.terms, evidence.standing, bundle.period):
        block = recorded_block(bundle, activation)
        when = clock.describe(activation.first_isp)
        if activation not in chain.activations_in(agreement_id(bundle.terms), block):
            yield f"The activation at {when} was not recorded in block {block}."
            continue
        isps = activation.ordered_isps()
        for utc_day in sorted({clock.utc_day(isp) for isp in isps}):
            in_force = nomination_in_force(bundle, utc_day, block)
            (root,) = chain.nomination_roots(bundle.terms.aggregator, utc_day, 1, block)
            if root != (in_force.root if in_force else None):
                yield f"The nomination for {when} is not the last one committed before it."
