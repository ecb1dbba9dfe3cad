"""Terms: each rule of 0.1 on its own, the ledger types, and the document form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule
from settlement.errors import InputError, TermsError
from settlement.identity import FIELDS, encode
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms, validate
from settlement.terms_document import from_document, to_document
from tests.settlement.defaults import STANDARD, terms, word

HIGH, MID, LOW, ROLLING, NOMINATED = BaselineMethod
ADDITIVE = {"adjustment": Adjustment.ADDITIVE, "adjustment_isps": 4}

BROKEN = [
    ("isp_minutes", {"isp_minutes": 10}, "5, 15, 30 or 60"),
    ("isp_minutes", {"isp_minutes": 0}, "5, 15, 30 or 60"),
    ("utc_offset_minutes", {"utc_offset_minutes": 70}, "a multiple of the ISP length"),
    ("utc_offset_minutes", {"utc_offset_minutes": 330, "isp_minutes": 60}, "a multiple"),
    ("start_day", {"start_day": 21_000, "end_day": 20_999}, "at most end_day 20999"),
    ("window2", {"window2": 1 << 160}, "no bit past the week"),
    ("amount_w", {"amount_w": 0}, "not 0, in range"),
    ("amount_w", {"amount_w": -(2**31)}, "not 0, in range"),
    ("amount_w", {"amount_w": 2**31}, "not 0, in range"),
    ("max_activations", {"max_activations": 0}, "at least 1; no value means unlimited"),
    ("max_runtime_isps", {"max_runtime_isps": 0}, "at least 1"),
    ("delivery_bp", {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 10_001}, "10000"),
    ("penalty_cap_bp", {"penalty_cap_bp": 10_001}, "at most 10000"),
    ("adjustment_cap_bp", {**ADDITIVE, "adjustment_cap_bp": 10_001}, "at most 10000"),
    ("delivery_bp", {"delivery_bp": 1}, "LINEAR does not use it"),
    ("delivery_slope", {"delivery_slope": 1}, "only GRACE uses it"),
    (
        "delivery_slope",
        {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 8000, "delivery_slope": 1},
        "only GRACE uses it",
    ),
    ("delivery_slope", {"delivery_rule": DeliveryRule.GRACE, "delivery_bp": 500}, "at least 1"),
    ("x", {"baseline_method": HIGH, "x": 0, "y": 5}, "from 1 to y = 5"),
    ("x", {"baseline_method": HIGH, "x": 6, "y": 5}, "from 1 to y = 5"),
    ("x", {"baseline_method": LOW, "x": 0, "y": 0}, "from 1 to y = 0"),
    ("x", {"baseline_method": MID, "x": 3, "y": 6}, "y - x even for MID"),
    ("x", {"baseline_method": ROLLING, "x": 1, "y": 5}, "0 for a rolling mean"),
    ("y", {"baseline_method": ROLLING, "x": 0, "y": 0}, "at least 1"),
    ("x", {"baseline_method": NOMINATED, "x": 1, "y": 0}, "0 for a nominated baseline"),
    ("y", {"baseline_method": NOMINATED, "x": 0, "y": 1}, "0 for a nominated baseline"),
    ("adjustment", {"baseline_method": NOMINATED, "x": 0, "y": 0, **ADDITIVE}, "none if nominated"),
    ("adjustment_isps", {"adjustment_isps": 4}, "0 without an adjustment"),
    ("adjustment_gap_isps", {"adjustment_gap_isps": 4}, "0 without an adjustment"),
    ("adjustment_cap_bp", {"adjustment_cap_bp": 2000}, "0 without an adjustment"),
    ("adjustment_isps", {"adjustment": Adjustment.MULTIPLICATIVE}, "at least 1"),
]


@pytest.mark.parametrize(("field", "changes", "expected"), BROKEN)
def test_validate_refuses(field, changes, expected):
    broken = terms(**changes)
    with pytest.raises(TermsError) as caught:
        validate(broken)
    assert caught.value.field == field
    assert caught.value.value == getattr(broken, field)
    assert expected in caught.value.expected
    assert str(caught.value).startswith(f"terms: {field} is ")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"amount_w": 2**31 - 1},
        {"amount_w": 1 - 2**31},
        {"start_day": 21_000, "end_day": 21_000},
        {"utc_offset_minutes": 330, "isp_minutes": 30},
        {"utc_offset_minutes": -210, "clock_rule": ClockRule.US},
        {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 10_000},
        {"delivery_rule": DeliveryRule.GRACE, "delivery_bp": 0, "delivery_slope": 1},
        {"baseline_method": HIGH, "x": 1, "y": 1},
        {"baseline_method": LOW, "x": 5, "y": 5},
        {"baseline_method": MID, "x": 4, "y": 10},
        {"baseline_method": MID, "x": 5, "y": 5},
        {"baseline_method": ROLLING, "x": 0, "y": 1},
        {"baseline_method": NOMINATED, "x": 0, "y": 0},
        {**ADDITIVE, "adjustment_cap_bp": 10_000, "adjustment_gap_isps": 4},
        {"penalty_cap_bp": 0, "recovery_isps": 0, "notice_isps": 0, "capacity_rate": 0},
    ],
)
def test_validate_accepts_the_edges(changes):
    validate(terms(**changes))


def test_terms_know_their_window_and_clock():
    assert STANDARD.window == (STANDARD.window0, STANDARD.window1, STANDARD.window2)
    assert STANDARD.clock == Clock(15, 60, ClockRule.EU)


def test_document_is_json_with_the_names_of_the_ledger():
    document = to_document(STANDARD)
    assert list(document) == [name for _, name, _ in FIELDS]
    assert document["amountW"] == -3000
    assert document["volumeRate"] == 1_800_000
    assert document["aggregator"] == "0x" + "01" * 20
    assert document["window0"] == hex(STANDARD.window0)
    assert document["baselineMethod"] == 0
    assert type(document["baselineMethod"]) is int


def _random_terms() -> st.SearchStrategy[Terms]:
    """Terms of values that the ledger types hold; most break a rule of 0.1."""
    strategies = {}
    enums = {
        "clock_rule": ClockRule,
        "delivery_rule": DeliveryRule,
        "baseline_method": BaselineMethod,
        "adjustment": Adjustment,
    }
    for name, _, kind in FIELDS:
        if name in enums:
            strategies[name] = st.sampled_from(enums[name])
        elif name == "isp_minutes":
            strategies[name] = st.sampled_from(ISP_MINUTES_ALLOWED)
        elif kind in ("address", "bytes32"):
            size = 20 if kind == "address" else 32
            strategies[name] = st.binary(min_size=size, max_size=size)
        elif kind.startswith("uint"):
            strategies[name] = st.integers(0, 2 ** int(kind[4:]) - 1)
        else:
            half = 2 ** (int(kind[3:]) - 1)
            strategies[name] = st.integers(-half, half - 1)
    return st.builds(Terms, **strategies)


@given(_random_terms())
def test_document_round_trip(any_terms):
    text = json.dumps(to_document(any_terms))
    read = from_document(json.loads(text))
    assert read == any_terms
    assert isinstance(read.clock_rule, ClockRule)
    assert isinstance(read.baseline_method, BaselineMethod)
    assert len(encode(any_terms)) == 32 * len(FIELDS)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("aggregator", "0x01", "terms.aggregator: 1 bytes; expected"),
        ("aggregator", 5, "terms.aggregator: 5; expected 0x and hexadecimal digits, 20 bytes"),
        ("salt", "07" * 32, "terms.salt: '07"),
        ("salt", "0x" + "zz" * 32, "terms.salt"),
        ("salt", "0x" + "07 " * 32, "terms.salt"),
        ("window0", "0x1" + "0" * 64, "64 at most"),
        ("window0", 5, "terms.window0: 5; expected 0x and hexadecimal digits"),
        ("window0", "0xg", "terms.window0: '0xg'"),
        ("window0", "-0x1", "terms.window0: '-0x1'"),
        ("window0", "11", "terms.window0: '11'"),
        ("window0", "0x1_1", "terms.window0: '0x1_1'"),
        ("amountW", "-3000", "terms.amountW: '-3000'; expected a whole number from -2147483648"),
        ("amountW", True, "terms.amountW: True"),
        ("amountW", 1.0, "terms.amountW: 1.0"),
        ("amountW", None, "terms.amountW: None"),
        ("amountW", 2**31, "terms.amountW: 2147483648; expected a whole number from -2147483648"),
        ("maxRuntimeIsps", 2**16, "65536; expected a whole number from 0 to 65535"),
        ("ispMinutes", 10, "terms.ispMinutes: 10; expected 5, 15, 30 or 60"),
        ("baselineMethod", 5, "terms.baselineMethod: 5; expected one of 0 HIGH, 1 MID, 2 LOW"),
        ("clockRule", 3, "terms.clockRule: 3; expected one of 0 NONE, 1 EU, 2 US"),
        ("clockRule", -1, "terms.clockRule: -1; expected a whole number from 0 to 255"),
    ],
)
def test_document_of_another_form_is_refused_by_its_place(field, value, told):
    document = {**to_document(STANDARD), field: value}
    with pytest.raises(InputError) as caught:
        from_document(document)
    assert told in str(caught.value)


def test_document_with_a_missing_or_unknown_field_is_refused():
    document = to_document(STANDARD)
    with pytest.raises(InputError, match="unknown field 'bonus'; expected the fields"):
        from_document({**document, "bonus": 1})
    del document["amountW"]
    with pytest.raises(InputError, match=r"terms\.amountW: missing; expected a value of type int"):
        from_document(document)
    with pytest.raises(InputError, match="an object with the fields of the terms"):
        from_document([document])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"max_runtime_isps": 2**16}, "max_runtime_isps is 65536; expected an unsigned integer"),
        ({"notice_isps": -1}, "notice_isps is -1"),
        ({"amount_w": 2**31}, "amount_w is 2147483648; expected a signed integer of 32 bits"),
        ({"utc_offset_minutes": -(2**15) - 1}, "utc_offset_minutes is -32769"),
        ({"salt": bytes(31)}, "salt has 31 bytes; expected 32 bytes"),
        ({"prosumer": word(1)}, "prosumer has 32 bytes; expected an address of 20 bytes"),
    ],
)
def test_encoding_refuses_what_does_not_fit_the_ledger(changes, told):
    with pytest.raises(InputError) as caught:
        encode(terms(**changes))
    assert told in str(caught.value)
