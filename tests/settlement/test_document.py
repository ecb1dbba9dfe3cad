"""Documents: one canonical form; hostile JSON is refused by its place."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.document import Field, canonical_json, nesting_of, parse_json
from settlement.errors import InputError

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def test_canonical_form():
    document = {"b": [1, None, True], "a": {"ä": "é\n", "": -2}}
    assert canonical_json(document) == ('{"a":{"":-2,"\\u00e4":"\\u00e9\\n"},"b":[1,null,true]}\n')


@given(any_json)
def test_canonical_form_is_read_back_and_written_the_same(document):
    text = canonical_json(document)
    read = parse_json(text, "here").value
    assert read == document
    assert canonical_json(read) == text
    assert text.isascii()


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=2))
def test_canonical_form_does_not_depend_on_the_order_of_keys(document):
    assert canonical_json(dict(reversed(document.items()))) == canonical_json(document)


def test_numbers_that_json_does_not_have_are_not_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json([float("nan")])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "here, line 1: Expecting value; expected JSON"),
        ('{"a":1,\n"b":}', "here, line 2: Expecting value"),
        ('{"a":1} x', "here, line 1: Extra data"),
        ('{"a":1,"a":1}', "here: key 'a' stands twice; expected each key once"),
        ('{"a":{"b":[{"c":1,"c":2}]}}', "key 'c' stands twice"),
        ("[1.0]", "here: number 1.0; expected whole numbers only"),
        ("[1e3]", "number 1e3"),
        ("[-0.0]", "number -0.0"),
        ("[NaN]", "number NaN"),
        ("[-Infinity]", "number -Infinity"),
        ("[" * 1_000_000, "here: brackets nested too deep; expected at most 50 levels"),
        ('{"a":' * 1_000_000, "nested too deep"),
        ("[]" * 1_000_000 + "[" * 51, "nested too deep"),
        ("[" + "9" * 5000 + "]", "here: a number of too many digits; expected JSON of a bundle"),
    ],
)
def test_hostile_text_is_refused(text, told):
    with pytest.raises(InputError) as caught:
        parse_json(text, "here")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("5", 0),
        ("[[],[[]]]", 3),
        ('{"a":[{}]}', 3),
        ('["[[[", "{{{"]', 1),
        (r'["\"[[[", "\\", [1]]', 2),
        (r'["\\", [1]]', 2),
        ('["[[[', 1),
        (r'["\"', 1),
        ("]]]]", 0),
    ],
)
def test_depth_of_brackets_outside_of_texts(text, depth):
    assert nesting_of(text) == depth


@given(any_json)
def test_depth_is_that_of_the_value(document):
    def depth(value: object) -> int:
        inner = value.values() if isinstance(value, dict) else value
        if not isinstance(value, dict | list):
            return 0
        return 1 + max((depth(one) for one in inner), default=0)

    assert nesting_of(canonical_json(document)) == depth(document)


def test_the_deepest_text_that_is_read():
    assert parse_json("[" * 50 + "]" * 50, "here").where == "here"


def test_texts_of_many_escapes_are_measured_in_reasonable_time():
    begun = time.perf_counter()
    assert nesting_of('"' + r"\"" * 500_000) == 0
    assert time.perf_counter() - begun < 5


def test_an_object_of_many_keys_is_read_in_reasonable_time():
    text = json.dumps({f"key {number}": 0 for number in range(30_000)})
    begun = time.perf_counter()
    parse_json(text, "here")
    assert time.perf_counter() - begun < 5


def test_a_value_is_taken_with_its_place():
    field = parse_json('{"a":[{"b":5,"c":"0x0102","d":null,"e":"text"}]}', "file.json")
    (item,) = field["a"].items()
    assert item["b"].where == "file.json.a[0].b"
    assert item["b"].integer(0, 5) == 5
    assert item["b"].unsigned(3) == 5
    assert item["c"].binary() == item["c"].binary(2) == b"\x01\x02"
    assert item["d"].absent()
    assert not item["e"].absent()
    assert item["e"].text() == "text"


def _take(name: str, value: object) -> object:
    field = Field(value, "file.json.x")
    return {
        "member": lambda: field["b"],
        "list": lambda: list(field.items()),
        "integer": lambda: field.integer(1, 4),
        "unsigned": lambda: field.unsigned(2),
        "text": field.text,
        "word": lambda: field.one_of("ecdsa", "erc1271"),
        "truth": field.boolean,
        "exactly": lambda: field.take("a", "b"),
        "binary": field.binary,
        "20 bytes": lambda: field.binary(20),
    }[name]()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("member", {"a": 1}, "b is missing; expected a member b"),
        ("member", [1], "[1]; expected an object"),
        ("member", None, "None; expected an object"),
        ("list", {"a": 1}, "{'a': 1}; expected a list"),
        ("list", "ab", "'ab'; expected a list"),
        ("integer", 0, "0; expected a whole number from 1 to 4"),
        ("integer", 5, "5; expected a whole number from 1 to 4"),
        ("integer", "3", "'3'; expected a whole number"),
        ("integer", True, "True; expected a whole number"),
        ("integer", None, "None; expected a whole number"),
        ("unsigned", 4, "4; expected a whole number from 0 to 3"),
        ("unsigned", -1, "-1; expected a whole number from 0 to 3"),
        ("text", 3, "3; expected printable text"),
        ("text", "two\nlines", "'two\\nlines'; expected printable text"),
        ("text", "\x1b[2J", "'\\x1b[2J'; expected printable text"),
        ("text", "\ud800", "'\\ud800'; expected printable text"),
        ("word", "rsa", "'rsa'; expected ecdsa or erc1271"),
        ("word", ["ecdsa"], "['ecdsa']; expected ecdsa or erc1271"),
        ("truth", 1, "1; expected true or false"),
        ("exactly", {"a": 1}, "b is missing; expected a member b"),
        ("exactly", {"a": 1, "b": 2, "c": 3}, "unknown member 'c'; expected only a, b"),
        ("exactly", "ab", "'ab'; expected an object"),
        ("binary", "0x0", "'0x0'; expected 0x and hexadecimal digits"),
        ("binary", "00", "'00'; expected 0x and hexadecimal digits"),
        ("binary", "0xzz", "'0xzz'; expected"),
        ("binary", "0x01 02", "'0x01 02'; expected"),
        ("20 bytes", "0x00", "1 bytes; expected 0x and hexadecimal digits, 20 bytes"),
        ("text", ["x" * 500], "['xxxx"),
    ],
)
def test_a_wrong_value_is_refused_by_its_place(name, value, told):
    with pytest.raises(InputError) as caught:
        _take(name, value)
    assert str(caught.value).startswith(f"file.json.x: {told}")
    assert len(str(caught.value)) < 200
