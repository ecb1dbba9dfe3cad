"""What only the ledger's history shows: other agreements, superseded runs, renewed meter data.

Not every node gives its whole history. What it refuses is noted as not checked.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from settlement.activation import EMPTY_HEAD
from settlement.bundle.records import AbsentDay, Bundle, CommittedDay, StatedRun
from settlement.chain.view import ChainView, PublishedRun
from settlement.checker.evidence import keys_of
from settlement.checker.report import Check
from settlement.clock import date_of
from settlement.errors import CallRefused
from settlement.identity import agreement_id
from settlement.meter import elements_hash
from settlement.terms import Terms
from settlement.words import hex_of

_POINTS_COMBINED_MAX = 12
"""With more metering points not every combination is tried: only all of them, and each alone."""


def check_against_logs(bundle: Bundle, chain: ChainView) -> tuple[Check, ...]:
    """Compare a bundle with the history of the ledger."""
    return (
        _check(
            "ledger-overlaps",
            "No agreement that shares your metering points is left out.",
            lambda: _overlap_check(bundle, chain),
        ),
        _check(
            "ledger-correction",
            "The ledger published what a correction is said to replace.",
            lambda: (_superseded_findings(bundle, chain), ()),
        ),
        _check(
            "ledger-versions",
            "The meter data is of the stated versions.",
            lambda: (_version_findings(bundle, chain), ()),
        ),
    )


_Results = tuple[Iterable[str], Iterable[str]]
"""Findings and notes."""


def _check(identifier: str, name: str, compare: Callable[[], _Results]) -> Check:
    try:
        findings, notes = compare()
        return Check(identifier, name, tuple(findings), tuple(notes))
    except CallRefused as error:
        return Check(identifier, name, (), (f"Not checked, the node refuses its logs: {error}",))


def _overlap_check(bundle: Bundle, chain: ChainView) -> _Results:
    """Look for agreements of the same owner that are not listed, and hold those listed to theirs.

    The ledger knows metering points by a hash over all keys of an agreement, so that only
    combinations of one's own points can be recognised.
    """
    findings, notes = [], []
    own = agreement_id(bundle.terms)
    combined = set(_combinations(list(keys_of(bundle).values())))
    listed = {one.agreement_id for one in bundle.overlaps}
    recorded = {agreement_id(one): one for one in chain.agreements_of(bundle.terms.prosumer)}
    for identity, terms in recorded.items():
        if identity == own or identity in listed or not _has_activations(chain, identity):
            continue
        told = f"Agreement {hex_of(identity)} of the same owner"
        if terms.elements in combined:
            findings.append(f"{told} has your metering points and activations, and is left out.")
        else:
            notes.append(
                f"{told} has activations on other metering points, as far as can be seen. If it "
                "shares one with this agreement, it has to be in the bundle."
            )
    for other in bundle.overlaps:
        found: Terms | None = recorded.get(other.agreement_id) or chain.terms_of(other.agreement_id)
        if found is None:
            findings.append(f"Agreement {hex_of(other.agreement_id)} is not on the ledger.")
        elif found.elements != elements_hash(other.meter_keys):
            findings.append(
                f"The metering points of agreement {hex_of(other.agreement_id)} are not those "
                "that are stated here."
            )
    return findings, notes


def _combinations(keys: list[bytes]) -> Iterator[bytes]:
    many = len(keys) > _POINTS_COMBINED_MAX
    for size in {1, len(keys)} if many else range(1, len(keys) + 1):
        yield from map(elements_hash, combinations(keys, size))


def _has_activations(chain: ChainView, identity: bytes) -> bool:
    return chain.agreement(identity).log_head != EMPTY_HEAD


def _superseded_findings(bundle: Bundle, chain: ChainView) -> Iterator[str]:
    if bundle.superseded is None:
        return
    told, terms = bundle.superseded.run, bundle.terms
    runs = chain.runs(terms.dso, terms.aggregator)
    at = (bundle.period.first_day, told.version)
    found = [one for one in runs if (one.period_first_day, one.version) == at]
    if not any(_is(told, one) for one in found):
        yield f"Version {told.version} of the run was not published as it is shown here."


def _is(told: StatedRun, found: PublishedRun) -> bool:
    stated = (told.root, told.sum, told.depth, told.block)
    return stated == (found.root, found.sum, found.depth, found.block)


def _version_findings(bundle: Bundle, chain: ChainView) -> Iterator[str]:
    days: list[CommittedDay | AbsentDay] = [*bundle.meter_days, *bundle.absent_days]
    asked = sorted({day.utc_day for day in days})
    committed = {
        (one.utc_day, one.version): one for one in chain.meter_commitments(bundle.terms.mdc, asked)
    }
    told = sorted({(day.utc_day, day.version, day.root, day.block) for day in days})
    for utc_day, version, root, block in told:
        found = committed.get((utc_day, version))
        if found is None or (found.root, found.block) != (root, block):
            yield (
                f"Meter data of {date_of(utc_day)} (UTC) is stated as version {version} of block "
                f"{block}; the ledger has no such commitment."
            )
