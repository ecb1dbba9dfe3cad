"""What only later runs and the ledger's history show: corrections, gaps, accounts, left-outs."""

import re
from dataclasses import replace

import pytest

from settlement.bundle.records import (
    ECDSA,
    AbsentDay,
    Bundle,
    Credit,
    Overlap,
    Signature,
    Superseded,
)
from settlement.chain.view import Account
from settlement.checker.account_check import account_check
from settlement.checker.chain_check import check_against_chain
from settlement.checker.evidence import gather
from settlement.checker.plausibility import check_bundle
from settlement.checker.report import Check
from settlement.errors import CallRefused
from settlement.identity import agreement_id
from settlement.meter import elements_hash
from settlement.settle import Incomplete
from tests.settlement.build import bundle_of, run, run_of
from tests.settlement.corrections import (
    CHAINS,
    CORRECTED_BLOCK,
    EVERY_BUNDLE,
    corrected,
    corrected_chain,
    other_terms_of_owner,
    with_gap,
)
from tests.settlement.defaults import word
from tests.settlement.market import EASTER_HOLIDAY, MONDAY, PERIOD, isp_at, market
from tests.settlement.memory_chain import MemoryChain, findings_on_ledger, honest_chain
from tests.settlement.tampering import (
    ACCOUNT,
    AGREEMENT,
    CASE,
    CORRECTION,
    DAYS,
    LEDGER_METER,
    LEDGER_RUN,
    LIMITS,
    METER,
    OVERLAPS,
    REPLACED,
    SIGNED,
    STATEMENT,
    VERSIONS,
    bent,
    bent_proof,
    bundle_with,
    case,
    findings_alone,
    line_with,
    run_with,
    terms_with,
)


def check_of(bundle: Bundle, chain: MemoryChain, identifier: str) -> Check:
    _, evidence = check_bundle(bundle)
    (found,) = (one for one in check_against_chain(bundle, evidence, chain) if one.id == identifier)
    return found


@pytest.mark.parametrize("name", EVERY_BUNDLE)
def test_every_honest_bundle_holds(name):
    bundle = EVERY_BUNDLE[name]()
    assert findings_alone(bundle) == {}
    assert findings_on_ledger(bundle, CHAINS.get(name, honest_chain)()) == {}


# What is changed in a bundle


def superseded_with(**changes):
    return lambda bundle: replace(bundle, superseded=replace(bundle.superseded, **changes))


def proven_with(**changes):
    def change(bundle: Bundle) -> Bundle:
        proven = replace(bundle.superseded.proven, **changes)
        return superseded_with(proven=proven)(bundle)

    return change


def day_with(position: int, **changes):
    """Change one of the days that the first line says its baseline comes from."""

    def change(days):
        return (*days[:position], replace(days[position], **changes), *days[position + 1 :])

    return line_with(0, days=change)


def absent_with(**changes):
    return lambda bundle: replace(bundle, absent_days=(replace(bundle.absent_days[0], **changes),))


def neighbour_with(side: str, **changes):
    def change(bundle: Bundle) -> Bundle:
        leaf = getattr(bundle.absent_days[0], side)
        return absent_with(**{side: replace(leaf, **changes)})(bundle)

    return change


def hidden_behind_a_gap(bundle: Bundle) -> Bundle:
    """Say of a day that is committed that it is not, with leaves that are not side by side."""
    hidden = next(day for day in bundle.meter_days if day.utc_day == MONDAY)
    gap = with_gap().absent_days[0]
    absent = replace(
        gap,
        metering_point=hidden.metering_point,
        utc_day=hidden.utc_day,
        root=hidden.root,
        block=hidden.block,
    )
    kept = tuple(day for day in bundle.meter_days if day != hidden)
    return replace(bundle, meter_days=kept, absent_days=(absent,))


def around_what_is_there(bundle: Bundle) -> Bundle:
    """Leave out a committed day and show the leaves on either side of it as if side by side."""
    hidden = next(
        day
        for day in bundle.meter_days
        if (day.utc_day, day.metering_point) == (MONDAY, "meter of the shop")
    )
    commitment, key = market().meter[MONDAY], market().agreements["evening"].meter_keys[1]
    above = (int.from_bytes(key, "big") + 1).to_bytes(32, "big")
    before, after = commitment.beside(key, MONDAY)[0], commitment.beside(above, MONDAY)[1]
    assert before is not None
    assert after is not None
    absent = AbsentDay("meter of the shop", MONDAY, hidden.root, 0, hidden.block, before, after)
    kept = tuple(day for day in bundle.meter_days if day != hidden)
    return replace(bundle, meter_days=kept, absent_days=(absent,))


def stranger_as_overlap(bundle: Bundle) -> Bundle:
    night = market().agreements["night"]
    more = Overlap(night.identity, night.meter_keys, night.log)
    return replace(bundle, overlaps=(*bundle.overlaps, more))


def with_false_keys(bundle: Bundle) -> Bundle:
    """List a stranger's agreement as overlapping, by one's own key."""
    night = market().agreements["night"]
    more = Overlap(night.identity, market().agreements["evening"].meter_keys[:1], night.log)
    return replace(bundle, overlaps=(*bundle.overlaps, more))


def by_an_account(bundle: Bundle) -> Bundle:
    return replace(bundle, prosumer_signature=Signature("erc1271", b"made up"))


ALONE = [
    case("day taken instead", "evening", day_with(0, taken=True), DAYS, r"2027-03-22 is stated as"),
    case(
        "reason of a day",
        "evening",
        day_with(1, reason="a clock change"),
        DAYS,
        "left: a clock change; by the rules it is left: not a working day",
    ),
    case("sum of a day", "evening", day_with(0, w_sum=1), DAYS, r"\(1 W in sum\); by the rules"),
    case("days left out", "evening", line_with(0, days=()), DAYS, "stated as not looked at"),
    case("day twice", "evening", line_with(0, days=lambda d: (*d, d[0])), DAYS, "listed twice"),
    case(
        "adjustment told otherwise",
        "evening",
        line_with(0, note="no adjustment agreed"),
        DAYS,
        "about the adjustment it is stated: no adjustment agreed; by the rules it is: adjusted by",
    ),
    case(
        "another reason to wait",
        "night",
        bundle_with(incomplete=("the meter is broken",)),
        STATEMENT,
        "told that this is missing: the meter is broken. By the rules it is: 2027-03-23 18:00",
    ),
    case(
        "one reason of two",
        "night",
        lambda b: replace(b, incomplete=(*b.incomplete, "and another one")),
        STATEMENT,
        "told that this is missing",
    ),
    case(
        "correction of nothing",
        "corrected evening",
        bundle_with(superseded=None),
        CORRECTION,
        "is a correction, version 2, and it is not shown of what",
    ),
    case(
        "first run that replaces one",
        "quiet",
        lambda b: replace(b, superseded=Superseded(run_of(run()), None)),
        CORRECTION,
        "Version 1 of a run replaces the one before it; the bundle shows version 1",
    ),
    case(
        "a version is skipped",
        "corrected evening",
        run_with(version=3),
        CORRECTION,
        "Version 3 of a run replaces the one before it; the bundle shows version 1",
    ),
    case(
        "superseded run is later",
        "corrected evening",
        superseded_with(run=run_of(run(), 1, CORRECTED_BLOCK)),
        CORRECTION,
        "cannot replace one of block 600",
    ),
    case(
        "superseded amount",
        "corrected evening",
        lambda b: proven_with(statement=replace(b.superseded.proven.statement, amount=1))(b),
        CORRECTION,
        "proof does not lead from the superseded",
    ),
    case(
        "superseded proof",
        "corrected evening",
        lambda b: proven_with(proof=bent_proof(b.superseded.proven.proof))(b),
        CORRECTION,
        "proof does not lead from the superseded",
    ),
    case(
        "superseded statement of another",
        "corrected evening",
        lambda b: replace(b, superseded=corrected("quiet").superseded),
        CORRECTION,
        "is of another agreement",
    ),
    case(
        "credited by a later run",
        "quiet",
        bundle_with(credited=Credit(5, 2)),
        CORRECTION,
        "Version 2 is stated as credited, but the run has version 1",
    ),
    case(
        "credited by no run",
        "quiet",
        bundle_with(credited=Credit(5, 0)),
        CORRECTION,
        r"0\.0005 EUR are stated as credited, but by no run",
    ),
    case("gap hides a day", "evening", hidden_behind_a_gap, METER, "not shown that meter data of"),
    case("gap between two others", "evening", around_what_is_there, METER, "not shown that meter"),
    case("gap, key", "gap", neighbour_with("before", key=word(1)), METER, "not shown that"),
    case("gap, blob", "gap", neighbour_with("before", blob_hash=word(1)), METER, "not shown that"),
    case("gap, root", "gap", absent_with(root=word(1)), METER, "not shown that meter data"),
    case("gap, one side", "gap", absent_with(before=None), METER, "not shown that meter data"),
    case("gap, no side", "gap", absent_with(before=None, after=None), METER, "not shown that"),
    case(
        "gap of a stranger",
        "gap",
        absent_with(metering_point="meter of the farm"),
        METER,
        "which is no metering point of the agreement",
    ),
    case(
        "gap that is filled",
        "gap",
        absent_with(metering_point="meter of the flat"),
        METER,
        "is there, and is said to be missing",
    ),
    case(
        "overlap of a stranger",
        "evening",
        stranger_as_overlap,
        LIMITS,
        "shares no metering point with yours",
    ),
    case(
        "signature of another kind",
        "smart account",
        lambda b: replace(b, prosumer_signature=Signature(ECDSA, b.prosumer_signature.value)),
        SIGNED,
        "The signature of the prosumer is not by",
    ),
]

ON_LEDGER = [
    case(
        "run block", "evening", run_with(block=501), LEDGER_RUN, "of block 501, it is of block 500"
    ),
    case(
        "run of an incomplete statement",
        "night",
        run_with(root=bent),
        LEDGER_RUN,
        "root of the run is not",
    ),
    case(
        "first version for the second",
        "corrected night",
        lambda b: bundle_of("night"),
        LEDGER_RUN,
        "The bundle is of version 1, the run has version 2",
    ),
    case(
        "superseded run made up",
        "corrected evening",
        superseded_with(run=replace(run_of(run()), sum=1)),
        REPLACED,
        "Version 1 of the run was not published as it is shown here",
    ),
    case(
        "meter data before its correction",
        "corrected evening",
        lambda b: replace(b, meter_days=bundle_of("evening").meter_days),
        LEDGER_METER,
        r"2027-03-23 \(UTC\) is not what was committed",
    ),
    case(
        "version of meter data",
        "corrected evening",
        lambda b: replace(b, meter_days=tuple(replace(day, version=0) for day in b.meter_days)),
        VERSIONS,
        r"2027-03-23 \(UTC\) is stated as version 0 of block 510; the ledger has no such",
    ),
    case(
        "block of meter data",
        "evening",
        lambda b: replace(
            b, meter_days=tuple(replace(day, block=day.block - 1) for day in b.meter_days)
        ),
        VERSIONS,
        "the ledger has no such commitment",
    ),
    case("gap, version", "gap", absent_with(version=1), VERSIONS, "stated as version 1 of block"),
    case(
        "gap in other data",
        "gap",
        absent_with(root=word(1)),
        LEDGER_METER,
        "not what was committed",
    ),
    case(
        "credited before",
        "corrected evening",
        bundle_with(credited=Credit(100, 1)),
        ACCOUNT,
        r"0\.0100 EUR are stated as credited for this period by version 1 of its run; on the "
        r"ledger it is 0\.0000 EUR by version 0",
    ),
    case(
        "overlap left out",
        "evening",
        bundle_with(overlaps=()),
        OVERLAPS,
        "has your metering points and activations, and is left out",
    ),
    case("overlap by a false key", "evening", with_false_keys, OVERLAPS, "are not those that are"),
    case(
        "overlap that is not recorded",
        "evening",
        lambda b: replace(b, overlaps=(Overlap(word(9), b.overlaps[0].meter_keys, ()),)),
        OVERLAPS,
        "is not on the ledger",
    ),
    case(
        "smart account that was never asked",
        "quiet",
        lambda b: by_an_account(terms_with(volume_rate=1)(b)),
        AGREEMENT,
        "The smart account of the prosumer, 0x[0-9a-f]{40}, does not accept its signature",
    ),
]


@pytest.mark.parametrize(CASE, ALONE)
def test_tampering_is_caught_by_the_bundle_alone(name, change, check, told):
    honest = EVERY_BUNDLE[name]()
    tampered = change(honest)
    assert tampered != honest
    found = findings_alone(tampered)
    assert check in found
    assert re.search(told, "\n".join(found[check]))


def same_owner_chain() -> MemoryChain:
    """The plain ledger, on which "midday" belongs to the prosumer of "evening" and shares all."""
    chain, evening = honest_chain(), market().agreements["evening"]
    more = other_terms_of_owner(
        bundle_of("evening"), elements=elements_hash(evening.meter_keys[1:])
    )
    chain.record(more, evening.log[0].activation)
    return chain


@pytest.mark.parametrize(CASE, ON_LEDGER)
def test_tampering_is_caught_on_the_ledger(name, change, check, told):
    honest = EVERY_BUNDLE[name]()
    tampered = change(honest)
    assert tampered != honest
    chain = CHAINS.get(name, honest_chain)()
    if check == OVERLAPS:
        chain = same_owner_chain()
    found = findings_on_ledger(tampered, chain)
    assert check in found
    assert re.search(told, "\n".join(found[check]))


# Notes: what breaks no rule


def test_a_correction_says_what_it_changes():
    notes = {
        name: check_bundle(corrected(name))[0].checks[-1].notes for name in ("evening", "night")
    }
    assert notes["night"] == (
        "Version 1 had no statement of yours; version 2 has 0.0308 EUR, a change of 0.0308 EUR.",
        "Meter data was committed anew before the run for 2027-03-23 (UTC).",
    )
    assert notes["evening"][0] == (
        "Version 1 had 1.2257 EUR for you; version 2 has 1.2257 EUR, a change of 0.0000 EUR."
    )


def test_a_statement_that_a_correction_takes_away_is_told():
    bundle = replace(corrected("evening"), stated=None, incomplete=("gone",))
    assert check_bundle(bundle)[0].checks[-1].notes[0] == (
        "Version 1 had 1.2257 EUR for you; this run has no statement of yours."
    )


def test_the_list_of_non_working_days_is_named():
    report, _ = check_bundle(bundle_of("evening"))
    (days,) = (one for one in report.checks if one.id == DAYS)
    assert days.notes == ("Days that count as non-working besides weekends: 2027-03-19.",)
    assert EASTER_HOLIDAY == bundle_of("evening").non_working_days[0]
    without = check_bundle(bundle_with(non_working_days=())(bundle_of("quiet")))[0]
    (days,) = (one for one in without.checks if one.id == DAYS)
    assert days.notes == ("Days that count as non-working besides weekends: none.",)


def test_a_smart_account_is_not_checked_alone_and_asked_on_its_chain():
    bundle = EVERY_BUNDLE["smart account"]()
    report, _ = check_bundle(bundle)
    (signed,) = (one for one in report.checks if one.id == SIGNED)
    assert signed.findings == ()
    assert re.search(
        r"prosumer signs by a smart account, 0x\w{40}: .* not checked", signed.notes[0]
    )
    assert check_of(bundle, CHAINS["smart account"](), AGREEMENT).notes == ()
    refused = check_of(bundle, honest_chain(), AGREEMENT)
    assert refused.findings == ()
    assert "does not accept its signature now; the ledger did" in refused.notes[0]


def test_an_agreement_on_other_points_of_the_owner_is_noted():
    bundle, chain = bundle_of("evening"), honest_chain()
    (entry, *_) = bundle.log
    chain.record(other_terms_of_owner(bundle, elements=word(5)), entry.activation)
    overlaps = check_of(bundle, chain, OVERLAPS)
    assert overlaps.findings == ()
    assert "activations on other metering points, as far as can be seen" in overlaps.notes[0]


def test_an_agreement_without_activations_changes_nothing_and_may_be_left_out():
    bundle, chain = bundle_of("evening"), honest_chain()
    chain.record(other_terms_of_owner(bundle))
    assert check_of(bundle, chain, OVERLAPS) == check_of(bundle, honest_chain(), OVERLAPS)


def test_a_node_without_history_leaves_its_checks_open():
    class Short(MemoryChain):
        def agreements_of(self, prosumer):
            raise CallRefused("too many blocks")

        meter_commitments = runs = agreements_of  # type: ignore[assignment]

    chain = Short(**vars(corrected_chain()))
    chain.runs = chain.meter_commitments = lambda *_: chain.agreements_of(b"")  # type: ignore
    bundle = corrected("evening")
    for identifier in (OVERLAPS, REPLACED, VERSIONS):
        check = check_of(bundle, chain, identifier)
        assert check.findings == ()
        assert check.notes == ("Not checked, the node refuses its logs: too many blocks",)


# The account


def account_of(bundle: Bundle, **figures: int) -> Check:
    nothing = {
        "credited": 0,
        "credited_version": 0,
        "balance": 0,
        "recomputed": 0,
        "recomputed_version": 0,
        "held_version": 0,
    }
    chain = corrected_chain()
    place = (agreement_id(bundle.terms), PERIOD.first_day)
    chain.accounts[place] = Account(**{**nothing, **figures})
    terms = bundle.terms
    return account_check(bundle, chain, chain.run(terms.dso, terms.aggregator, PERIOD.first_day))


EVENING = 12257


def credited(amount: int, version: int) -> Bundle:
    return replace(corrected("evening"), credited=Credit(amount, version))


@pytest.mark.parametrize(
    ("before", "balance", "pays"),
    [(0, 0, "1.2257"), (10_000, 0, "0.2257"), (20_000, 0, "0.0000"), (10_000, -257, "0.2000")],
)
def test_what_a_claim_pays_is_worked_out(before, balance, pays):
    check = account_of(credited(before, 1), credited=before, credited_version=1, balance=balance)
    assert check.findings == ()
    assert check.notes[-1].endswith(f"it pays {pays} EUR.")


def test_a_claim_that_was_made_since_is_right_if_it_credited_the_amount():
    right = account_of(credited(0, 0), credited=EVENING, credited_version=2)
    assert right.findings == ()
    assert right.notes == ("The run has credited 1.2257 EUR already.",)
    wrong = account_of(credited(0, 0), credited=EVENING - 1, credited_version=2)
    assert wrong.findings == ("This run credited 1.2256 EUR; it should have been 1.2257 EUR.",)


def test_what_challenges_did_is_told_and_counts():
    check = account_of(
        credited(0, 0),
        credited=500,
        credited_version=2,
        recomputed=500,
        recomputed_version=2,
        held_version=2,
    )
    assert check.findings == ()
    assert check.notes[0] == "A challenge has put 0.0500 EUR in the place of the stated amount."
    assert "on hold" in check.notes[1]
    earlier = account_of(credited(0, 0), recomputed=500, recomputed_version=1, held_version=1)
    assert len(earlier.notes) == 1
    assert earlier.notes[0].startswith("A claim credits 1.2257 EUR")


def test_a_void_run_is_told():
    bundle, chain = bundle_of("evening"), honest_chain()
    (place, record), *_ = chain.runs_of.items()
    chain.runs_of[place] = replace(record, void=True)
    assert check_of(bundle, chain, ACCOUNT).notes[0] == (
        "The run is void: it pays nothing until a correction."
    )


def test_the_fixtures_are_what_they_say():
    assert isinstance(check_bundle(bundle_of("night"))[0].settled, Incomplete)
    assert corrected("night").stated is not None
    gap = with_gap()
    assert len(gap.absent_days) == 1
    evidence = gather(gap)
    assert evidence.history.readings.at(isp_at(gap.absent_days[0].utc_day, 12)) is None
