"""What holds for every settlement of orders, whatever was ordered and delivered."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from settlement.terms import DeliveryRule
from settlement.units import line_amount
from tests.settlement.defaults import EUR_PER_MWH
from tests.settlement.orders.parties import (
    MON_2027_06_07,
    contract,
    declared,
    isp_at,
    order,
    readings_at,
)

T = isp_at(MON_2027_06_07, 17)
MONDAY = Period(MON_2027_06_07, MON_2027_06_07)
LENGTH = 8

rules = st.sampled_from(
    [
        {},
        {"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": 7500},
        {"delivery_rule": DeliveryRule.GRACE, "delivery_bp": 1000, "delivery_slope": 2},
        {"max_runtime_isps": 3, "recovery_isps": 2, "max_activations": 1},
    ]
)
magnitudes = st.lists(st.integers(0, 3000), min_size=LENGTH, max_size=LENGTH).filter(any)
moves = st.lists(st.integers(-4000, 1000), min_size=LENGTH, max_size=LENGTH)


def settled(some_contract, orders, moved_w, baseline_w=5000):
    isps = range(T, T + LENGTH)
    result = settle_contract(
        some_contract,
        orders,
        MONDAY,
        declared(dict.fromkeys(isps, baseline_w)),
        readings_at({isp: baseline_w + w for isp, w in zip(isps, moved_w, strict=True)}),
    )
    assert isinstance(result, SettledContract)
    return result


def down(reference, powers):
    return order(reference, T, *(-w for w in powers))


@given(rules, magnitudes, magnitudes, moves)
def test_fields_of_the_message_fit_together(rule, first, second, moved):
    result = settled(contract(**rule), [down("1", first), down("2", second)], moved)
    for one in result.orders:
        assert one.net == one.price - one.penalty
        assert 0 <= one.flex_paid <= one.price
        assert 0 <= one.deficiency_penalty == one.uncapped_penalty
        for row in one.isps:
            assert 0 <= -row.delivered_w <= -row.ordered_w
            assert row.deficiency_w >= abs(row.ordered_w) - abs(row.delivered_w)
    totals = result.totals
    assert totals.net == totals.capacity + sum(one.net for one in result.orders)


@given(rules, magnitudes, magnitudes, moves)
def test_two_orders_are_settled_like_their_sum_up_to_rounding(rule, first, second, moved):
    both = settled(contract(**rule), [down("1", first), down("2", second)], moved).totals
    together = [a + b for a, b in zip(first, second, strict=True)]
    one = settled(contract(**rule), [down("1", together)], moved).totals
    assert both.delivery == one.delivery
    assert abs(both.flex_paid - one.flex_paid) <= 1
    assert abs(both.deficiency_penalty - one.deficiency_penalty) <= 1


@given(magnitudes, moves)
def test_cutting_an_order_in_time_changes_no_isp(powers, moved):
    early, late = powers[:4] + [0] * 4, [0] * 4 + powers[4:]
    parts = [down(name, cut) for name, cut in (("1", early), ("2", late)) if any(cut)]
    limited = contract(max_runtime_isps=5, recovery_isps=1)
    whole = settled(limited, [down("1", powers)], moved).orders[0].isps
    cut = [row for one in settled(limited, parts, moved).orders for row in one.isps]
    assert tuple(cut) == whole


@given(rules, magnitudes, moves, st.integers(0, 5000), st.integers(0, LENGTH - 1))
def test_delivering_more_never_earns_less(rule, powers, moved, more, position):
    better = list(moved)
    better[position] -= more
    before = settled(contract(**rule), [down("1", powers)], moved).totals.net
    assert settled(contract(**rule), [down("1", powers)], better).totals.net >= before


@given(magnitudes, moves, st.integers(-9000, 9000))
def test_only_the_difference_to_the_baseline_counts(powers, moved, baseline_w):
    orders = [down("1", powers)]
    assert (
        settled(contract(), orders, moved, baseline_w).totals
        == settled(contract(), orders, moved, 0).totals
    )


@given(magnitudes, moves)
def test_mirrored_orders_earn_the_same(powers, moved):
    up = settled(contract(), [order("1", T, *powers)], [-w for w in moved]).totals
    assert up == settled(contract(), [down("1", powers)], moved).totals


@given(rules, magnitudes, magnitudes, moves, st.integers(0, 10_000))
def test_a_cap_leaves_a_net_that_is_not_negative_and_shares_it_out(
    rule, first, second, moved, cap_bp
):
    capacity_rate = 4 * EUR_PER_MWH
    capped = contract(penalty_cap_bp=cap_bp, capacity_rate=capacity_rate, **rule)
    result = settled(capped, [down("1", first), down("2", second)], moved)
    totals = result.totals
    assert totals.net >= 0
    assert totals.deficiency_penalty == sum(one.deficiency_penalty for one in result.orders)
    for one in result.orders:
        assert one.deficiency_penalty <= one.uncapped_penalty


@given(magnitudes)
def test_full_delivery_earns_the_full_price(powers):
    result = settled(contract(), [down("1", powers)], [-w for w in powers])
    assert result.totals.net == line_amount(sum(powers), 15, 180 * EUR_PER_MWH)
