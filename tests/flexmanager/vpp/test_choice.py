"""Which offers are ordered: compared, then chosen at least cost; brute force is the oracle."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.vpp.choice import Chosen, choose, compare, shortfalls_w
from flexmanager.vpp.choice_rounding import Goal, rounded
from flexmanager.vpp.judge import rejections
from flexmanager.vpp.offer import FlexOffer, OfferOption
from flexmanager.vpp.order import order_of
from settlement.orders.capacity import RequestedIsp
from tests.flexmanager.vpp.trading import (
    DSO,
    FIVE_PM,
    NOON_S,
    SCOPE,
    book,
    header,
    offer,
    option,
    request,
    uuid,
)
from tests.settlement.defaults import EUR_PER_MWH

DEAR = 10_000 * EUR_PER_MWH


def named(found) -> list[tuple[str, str, int]]:
    """Which options were chosen: number of the offer, option, percent."""
    return [
        (one.offer.header.message_id[-1], one.option.reference, one.factor_percent)
        for one in found.chosen
    ]


def test_options_are_compared_by_the_price_of_what_is_effective():
    """8 kW are requested for two hours: of 10 kW only 8 relieve."""
    much = OfferOption("much", 40_000, tuple((isp, -10_000) for isp, _ in option().isps))
    found = compare(request(), [offer(2, much), offer(3, option("fits", -8_000, 40_000))])
    assert [one.price_per_kwh for one in found] == [Fraction(2_500)] * 2
    assert [one.effective_w_isps for one in found] == [64_000] * 2
    cheap, dear = option("cheap", price=10_000), option("dear", price=30_000)
    ranked = compare(request(), [offer(2, dear), offer(3, cheap)])
    assert [one.option.reference for one in ranked] == ["cheap", "dear"]


def test_what_is_not_requested_is_worth_nothing():
    useless = OfferOption("late", 1, ((FIVE_PM + 12, -100),))
    wrong = OfferOption("wrong way", 1, ((FIVE_PM, 100),))
    found = compare(request(), [offer(2, useless, wrong), offer(3)])
    assert [one.option.reference for one in found] == ["all", "late", "wrong way"]
    assert [one.price_per_kwh for one in found[1:]] == [None, None]
    assert named(choose(request(), [offer(2, useless, wrong)], DEAR)) == []


def test_the_cheapest_cover_is_chosen():
    dear = offer(2, option("dear", -8_000, 50_000))
    cheap = offer(3, option("half", -4_000, 10_000))
    other = offer(4, option("other half", -4_000, 12_000))
    found = choose(request(), [dear, cheap, other], DEAR)
    assert named(found) == [("3", "half", 100), ("4", "other half", 100)]
    assert found.price == 22_000
    assert set(found.shortfall_w.values()) == {0}
    assert found.objective == pytest.approx(22_000)
    assert found.bound <= found.objective + 1e-6


def test_options_of_an_offer_exclude_each_other():
    both = offer(2, option("a", -4_000, 1_000), option("b", -4_000, 1_100))
    found = choose(request(), [both], DEAR)
    assert named(found) == [("2", "a", 100)]
    assert set(found.shortfall_w.values()) == {4_000}


def test_no_more_is_ordered_than_needed_where_a_part_may_be():
    some = offer(2, option(power_w=-8_000, price=40_000, min_factor_percent=10))
    rest = offer(3, option("rest", -2_000, 5_000))
    found = choose(request(), [some, rest], DEAR)
    assert named(found) == [("3", "rest", 100), ("2", "all", 75)]
    assert found.price == 35_000
    assert named(choose(request(), [some, rest], DEAR, partial=False)) == [("2", "all", 100)]


def test_a_least_factor_is_kept():
    small = request(isps=((FIVE_PM, RequestedIsp(True, -1_000, 0)),))
    some = offer(2, OfferOption("all", 10_000, ((FIVE_PM, -8_000),), 40))
    assert named(choose(small, [some], DEAR)) == [("2", "all", 40)]


def test_what_costs_more_than_it_is_worth_is_not_ordered():
    """12 kWh for 2 EUR are 166.67 EUR/MWh."""
    assert named(choose(request(), [offer()], 166 * EUR_PER_MWH)) == []
    assert named(choose(request(), [offer()], 167 * EUR_PER_MWH)) == [("2", "all", 100)]


def test_rebound_stays_within_the_room_summed_over_all_orders():
    """There is room for 2 kW more after 19:00."""

    def with_rebound(number: int, rebound_w: int) -> FlexOffer:
        after = tuple((isp, rebound_w) for isp in range(FIVE_PM + 8, FIVE_PM + 10))
        return offer(number, OfferOption("all", 5_000, (*option(power_w=-4_000).isps, *after)))

    assert (
        len(choose(request(), [with_rebound(2, 1_000), with_rebound(3, 1_000)], DEAR).chosen) == 2
    )
    assert (
        len(choose(request(), [with_rebound(2, 1_000), with_rebound(3, 1_001)], DEAR).chosen) == 1
    )


def test_power_outside_the_request_is_not_ordered():
    """An unsolicited offer may move loads where the DSO has left no room."""
    beyond = OfferOption("all", 5_000, (*option().isps, (FIVE_PM - 1, -100)))
    assert named(choose(request(), [offer(2, beyond, request_id=None)], DEAR)) == []


def test_factors_that_break_the_band_in_whole_percents_are_no_choice():
    """There is room for 2 kW after 19:00: of 2.02 kW 99.0 percent fit, of 2.1 kW no 99 do."""

    def after(rebound_w: int, least: int) -> Chosen:
        rows = (*option().isps, (FIVE_PM + 8, rebound_w))
        made = offer(2, OfferOption("all", 5_000, rows, least))
        return Chosen(made, made.options[0], 100)

    goal = Goal.of(request(), DEAR)
    (fitting,) = rounded(goal, [(after(2_020, 50), 99.005)], True)
    assert fitting.factor_percent == 99
    assert rounded(goal, [(after(2_100, 99), 99.0)], True) is None


def test_equal_offers_are_chosen_by_their_identity():
    twins = [offer(number, option(power_w=-8_000)) for number in (7, 3, 5)]
    assert named(choose(request(), twins, DEAR)) == named(choose(request(), twins[::-1], DEAR))
    assert [one.offer.header.message_id for one in compare(request(), twins)] == [
        uuid(3), uuid(5), uuid(7)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offers", "rate"),
    [
        ([offer()], 0),
        ([offer(), offer()], DEAR),
        ([offer(scope=SCOPE.__class__(SCOPE.clock, SCOPE.day, "LV4"))], DEAR),
    ],
)
def test_offers_that_cannot_be_compared_are_refused(offers, rate):
    with pytest.raises(ParameterError):
        choose(request(), offers, rate)


def test_nothing_to_choose_from_leaves_everything_uncovered():
    found = choose(request(), [], DEAR)
    assert found.chosen == ()
    assert set(found.shortfall_w.values()) == {8_000}


@st.composite
def small_offers(draw: st.DrawFn) -> list[FlexOffer]:
    """One to three offers of one or two options over two ISPs, in coarse parts."""
    found = []
    for number in range(2, 2 + draw(st.integers(1, 3))):
        options = [
            OfferOption(
                name,
                draw(st.integers(0, 50)) * 20,
                tuple((FIVE_PM + at, -100 * draw(st.integers(0, 60))) for at in range(2)),
                draw(st.sampled_from([100, 50])),
            )
            for name in draw(st.sampled_from(["a", "ab"]))
        ]
        found.append(offer(number, *options))
    return found


def cost(asked, chosen: list[Chosen], rate: int) -> Fraction:
    """Price and priced shortfall of orders, exact."""
    short_w = sum(shortfalls_w(asked, chosen).values())
    minutes = asked.scope.clock.isp_minutes
    return sum(one.portion.price for one in chosen) + Fraction(short_w * minutes * rate, 60_000_000)


@settings(deadline=None, max_examples=30)
@given(small_offers(), st.integers(1, 60), st.integers(1, 60), st.sampled_from([1, 100, 300, 900]))
def test_no_combination_costs_less(offers, first_kw, second_kw, rate_eur):
    """Brute force over all options with the factors 50, 75 and 100 percent, and none."""
    rate = rate_eur * EUR_PER_MWH
    bands = ((FIVE_PM, -100 * first_kw), (FIVE_PM + 1, -100 * second_kw))
    asked = request(isps=tuple((isp, RequestedIsp(True, w, 0)) for isp, w in bands))
    found = choose(asked, offers, rate)
    # A factor may be rounded up by a percent, and each power by half a W.
    percent = Fraction(sum(one.portion.price for one in found.chosen), 100)
    tolerance = percent + len(offers) * (1 + Fraction(15 * rate, 60_000_000))
    ours = cost(asked, list(found.chosen), rate)
    alternatives = [
        [None, *(Chosen(one, part, percent) for part in one.options for percent in (50, 75, 100)
                 if percent in part.factors_percent)]
        for one in offers
    ]  # fmt: skip
    for combination in product(*alternatives):
        assert ours <= cost(asked, [one for one in combination if one], rate) + tolerance
    assert found.bound - tolerance <= ours == pytest.approx(found.objective)
    assert found == choose(asked, offers[::-1], rate)


@settings(deadline=None, max_examples=40)
@given(small_offers(), st.integers(1, 60))
def test_what_is_chosen_can_be_ordered(offers, need):
    """Every order of a choice passes the aggregator's own judgement."""
    asked = request(
        isps=tuple((FIVE_PM + at, RequestedIsp(True, -100 * need, 0)) for at in range(2)),
        contract_id=None,
    )
    made = book(asked)
    taken = []
    for one in offers:
        plain = FlexOffer(one.header, one.scope, one.expires_s, one.options, one.baseline, uuid(1))
        if not rejections(made, plain, NOON_S):
            made = made.having(plain)
            taken.append(plain)
    for number, one in enumerate(choose(asked, taken, DEAR).chosen, start=50):
        wanted = order_of(
            one.offer, one.option, one.factor_percent, f"O{number}", header(number, DSO)
        )
        assert rejections(made, wanted, NOON_S) == ()
        made = made.having(wanted)
