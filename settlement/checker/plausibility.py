"""The plausibility check: everything a party can recompute, compared with what it was told.

Checks return findings instead of raising, so that a person sees all that is wrong at once.
"""

from collections.abc import Iterator

from settlement.activation import check_activation, standing_activations
from settlement.bundle.records import ERC1271, Bundle, entries_of
from settlement.checker.baseline_day_check import baseline_day_check
from settlement.checker.commitment_check import commitment_findings
from settlement.checker.correction_check import correction_check
from settlement.checker.evidence import Evidence, gather, keys_of, recompute, signatures_of
from settlement.checker.report import Check, Report
from settlement.checker.statement_check import statement_findings
from settlement.errors import ActivationRefused, InputError
from settlement.identity import agreement_id, encode, signing_digest
from settlement.merkle import EMPTY, Node, proves
from settlement.meter import elements_hash
from settlement.rule_set import rule_set_1
from settlement.signature import recover_signer
from settlement.statement import statement_leaf
from settlement.terms import validate
from settlement.words import hex_of


def check_bundle(bundle: Bundle) -> tuple[Report, Evidence | None]:
    """Check a bundle on its own, without the chain and without the party's own meter file.

    Returns:
        The report, and the evidence for further checks (None if terms or log break the rules).
    """
    checks = [
        Check("terms", "The terms keep to the rules.", tuple(_terms_findings(bundle))),
        _signature_check(bundle),
        Check(
            "elements",
            "Your metering points are the agreed ones.",
            tuple(_element_findings(bundle)),
        ),
        Check(
            "meter-data",
            "The meter data is the committed data.",
            tuple(commitment_findings(bundle)),
        ),
    ]
    if not _is_valid(bundle):
        # Nothing can be computed by terms that contradict the rules.
        return Report(tuple(checks), None), None
    try:
        evidence = gather(bundle)
    except InputError as error:
        checks.append(Check("log", "The activation log is consistent.", (str(error),)))
        return Report(tuple(checks), None), None
    settled = recompute(bundle, evidence)
    checks += [
        Check("log", "The activation log is consistent.", ()),
        Check(
            "activations",
            "Every activation keeps to the terms.",
            tuple(_activation_findings(bundle, evidence)),
        ),
        baseline_day_check(bundle, settled),
        Check(
            "statement",
            "The statement is what the rules give.",
            tuple(statement_findings(bundle, settled)),
        ),
        Check("run", "The statement is in the run.", tuple(_run_findings(bundle))),
        correction_check(bundle),
    ]
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


def _signature_check(bundle: Bundle) -> Check:
    digest = signing_digest(agreement_id(bundle.terms), bundle.domain)
    findings, notes = [], []
    for party, address, signature in signatures_of(bundle):
        if signature.kind == ERC1271:
            notes.append(
                f"The {party} signs by a smart account, {hex_of(address)}: whether it accepts this "
                "signature is not checked here, only its chain can tell (--rpc)."
            )
        elif recover_signer(digest, signature.value) != address:
            findings.append(
                f"The signature of the {party} is not by {hex_of(address)} for these terms."
            )
    return Check("signatures", "Both parties signed these terms.", tuple(findings), tuple(notes))


def _element_findings(bundle: Bundle) -> Iterator[str]:
    names = [point.name for point in bundle.metering_points]
    if len(set(names)) != len(names):
        yield "A metering point is listed twice."
    if elements_hash(keys_of(bundle).values()) != bundle.terms.elements:
        yield "The metering points listed here are not those in the signed terms."


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
    keys = set(keys_of(bundle).values())
    for other in bundle.overlaps:
        if keys.isdisjoint(other.meter_keys):
            yield f"Agreement {hex_of(other.agreement_id)} shares no metering point with yours."
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
    root: Node = (bundle.run.root, bundle.run.sum)
    if root == EMPTY:
        yield "The run is empty."
    if not proves(leaf, stated.proof, root, bundle.run.depth):
        yield "The proof does not lead from the statement to the root of the run."
