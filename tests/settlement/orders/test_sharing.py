"""Overlapping orders in one ISP: shares by largest remainder, without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.delivery import deficiency_w, delivered_w
from settlement.errors import InputError
from settlement.orders.sharing import Share, share_isp
from settlement.units import split_by_largest_remainder


def test_worked_example_of_two_orders_on_one_isp():
    shares = share_isp([-3000, -1000], baseline_w=10000, actual_w=7200)
    assert shares == (Share(-2100, 900), Share(-700, 300))


def test_left_over_watt_goes_to_the_largest_remainder_then_to_the_earlier_order():
    # 100 W over 1:1:1 is 33 1/3 each: equal remainders, so the first order gets the odd watt.
    shares = share_isp([300, 300, 300], 0, 100)
    assert [one.delivered_w for one in shares] == [34, 33, 33]
    # 10 W over 1:5 is 1 2/3 and 8 1/3: the first has the larger remainder.
    assert [one.delivered_w for one in share_isp([100, 500], 0, 10)] == [2, 8]
    # Over 5:1 the larger remainder is the second's.
    assert [one.delivered_w for one in share_isp([500, 100], 0, 10)] == [8, 2]


def test_wrong_way_surplus_is_shared_by_the_same_rule():
    # 4000 W ordered down, 101 W up instead: each lacks its order and its part of the 101 W.
    shares = share_isp([-3000, -1000], 10000, 10101)
    assert shares == (Share(0, 3000 + 76), Share(0, 1000 + 25))


def test_orders_of_both_signs_are_refused():
    with pytest.raises(InputError, match=r"orders of \[-3000, 1000\] W; expected orders of one"):
        share_isp([-3000, 1000], 0, 0)


def test_nothing_ordered_has_no_shares():
    assert share_isp([0, 0], 5000, 9000) == (Share(0, 0), Share(0, 0))
    assert share_isp([], 5000, 9000) == ()


@given(st.integers(0, 10_000), st.lists(st.integers(0, 500), max_size=8))
def test_a_split_adds_up_and_stays_within_one_unit_of_its_proportion(total, weights):
    parts = split_by_largest_remainder(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert whole == 0 or abs(part * whole - total * weight) < whole


orders = st.lists(st.integers(0, 5000), min_size=1, max_size=5)
power = st.integers(-20000, 20000)


@given(orders, power, power, st.sampled_from([-1, 1]))
def test_shares_add_up_to_the_summed_order(magnitudes, baseline, actual, sign):
    ordered = [sign * one for one in magnitudes]
    shares = share_isp(ordered, baseline, actual)
    total = sum(ordered)
    assert sum(one.delivered_w for one in shares) == delivered_w(baseline, actual, total)
    assert sum(one.deficiency_w for one in shares) == deficiency_w(baseline, actual, total)
    for one, share in zip(ordered, shares, strict=True):
        assert 0 <= sign * share.delivered_w <= abs(one)
        assert share.deficiency_w >= abs(one) - abs(share.delivered_w) >= 0
