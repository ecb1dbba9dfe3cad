"""Bundles in a document: round trip, and nothing of a hostile one gets further than its place."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.bundle.reader import read_bundle
from settlement.bundle.records import FORMAT
from settlement.bundle.writer import write_bundle
from settlement.checker.chain_check import check_against_chain
from settlement.checker.challenge import find_challenges, remedies
from settlement.checker.challenge_document import write_challenges
from settlement.checker.non_working import check_non_working_days
from settlement.checker.own_meter import check_own_meter
from settlement.checker.plausibility import check_bundle
from settlement.checker.report import Report, as_json, as_text
from settlement.errors import InputError
from tests.settlement.build import bundle_of
from tests.settlement.memory_chain import honest_chain
from tests.settlement.test_document import any_json

NAMES = ["evening", "midday", "night", "quiet"]


@lru_cache(maxsize=4)
def text_of(name: str) -> str:
    return write_bundle(bundle_of(name))


def document_of(name: str) -> dict[str, Any]:
    """A fresh copy of a bundle's document, cut to a few of its many meter days."""
    document = json.loads(text_of(name))
    document["meter_days"] = document["meter_days"][:2]
    return document


@pytest.mark.parametrize("name", NAMES)
def test_round_trip(name):
    text = text_of(name)
    assert read_bundle(text, "bundle") == bundle_of(name)
    assert write_bundle(read_bundle(text, "bundle")) == text
    assert json.loads(text)["format"] == FORMAT
    assert text.endswith("}\n")


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every member and item of a document."""
    if path:
        yield path
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for key, inner in members:
        yield from paths(inner, (*path, key))


def parent_of(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def place_of(path: tuple[Any, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


@pytest.mark.parametrize("name", NAMES)
def test_every_member_is_needed_and_missed_by_its_place(name):
    members = [path for path in paths(document_of(name)) if isinstance(path[-1], str)]
    for path in members:
        document = document_of(name)
        del parent_of(document, path)[path[-1]]
        with pytest.raises(InputError) as caught:
            read_bundle(json.dumps(document), "bundle")
        assert caught.value.where.startswith(f"bundle{place_of(path[:-1])}")
        assert path[-1] in str(caught.value)


TEXT = ("metering_point", "name", "reason", "baseline_note")
"""Members that may say anything."""


@pytest.mark.parametrize("wrong", [1.5, True, "text", -(2**300), {"a": 1}, [[1]]])
def test_a_value_of_another_kind_is_refused_by_its_place(wrong):
    for path in paths(document_of("evening")):
        document = document_of("evening")
        parent = parent_of(document, path)
        if (wrong, path[-1]) in [*(("text", name) for name in TEXT), (True, "taken")]:
            continue
        if path[0] == "incomplete":
            continue
        parent[path[-1]] = wrong
        with pytest.raises(InputError) as caught:
            read_bundle(json.dumps(document), "bundle")
        if wrong != 1.5 and path[0] != "format":
            assert f"bundle{place_of(path)}" in caught.value.where


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("format",), "flexledger-bundle/2", "expected flexledger-bundle/1"),
        (("period", "last_day"), 20_898, "a whole number from 20899 to"),
        (("period", "last_day"), 10**6, "bundle.period.last_day: 1000000"),
        (("period", "first_day"), 10**9, "a whole number from 0 to 1000000"),
        (("meter_days", 0, "blob"), "0x00", "bundle.meter_days[0].blob: 1 bytes; expected 384"),
        (("terms", "ispMinutes"), 0, "bundle.terms.ispMinutes: 0; expected 5, 15, 30 or 60"),
        (("terms", "ispMinutes"), 7, "bundle.terms.ispMinutes: 7"),
        (("terms", "ispMinutes"), 30, "bundle.meter_days[0].blob: 384 bytes; expected 192 bytes"),
        (("terms", "clockRule"), 3, "expected one of 0 NONE, 1 EU, 2 US"),
        (("activation_log", 0, "isps"), 0, "a whole number from 1 to 65535"),
        (("activation_log", 0, "first_isp"), 2**32 - 1, "bundle.activation_log[0].first_isp"),
        (("run", "depth"), 65, "a whole number from 0 to 64"),
        (("stated", "statement", "amount"), -1, "bundle.stated.statement.amount: -1"),
        (("stated", "lines", 0, "baseline_w", 0), -(2**31), "a whole number from -2147483647"),
        (("signatures", "prosumer"), "xyz", "bundle.signatures.prosumer: 'xyz'"),
        (("incomplete",), ["but there is a statement"], "a statement, or why there is none"),
        (("stated",), None, "a statement, or why there is none"),
    ],
)
def test_values_out_of_bounds(path, value, told):
    document = document_of("evening")
    parent_of(document, path)[path[-1]] = value
    with pytest.raises(InputError) as caught:
        read_bundle(json.dumps(document), "bundle")
    assert told in str(caught.value)


numbers = st.sampled_from([0, 1, -1, 2, 5, 255, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63, 10**6])


def replacement_of(value: Any) -> st.SearchStrategy[Any]:
    """Values that mostly keep the form of the one replaced, to get past the reading."""
    if isinstance(value, int) and not isinstance(value, bool):
        return numbers | st.just(value + 1) | st.just(value - 1)
    if isinstance(value, str) and value.startswith("0x"):
        return st.binary(min_size=len(value) // 2 - 1, max_size=len(value) // 2 - 1).map(
            lambda some: "0x" + some.hex()
        )
    if isinstance(value, list):
        return st.permutations(value) | st.just(value * 2) | st.just([]) | any_json
    return any_json


@settings(max_examples=150)
@given(st.sampled_from(NAMES), st.data())
def test_no_hostile_bundle_breaks_the_checker(name, data):
    """Whatever stands somewhere in a bundle: it is refused, or it is checked to the end."""
    document = document_of(name)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(paths(document))))
        parent = parent_of(document, path)
        parent[path[-1]] = data.draw(replacement_of(parent[path[-1]]))
    try:
        bundle = read_bundle(json.dumps(document), "bundle")
    except InputError:
        return
    report, evidence = check_bundle(bundle)
    checks = check_against_chain(bundle, evidence, honest_chain())
    challenges = find_challenges(bundle, report, evidence)
    assert write_challenges(bundle, challenges)
    whole = Report((*report.checks, *checks), report.settled, remedies(report, challenges))
    assert as_text(bundle, whole)
    assert as_json(bundle, whole)
    if evidence is not None:
        assert check_own_meter(bundle, evidence, {}).notes
        assert check_non_working_days(bundle, evidence, ()).name
