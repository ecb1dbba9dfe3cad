"""Activations and their excess: at the limit, just beyond it, and for several reasons at once."""

import pytest

from settlement.errors import InputError
from settlement.orders.contract import CountPer
from settlement.orders.excess import Excess, excess_by, excess_isps
from settlement.orders.order import (
    Order,
    OrderActivation,
    activations_of,
    check_offer_price,
    check_orders,
)
from tests.settlement.defaults import AUTUMN_2027, EUR_PER_MWH, SPRING_2027, VIENNA
from tests.settlement.orders.parties import MON_2027_06_07, contract, isp_at, order

RUNTIME, RECOVERY, COUNT = Excess
T = isp_at(MON_2027_06_07, 17)


def excess(some_contract, *orders):
    """Excess ISPs counted from 17:00."""
    found = excess_isps(some_contract, activations_of(orders))
    return {isp - T: reasons for isp, reasons in found.items()}


def test_adjacent_and_overlapping_orders_form_one_activation():
    found = activations_of([order("1", T, -1, -1), order("2", T + 1, -2), order("3", T + 2, -4)])
    assert found == (OrderActivation(range(T, T + 3), (-1, -3, -4), False),)


def test_a_gap_and_a_turn_begin_an_activation():
    found = activations_of([order("1", T, -1, 0, -1, 1)])
    assert [one.isps for one in found] == [
        range(T, T + 1),
        range(T + 2, T + 3),
        range(T + 3, T + 4),
    ]


@pytest.mark.parametrize("day", [SPRING_2027, AUTUMN_2027, MON_2027_06_07])
def test_neither_midnight_nor_a_clock_change_breaks_an_activation(day):
    first, last = VIENNA.day_isps(day)[-1], VIENNA.day_isps(day + 1)[0]
    assert [one.isps for one in activations_of([order("1", first, -1), order("2", last, -1)])] == [
        range(first, last + 1)
    ]
    whole = [order(str(isp), isp, -1) for isp in VIENNA.day_isps(day)]
    assert len(activations_of(whole)) == 1


def test_runtime_counts_from_the_start_of_the_activation():
    limited = contract(max_runtime_isps=2)
    assert excess(limited, order("1", T, -1, -1)) == {}
    two_orders = [order("1", T, -1, -1), order("2", T + 2, -1)]
    assert excess(limited, *two_orders) == {2: (RUNTIME,)}


def test_a_gap_as_long_as_the_recovery_time_is_enough():
    limited = contract(recovery_isps=3)
    assert excess(limited, order("1", T, -1), order("2", T + 4, -1, -1)) == {}
    # Two ISPs of the second one lie in the recovery time, the others do not.
    early = order("2", T + 2, -1, -1, -1, -1)
    assert excess(limited, order("1", T, -1), early) == {2: (RECOVERY,), 3: (RECOVERY,)}


def test_a_turn_has_no_recovery_before_it():
    assert excess(contract(recovery_isps=1), order("1", T, -1, 1, 1)) == {1: (RECOVERY,)}


@pytest.mark.parametrize(
    ("count_per", "days_between", "beyond"),
    [
        (CountPer.CONTRACT, 100, True),
        (CountPer.YEAR, 100, True),
        (CountPer.MONTH, 23, True),  # 7 and 30 June
        (CountPer.MONTH, 24, False),  # 7 June and 1 July
        (CountPer.WEEK, 6, True),  # Monday and Sunday
        (CountPer.WEEK, 7, False),
        (CountPer.DAY, 0, True),
        (CountPer.DAY, 1, False),
    ],
)
def test_activations_are_counted_per_stretch_of_days(count_per, days_between, beyond):
    once = contract(max_activations=1, count_per=count_per)
    later = T + 96 * days_between + 4
    found = excess(once, order("1", T, -1), order("2", later, -1))
    assert found == ({later - T: (COUNT,)} if beyond else {})


def test_years_are_counted_apart():
    once = contract(max_activations=1, count_per=CountPer.YEAR, last_day=MON_2027_06_07 + 400)
    assert excess(once, order("1", T, -1), order("2", T + 96 * 300, -1)) == {}


def test_an_activation_counts_on_the_day_of_its_start():
    daily = contract(max_activations=1, count_per=CountPer.DAY)
    night = isp_at(MON_2027_06_07, 23, 45)
    assert excess(daily, order("1", night, -1, -1), order("2", night + 40, -1)) == {}


def test_a_test_call_counts_only_if_the_contract_says_so():
    orders = [order("1", T, -1, test_call=True), order("2", T + 4, -1)]
    once = contract(max_activations=1)
    assert excess(once, *orders) == {}
    assert excess(contract(max_activations=1, test_calls_count=True), *orders) == {4: (COUNT,)}
    # Joined by an order in earnest it is no test call any more.
    joined = [order("0", T + 1, -1), *orders]
    assert excess(once, *joined) == {4: (COUNT,)}


def test_an_isp_may_exceed_for_several_reasons():
    limited = contract(max_runtime_isps=1, recovery_isps=2, max_activations=1)
    assert excess(limited, order("1", T, -1), order("2", T + 2, -1, -1)) == {
        2: (RECOVERY, COUNT),
        3: (RUNTIME, COUNT),
    }


def test_whoever_is_asked_sees_the_excess_that_an_order_would_make():
    limited = contract(max_runtime_isps=2, recovery_isps=2)
    accepted = [order("1", T + 1, -1, -1)]
    assert excess_by(limited, accepted, order("2", T + 5, -1)) == {}
    assert excess_by(limited, accepted, order("2", T + 4, -1)) == {T + 4: (RECOVERY,)}
    # Put in front, it pushes the last ISP of an accepted order beyond the runtime.
    assert excess_by(limited, accepted, order("2", T, -1)) == {T + 2: (RUNTIME,)}


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ([order("1", T, -1), order("1", T + 9, -1)], "order 1: its reference comes twice"),
        ([order("1", T, 0)], "order 1: 0 W in every ISP"),
        ([Order("1", {})], "order 1: 0 W in every ISP"),
        ([order("1", T, -1, price=-1)], "order 1: price -1"),
        ([order("1", T - 96 * 200, -1)], "order 1: an ISP at 2026-11-19 16:00"),
        ([order("1", T, -1), order("2", T, 1)], "orders 1, 2: both directions at 2027-06-07 17:00"),
    ],
)
def test_orders_that_cannot_be_settled_together_are_refused(orders, message):
    with pytest.raises(InputError, match=message):
        check_orders(contract(), orders)


def test_an_offer_may_ask_for_the_maximum_rate_and_not_more():
    # 7000 W for a quarter of an hour are 0.00175 MWh: 0.35 EUR at 200 EUR/MWh.
    offer = {T: -3000, T + 1: -4000}
    limited = contract(max_volume_rate=200 * EUR_PER_MWH)
    check_offer_price(limited, offer, 3500)
    with pytest.raises(InputError, match=r"offer of contract C1: price 0\.3501 EUR; .* 0\.3500"):
        check_offer_price(limited, offer, 3501)
    check_offer_price(contract(), offer, 10**9)
