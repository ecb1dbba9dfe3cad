"""The worked examples of the protocol and of the order rules, figure by figure."""

import pytest

from settlement.delivery import Delivery
from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from settlement.terms import DeliveryRule
from tests.settlement.defaults import EUR_PER_MWH
from tests.settlement.orders.parties import (
    MON_2027_06_07,
    WEEK,
    contract,
    declared,
    isp_at,
    money,
    order,
    readings_at,
)

MW = 1_000_000
AT_17H = isp_at(MON_2027_06_07, 17)


def settled(some_contract, orders, baseline_w, actual_w, period=WEEK):
    """Settle with one baseline and one reading per ISP from 17:00 on."""
    result = settle_contract(
        some_contract,
        orders,
        period,
        declared({AT_17H + at: w for at, w in enumerate(baseline_w)}),
        readings_at({AT_17H + at: w for at, w in enumerate(actual_w)}),
    )
    assert isinstance(result, SettledContract)
    return result


@pytest.mark.parametrize(
    ("actual_mw", "delivered_mw", "deficiency_mw", "paid_eur", "penalty_eur", "net_eur"),
    [
        (7, 2, 0, 14, 0, 14),
        (8, 2, 0, 14, 0, 14),
        (9, 1, 1, 7, 11, -4),
        (10, 0, 2, 0, 22, -22),
        (11, 0, 3, 0, 33, -33),
    ],
)
def test_table_of_the_protocol(
    actual_mw, delivered_mw, deficiency_mw, paid_eur, penalty_eur, net_eur
):
    # 7 and 11 EUR per MW and ISP are 28 and 44 EUR/MWh with ISPs of a quarter of an hour.
    per_isp = contract(volume_rate=28 * EUR_PER_MWH, penalty_rate=44 * EUR_PER_MWH)
    result = settled(per_isp, [order("1", AT_17H, -2 * MW)], [10 * MW], [actual_mw * MW])
    (one,) = result.orders
    (isp,) = one.isps
    assert (isp.delivered_w, isp.deficiency_w) == (-delivered_mw * MW, deficiency_mw * MW)
    assert one.flex_paid == paid_eur * 10_000
    assert one.deficiency_penalty == penalty_eur * 10_000
    assert one.net == net_eur * 10_000
    assert one.price == 14 * 10_000
    assert one.price - one.penalty == one.net


def test_reduction():
    result = settled(
        contract(),
        [order("1", AT_17H, -3000, -3000, -3000, -3000)],
        [12000] * 4,
        [9000, 10200, 8000, 12500],
    )
    (one,) = result.orders
    assert [isp.delivered_w for isp in one.isps] == [-3000, -1800, -3000, 0]
    assert [isp.deficiency_w for isp in one.isps] == [0, 1200, 0, 3500]
    assert (one.price, one.flex_paid, one.deficiency_penalty) == (5400, 3510, 2820)
    assert (one.penalty, one.net) == (4710, 690)
    assert result.totals.delivery == Delivery(12000, 7800, 4700)
    assert result.totals.net == 690


def test_reduction_at_the_price_of_a_free_bid():
    order_at_price = order("1", AT_17H, -3000, -3000, -3000, -3000, price=5400)
    result = settled(contract(), [order_at_price], [12000] * 4, [9000, 10200, 8000, 12500])
    assert money(result) == [(5400, 4710, 690)]


def test_increase_on_an_exporting_site():
    result = settled(
        contract(reserved_w=1500),
        [order("1", AT_17H, 1500, 1500, 1500, 1500)],
        [-4000] * 4,
        [-2500, -3400, -4200, -1000],
    )
    assert [isp.delivered_w for isp in result.orders[0].isps] == [1500, 600, 0, 1500]
    assert [isp.deficiency_w for isp in result.orders[0].isps] == [0, 900, 1700, 0]


def test_two_orders_on_one_isp():
    orders = [order("1", AT_17H, -3000), order("2", AT_17H, -1000)]
    result = settled(contract(), orders, [10000], [7200])
    first, second = (one.isps[0] for one in result.orders)
    assert (first.delivered_w, first.deficiency_w) == (-2100, 900)
    assert (second.delivered_w, second.deficiency_w) == (-700, 300)
    assert (first.baseline_w, first.actual_w) == (second.baseline_w, second.actual_w)


def test_threshold_takes_the_pay_and_leaves_the_penalty():
    def net(threshold_bp):
        strict = contract(delivery_rule=DeliveryRule.THRESHOLD, delivery_bp=threshold_bp)
        four = order("1", AT_17H, -3000, -3000, -3000, -3000)
        return money(settled(strict, [four], [12000] * 4, [9000, 10200, 8000, 12500]))

    assert net(6500) == [(5400, 4710, 690)]  # 65 percent were delivered
    assert net(6501) == [(5400, 8220, -2820)]


def test_price_of_the_whole_order_is_prorated_with_one_rounding():
    free = contract(penalty_rate=0)

    def net(ordered, moved, price):
        one = order("1", AT_17H, -ordered, price=price)
        return settled(free, [one], [100], [100 - moved]).orders[0].net

    assert net(3, 1, 5) == 2  # 1.666
    assert net(2, 1, 5) == 2  # 2.5
    assert net(2, 1, 7) == 4  # 3.5


def test_nothing_ordered_in_the_period():
    later = Period(WEEK.first_day + 7, WEEK.last_day + 7)
    result = settled(contract(), [order("1", AT_17H, -3000)], [0], [0], later)
    assert result.orders == ()
    assert result.totals.net == 0
