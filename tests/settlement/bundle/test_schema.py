"""The published JSON Schemas: what is written keeps to them, what breaks them is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.bundle.reader import read_bundle
from settlement.bundle.records import FORMAT
from settlement.bundle.writer import write_bundle
from settlement.checker.plausibility import check_bundle
from settlement.checker.report import FORMAT as REPORT_FORMAT
from settlement.checker.report import as_json
from settlement.errors import InputError
from settlement.identity import FIELDS
from tests.settlement.build import bundle_of
from tests.settlement.bundle.test_bundle_document import (
    document_of,
    parent_of,
    paths,
    place_of,
    replacement_of,
)
from tests.settlement.corrections import EVERY_BUNDLE
from tests.settlement.schemas import validator
from tests.settlement.test_document import any_json


def is_valid(document: Any) -> bool:
    return validator("bundle_1.schema.json").is_valid(document)


@pytest.mark.parametrize("name", EVERY_BUNDLE)
def test_every_bundle_keeps_to_the_schema(name):
    document = json.loads(write_bundle(EVERY_BUNDLE[name]()))
    assert list(validator("bundle_1.schema.json").iter_errors(document)) == []


def test_the_schema_names_the_format_and_the_terms_of_the_ledger():
    schema: Any = validator("bundle_1.schema.json").schema
    assert schema["properties"]["format"] == {"const": FORMAT}
    terms = schema["$defs"]["terms"]
    assert terms["required"] == [ledger_name for _, ledger_name, _ in FIELDS]


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every description of an object in a schema."""
    if isinstance(schema, list):
        return [one for inner in schema for one in objects(inner)]
    if not isinstance(schema, dict):
        return []
    inner = [one for value in schema.values() for one in objects(value)]
    return [schema, *inner] if schema.get("type") == "object" else inner


@pytest.mark.parametrize("name", ["bundle_1.schema.json", "report_1.schema.json"])
def test_every_member_is_required_and_none_is_added(name):
    found = objects(validator(name).schema)
    assert found
    for one in found:
        assert one["required"] == list(one["properties"])
        assert one["additionalProperties"] is False


def one_path_of_each_kind(document: Any) -> list[tuple[Any, ...]]:
    """One path to each member, whatever its place in lists."""
    kinds = {
        tuple(None if isinstance(key, int) else key for key in path): path
        for path in paths(document)
    }
    return list(kinds.values())


@pytest.mark.parametrize("name", EVERY_BUNDLE)
def test_every_member_of_the_schema_is_read(name):
    """The reader misses what the schema demands, and refuses what it does not know."""
    whole = json.loads(write_bundle(EVERY_BUNDLE[name]()))
    whole["meter_days"] = whole["meter_days"][:1]
    for path in one_path_of_each_kind(whole):
        if isinstance(path[-1], str):
            document = json.loads(json.dumps(whole))
            del parent_of(document, path)[path[-1]]
            assert not is_valid(document)
            with pytest.raises(InputError, match=path[-1]):
                read_bundle(json.dumps(document), "bundle")
        document = json.loads(json.dumps(whole))
        member = parent_of(document, path)[path[-1]]
        if isinstance(member, dict):
            member["more"] = 1
            assert not is_valid(document)
            with pytest.raises(InputError, match="'more'") as caught:
                read_bundle(json.dumps(document), "bundle")
            assert caught.value.where == f"bundle{place_of(path)}"


@settings(max_examples=200)
@given(st.sampled_from(["evening", "midday", "night", "quiet"]), st.data())
def test_what_breaks_the_schema_is_refused_by_the_reader(name, data):
    document = document_of(name)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(paths(document))))
        parent = parent_of(document, path)
        parent[path[-1]] = data.draw(any_json | replacement_of(parent[path[-1]]))
    if not is_valid(document):
        with pytest.raises(InputError):
            read_bundle(json.dumps(document), "bundle")


@given(any_json)
def test_what_is_no_bundle_is_refused_by_both(document):
    assert not is_valid(document)
    with pytest.raises(InputError):
        read_bundle(json.dumps(document), "bundle")


@pytest.mark.parametrize("name", EVERY_BUNDLE)
def test_reports_for_machines_keep_to_their_schema(name):
    bundle = EVERY_BUNDLE[name]()
    document = json.loads(as_json(bundle, check_bundle(bundle)[0]))
    assert list(validator("report_1.schema.json").iter_errors(document)) == []
    assert document["format"] == REPORT_FORMAT


def test_the_page_about_bundles_names_every_member():
    page = (Path(__file__).parents[3] / "docs" / "bundle.md").read_text()
    schema: Any = validator("bundle_1.schema.json").schema
    assert all(f"`{name}`" in page for name in schema["properties"])


def test_the_reasons_of_days_are_those_on_the_page():
    page = (Path(__file__).parents[3] / "docs" / "bundle.md").read_text()
    bundles = [EVERY_BUNDLE[name]() for name in EVERY_BUNDLE]
    lines = [line for one in bundles if one.stated for line in one.stated.lines]
    reasons = {day.reason for line in lines for day in line.days}
    assert len(reasons) >= 4
    assert all(f"`{reason}`" in page for reason in reasons)


def test_a_newer_format_is_refused_by_its_name():
    document = {**document_of("quiet"), "format": "flexledger-bundle/2"}
    with pytest.raises(InputError, match="bundle/2'; expected flexledger-bundle/1, the one"):
        read_bundle(json.dumps(document), "bundle")
    assert not is_valid(document)
    assert bundle_of("quiet").stated is not None
