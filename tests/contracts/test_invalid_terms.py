"""Every rule of the terms, refused by the contract and by the Python side alike."""

import pytest

from settlement.clock import ClockRule
from settlement.errors import TermsError
from settlement.identity import solidity_name
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, validate
from tests.contracts import actors
from tests.contracts.defaults import END_DAY, START_DAY, terms, words
from tests.contracts.world import World

INT32_MIN = -(2**31)
Changes = dict[str, object]

INVALID: list[tuple[Changes, str, int, int]] = [
    ({"isp_minutes": 0}, "isp_minutes", 0, 15),
    ({"isp_minutes": 10}, "isp_minutes", 10, 15),
    ({"isp_minutes": 255}, "isp_minutes", 255, 15),
    ({"utc_offset_minutes": 50}, "utc_offset_minutes", 50, 15),
    ({"utc_offset_minutes": -5}, "utc_offset_minutes", -5, 15),
    ({"utc_offset_minutes": 30, "isp_minutes": 60}, "utc_offset_minutes", 30, 60),
    ({"end_day": START_DAY - 1}, "start_day", START_DAY, START_DAY - 1),
    ({"start_day": END_DAY + 1}, "start_day", END_DAY + 1, END_DAY),
    ({"window2": 1 << 160}, "window2", 1, 0),
    ({"window2": 1 << 255}, "window2", 1 << 95, 0),
    ({"amount_w": 0}, "amount_w", 0, 1),
    ({"amount_w": INT32_MIN}, "amount_w", INT32_MIN, INT32_MIN + 1),
    ({"max_activations": 0}, "max_activations", 0, 1),
    ({"max_runtime_isps": 0}, "max_runtime_isps", 0, 1),
    ({"penalty_cap_bp": 10_001}, "penalty_cap_bp", 10_001, 10_000),
    ({"delivery_bp": 1}, "delivery_bp", 1, 0),
    ({"delivery_slope": 1}, "delivery_slope", 1, 0),
    (
        {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 10_001},
        "delivery_bp",
        10_001,
        10_000,
    ),
    (
        {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 7500, "delivery_slope": 2},
        "delivery_slope",
        2,
        0,
    ),
    ({"delivery_rule": DeliveryRule.GRACE, "delivery_bp": 500}, "delivery_slope", 0, 1),
    (
        {"delivery_rule": DeliveryRule.GRACE, "delivery_bp": 10_001, "delivery_slope": 3},
        "delivery_bp",
        10_001,
        10_000,
    ),
    ({"x": 0}, "x", 0, 1),
    ({"x": 6}, "x", 6, 5),
    ({"baseline_method": BaselineMethod.LOW, "x": 6}, "x", 6, 5),
    ({"baseline_method": BaselineMethod.MID, "x": 2, "y": 5}, "x", 2, 4),
    ({"baseline_method": BaselineMethod.MID, "x": 0, "y": 4}, "x", 0, 1),
    ({"baseline_method": BaselineMethod.ROLLING, "x": 3}, "x", 3, 0),
    ({"baseline_method": BaselineMethod.ROLLING, "x": 0, "y": 0}, "y", 0, 1),
    ({"baseline_method": BaselineMethod.NOMINATED, "x": 1, "y": 0}, "x", 1, 0),
    ({"baseline_method": BaselineMethod.NOMINATED, "x": 0, "y": 1}, "y", 1, 0),
    (
        {
            "baseline_method": BaselineMethod.NOMINATED,
            "x": 0,
            "y": 0,
            "adjustment": Adjustment.ADDITIVE,
            "adjustment_isps": 4,
        },
        "adjustment",
        1,
        0,
    ),
    ({"adjustment_isps": 4}, "adjustment_isps", 4, 0),
    ({"adjustment_gap_isps": 4}, "adjustment_gap_isps", 4, 0),
    ({"adjustment_cap_bp": 2000}, "adjustment_cap_bp", 2000, 0),
    (
        {"adjustment": Adjustment.MULTIPLICATIVE_UPWARD, "adjustment_isps": 0},
        "adjustment_isps",
        0,
        1,
    ),
    (
        {
            "adjustment": Adjustment.ADDITIVE_UPWARD,
            "adjustment_isps": 4,
            "adjustment_cap_bp": 10_001,
        },
        "adjustment_cap_bp",
        10_001,
        10_000,
    ),
]

VALID: list[Changes] = [
    {},
    {"isp_minutes": 5, "utc_offset_minutes": -35},
    {"isp_minutes": 30, "utc_offset_minutes": 330, "clock_rule": ClockRule.NONE},
    {"isp_minutes": 60, "utc_offset_minutes": -720},
    {"utc_offset_minutes": -570},
    {"start_day": END_DAY},
    {"window2": (1 << 160) - 1},
    {"amount_w": 2**31 - 1},
    {"amount_w": -(2**31) + 1},
    {"max_activations": 2**16 - 1, "max_runtime_isps": 2**16 - 1},
    {"penalty_cap_bp": 0, "penalty_rate": 0},
    {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 10_000},
    {"delivery_rule": DeliveryRule.THRESHOLD},
    {"delivery_rule": DeliveryRule.GRACE, "delivery_slope": 1},
    {"x": 5},
    {"baseline_method": BaselineMethod.LOW, "x": 1},
    {"baseline_method": BaselineMethod.MID, "x": 5, "y": 5},
    {"baseline_method": BaselineMethod.MID, "x": 8, "y": 10},
    {"baseline_method": BaselineMethod.ROLLING, "x": 0, "y": 1},
    {"baseline_method": BaselineMethod.NOMINATED, "x": 0, "y": 0},
    {"adjustment": Adjustment.ADDITIVE, "adjustment_isps": 1},
    {"adjustment": Adjustment.MULTIPLICATIVE, "adjustment_isps": 12, "adjustment_cap_bp": 10_000},
]


def named(value: object) -> str:
    return str(value) if isinstance(value, (str, int)) else "-".join(value) or "standard"


@pytest.mark.parametrize(("changes", "field", "value", "limit"), INVALID, ids=named)
def test_terms_that_break_a_rule(
    world: World, changes: Changes, field: str, value: int, limit: int
) -> None:
    call = world.harness.functions.validate(words(terms(**changes)))
    name = solidity_name(field).encode().ljust(32, b"\0")
    assert world.chain.refusal(call, actors.STRANGER) == ("InvalidTerms", (name, value, limit))
    with pytest.raises(TermsError) as refused:
        validate(terms(**changes))
    assert refused.value.field == field


@pytest.mark.parametrize("changes", VALID, ids=named)
def test_terms_at_the_edge_of_a_rule(world: World, changes: Changes) -> None:
    validate(terms(**changes))
    world.chain.read(world.harness.functions.validate(words(terms(**changes))))
