"""What a party can do about a false statement: challenges that would succeed, told in words."""

import json
from dataclasses import replace

import pytest

from settlement.bundle.records import Bundle
from settlement.checker.challenge import (
    ACTUAL,
    ARITHMETIC,
    BASELINE,
    Challenge,
    find_challenges,
    remedies,
)
from settlement.checker.challenge_document import FORMAT, write_challenges
from settlement.checker.plausibility import check_bundle
from settlement.run import build_run
from settlement.settle import Line, Settled
from settlement.statement import pack_series, series_hash
from tests.settlement.build import bundle_of, results
from tests.settlement.market import MONDAY, isp_at
from tests.settlement.tampering import (
    Change,
    bundle_with,
    restated,
    run_with,
    stated_with,
    statement_with,
    terms_with,
)


def challenges_of(bundle: Bundle) -> list[Challenge]:
    report, evidence = check_bundle(bundle)
    return find_challenges(bundle, report, evidence)


def rehashed(settled: Settled, lines: tuple[Line, ...]) -> Settled:
    """A statement over other lines, with the hash of their series and its own figures."""
    pairs = [pair for line in lines for pair in line.pairs]
    return Settled(replace(settled.statement, series_hash=series_hash(pairs)), lines)


def cheaper(settled: Settled) -> Settled:
    statement = settled.statement
    return replace(settled, statement=replace(statement, amount=statement.amount - 1))


def lower_baseline(settled: Settled) -> Settled:
    """A false baseline, with figures that the ledger computes from it as well."""
    first, *rest = settled.lines
    values = first.baseline.values_w
    assert values is not None
    baseline = replace(first.baseline, values_w=(values[0] - 1, *values[1:]))
    return rehashed(settled, (replace(first, baseline=baseline), *rest))


def other_reading(settled: Settled) -> Settled:
    first, *rest = settled.lines
    actual_w = (*first.actual_w[:2], first.actual_w[2] - 1, *first.actual_w[3:])
    return rehashed(settled, (replace(first, actual_w=actual_w), *rest))


def test_nothing_of_an_honest_bundle_can_be_challenged():
    for name in ("evening", "midday", "night", "quiet"):
        bundle = bundle_of(name)
        report, evidence = check_bundle(bundle)
        assert find_challenges(bundle, report, evidence) == []
        assert remedies(report, [], None) == ()


@pytest.mark.parametrize("name", ["evening", "midday", "quiet"])
def test_a_false_amount_over_the_true_series_is_one_of_arithmetic(name):
    (one,) = challenges_of(restated(name, cheaper)(bundle_of(name)))
    honest = results()[name]
    assert isinstance(honest, Settled)
    assert (one.function, one.isp) == (ARITHMETIC, None)
    assert one.pairs == tuple(pair for line in honest.lines for pair in line.pairs)
    assert "the DSO's bond" in one.reason


def test_a_false_reading_is_one_of_data_at_its_isp():
    found = challenges_of(restated("evening", other_reading)(bundle_of("evening")))
    (one,) = [one for one in found if one.function == ACTUAL]
    assert one.isp == isp_at(MONDAY + 1, 17, 30)
    assert one.reason.startswith("At 2027-03-23 17:30 the stated meter reading is ")


def test_a_false_baseline_with_figures_that_follow_cannot_be_challenged():
    """The ledger does not compute baselines from like days."""

    def consistent(settled: Settled) -> Settled:
        (one, *_) = challenges_of(restated("evening", lower_baseline)(bundle_of("evening")))
        told = one.reason.split("computes ")[1].split(" EUR")[0]
        amount = int(told.replace(".", ""))
        false = lower_baseline(settled)
        return replace(false, statement=replace(false.statement, amount=amount))

    bundle = restated("evening", consistent)(bundle_of("evening"))
    report, evidence = check_bundle(bundle)
    assert not report.holds
    assert find_challenges(bundle, report, evidence) == []
    nothing, general = remedies(report, [], None)
    assert nothing.startswith("Nothing here can be challenged on the ledger")
    assert "ask for a correction run" in general


def test_a_baseline_that_was_never_nominated_is_one_of_data():
    found = challenges_of(restated("midday", lower_baseline)(bundle_of("midday")))
    (one,) = [one for one in found if one.function == BASELINE]
    assert one.isp == isp_at(MONDAY + 2, 12)
    assert one.reason.startswith("At 2027-03-24 12:00 the stated baseline is 11499 W, which was")


def test_a_baseline_of_an_earlier_nomination_is_shielded_by_it():
    """The ledger does not know which of the versions before the order was in force."""

    def outdated(settled: Settled) -> Settled:
        first, *rest = settled.lines
        baseline = replace(first.baseline, values_w=(11_000,) * first.activation.isps)
        return rehashed(settled, (replace(first, baseline=baseline), *rest))

    bundle = restated("midday", outdated)(bundle_of("midday"))
    assert not check_bundle(bundle)[0].holds
    assert BASELINE not in {one.function for one in challenges_of(bundle)}


def test_a_window_that_has_closed_is_told():
    bundle = restated("quiet", cheaper)(bundle_of("quiet"))
    report, evidence = check_bundle(bundle)
    found = find_challenges(bundle, report, evidence)
    closed, general = remedies(report, found, 1_806_000_000, 1_806_000_000)
    assert closed == "The challenge window closed at 2027-03-25 18:40 UTC."
    assert "ask for a correction run" in general
    assert len(remedies(report, found, 1_806_000_000, 1_805_999_999)) == 3


def test_a_series_of_another_length_is_put_on_hold():
    def longer(settled: Settled) -> Settled:
        return rehashed(settled, (*settled.lines, settled.lines[0]))

    (one,) = challenges_of(restated("evening", longer)(bundle_of("evening")))
    assert one.function == ARITHMETIC
    assert "another length" in one.reason


UNREACHABLE: dict[str, Change] = {
    "terms that were not signed": terms_with(max_activations=0),
    "a statement that is not in the run": statement_with(amount=1),
    "another run": run_with(sum=5),
    "a series that nobody handed out": statement_with(series_hash=lambda _: bytes(32)),
    "no statement at all": bundle_with(stated=None, incomplete=("no data",)),
}


@pytest.mark.parametrize("kind", UNREACHABLE)
def test_what_the_ledger_does_not_hold_cannot_be_challenged(kind):
    bundle = UNREACHABLE[kind](bundle_of("evening"))
    assert not check_bundle(bundle)[0].holds
    assert challenges_of(bundle) == []


def test_without_the_preimage_of_its_series_a_statement_cannot_be_challenged():
    """The DSO hashed a series that it kept for itself."""

    def hidden(settled: Settled) -> Settled:
        return replace(settled, statement=replace(settled.statement, series_hash=bytes(32)))

    bundle = restated("evening", hidden)(bundle_of("evening"))
    assert challenges_of(bundle) == []


def test_remedies_name_the_function_the_deadline_and_what_is_published():
    bundle = restated("quiet", cheaper)(bundle_of("quiet"))
    report, evidence = check_bundle(bundle)
    found = find_challenges(bundle, report, evidence)
    first, second, _ = remedies(report, found, 1_806_000_000)
    assert first.startswith("You can challenge the statement (challengeArithmetic): From the")
    assert "recorded until 2027-03-25 18:40 UTC" in second
    assert "publishes your baseline and meter readings" in second
    assert "7 days from publication unless set otherwise" in remedies(report, found, None)[1]


def test_a_challenge_is_written_by_the_names_of_the_ledger():
    bundle = restated("evening", other_reading)(bundle_of("evening"))
    found = challenges_of(bundle)
    document = json.loads(write_challenges(bundle, found))
    assert document["format"] == FORMAT
    assert document["to"] == "0x" + bundle.ledger.hex()
    written = {one["function"]: one["arguments"] for one in document["challenges"]}
    evidence, proof, readings = written[ACTUAL]
    assert len(evidence["log"]) == len(bundle.log)
    packed = bytes.fromhex("".join(word[2:] for word in evidence["series"]))
    (actual,) = [one for one in found if one.function == ACTUAL]
    assert packed == pack_series(actual.pairs)
    assert evidence["statement"]["seriesHash"] == "0x" + series_hash(actual.pairs).hex()
    assert proof["index"] == bundle.stated.proof.index
    assert len(proof["siblings"]) == len(bundle.stated.proof.siblings)
    assert readings["isp"] == actual.isp
    assert readings["meterKeys"] == sorted(readings["meterKeys"])
    assert len(readings["blobs"]) == 2


def test_the_run_of_a_forged_statement_is_built_over_it():
    """The forgeries above are ones that the tree proves."""
    bundle = restated("evening", cheaper)(bundle_of("evening"))
    assert bundle.stated is not None
    honest = build_run(one for one in results().values() if isinstance(one, Settled))
    assert bundle.run.root != honest.tree.root[0]
    assert stated_with(proof=bundle.stated.proof)(bundle) == bundle
