"""Orders: the worked examples, message fields, and sharing without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.delivery import Delivery, deficiency_w, delivered_w, measure
from settlement.errors import InputError
from settlement.order import (
    OrderFields,
    OrderTerms,
    Share,
    fields_at_price,
    fields_at_rate,
    share_isp,
    sum_shares,
)
from settlement.terms import DeliveryRule
from tests.settlement.defaults import EUR_PER_MWH

QUARTER = OrderTerms(15, 240 * EUR_PER_MWH)


def test_worked_example_of_a_reduction_gives_the_message_fields():
    delivery = measure(-3000, [12000] * 4, [9000, 10200, 8000, 12500])
    assert delivery == Delivery(12000, 7800, 4700)
    at_rate = fields_at_rate(QUARTER, delivery, 180 * EUR_PER_MWH)
    assert at_rate == OrderFields(price=5400, penalty=4710, net=690)
    assert fields_at_price(QUARTER, delivery, 5400) == at_rate


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


def test_nothing_ordered_earns_and_owes_nothing():
    assert share_isp([0, 0], 5000, 9000) == (Share(0, 0), Share(0, 0))
    assert share_isp([], 5000, 9000) == ()
    assert fields_at_price(QUARTER, Delivery(0, 0, 0), 5400) == OrderFields(5400, 5400, 0)


def test_price_of_the_whole_order_is_prorated_with_one_rounding():
    # 1 of 3 W of an order at 0.0005 EUR: 1.666 units become 2; 1 of 2 W: 2.5 units become 2.
    free = OrderTerms(15, 0)
    assert fields_at_price(free, Delivery(3, 1, 2), 5).net == 2
    assert fields_at_price(free, Delivery(2, 1, 1), 5).net == 2
    assert fields_at_price(free, Delivery(2, 1, 1), 7).net == 4


def test_threshold_takes_the_pay_and_leaves_the_penalty():
    delivery = measure(-3000, [12000] * 4, [9000, 10200, 8000, 12500])  # 65 percent delivered
    strict = OrderTerms(15, 240 * EUR_PER_MWH, DeliveryRule.THRESHOLD, 6501)
    assert fields_at_rate(strict, delivery, 180 * EUR_PER_MWH) == OrderFields(5400, 8220, -2820)
    lenient = OrderTerms(15, 240 * EUR_PER_MWH, DeliveryRule.THRESHOLD, 6500)
    assert fields_at_rate(lenient, delivery, 180 * EUR_PER_MWH).net == 690


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


@given(st.lists(st.tuples(power, power), min_size=1, max_size=8), st.integers(1, 5000))
def test_net_is_price_less_penalty(pairs, ordered):
    shares = [share_isp([ordered], *pair)[0] for pair in pairs]
    delivery = sum_shares([ordered] * len(pairs), shares)
    assert delivery == measure(ordered, [b for b, _ in pairs], [a for _, a in pairs])
    fields = fields_at_rate(QUARTER, delivery, 180 * EUR_PER_MWH)
    assert fields.net == fields.price - fields.penalty
