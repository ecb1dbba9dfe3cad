"""Offers of a portfolio: what is sure of a request, priced within the contract, deliverable."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.vpp.book import Book
from flexmanager.vpp.formation import Offering, offer_of, offering
from flexmanager.vpp.judge import accepted, rejections
from flexmanager.vpp.order import order_of
from flexmanager.vpp.plan import ordered_by_isp, scaled_plan, undeliverable
from settlement.errors import InputError
from settlement.orders.capacity import RequestedIsp
from settlement.orders.order import check_offer_price
from tests.flexmanager.vpp.agreements import case, member
from tests.flexmanager.vpp.trading import (
    DSO,
    EXPIRES_S,
    FIVE_PM,
    METHOD,
    NOON_S,
    OPTION_CONTRACT,
    REQUESTED,
    book,
    header,
    request,
)
from tests.settlement.defaults import EUR_PER_MWH

THREE = tuple(member(number, rate_eur=100 + number) for number in (1, 2, 3))


def profile(found: Offering, at: int = 0) -> dict[int, int]:
    return dict(found.backings[at].option.isps)


def test_sure_agreements_offer_all_that_is_requested():
    """8 kW of 9 kW: two whole agreements of the cheaper rates, and 2 kW of the third."""
    (backing,) = offering(case(THREE)).backings
    assert dict(backing.option.isps) == dict.fromkeys(REQUESTED, -8_000)
    assert ordered_by_isp(backing.plan) == dict.fromkeys(REQUESTED, -8_000)
    w_isps = 8 * (3_000 * 101 + 3_000 * 102 + 2_000 * 103)
    assert backing.cost == w_isps * 15 // 6_000
    assert backing.option.price == -(-backing.cost * 11 // 10)
    assert backing.option.min_factor_percent == 50
    assert (backing.confidence.least, backing.confidence.whole) == (1.0, 1.0)


def test_an_offer_is_accepted_by_the_dso_and_can_be_ordered_in_part():
    found = offering(case(THREE))
    made = offer_of(header(2), request(), EXPIRES_S, found.backings, METHOD)
    known = accepted(book(request()), made, NOON_S)
    assert isinstance(known, Book), known
    order = order_of(made, made.options[0], 70, "O1", header(3, DSO))
    assert rejections(known, order, NOON_S) == ()
    assert dict(order.isps) == dict.fromkeys(REQUESTED, -5_600)


def test_unsure_agreements_offer_what_they_deliver_with_the_wanted_probability():
    """Of ten agreements of 1 kW that deliver 9 times in 10, 8 kW come 93 times in 100."""
    ten = [member(number, amount_w=-1_000) for number in range(1, 11)]
    (surer,) = offering(case(ten, 0.9, probability=0.9, draws=4_000)).backings
    assert dict(surer.option.isps) == dict.fromkeys(REQUESTED, -8_000)
    assert ordered_by_isp(surer.plan) == dict.fromkeys(REQUESTED, -10_000)
    assert surer.confidence.least == pytest.approx(0.9298, abs=0.02)
    (surest,) = offering(case(ten, 0.9, probability=0.98, draws=4_000)).backings
    assert dict(surest.option.isps) == dict.fromkeys(REQUESTED, -7_000)
    assert surest.confidence.least == pytest.approx(0.9872, abs=0.01)
    assert surest.option.price <= surer.option.price


def test_nothing_is_offered_that_is_not_sure():
    found = offering(case([member(1, rate_eur=50)], 0.5, probability=0.9))
    assert found.backings == ()
    assert found.refused == ("100 % of the request: no power is sure with probability 0.9",)


def test_options_for_parts_of_a_request():
    found = offering(case(THREE, shares_percent=(100, 50, 99)))
    assert [one.option.reference for one in found.backings] == [
        "100 percent",
        "50 percent",
        "99 percent",
    ]
    assert profile(found, 1) == dict.fromkeys(REQUESTED, -4_000)
    whole, half, most = (one.option.price for one in found.backings)
    assert half < most < whole
    # Little is left for the rest of the request: both shares give all there is.
    same = offering(case([member(1)], shares_percent=(100, 80)))
    assert len(same.backings) == 1


def test_a_price_is_at_most_what_the_contract_allows():
    """20 kWh are ordered for 2 EUR to offer 16 kWh, for which 2.16 EUR may be asked, not 2.20."""
    ten = [member(number, amount_w=-1_000, rate_eur=100) for number in range(1, 11)]
    limited = replace(OPTION_CONTRACT, max_volume_rate=135 * EUR_PER_MWH)
    (backing,) = offering(case(ten, 0.9, contract=limited)).backings
    assert (backing.cost, backing.option.price) == (20_000, 21_600)


def test_agreements_dearer_than_the_contract_pays_are_left_alone():
    limited = replace(OPTION_CONTRACT, max_volume_rate=150 * EUR_PER_MWH)
    mixed = [member(1, rate_eur=90), member(2, rate_eur=140)]
    (backing,) = offering(case(mixed, contract=limited)).backings
    assert {one.agreement_id for one in backing.plan} == {mixed[0].agreement_id}
    (refused,) = offering(case(mixed[1:], contract=limited)).refused
    assert refused.endswith("no agreement can be activated for what is paid")


def test_a_surplus_that_the_contract_does_not_pay_is_not_offered():
    ten = [member(number, amount_w=-1_000, rate_eur=100) for number in range(1, 11)]
    limited = replace(OPTION_CONTRACT, max_volume_rate=124 * EUR_PER_MWH)
    found = offering(case(ten, 0.9, contract=limited, margin_bp=0))
    assert found.refused == ("100 % of the request: it costs more than the contract pays",)


def test_without_a_contract_no_price_is_too_high():
    dear = [member(1, rate_eur=4_000)]
    assert offering(case(dear)).backings == ()
    free = request(contract_id=None)
    (backing,) = offering(case(dear, asked=free, contract=None)).backings
    assert backing.option.price == -(-backing.cost * 11 // 10)


def test_only_the_direction_of_the_portfolio_is_answered():
    up = member(1, amount_w=2_000)
    assert offering(case([up])).refused == (
        "100 % of the request: nothing is requested in the direction of the portfolio",
    )
    asked = request(isps=tuple((isp, RequestedIsp(True, 0, 1_500)) for isp in REQUESTED))
    assert profile(offering(case([up], asked=asked))) == dict.fromkeys(REQUESTED, 1_500)


def test_a_band_that_begins_away_from_0_is_met_as_a_whole_or_not_at_all():
    least = tuple((isp, RequestedIsp(True, -8_000, -5_000)) for isp in REQUESTED)
    (backing,) = offering(case(THREE, asked=request(isps=least))).backings
    assert backing.option.min_factor_percent == 100
    assert offering(case(THREE[:1], asked=request(isps=least))).backings == ()


def test_what_comes_back_needs_room():
    """Half of the energy comes back in the two hours after, where 2 kW more are allowed."""
    assert len(offering(case(THREE[:1], rebound=(0.5, 8))).backings) == 1
    (refused,) = offering(case(THREE, rebound=(0.5, 8))).refused
    assert "4000 W at 2027-06-07 19:00, where 0 to 2000 W are allowed" in refused


def test_a_site_that_is_busy_is_not_offered():
    found = offering(case(THREE[:1], busy={"site 1": frozenset({FIVE_PM})}))
    assert "site 1 is ordered twice at 2027-06-07 17:00" in found.refused[0]


@pytest.mark.parametrize(
    "wrong", [{"margin_bp": -1}, {"min_factor_percent": 0}, {"shares_percent": (101,)}]
)
def test_a_policy_out_of_range_is_refused(wrong):
    with pytest.raises(ParameterError):
        case(THREE, **wrong)


def test_an_offer_has_an_option():
    with pytest.raises(InputError, match="no option"):
        offer_of(header(2), request(), EXPIRES_S, (), METHOD)


@st.composite
def portfolios(draw: st.DrawFn):
    """Some agreements of all kinds, a request, and how offers are made."""
    members = [
        member(
            number,
            amount_w=-draw(st.integers(1, 5_000)),
            rate_eur=draw(st.integers(0, 320)),
            site_id=f"site {draw(st.integers(1, 6))}",
            max_runtime_isps=draw(st.integers(1, 10)),
            recovery_isps=draw(st.integers(0, 6)),
            max_activations=draw(st.integers(1, 3)),
            notice_isps=draw(st.integers(0, 9)),
        )
        for number in range(1, 1 + draw(st.integers(1, 6)))
    ]
    one_per_site = list({one.site_id: one for one in members}.values())
    need = draw(st.lists(st.integers(0, 90), min_size=8, max_size=8))
    rows = tuple(
        (isp, RequestedIsp(True, -100 * w, 0)) for isp, w in zip(REQUESTED, need, strict=True)
    )
    return case(
        one_per_site,
        draw(st.sampled_from([1.0, 0.95, 0.8, 0.6])),
        request(isps=rows),
        draw(st.sampled_from([None, OPTION_CONTRACT])),
        probability=draw(st.sampled_from([0.5, 0.8, 0.95])),
        min_factor_percent=draw(st.sampled_from([1, 33, 50, 100])),
        shares_percent=draw(st.sampled_from([(100,), (100, 37)])),
        draws=100,
    )


@settings(deadline=None, max_examples=25)
@given(portfolios(), st.integers(1, 100))
def test_every_part_of_every_offer_is_deliverable_and_within_its_price(asked, factor_percent):
    members = {one.agreement_id: one for one in asked.portfolio.members}
    for backing in offering(asked).backings:
        option = backing.option
        assert backing.cost <= option.price
        factor = max(factor_percent, option.min_factor_percent)
        part, plan = option.portion(factor), scaled_plan(backing.plan, factor)
        scaled = replace(option, isps=part.isps, price=part.price, min_factor_percent=100)
        assert undeliverable(scaled, plan, members, {}, asked.recorded_s) == ()
        if asked.contract is not None:
            check_offer_price(asked.contract, dict(part.isps), part.price)
        wanted = dict(asked.request.isps)
        assert all(wanted[isp].min_w <= w < 0 for isp, w in option.isps)


@settings(deadline=None, max_examples=12)
@given(portfolios())
def test_what_is_offered_the_dso_accepts(asked):
    contract_id = asked.contract.contract_id if asked.contract else None
    plain = replace(asked, request=replace(asked.request, contract_id=contract_id))
    if rejections(book(), plain.request, NOON_S):
        return
    known, found = book(plain.request), offering(plain)
    if found.backings:
        made = offer_of(header(2), plain.request, EXPIRES_S, found.backings, METHOD)
        assert rejections(known, made, NOON_S) == ()
