"""Capacity: what messages leave of it, and its pay in every unit."""

from fractions import Fraction

import pytest

from settlement.errors import InputError
from settlement.orders.capacity import Dealings, RequestedIsp
from settlement.orders.contract import CapacityUnit, validate_contract
from settlement.orders.settle import settle_contract
from settlement.orders.settled import IncompleteContract, SettledContract
from settlement.statement import Period
from settlement.terms import DeliveryRule
from settlement.window import weekly_window
from tests.settlement.defaults import AUTUMN_2027, EUR_PER_MWH, SPRING_2027
from tests.settlement.orders.parties import (
    MON_2027_06_07,
    WEEK,
    contract,
    declared,
    isp_at,
    order,
    readings_at,
)

T = isp_at(MON_2027_06_07, 17)
MONDAY = Period(MON_2027_06_07, MON_2027_06_07)
# 3 MW of down capacity from 17:00 to 19:00, 8 ISPs, at 4 EUR/MW/h.
PAID = contract(reserved_w=-3_000_000, capacity_rate=4 * EUR_PER_MWH)
EUR = 10_000


def settled(some_contract=PAID, period=MONDAY, orders=(), baseline=(), actual=(), **dealings):
    result = settle_contract(
        some_contract,
        orders,
        period,
        declared({T + at: w for at, w in enumerate(baseline)}),
        readings_at({T + at: w for at, w in enumerate(actual)}),
        Dealings(**dealings),
    )
    assert isinstance(result, SettledContract)
    return result


def entitled_mw(result):
    return [row.entitled_w / Fraction(1_000_000) for row in result.capacity_isps]


def request(min_w, max_w=0, requested=True):
    return RequestedIsp(requested, min_w, max_w)


def test_what_is_reserved_and_not_asked_for_is_paid():
    result = settled()
    assert entitled_mw(result) == [3] * 8
    row = result.capacity_isps[0]
    assert (row.reserved_w, row.requested_w, row.available_w) == (-3_000_000, None, None)
    assert (row.offered_w, row.ordered_w) == (None, None)
    assert result.totals.capacity == 3 * 2 * 4 * EUR


def test_declared_availability_lowers_it():
    result = settled(declared_w={T: -1_000_000, T + 1: -9_000_000, T + 2: 0, T + 3: 500_000})
    assert entitled_mw(result) == [1, 3, 0, 0, 3, 3, 3, 3]


@pytest.mark.parametrize(("pays_released", "mw"), [(False, [0, 1, 3]), (True, [3, 3, 3])])
def test_released_reservation(pays_released, mw):
    some_contract = contract(
        reserved_w=-3_000_000, capacity_rate=4 * EUR_PER_MWH, pays_released=pays_released
    )
    updates = ({T: -2_000_000, T + 1: -1_000_000}, {T: 0})
    result = settled(some_contract, updates=updates)
    assert entitled_mw(result)[:3] == mw
    assert [row.reserved_w for row in result.capacity_isps[:3]] == [0, -1_000_000, -3_000_000]


@pytest.mark.parametrize("w", [-3_000_001, 1, 3_000_000])
def test_an_update_never_raises_nor_turns_the_reservation(w):
    with pytest.raises(InputError, match="reservation update 1"):
        settled(updates=({T: w},))
    with pytest.raises(InputError, match="reservation update 2"):
        settled(updates=({T: -1}, {T: -2}))


def test_a_request_is_binding_up_to_what_is_reserved():
    requests = {
        T: request(-2_000_000),
        T + 1: request(-5_000_000),
        T + 2: request(-5_000_000, requested=False),
        T + 3: request(1_000_000, 2_000_000),  # the other direction
    }
    rows = settled(requests=requests).capacity_isps
    assert [row.requested_w for row in rows[:5]] == [-2_000_000, -3_000_000, 0, 0, None]
    assert [row.available_w for row in rows[:5]] == [-2_000_000, -5_000_000, -5_000_000, 0, None]


def test_what_is_not_offered_of_a_request_is_not_paid():
    requests = dict.fromkeys(range(T, T + 5), request(-2_000_000))
    offer = {T: -2_000_000, T + 1: -500_000, T + 2: -9_000_000, T + 3: 2_000_000}
    result = settled(requests=requests, offers=(offer,))
    assert entitled_mw(result) == [3, Fraction(3, 4), 3, 0, 0, 3, 3, 3]
    assert [row.offered_w for row in result.capacity_isps[3:6]] == [2_000_000, None, None]


def test_the_most_compliant_offer_of_a_day_counts():
    requests = dict.fromkeys(range(T, T + 2), request(-2_000_000))
    low, high = {T: -1_000_000, T + 1: -1_000_000}, {T: -2_000_000}
    # Both cover 2 MW of the request: the earlier one stays.
    assert entitled_mw(settled(requests=requests, offers=(low, high)))[:2] == [1.5, 1.5]
    assert entitled_mw(settled(requests=requests, offers=(high, low)))[:2] == [3, 0]
    # More than is requested does not make an offer more compliant.
    much = {T: -9_000_000}
    assert entitled_mw(settled(requests=requests, offers=(low, much)))[:2] == [1.5, 1.5]
    other_day = {T + 96: -2_000_000}
    assert entitled_mw(settled(requests=requests, offers=(other_day, low)))[:2] == [1.5, 1.5]


def test_an_activation_that_fails_the_threshold_loses_its_isps_but_not_the_excess():
    strict = contract(
        reserved_w=-3_000_000,
        capacity_rate=4 * EUR_PER_MWH,
        delivery_rule=DeliveryRule.THRESHOLD,
        delivery_bp=8000,
        max_runtime_isps=2,
    )
    result = settled(strict, orders=[order("1", T, -3000, -3000, -3000)],
                     baseline=[0, 0, 0], actual=[-3000, -1799, -3000])  # fmt: skip
    assert entitled_mw(result) == [0, 0, 3, 3, 3, 3, 3, 3]
    # Binding: 4799 of 6000 W, less than 80 percent. The excess ISP is paid as it is.
    assert result.orders[0].flex_paid == round(Fraction(3000 * 15 * 180 * EUR, 60_000_000))


@pytest.mark.parametrize(("pays", "mw"), [(True, [3] * 8), (False, [3, 3, 0, 0, 0, 0, 0, 0])])
def test_after_the_last_activation(pays, mw):
    once = contract(
        reserved_w=-3_000_000,
        capacity_rate=4 * EUR_PER_MWH,
        max_activations=1,
        pays_when_used_up=pays,
    )
    result = settled(once, orders=[order("1", T, -1, -1)], baseline=[0, 0], actual=[-1, -1])
    assert entitled_mw(result) == mw


@pytest.mark.parametrize(
    ("unit", "period", "eur"),
    [
        (CapacityUnit.HOUR, MONDAY, 3 * 2 * 4),
        (CapacityUnit.ISP, MONDAY, 3 * 8 * 4),
        (CapacityUnit.DAY, MONDAY, 3 * 1 * 4),
        (CapacityUnit.DAY, WEEK, 3 * 7 * 4),
        (CapacityUnit.MONTH, MONDAY, Fraction(3 * 4, 30)),
        (CapacityUnit.MONTH, Period(MON_2027_06_07 - 6, MON_2027_06_07 + 23), 3 * 4),
    ],
)
def test_units(unit, period, eur):
    some_contract = contract(
        reserved_w=-3_000_000, capacity_rate=4 * EUR_PER_MWH, capacity_unit=unit
    )
    assert settled(some_contract, period).totals.capacity == eur * EUR


def test_half_a_month_of_a_contract_earns_half_the_rate():
    some_contract = contract(
        first_day=MON_2027_06_07 + 9,  # 16 June
        reserved_w=-3_000_000,
        capacity_rate=4 * EUR_PER_MWH,
        capacity_unit=CapacityUnit.MONTH,
    )
    june = Period(MON_2027_06_07 - 6, MON_2027_06_07 + 23)
    assert settled(some_contract, june).totals.capacity == 6 * EUR


def test_an_excluded_day_has_no_window():
    closed = contract(reserved_w=-3_000_000, excluded_days=frozenset([MON_2027_06_07]))
    assert settled(closed).capacity_isps == ()


@pytest.mark.parametrize(("day", "isps"), [(SPRING_2027, 4), (AUTUMN_2027, 12)])
def test_the_missing_hour_is_not_reserved_and_the_doubled_one_twice(day, isps):
    night = contract(reserved_w=-3_000_000, window=weekly_window([6], 60, 180))
    assert len(settled(night, Period(day, day)).capacity_isps) == isps


def test_a_missing_reading_makes_everything_wait():
    result = settle_contract(
        PAID,
        [order("1", T, -3000, -3000)],
        WEEK,
        declared({T: 0, T + 1: 0}),
        readings_at({T: 0, T + 1: None}),
    )
    assert isinstance(result, IncompleteContract)
    assert result.reasons == ("2027-06-07 17:00: 1 of 2 meter readings are missing",)
    result = settle_contract(
        PAID, [order("1", T, -3000, -3000)], WEEK, declared({T: 0}), readings_at({T: 0, T + 1: 0})
    )
    assert isinstance(result, IncompleteContract)
    assert result.reasons == ("2027-06-07 17:00: no baseline was nominated for all of its ISPs",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_day": 20_000, "last_day": 19_999}, "contract C1: first_day is 20000"),
        ({"volume_rate": -1}, "volume_rate is -1"),
        ({"recovery_isps": -1}, "recovery_isps is -1"),
        ({"max_runtime_isps": 0}, "max_runtime_isps is 0"),
        ({"max_activations": 0}, "max_activations is 0"),
        ({"max_volume_rate": -1}, "max_volume_rate is -1"),
        ({"penalty_cap_bp": 10_001}, "penalty_cap_bp is 10001"),
        ({"delivery_bp": 100}, "delivery_bp is 100"),
        ({"delivery_rule": DeliveryRule.GRACE}, "delivery_slope is 0"),
        ({"delivery_rule": DeliveryRule.THRESHOLD, "delivery_bp": -1}, "delivery_bp is -1"),
    ],
)
def test_contracts_that_contradict_themselves_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        validate_contract(contract(**changes))
