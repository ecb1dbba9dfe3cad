"""The plausibility check: everything a party can recompute, compared with what it was told.

Checks return findings instead of raising, so that a person sees all that is wrong at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from settlement.activation import check_activation, standing_activations
from settlement.bundle import Bundle, CommittedDay
from settlement.clock import date_of
from settlement.errors import ActivationRefused, InputError
from settlement.evidence import Evidence, entries_of, gather, keys_of, recompute
from settlement.identity import agreement_id, encode, signing_digest
from settlement.merkle import EMPTY, Node, proves
from settlement.meter import day_leaf, elements_hash
from settlement.rule_set import rule_set_1
from settlement.settle import Incomplete, Settled
from settlement.signature import recover_signer
from settlement.statement import statement_leaf
from settlement.statement_check import statement_findings
from settlement.terms import validate
from settlement.words import hex_of

_SHOWN_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: what holds if there is no finding, as a sentence.
        findings: what does not hold, one sentence each, with the numbers.
        notes: what a reader should know though it breaks no rule.
    """

    name: str
    findings: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of a bundle; `settled` is the recomputed statement, None if it is not possible."""

    checks: tuple[Check, ...]
    settled: Settled | Incomplete | None

    @property
    def holds(self) -> bool:
        """True if no check has a finding."""
        return not any(check.findings for check in self.checks)


def check_bundle(bundle: Bundle) -> tuple[Report, Evidence | None]:
    """Check a bundle on its own, without the chain and without the party's own meter file.

    Returns:
        The report, and the evidence for further checks (None if terms or log break the rules).
    """
    checks = [
        Check("The terms keep to the rules.", tuple(_terms_findings(bundle))),
        Check("Both parties signed these terms.", tuple(_signature_findings(bundle))),
        Check("Your metering points are the agreed ones.", tuple(_element_findings(bundle))),
        Check("The meter data is the committed data.", tuple(_proof_findings(bundle))),
    ]
    if not _is_valid(bundle):
        # Nothing can be computed by terms that contradict the rules.
        return Report(tuple(checks), None), None
    try:
        evidence = gather(bundle)
    except InputError as error:
        checks.append(Check("The activation log is consistent.", (str(error),)))
        return Report(tuple(checks), None), None
    checks.append(
        Check("Every activation keeps to the terms.", tuple(_activation_findings(bundle, evidence)))
    )
    settled = recompute(bundle, evidence)
    checks.append(
        Check("The statement is what the rules give.", tuple(statement_findings(bundle, settled)))
    )
    checks.append(Check("The statement is in the run.", tuple(_run_findings(bundle))))
    return Report(tuple(checks), settled), evidence


def _is_valid(bundle: Bundle) -> bool:
    try:
        validate(bundle.terms)
    except InputError:
        return False
    return True


def _terms_findings(bundle: Bundle) -> Iterator[str]:
    try:
        validate(bundle.terms)
        encode(bundle.terms)
    except InputError as error:
        yield str(error)
    if bundle.terms.rule_set != rule_set_1():
        yield (
            f"The agreement names the rule set {hex_of(bundle.terms.rule_set)}, "
            f"this checker knows {hex_of(rule_set_1())}."
        )


def _signature_findings(bundle: Bundle) -> Iterator[str]:
    digest = signing_digest(agreement_id(bundle.terms), bundle.domain)
    for party, address, signature in (
        ("aggregator", bundle.terms.aggregator, bundle.aggregator_signature),
        ("prosumer", bundle.terms.prosumer, bundle.prosumer_signature),
    ):
        if recover_signer(digest, signature) != address:
            yield f"The signature of the {party} is not by {hex_of(address)} for these terms."


def _element_findings(bundle: Bundle) -> Iterator[str]:
    names = [point.name for point in bundle.metering_points]
    if len(set(names)) != len(names):
        yield "A metering point is listed twice."
    if elements_hash(keys_of(bundle).values()) != bundle.terms.elements:
        yield "The metering points listed here are not those in the signed terms."


def _proof_findings(bundle: Bundle) -> Iterator[str]:
    keys = keys_of(bundle)
    seen: set[tuple[str | None, int, int]] = set()
    for day in (*bundle.meter_days, *bundle.nominations):
        nomination = day.metering_point is None
        key = agreement_id(bundle.terms) if nomination else keys.get(day.metering_point or "")
        name = "nomination" if nomination else f"meter data of {day.metering_point}"
        utc_date = date_of(day.utc_day)
        place = (day.metering_point, day.utc_day, day.version if nomination else 0)
        if key is None:
            yield f"There is {name}, which is not a metering point of the agreement."
        elif not _is_committed(day, key):
            yield f"The {name} on {utc_date} (UTC) does not lead to the committed root."
        if place in seen:
            yield f"The {name} on {utc_date} (UTC) is there twice."
        seen.add(place)


def _is_committed(day: CommittedDay, key: bytes) -> bool:
    leaf: Node = (day_leaf(key, day.utc_day, day.blob), 0)
    return proves(leaf, day.proof, (day.root, 0), len(day.proof.siblings))


def _activation_findings(bundle: Bundle, evidence: Evidence) -> Iterator[str]:
    clock = bundle.terms.clock
    for position, activation in enumerate(evidence.standing):
        try:
            check_activation(
                bundle.terms, evidence.standing[:position], activation, end_day=bundle.end_day
            )
        except ActivationRefused as error:
            yield f"Activation at {clock.describe(activation.first_isp)}: {error}."
    own = {isp for one in evidence.standing for isp in one.ordered_isps()}
    for other in bundle.overlaps:
        theirs = standing_activations(entries_of(other.log))
        shared = sorted(own.intersection(isp for one in theirs for isp in one.ordered_isps()))
        if shared:
            yield (
                f"{len(shared)} ISPs from {clock.describe(shared[0])} are ordered by agreement "
                f"{hex_of(other.agreement_id)} as well."
            )


def _run_findings(bundle: Bundle) -> Iterator[str]:
    stated = bundle.stated
    if stated is None:
        return
    leaf = statement_leaf(stated.statement)
    root: Node = (stated.run.root, stated.run.sum)
    if root == EMPTY:
        yield "The run is empty."
    if not proves(leaf, stated.proof, root, stated.run.depth):
        yield "The proof does not lead from the statement to the root of the run."


def shorten(findings: Iterable[str]) -> tuple[str, ...]:
    """Keep the first few findings and count the rest, for people."""
    every = tuple(findings)
    if len(every) <= _SHOWN_AT_MOST:
        return every
    return (*every[:_SHOWN_AT_MOST], f"and {len(every) - _SHOWN_AT_MOST} more.")
