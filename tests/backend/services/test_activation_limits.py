"""What an activation is refused for before anything is sent."""

from dataclasses import replace

import pytest

from backend.chain.market import WantedActivation
from backend.services.negotiation import sign_both
from settlement.activation import Activation
from settlement.clock import date_of
from settlement.errors import InputError
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    FRIDAY,
    MONDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.services.ordering import EVENING, ORDERED, TUESDAY_17, refused, stored
from tests.backend.stages import make_offer

# Limits of one activation


@pytest.mark.parametrize("ordered_w", [-3001, -(2**31) + 1, 3000, 1, 0])
def test_an_amount_beyond_the_agreed_one_is_refused(begun, ordered_w):
    found = refused(begun, begun.wanted(EVENING, replace(ORDERED, ordered_w=ordered_w)))
    assert (found.rule, found.limit, found.found) == (
        "amount",
        "up to -3000 W",
        f"{ordered_w} W",
    )


@pytest.mark.parametrize("isps", [0, 13])
def test_a_runtime_beyond_the_agreed_one_is_refused(begun, isps):
    found = refused(begun, begun.wanted(EVENING, replace(ORDERED, isps=isps)))
    assert (found.rule, found.limit, found.found) == ("max runtime", "12 ISPs", isps)


@pytest.mark.parametrize(
    ("activation", "described"),
    [
        (Activation(TUESDAY_17 - 1, 4, -1000), "2040-03-20 16:45"),
        (Activation(isp_at(TUESDAY, 20), 5, -1000), "2040-03-20 21:00"),
        (Activation(isp_at(TUESDAY, 21), 1, -1000), "2040-03-20 21:00"),
    ],
)
def test_an_isp_outside_the_window_is_refused(begun, activation, described):
    found = refused(begun, begun.wanted(EVENING, activation))
    assert (found.rule, found.found) == ("window", described)


def test_a_day_after_the_last_is_refused(begun):
    found = refused(begun, begun.wanted(EVENING, replace(ORDERED, first_isp=TUESDAY_17 + 96 * 7)))
    assert (found.rule, found.limit) == ("dates", f"{date_of(MONDAY)} to {date_of(SUNDAY)}")
    assert found.found == str(date_of(TUESDAY + 7))


def test_a_night_that_runs_beyond_the_last_day_is_refused(begun):
    """The mill's window stays open after midnight, but its agreement ends with Sunday."""
    over_midnight = Activation(isp_at(SUNDAY, 23), 5, -1000)
    found = refused(begun, begun.wanted("mill night", over_midnight))
    assert (found.rule, found.found) == ("dates", str(date_of(SUNDAY + 1)))
    begun.order(begun.wanted("mill night", replace(over_midnight, isps=4)))


def test_a_notice_that_is_too_short_is_refused(begun):
    latest_s = CLOCK.start_s(TUESDAY_17 - 4)
    found = refused(begun, begun.wanted(EVENING, ORDERED), now_s=latest_s + 1)
    assert (found.rule, found.limit, found.found) == (
        "notice",
        f"recording until second {latest_s}",
        latest_s + 1,
    )


def test_an_order_in_the_last_second_of_the_notice_is_recorded(begun):
    latest_s = CLOCK.start_s(TUESDAY_17 - 4)
    begun.chain.advance_to(latest_s)
    begun.order(begun.wanted(EVENING, ORDERED), now_s=latest_s)
    assert begun.chain.now_s() == latest_s
    assert stored(begun) == 1


# Limits over several activations


def test_a_recovery_that_is_too_short_is_refused(begun):
    begun.order(begun.wanted(EVENING, replace(ORDERED, isps=2)))
    found = refused(begun, begun.wanted(EVENING, Activation(TUESDAY_17 + 9, 2, -1000)))
    assert (found.rule, found.limit, found.found) == ("recovery", "8 ISPs", 7)
    begun.order(begun.wanted(EVENING, Activation(TUESDAY_17 + 10, 2, -1000)))


def test_an_order_before_the_last_one_is_refused(begun):
    begun.order(begun.wanted(EVENING, replace(ORDERED, first_isp=isp_at(THURSDAY, 17))))
    assert refused(begun, begun.wanted(EVENING, ORDERED)).rule == "recovery"


def test_more_activations_than_agreed_are_refused(begun):
    days = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    every = [begun.wanted(EVENING, Activation(isp_at(day, 18), 2, -500)) for day in days]
    begun.order(*every[:4])
    found = refused(begun, every[4])
    assert (found.rule, found.limit, found.found) == ("max activations", 4, 5)


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        (Activation(TUESDAY_17 + 11, 2, -1000), "recovery"),
        (ORDERED, "recovery"),
        (Activation(isp_at(MONDAY, 18), 2, -1000), "recovery"),
    ],
)
def test_activations_of_one_call_bind_each_other(begun, second, rule):
    wanted = begun.wanted(EVENING, ORDERED), begun.wanted(EVENING, second)
    assert refused(begun, *wanted).rule == rule


def test_the_count_covers_the_activations_of_one_call(begun):
    days = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
    every = [begun.wanted(EVENING, Activation(isp_at(day, 18), 2, -500)) for day in days]
    assert refused(begun, *every).rule == "max activations"


def test_one_bad_activation_stops_all_of_its_call(begun):
    good = begun.wanted("mill night", Activation(isp_at(TUESDAY, 23), 2, -500))
    bad = begun.wanted(EVENING, replace(ORDERED, isps=13))
    assert refused(begun, good, bad).rule == "max runtime"


# Agreements that are not recorded


@pytest.mark.parametrize("signed", [False, True])
def test_an_agreement_that_is_not_recorded_cannot_be_activated(agreed, signed):
    terms = make_offer(agreed, "mill night")
    if signed:
        owner = parties.OWNERS["mill"]
        sign_both(agreed.session, agreed.market, terms, parties.AGGREGATOR, owner)
    wanted = WantedActivation(terms, Activation(isp_at(TUESDAY, 23), 2, -500))
    block = agreed.chain.block_number()
    with pytest.raises(InputError, match="activation: agreement; expected one that is recorded"):
        agreed.order(wanted)
    assert agreed.chain.block_number() == block
    assert stored(agreed) == 0


def test_terms_that_nobody_signed_cannot_be_activated(begun):
    altered = replace(begun.terms(EVENING), volume_rate=1)
    with pytest.raises(InputError, match="one that is recorded"):
        begun.order(WantedActivation(altered, ORDERED))
