"""Delivery: the protocol's own table, the worked examples, each rule at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.delivery import (
    Delivery,
    deficiency_w,
    delivered_w,
    fails_threshold,
    measure,
    paid_w_sum_scaled,
)
from settlement.terms import DeliveryRule
from settlement.units import line_amount

LINEAR, THRESHOLD, GRACE = DeliveryRule
MW = 1_000_000


@pytest.mark.parametrize(
    ("actual_mw", "delivered", "deficiency", "paid", "penalty", "net"),
    [
        (7, 2, 0, 14, 0, 14),
        (8, 2, 0, 14, 0, 14),
        (9, 1, 1, 7, 11, -4),
        (10, 0, 2, 0, 22, -22),
        (11, 0, 3, 0, 33, -33),
    ],
)
def test_table_of_the_protocol(actual_mw, delivered, deficiency, paid, penalty, net):
    # Baseline 10 MW, order -2 MW, 7 and 11 EUR per MW and ISP: 28 and 44 EUR per MWh.
    found = measure(-2 * MW, [10 * MW], [actual_mw * MW])
    assert found == Delivery(2 * MW, delivered * MW, deficiency * MW)
    assert delivered_w(10 * MW, actual_mw * MW, -2 * MW) == -delivered * MW
    paid_for = line_amount(paid_w_sum_scaled(found, LINEAR, 0, 0), 15, 280_000, 10_000)
    fined = line_amount(found.deficiency_w_sum, 15, 440_000)
    assert (paid_for, fined, paid_for - fined) == (paid * 10_000, penalty * 10_000, net * 10_000)


@pytest.mark.parametrize(
    ("actual_w", "delivered", "deficiency"),
    [(9000, -3000, 0), (10200, -1800, 1200), (8000, -3000, 0), (12500, 0, 3500)],
)
def test_worked_example_of_a_reduction(actual_w, delivered, deficiency):
    assert delivered_w(12000, actual_w, -3000) == delivered
    assert deficiency_w(12000, actual_w, -3000) == deficiency


@pytest.mark.parametrize(
    ("actual_w", "delivered", "deficiency"),
    [(-2500, 1500, 0), (-3400, 600, 900), (-4200, 0, 1700), (-1000, 1500, 0)],
)
def test_worked_example_of_an_increase_on_an_exporting_site(actual_w, delivered, deficiency):
    assert delivered_w(-4000, actual_w, 1500) == delivered
    assert deficiency_w(-4000, actual_w, 1500) == deficiency


def test_nothing_ordered_nothing_owed():
    for actual_w in (-9000, 0, 9000):
        assert delivered_w(0, actual_w, 0) == 0
        assert deficiency_w(0, actual_w, 0) == 0


def test_caps_hold_in_each_isp_so_isps_do_not_make_up_for_each_other():
    assert measure(-1000, [5000, 5000], [3000, 5000]) == Delivery(2000, 1000, 1000)
    assert measure(-1000, [5000, 5000], [4000, 6000]) == Delivery(2000, 1000, 2000)


def test_series_of_different_lengths_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="shorter"):
        measure(-1000, [5000, 5000], [3000])


@pytest.mark.parametrize(
    ("delivered", "fails"), [(7999, True), (8000, False), (8001, False), (0, True), (10000, False)]
)
def test_threshold_of_80_percent(delivered, fails):
    delivery = Delivery(10_000, delivered, 10_000 - delivered)
    assert fails_threshold(delivery, THRESHOLD, 8000) is fails
    paid = 0 if fails else 10_000 * delivered
    assert paid_w_sum_scaled(delivery, THRESHOLD, 8000, 0) == paid
    assert paid_w_sum_scaled(delivery, LINEAR, 0, 0) == 10_000 * delivered
    assert not fails_threshold(delivery, LINEAR, 0)
    assert not fails_threshold(delivery, GRACE, 8000)


def test_threshold_at_its_ends():
    assert not fails_threshold(Delivery(10_000, 0, 10_000), THRESHOLD, 0)
    assert fails_threshold(Delivery(10_000, 9_999, 1), THRESHOLD, 10_000)
    assert not fails_threshold(Delivery(10_000, 10_000, 0), THRESHOLD, 10_000)


@pytest.mark.parametrize(
    ("delivered", "paid"),
    [
        (10_000, 100_000_000),
        (9_500, 100_000_000),  # 5 percent short is forgiven
        (9_499, 99_970_000),  # then 3 W for each W
        (9_000, 85_000_000),
        (6_167, 10_000),
        (6_166, 0),
        (0, 0),
    ],
)
def test_grace_of_5_percent_and_slope_3(delivered, paid):
    delivery = Delivery(10_000, delivered, 10_000 - delivered)
    assert paid_w_sum_scaled(delivery, GRACE, 500, 3) == paid


def test_grace_pays_parts_of_a_watt_before_the_line():
    # 1 W ordered thrice, 2 delivered: (1 - 10 percent) x 3 - 2 = 0.7 W short, 2.3 W are paid.
    assert paid_w_sum_scaled(Delivery(3, 2, 1), GRACE, 1000, 1) == 23_000


power = st.integers(-(2**31) + 1, 2**31 - 1)
order = power.filter(bool)


@given(power, power, order)
def test_delivery_is_symmetric_in_sign(baseline, actual, ordered):
    assert delivered_w(-baseline, -actual, -ordered) == -delivered_w(baseline, actual, ordered)
    assert deficiency_w(-baseline, -actual, -ordered) == deficiency_w(baseline, actual, ordered)


@given(power, power, order)
def test_delivered_and_missing_make_up_the_order(baseline, actual, ordered):
    delivered, missing = (
        delivered_w(baseline, actual, ordered),
        deficiency_w(baseline, actual, ordered),
    )
    assert 0 <= delivered * (1 if ordered > 0 else -1) <= abs(ordered)
    assert missing >= 0
    moved = (actual - baseline) * (1 if ordered > 0 else -1)
    if moved >= 0:
        assert abs(delivered) + missing == abs(ordered)
    else:
        assert (delivered, missing) == (0, abs(ordered) - moved)


@given(power, order, st.integers(0, 2**31))
def test_more_than_ordered_is_never_paid(baseline, ordered, more):
    step = more if ordered > 0 else -more
    assert delivered_w(baseline, baseline + ordered + step, ordered) == ordered
    assert deficiency_w(baseline, baseline + ordered + step, ordered) == 0


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.sampled_from(DeliveryRule),
    st.integers(0, 10_000),
    st.integers(1, 100),
)
def test_pay_lies_between_nothing_and_the_order_and_grows_with_delivery(
    ordered, delivered, rule, basis_points, slope
):
    delivered = min(delivered, ordered)
    less = Delivery(ordered, max(0, delivered - 1), 0)
    paid = paid_w_sum_scaled(Delivery(ordered, delivered, 0), rule, basis_points, slope)
    assert 0 <= paid <= 10_000 * ordered
    assert paid_w_sum_scaled(less, rule, basis_points, slope) <= paid
    full = paid_w_sum_scaled(Delivery(ordered, ordered, 0), rule, basis_points, slope)
    assert full == 10_000 * ordered
