"""`settle` against the second implementation on several hundred random agreements."""

from collections import Counter
from random import Random

import pytest

from settlement.activation import Activation, touched_days
from settlement.baselines.baseline import History
from settlement.clock import day_of
from settlement.meter import Readings, sum_readings
from settlement.settle import Incomplete, Settled, settle
from settlement.statement import Period
from settlement.terms import validate
from tests.settlement import oracle
from tests.settlement.random_cases import random_case

CHUNKS, CASES_PER_CHUNK = 10, 40


def readings_of(series: oracle.Series, isp_minutes: int) -> Readings:
    """UTC days of a series; an ISP without a value is missing."""
    per_day, step = 1440 // isp_minutes, 60 * isp_minutes
    days = {second // 86_400 for second in series}
    return Readings(
        isp_minutes,
        {
            day: tuple(series.get(day * 86_400 + position * step) for position in range(per_day))
            for day in days
        },
    )


def activation_of(order: oracle.Order, isp_minutes: int) -> Activation:
    return Activation(order.start_s // (60 * isp_minutes), order.isps, order.ordered_w)


def settle_case(case: oracle.Case) -> Settled | Incomplete:
    """Hand a case of the oracle to the package."""
    length = case.terms.isp_minutes
    standing = [activation_of(order, length) for order in case.orders]
    sharing = [*standing, *(activation_of(order, length) for order in case.other_orders)]
    return settle(
        case.terms,
        standing,
        Period(day_of(case.first), day_of(case.last)),
        History(
            sum_readings([readings_of(meter, length) for meter in case.meters]),
            touched_days(case.terms, sharing),
            {isp for one in sharing for isp in one.ordered_isps()},
            {day_of(holiday) for holiday in case.holidays},
        ),
        {
            activation_of(order, length): readings_of(series, length)
            for order, series in case.nominations.items()
        },
        None if case.end is None else day_of(case.end),
    )


def figures_of(result: Settled | Incomplete, isp_minutes: int) -> dict[str, object]:
    """The result in the form of the oracle's."""
    if isinstance(result, Incomplete):
        return {"missing": len(result.reasons)}
    statement = result.statement
    lines = [
        (
            line.activation.first_isp * 60 * isp_minutes,
            line.baseline.values_w,
            line.actual_w,
            line.volume,
            line.penalty,
            line.baseline.note.startswith("adjusted by"),
        )
        for line in result.lines
    ]
    names = ("series_hash", "capacity_isps", "capacity", "volume", "penalty", "amount")
    return {"lines": lines, **{name: getattr(statement, name) for name in names}}


def kinds_of(case: oracle.Case, result: dict[str, object]) -> set[str]:
    """What a case exercised, to be sure that the comparison is about something."""
    if "missing" in result:
        return {"incomplete"}
    kinds = {case.terms.baseline_method.name} if result["lines"] else {"no orders"}
    if result["lines"]:
        kinds.add(case.terms.delivery_rule.name)
    if any(line[5] for line in result["lines"]):
        kinds.add(case.terms.adjustment.name)
    if result["penalty"] and result["penalty"] < sum(line[4] for line in result["lines"]):
        kinds.add("capped")
    return kinds


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return Counter()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_both_implementations_agree(chunk, seen):
    for number in range(chunk * CASES_PER_CHUNK, (chunk + 1) * CASES_PER_CHUNK):
        case, clock = random_case(Random(number))
        validate(case.terms)
        expected = oracle.settle(case, clock)
        found = figures_of(settle_case(case), case.terms.isp_minutes)
        assert found == expected, f"case {number}"
        seen.update(kinds_of(case, expected))


def test_the_cases_cover_every_rule(seen):
    if sum(seen.values()) < CHUNKS * CASES_PER_CHUNK:
        pytest.skip("needs all the cases")
    rules = [
        *("HIGH", "MID", "LOW", "ROLLING", "NOMINATED"),
        *("LINEAR", "THRESHOLD", "GRACE"),
        *("ADDITIVE", "MULTIPLICATIVE", "ADDITIVE_UPWARD", "MULTIPLICATIVE_UPWARD"),
        *("incomplete", "capped"),
    ]
    assert {rule: seen[rule] for rule in rules if seen[rule] < 8} == {}
