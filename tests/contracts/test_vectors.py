"""The checked-in vectors, through the Python side and through the contracts."""

import datetime
import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from settlement.clock import ClockRule, day_of, switch_instants_s
from settlement.identity import Domain
from settlement.terms_document import from_document
from tests.contracts.defaults import words
from tests.contracts.world import World
from tests.vectors.build import BUILDERS, FOLDER, render


@cache
def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


class Rules:
    """The pure functions of the contracts by name."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        function = self._world.harness.functions[name]
        return lambda *arguments: self._world.chain.read(function(*arguments))


@pytest.fixture(scope="module")
def rules(deployed: World) -> Rules:
    return Rules(deployed)


@pytest.mark.parametrize("name", BUILDERS)
def test_python_computes_the_vectors(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == render(name)


@pytest.mark.parametrize("case", vectors("identities"), ids=lambda one: one["agreementId"][:10])
def test_identities(rules: Rules, case: Mapping[str, Any]) -> None:
    terms = words(from_document(case["terms"]))
    assert rules.agreementId(terms) == raw(case["agreementId"])
    assert rules.templateId(terms) == raw(case["templateId"])
    separator = raw(case["domainSeparator"])
    assert rules.signingDigest(separator, raw(case["agreementId"])) == raw(case["digest"])
    rules.validate(terms)


def test_the_domain_is_that_of_the_market(world: World) -> None:
    function = world.market.functions.eip712Domain()
    _, name, version, chain_id, market, _, _ = world.chain.read(function)
    assert (name, version) == ("FlexMarket", "1")
    digest = world.messages.agreement(from_document(vectors("identities")[0]["terms"])).digest()
    separator = Domain(chain_id, raw(market)).separator()
    identity = raw(vectors("identities")[0]["agreementId"])
    call = world.harness.functions.signingDigest(separator, identity)
    assert world.chain.read(call) == digest


def test_local_time_around_clock_changes(rules: Rules) -> None:
    for case in vectors("clocks"):
        found = rules.localDays(
            case["clockRule"],
            case["utcOffsetMinutes"],
            case["ispMinutes"],
            case["firstIsp"],
            len(case["localDays"]),
        )
        assert found == [case["localDays"], case["minutesOfDay"], case["windowBits"]]


@pytest.mark.parametrize(("rule", "offset"), [(ClockRule.EU, 60), (ClockRule.US, -300)])
def test_switch_instants_of_every_year(rules: Rules, rule: ClockRule, offset: int) -> None:
    for year in (*range(1971, 2042), 2099, 2100, 2101):
        new_year = day_of(datetime.date(year, 1, 1))
        found = rules.summerTime(rule, offset, new_year)
        assert tuple(found) == switch_instants_s(year, rule, offset)


def test_a_year_has_its_first_and_last_day(rules: Rules) -> None:
    spans = (range(1971, 2042), range(2095, 2106), range(2195, 2206), range(2395, 2404))
    for years in spans:
        new_years = [day_of(datetime.date(year, 1, 1)) for year in years]
        check_years(rules, new_years)


def check_years(rules: Rules, new_years: list[int]) -> None:
    for start, following in pairwise(new_years):
        for day in (start, following - 1):
            assert rules.yearAround(day) == [start, following]


def test_window_isps_are_counted_alike(rules: Rules) -> None:
    for case in vectors("windows"):
        terms = words(from_document(case["terms"]))
        assert rules.windowIsps(terms, case["firstDay"], case["lastDay"]) == case["isps"]
        assert rules.windowIsps(terms, case["lastDay"] + 1, case["lastDay"]) == 0


def test_half_even_division(rules: Rules) -> None:
    for case in vectors("lines")["halfEven"]:
        found = rules.divideHalfEven(int(case["numerator"]), int(case["denominator"]))
        assert found == int(case["quotient"])


def test_lines(rules: Rules) -> None:
    for case in vectors("lines")["lines"]:
        figures = (int(case["scaledW"]), case["scale"], case["ispMinutes"], case["rate"])
        assert rules.line(*figures) == int(case["amount"])


def test_delivery_of_an_isp(rules: Rules) -> None:
    for case in vectors("lines")["delivery"]:
        found = rules.measure(case["baselineW"], case["actualW"], case["orderedW"])
        assert found == [case["deliveredW"], case["deficiencyW"]]


def test_pay_under_each_delivery_rule(rules: Rules) -> None:
    for case in vectors("lines")["pay"]:
        sums = (case["orderedW"], case["deliveredW"], 0)
        assert rules.failsThreshold(sums, case["rule"], case["bp"]) == case["failsThreshold"]
        paid = rules.paidScaledW(sums, case["rule"], case["bp"], case["slope"])
        assert paid == int(case["paidScaledW"])


def test_the_cap_of_the_penalty(rules: Rules) -> None:
    for case in vectors("lines")["penalty"]:
        found = rules.cappedPenalty(case["lines"], case["capBp"], case["capacityAndVolume"])
        assert found == case["penalty"]


@pytest.mark.parametrize(
    ("amount_w", "window_isps", "failed_isps", "expected"),
    [(-3000, 100, 0, 300_000), (3000, 100, 8, 276_000), (-1, 5, 5, 0), (-1, 5, 6, 0)],
)
def test_capacity(
    rules: Rules, amount_w: int, window_isps: int, failed_isps: int, expected: int
) -> None:
    assert rules.capacityW(amount_w, window_isps, failed_isps) == expected


def test_leaves_and_roots(rules: Rules) -> None:
    for tree in vectors("statements"):
        for case in tree["leaves"]:
            told = case["statement"]
            plain = tuple(
                raw(told[name]) if name in ("agreementId", "seriesHash") else told[name]
                for name in (
                    "agreementId",
                    "periodFirstDay",
                    "periodLastDay",
                    "seriesHash",
                    "capacityIsps",
                    "capacity",
                    "volume",
                    "penalty",
                    "amount",
                )
            )
            leaf = raw(case["leaf"])
            assert rules.statementLeaf(plain) == leaf
            siblings = [(raw(one), total) for one, total in case["siblings"]]
            found = rules.rootFrom(leaf, told["amount"], (case["index"], siblings))
            assert found == [raw(tree["root"]), tree["sum"]]


def test_activation_logs(rules: Rules) -> None:
    for log in vectors("activation_logs"):
        head = bytes(32)
        for entry in log:
            head = rules.nextHead(head, entry["firstIsp"], entry["isps"], entry["orderedW"])
            assert head == raw(entry["head"])


def test_series(rules: Rules) -> None:
    for case in vectors("series"):
        packed = [int(word, 16) for word in case["words"]]
        assert rules.seriesHash(packed) == raw(case["hash"])
        for position, pair in enumerate(case["pairs"][:10]):
            assert rules.seriesPair(packed, position) == pair


def test_meter_data(rules: Rules) -> None:
    for case in vectors("meter_data"):
        for point in case["points"]:
            assert rules.meterKey(point["name"], raw(point["salt"])) == raw(point["key"])
        keys = [raw(key) for key in case["keys"]]
        assert rules.elementsHash(keys) == raw(case["elements"])
        leaf = rules.meterLeaf(keys[0], case["utcDay"], raw(case["blob"]))
        assert leaf == raw(case["leaf"])
