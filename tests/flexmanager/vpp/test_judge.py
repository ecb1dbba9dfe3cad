"""Every rule of the trade: what is accepted, and every reason why something is not."""

from dataclasses import replace

import pytest

from flexmanager.vpp.baseline import BaselineReference
from flexmanager.vpp.book import Book
from flexmanager.vpp.judge import accepted, rejections
from flexmanager.vpp.message import Header, Scope
from flexmanager.vpp.offer import OfferOption
from flexmanager.vpp.rejection import joined
from settlement.clock import Clock, ClockRule
from settlement.errors import InputError
from settlement.orders.capacity import RequestedIsp
from tests.flexmanager.vpp.trading import (
    AGGREGATOR,
    DAY,
    DSO,
    EXPIRES_S,
    FIVE_PM,
    METHOD,
    NOON_S,
    OPTION_CONTRACT,
    REQUESTED,
    SCOPE,
    TRADE,
    book,
    header,
    offer,
    option,
    order,
    prognosis,
    release,
    request,
    revocation,
    rows,
    uuid,
    words,
)
from tests.settlement.defaults import AUTUMN_2027, SPRING_2027, VIENNA


def test_a_day_of_trade_is_accepted():
    """Prognosis, request, two offers, one taken back, the other ordered in part."""
    told = BaselineReference(prognosis_id=uuid(5))
    some = offer(2, option(min_factor_percent=50), baseline=told)
    other = offer(6, baseline=told)
    found = book(
        prognosis(), request(), some, other, revocation(4, uuid(6)), order(3, some, None, 75)
    )
    assert found.order_for(uuid(2)).price == 15_000
    assert dict(found.order_for(uuid(2)).isps) == dict.fromkeys(REQUESTED, -4_500)
    assert found.orderable(NOON_S) == ()


# All messages


def test_every_reason_is_told_at_once():
    broken = request(
        scope=replace(SCOPE, day=DAY - 1, congestion_point="LV9"), isps=(), contract_id="C9"
    )
    assert words(Book(TRADE), broken) == [
        "Invalid CongestionPoint",
        "Period out of bounds",
        "ISPs out of bounds",
        "Lacking Requested Disposition",
        "ContractID rejected",
    ]


def test_reasons_are_one_text_with_semicolons_between_them():
    found = rejections(Book(TRADE), request(contract_id="C;9", revision=0, expires_s=1), NOON_S)
    text = joined(found)
    assert text.count(";") == 1
    assert text.startswith("ExpirationDateTime out of bounds (FlexRequest: second 1, expected ")
    assert text.endswith(
        "ContractID rejected (FlexRequest: C,9, expected a contract of both parties)"
    )


def test_a_copy_is_submitted_already_and_another_content_is_no_copy():
    found = book(request())
    assert words(found, request()) == ["Already Submitted"]
    assert accepted(found, request(), NOON_S) is found
    assert words(found, request(revision=9)) == ["Duplicate Identifier"]
    assert words(found, offer(1)) == ["Duplicate Identifier"]
    with pytest.raises(InputError, match="an id that is not taken"):
        found.having(request(revision=9))


@pytest.mark.parametrize("message", [request(), order(), release()])
def test_what_a_dso_says_no_one_else_may_say(message):
    theirs = replace(message, header=Header(uuid(9), uuid(0), AGGREGATOR, DSO, NOON_S))
    known = book(request(), offer()) if message == order() else Book(TRADE)
    assert words(known, theirs)[:2] == ["Mismatch SenderDomain", "Unknown RecipientDomain"]


@pytest.mark.parametrize("message", [offer(), revocation(), prognosis()])
def test_what_an_aggregator_says_no_one_else_may_say(message):
    theirs = replace(message, header=header(9, DSO))
    known = book(request(), offer()) if message == revocation() else book(request())
    assert words(known, theirs) == ["Mismatch SenderDomain", "Unknown RecipientDomain"]


@pytest.mark.parametrize(
    ("clock", "word"),
    [
        (Clock(30, 60, ClockRule.EU), "ISP duration rejected"),
        (Clock(15, 0, ClockRule.EU), "TimeZone rejected"),
        (Clock(15, 60, ClockRule.NONE), "TimeZone rejected"),
    ],
)
def test_the_market_has_one_clock(clock, word):
    isps = tuple((isp, 1) for isp in clock.day_isps(DAY))
    assert words(Book(TRADE), prognosis(scope=Scope(clock, DAY, "LV1"), isps=isps)) == [word]


@pytest.mark.parametrize(("day", "isps"), [(SPRING_2027, 92), (DAY, 96), (AUTUMN_2027, 100)])
def test_a_day_has_all_its_isps_and_no_others(day, isps):
    scope, index = replace(SCOPE, day=day), VIENNA.day_isps(day)
    assert len(index) == isps
    early_s = VIENNA.start_s(index[0])
    whole = prognosis(scope=scope, isps=tuple((isp, 0) for isp in index))
    assert rejections(Book(TRADE), whole, early_s) == ()
    longer = replace(whole, isps=(*whole.isps, (index[-1] + 1, 0)))
    assert words(Book(TRADE), longer, early_s) == ["ISPs out of bounds"]
    shorter = replace(whole, isps=whole.isps[1:])
    assert words(Book(TRADE), shorter, early_s) == ["Lacking ISPs"]


def test_an_isp_stands_once():
    twice = request(isps=(*request().isps, request().isps[3]))
    assert words(Book(TRADE), twice) == ["ISP conflict"]
    assert "1 ISPs of the message, first 2027-06-07 17:45" in joined(
        rejections(Book(TRADE), twice, NOON_S)
    )
    double = offer(2, replace(option(price=1), isps=(*rows(-100), (FIVE_PM, -100))))
    assert words(book(request()), double) == ["ISP conflict"]


# D-Prognosis


def test_revisions_of_a_prognosis_grow():
    found = book(prognosis(5, revision=3))
    for revision in (0, 2, 3):
        assert words(found, prognosis(6, revision)) == ["Subordinate sequence number"]
    assert words(found, prognosis(6, 4)) == []
    elsewhere = prognosis(6, 1, scope=replace(SCOPE, congestion_point="LV4"))
    assert words(found, elsewhere) == []


# FlexReservationUpdate


def test_a_release_only_ever_lowers_what_is_reserved():
    found = book(release())
    assert words(found, release(7, -4_000)) == []
    assert words(found, release(7, 0)) == []
    assert words(found, release(7, -4_001)) == ["Power value rejection"]
    assert words(found, release(7, 1)) == ["Power value rejection"]
    assert words(Book(TRADE), release(7, -9_000)) == []
    assert words(Book(TRADE), release(7, -9_001)) == ["Power value rejection"]
    assert words(Book(TRADE), release(contract_id="C9")) == ["ContractID rejected"]


def test_a_release_comes_in_time():
    midnight_s = VIENNA.start_s(VIENNA.day_isps(DAY + 1)[0])
    assert words(Book(TRADE), release(), midnight_s) == []
    assert words(Book(TRADE), release(), midnight_s + 1) == ["Deadline expired"]
    early = replace(TRADE, release_lead_s=6 * 3_600)
    assert words(Book(early), release(), midnight_s - 6 * 3_600) == []
    assert words(Book(early), release(), midnight_s - 6 * 3_600 + 1) == ["Deadline expired"]


# FlexRequest


def test_revisions_of_a_request_grow_per_point_day_and_contract():
    found = book(request(7))
    assert words(found, request(6, revision=7)) == ["Subordinate sequence number"]
    assert words(found, request(6, revision=8)) == []
    assert words(found, request(6, contract_id=None)) == []


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (RequestedIsp(True, -2, 3), "Requested Power discrepancy"),
        (RequestedIsp(True, 3, 2), "Power discrepancy"),
        (RequestedIsp(False, -2, 3), "Lacking Requested Disposition"),
    ],
)
def test_a_request_has_one_direction_per_isp(asked, word):
    assert words(Book(TRADE), request(isps=((FIVE_PM, asked),))) == [word]


def test_an_expiry_out_of_bounds_is_told_with_its_bounds():
    (late,) = rejections(Book(TRADE), request(expires_s=NOON_S), NOON_S)
    begins_s = SCOPE.clock.start_s(FIVE_PM)
    assert late.expected == f"after second {NOON_S}, at most {begins_s}"
    empty = rejections(Book(TRADE), request(expires_s=NOON_S, isps=()), NOON_S)
    assert f"after second {NOON_S}" in [one.expected for one in empty]


@pytest.mark.parametrize(
    ("expires_s", "accepted_so"),
    [(NOON_S, False), (NOON_S + 1, True), (SCOPE.clock.start_s(FIVE_PM), True)],
)
def test_a_request_is_good_from_now_to_its_first_requested_isp(expires_s, accepted_so):
    assert (words(Book(TRADE), request(expires_s=expires_s)) == []) is accepted_so
    late = request(expires_s=SCOPE.clock.start_s(FIVE_PM) + 1)
    assert words(Book(TRADE), late) == ["ExpirationDateTime out of bounds"]


# FlexOffer


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"request_id": uuid(77)}, "Unknown FlexRequestMessageID reference"),
        ({"baseline": BaselineReference()}, "No baseline"),
        ({"baseline": BaselineReference(uuid(5), "high")}, "No baseline"),
        ({"baseline": BaselineReference(uuid(78))}, "Unknown D-PrognosisMessageID reference"),
        ({"currency": "DKK"}, "Currency rejected"),
        ({"contract_id": None}, "ContractID rejected"),
        ({"expires_s": NOON_S}, "ExpirationDateTime out of bounds"),
        ({"scope": replace(SCOPE, congestion_point="LV4")}, "Invalid CongestionPoint"),
        ({"options": (option("a"), option("a"))}, "OptionReference rejected"),
        ({"options": (option(power_w=0),)}, "Power value rejection"),
        ({"options": (option(power_w=-8_001),)}, "Power value rejection"),
        ({"options": (option(power_w=1),)}, "Power value rejection"),
        ({"options": (option(price=36_001),)}, "Price above contract"),
    ],
)
def test_an_offer_is_refused(changes, word):
    assert word in words(book(prognosis(), request()), offer(**changes))


@pytest.mark.parametrize(
    ("baseline", "told"),
    [(BaselineReference(), "neither"), (BaselineReference(uuid(5), "high"), "both")],
)
def test_an_offer_names_one_baseline(baseline, told):
    (reason,) = rejections(book(prognosis(), request()), offer(baseline=baseline), NOON_S)
    assert (reason.what, reason.expected) == (told, "a prognosis or a method")


def test_the_maximum_price_itself_is_accepted():
    """6 kW for two hours are 12 kWh, at 300 EUR/MWh 3.60 EUR."""
    assert words(book(request()), offer(2, option(price=36_000))) == []


def test_no_part_of_an_option_costs_more_than_the_contract_allows():
    """Of 1 W half is rounded to 0 W, and half of the price is not."""
    one_w = OfferOption("tiny", 1, ((FIVE_PM, -1_333),), 50)
    dear = replace(one_w, price=1_000)
    assert words(book(request()), offer(2, dear)) == []
    assert words(book(request()), offer(2, OfferOption("w", 1, ((FIVE_PM, -7),), 1))) == []
    spread = OfferOption("spread", 6, tuple((isp, -1) for isp in REQUESTED), 50)
    assert words(book(request()), offer(2, spread)) == ["Price above contract"]
    whole = replace(spread, min_factor_percent=100)
    assert words(book(request()), offer(2, whole)) == []


def test_an_offer_of_another_day_is_no_answer():
    next_day = replace(SCOPE, day=DAY + 1)
    isps = tuple((isp + 96, -100) for isp in REQUESTED)
    other = offer(scope=next_day, options=(replace(option(), price=1, isps=isps),))
    assert "Reference Period mismatch" in words(book(request()), other)


def test_an_offer_outside_the_request_answers_nothing():
    room = range(REQUESTED.stop, REQUESTED.stop + 4)
    astray = OfferOption("rebound", 0, tuple((isp, 2_000) for isp in room))
    assert words(book(request()), offer(2, astray)) == ["Request mismatch"]
    beyond = OfferOption("more", 0, ((FIVE_PM, -100), (FIVE_PM - 1, -100)))
    assert words(book(request()), offer(2, beyond)) == ["Power value rejection"]
    with_rebound = OfferOption("both", 100, (*rows(-6_000), *((isp, 2_000) for isp in room)))
    assert words(book(request()), offer(2, with_rebound)) == []


def test_a_band_holds_at_the_least_factor_too():
    banded = request(isps=tuple((isp, RequestedIsp(True, -8_000, -4_000)) for isp in REQUESTED))
    assert words(book(banded), offer(2, option(min_factor_percent=67))) == []
    assert (
        words(book(banded), offer(2, option(min_factor_percent=66)))
        == ["Power value rejection"] * 8
    )


@pytest.mark.parametrize("power_w", [-8_000, -4_000])
def test_the_ends_of_a_band_belong_to_it(power_w):
    banded = request(isps=tuple((isp, RequestedIsp(True, -8_000, -4_000)) for isp in REQUESTED))
    assert words(book(banded), offer(2, option(power_w=power_w))) == []


def test_an_expired_request_is_not_answered():
    late = offer(expires_s=EXPIRES_S + 600)
    assert words(book(request()), late, EXPIRES_S - 1) == []
    assert words(book(request()), late, EXPIRES_S) == ["Reference message expired"]


def test_options_need_the_consent_of_the_dso():
    plain = replace(TRADE, mutex_offers=False)
    two = offer(2, option("a"), option("b"))
    assert words(book(request()), two) == []
    assert words(book(request(), trade=plain), two) == ["No MutEx offer support"]
    assert words(book(request(), trade=plain), offer()) == []


def test_an_unsolicited_offer_needs_no_request():
    assert words(Book(TRADE), offer(request_id=None, contract_id=None)) == []
    unknown = offer(request_id=None, contract_id="C9")
    assert words(Book(TRADE), unknown) == ["ContractID rejected"]


def test_a_contract_covers_its_dates_only():
    over = replace(OPTION_CONTRACT, last_day=DAY - 1)
    trade = replace(TRADE, contracts={"C1": over})
    assert words(book(request(), trade=trade), offer()) == ["Period out of bounds"]
    one_day = {"C1": replace(OPTION_CONTRACT, first_day=DAY, last_day=DAY)}
    assert words(book(request(), trade=replace(TRADE, contracts=one_day)), offer()) == []


# FlexOfferRevocation


def test_a_revocation_is_refused_once_ordered_revoked_or_over():
    assert words(book(request(), offer()), revocation()) == []
    assert words(book(request()), revocation()) == ["Unknown FlexOfferMessageID reference"]
    assert words(book(request(), offer(), order()), revocation()) == ["Flexibility procured"]
    assert words(book(request(), offer(), revocation()), revocation(9)) == [
        "Reference message revoked"
    ]
    assert words(book(request(), offer()), revocation(), EXPIRES_S) == ["Reference message expired"]


# FlexOrder


def test_an_order_of_what_is_gone_is_refused():
    found = book(request(), offer())
    assert words(found, order(), EXPIRES_S - 1) == []
    assert words(found, order(), EXPIRES_S) == ["Reference message expired"]
    assert words(book(request(), offer(), revocation()), order()) == ["Reference message revoked"]
    assert words(book(request(), offer(), order()), order(9)) == ["Flexibility procured"]
    assert words(book(request()), order()) == ["Unknown FlexOfferMessageID reference"]
    assert words(found, order(offer_id=None)) == ["Unsolicited order"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"price": 20_001}, "Price mismatch"),
        ({"isps": rows(-6_001)}, "Power mismatch"),
        ({"isps": rows(-6_000)[1:]}, "ISP mismatch"),
        ({"isps": (*rows(-6_000), (FIVE_PM + 8, -1))}, "ISP mismatch"),
        ({"option_reference": "none"}, "OptionReference rejected"),
        ({"contract_id": None}, "ContractID rejected"),
        ({"currency": "DKK"}, "Currency rejected"),
        ({"baseline": BaselineReference(method="low")}, "Baseline mismatch"),
        ({"scope": replace(SCOPE, congestion_point="LV4")}, "Invalid CongestionPoint"),
    ],
)
def test_an_order_repeats_its_offer(changes, word):
    assert words(book(request(), offer()), order(**changes)) == [word]


def test_an_order_keeps_to_the_least_factor():
    some = offer(2, option(min_factor_percent=40))
    found = book(request(), some)
    assert words(found, order(3, some, None, 40)) == []
    assert words(found, order(3, some, None, 39)) == ["ActivationFactor rejected"]
    other = replace(order(3, some, None, 40), factor_percent=41)
    assert words(found, other) == ["Power mismatch", "Price mismatch"]


def test_one_of_several_options_is_named():
    two = offer(2, option("a"), option("b", -3_000, 9_000))
    found = book(request(), two)
    assert words(found, order(3, two, "b")) == []
    assert words(found, order(3, two, "b", option_reference=None)) == ["OptionReference rejected"]
    assert words(book(request(), offer()), order(option_reference=None)) == []


def test_an_order_reference_is_used_once():
    found = book(request(), offer(), offer(6, option(power_w=-100, price=1)), order())
    again = order(7, offer(6, option(power_w=-100, price=1)), order_reference="O3")
    assert words(found, again) == ["OrderReference rejected"]


def test_an_aggregator_need_not_take_what_exceeds_its_contract():
    tight = replace(OPTION_CONTRACT, max_runtime_isps=6)
    trade = replace(TRADE, contracts={"C1": tight})
    assert words(book(request(), offer(), trade=trade), order()) == ["Contract exceeded"]
    turned = request(
        isps=tuple((isp, RequestedIsp(True, 0, 8_000)) for isp in REQUESTED), revision=9
    )
    up = offer(6, option(power_w=5_000), request_id=uuid(8))
    found = book(request(), offer(), order(), replace(turned, header=header(8, DSO)), up)
    assert words(found, order(7, up)) == ["Contract exceeded"]


# What no message could carry


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (lambda: Header("no uuid", uuid(0), DSO, AGGREGATOR, 0), "MessageID"),
        (lambda: Header(uuid(1), uuid(0), "", AGGREGATOR, 0), "SenderDomain"),
        (lambda: Header(uuid(1), uuid(0), DSO, "two\nlines", 0), "RecipientDomain"),
        (lambda: Header(uuid(1), uuid(0), DSO, AGGREGATOR, -1), "TimeStamp"),
        (lambda: Scope(VIENNA, 10**9, "LV1"), "Period"),
        (lambda: Scope(Clock(7, 60, ClockRule.EU), DAY, "LV1"), "ISP-Duration"),
        (lambda: request(revision=-1), "Revision"),
        (lambda: request(revision=True), "Revision"),
        (lambda: request(isps=((FIVE_PM, RequestedIsp(1, 0, 0)),)), "Disposition"),
        (lambda: request(isps=((FIVE_PM, RequestedIsp(True, -1.5, 0)),)), "MinPower"),
        (lambda: option(power_w=2**31), "Power of ISP"),
        (lambda: option(power_w=1.0), "Power of ISP"),
        (lambda: OfferOption("a", 1, ((10**12, 1),)), "ISP"),
        (lambda: option(price=-1), "Price"),
        (lambda: option(price="1"), "Price"),
        (lambda: option(min_factor_percent=0), "MinActivationFactor"),
        (lambda: option(min_factor_percent=101), "MinActivationFactor"),
        (lambda: offer(options=()), "OfferOption"),
        (lambda: offer(request_id="1"), "FlexRequestMessageID"),
        (lambda: order(factor_percent=0), "ActivationFactor"),
        (lambda: order(order_reference=""), "OrderReference"),
        (lambda: revocation(offer_id=""), "FlexOfferMessageID"),
        (lambda: release(reference=""), "Reference"),
        (lambda: release(contract_id=""), "ContractID"),
        (lambda: BaselineReference("1"), "D-PrognosisMessageID"),
        (lambda: replace(TRADE, contracts={"C2": OPTION_CONTRACT}), "contract C2"),
    ],
)
def test_what_no_message_could_carry_is_no_record(build, where):
    with pytest.raises(InputError, match=where):
        build()


@pytest.mark.parametrize("isp", [-(10**8), 0, FIVE_PM + 10_000, 2 * 10**8])
def test_isps_far_away_are_refused_and_break_nothing(isp):
    far = ((isp, -100), (isp, -100))
    asked = tuple((isp, RequestedIsp(True, -100, 0)) for isp, _ in far)
    found = book(request(), offer())
    assert "ISPs out of bounds" in words(found, request(9, isps=asked))
    assert "ISPs out of bounds" in words(found, offer(9, replace(option(), isps=far)))
    assert "ISPs out of bounds" in words(found, order(9, isps=far))
    assert "ISPs out of bounds" in words(found, prognosis(9, isps=far))
    assert "ISPs out of bounds" in words(found, release(9, isps=far))


def test_a_baseline_is_named_as_it_was_offered():
    assert offer().baseline == METHOD == order().baseline
