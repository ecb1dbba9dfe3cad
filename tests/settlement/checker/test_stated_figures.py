"""False figures of a statement are caught by computing it again, false proofs by the tree."""

import re
from dataclasses import replace

import pytest

from settlement.checker.report import shorten
from settlement.settle import Settled
from tests.settlement.build import bundle_of
from tests.settlement.tampering import (
    CASE,
    RUN,
    STATEMENT,
    bent,
    bent_proof,
    bundle_with,
    case,
    findings_alone,
    line_with,
    restated,
    run_with,
    stated_with,
    statement_with,
    without_line,
)

CASES = [
    case(
        "baseline stated higher",
        "evening",
        line_with(0, baseline_w=lambda w: (w[0] + 7, *w[1:])),
        STATEMENT,
        r"2027-03-23 17:00: the baseline of its ISP 1 is stated as (\d+) W, it is",
    ),
    case(
        "reading stated higher",
        "evening",
        line_with(1, actual_w=lambda w: (*w[:3], 1, *w[4:])),
        STATEMENT,
        r"2027-03-25 17:30: the meter reading of its ISP 4 is stated as 1 W, it is \d+ W",
    ),
    case(
        "reading of a line left out",
        "evening",
        line_with(1, actual_w=lambda w: w[1:]),
        STATEMENT,
        "7 values of the meter reading are stated for 8 ISPs",
    ),
    case(
        "volume of a line",
        "evening",
        line_with(0, volume=4805),
        STATEMENT,
        r"pay for delivered flexibility is stated as 0\.4805 EUR; by the rules it is 0\.48",
    ),
    case(
        "penalty of a line",
        "evening",
        line_with(1, penalty=99_999),
        STATEMENT,
        r"2027-03-25 17:30: the penalty is stated as 9\.9999 EUR; by the rules it is 0\.",
    ),
    case("line left out", "evening", without_line(0), STATEMENT, "at 2027-03-23 17:00 has no line"),
    case(
        "line twice",
        "evening",
        lambda b: stated_with(lines=(*b.stated.lines, b.stated.lines[0]))(b),
        STATEMENT,
        "An activation has two lines",
    ),
    case("volume", "evening", statement_with(volume=1), STATEMENT, r"is stated as 0\.0001 EUR; by"),
    case(
        "penalty", "evening", statement_with(penalty=9), STATEMENT, r"penalty is stated as 0\.0009"
    ),
    case(
        "penalty without its cap",
        "midday",
        statement_with(penalty=2228),
        STATEMENT,
        r"The penalty is stated as 0\.2228 EUR; by the rules it is 0\.0795 EUR",
    ),
    case(
        "capacity",
        "quiet",
        statement_with(capacity=2249),
        STATEMENT,
        r"capacity pay is stated as 0\.2249 EUR; by the rules it is 0\.2250 EUR",
    ),
    case(
        "capacity count",
        "quiet",
        statement_with(capacity_isps=59),
        STATEMENT,
        "stated for 59 ISPs; by the rules it is 60",
    ),
    case("amount", "quiet", statement_with(amount=1), STATEMENT, r"by the rules it is 0\.2250 EUR"),
    case("amount, run", "quiet", statement_with(amount=1), RUN, "proof does not lead"),
    case("series hash", "evening", statement_with(series_hash=bent), STATEMENT, "The series under"),
    case(
        "agreement of the statement",
        "evening",
        statement_with(agreement_id=bent),
        STATEMENT,
        "names another agreement",
    ),
    case(
        "statement where data is missing",
        "night",
        lambda b: replace(b, stated=bundle_of("quiet").stated, incomplete=()),
        STATEMENT,
        "data it needs is missing: 2027-03-23 18:00: 1 of 4 meter readings",
    ),
    case(
        "told to wait although all is there",
        "quiet",
        bundle_with(stated=None, incomplete=("a reading is missing",)),
        STATEMENT,
        r"can be computed: 0\.2250 EUR",
    ),
    case(
        "statement proof bent",
        "evening",
        lambda b: stated_with(proof=bent_proof(b.stated.proof))(b),
        RUN,
        "proof does not lead from the statement",
    ),
    case(
        "proof of another place",
        "evening",
        lambda b: stated_with(proof=replace(b.stated.proof, index=b.stated.proof.index ^ 1))(b),
        RUN,
        "proof does not lead",
    ),
    case("run sum, proof", "evening", run_with(sum=1), RUN, "proof does not lead"),
    case("empty run", "evening", run_with(sum=0, root=bytes(32)), RUN, "The run is empty"),
    case("depth", "evening", run_with(depth=3), RUN, "proof does not lead"),
]


@pytest.mark.parametrize(CASE, CASES)
def test_a_false_figure_is_caught(name, change, check, told):
    honest = bundle_of(name)
    tampered = change(honest)
    assert tampered != honest
    found = findings_alone(tampered)
    assert check in found
    assert re.search(told, "\n".join(found[check]))


def dearer(settled: Settled) -> Settled:
    """The DSO keeps one euro cent of the capacity pay, in statement and tree alike."""
    statement = settled.statement
    return replace(
        settled,
        statement=replace(
            statement, capacity=statement.capacity - 100, amount=statement.amount - 100
        ),
    )


@pytest.mark.parametrize("name", ["evening", "midday", "quiet"])
def test_a_run_built_on_a_false_figure_is_caught(name):
    tampered = restated(name, dearer)(bundle_of(name))
    found = findings_alone(tampered)
    # Proof and root fit together, so nothing but the recomputation tells.
    assert set(found) == {STATEMENT}
    assert len(found[STATEMENT]) == 2
    assert all(re.search(r"is stated as .* EUR; by the rules", one) for one in found[STATEMENT])


def test_lines_and_totals_that_are_false_together_are_caught():
    honest = bundle_of("evening")
    assert honest.stated is not None
    less = line_with(0, volume=lambda v: v - 1)(honest)
    less = statement_with(volume=lambda v: v - 1, amount=lambda a: a - 1)(less)
    (volume, line, amount, *rest) = sorted(findings_alone(less)[STATEMENT])
    assert (volume[:6], line[:9], amount[:10], rest) == ("Activa", "The amoun", "The pay fo", [])
    assert RUN in findings_alone(less)


def test_findings_are_shortened_for_people():
    assert shorten(["a", "b"]) == ("a", "b")
    assert shorten(str(number) for number in range(5)) == ("0", "1", "2", "3", "4")
    assert shorten(str(number) for number in range(8))[4:] == ("4", "and 3 more.")
