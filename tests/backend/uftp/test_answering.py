"""What the aggregator accepts, disputes and rejects, and what the DSO reads of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from backend.uftp.answer import read_answer
from backend.uftp.answering import (
    Expectation,
    answer_settlement,
    dispute_reason,
    rejection,
    whole_message_reasons,
)
from backend.uftp.document import parse_message
from backend.uftp.fields import Header
from backend.uftp.library import AcceptedDisputed, from_xml, to_xml
from backend.uftp.reading import read_settlement
from backend.uftp.rejection import Rejected
from settlement.errors import InputError
from settlement.statement import Period
from tests.backend.uftp.stating import (
    AGGREGATOR,
    AT_17H,
    CONVERSATION_ID,
    DSO,
    HEADER,
    STATION_7,
    message,
    settle,
    stated,
)
from tests.settlement.defaults import VIENNA
from tests.settlement.orders.parties import WEEK, order

BACK = Header(AGGREGATOR, DSO, "44444444-4444-4444-8444-444444444444", CONVERSATION_ID, HEADER.time)
NOW = WEEK.last_day + 18


def two_orders():
    orders = [order("1", AT_17H, -3000), order("2", AT_17H + 1, -3000)]
    return stated(settle(orders, [12000] * 2, [9000, 10200]))


OWN = two_orders()
EXPECTED = Expectation(OWN, {STATION_7})


def with_order(position=0, of=OWN, **changes):
    orders = list(of.orders)
    orders[position] = replace(orders[position], **changes)
    return replace(of, orders=tuple(orders))


def with_net(difference):
    net = OWN.orders[0].net + difference
    return with_order(net=net, penalty=OWN.orders[0].price - net)


def answered(theirs, expected=EXPECTED):
    """Answer by what came out of the wire, and read the answer from the wire as well."""
    sent = message(theirs)
    received = parse_message(to_xml(sent).encode())
    answer = answer_settlement(received, read_settlement(received, VIENNA), expected, BACK)
    return read_answer(parse_message(to_xml(answer).encode()), sent)


def test_equal_figures_are_accepted():
    answer = answered(OWN)
    assert answer.accepted
    assert answer.disputes == {}


def test_status_of_every_order_by_the_library():
    sent = message(with_net(101))
    answer = answer_settlement(sent, read_settlement(sent, VIENNA), EXPECTED, BACK)
    read = from_xml(to_xml(answer))
    assert read.flex_settlement_message_id == sent.message_id
    assert read.conversation_id == sent.conversation_id
    assert [
        (one.order_reference, one.disposition) for one in read.flex_order_settlement_statuses
    ] == [("1", AcceptedDisputed.DISPUTED), ("2", AcceptedDisputed.ACCEPTED)]


@pytest.mark.parametrize("difference", [100, -100, 1, -1, 0])
def test_a_difference_as_large_as_the_tolerance_is_accepted(difference):
    assert answered(with_net(difference)).disputes == {}


@pytest.mark.parametrize("difference", [101, -101, 10**9])
def test_a_larger_one_is_disputed_with_both_figures(difference):
    (reason,) = answered(with_net(difference)).disputes.values()
    assert reason.startswith("net is ")
    assert reason.endswith("EUR, recomputed 0.1350 EUR; all powers are equal")


def test_tolerance_is_the_contract_s():
    exact = replace(EXPECTED, tolerance=0)
    assert answered(OWN, exact).disputes == {}
    assert list(answered(with_net(1), exact).disputes) == ["1"]


@given(st.integers(-300, 300), st.integers(0, 200))
def test_tolerance_is_symmetric_and_inclusive(difference, tolerance):
    expected = replace(EXPECTED, tolerance=tolerance)
    reason = dispute_reason(with_net(difference).orders[0], OWN.orders[0], expected)
    assert (reason is None) == (abs(difference) <= tolerance)


def test_first_differing_isp_is_named():
    dear = replace(with_net(5000).orders[0])
    wrong = replace(dear, isps=(replace(dear.isps[0], actual_w=8990, delivered_w=-3000),))
    reason = dispute_reason(wrong, OWN.orders[0], EXPECTED)
    assert reason == (
        "net is 0.6350 EUR, recomputed 0.1350 EUR; "
        "first in ISP 69: ActualPower 8990 W, recomputed 9000 W"
    )


def test_order_that_was_never_accepted_is_disputed():
    without = replace(OWN, orders=OWN.orders[:1])
    reasons = answered(OWN, replace(EXPECTED, own=without)).disputes
    assert reasons == {"2": "no such order was accepted for this period"}


def test_order_that_cannot_be_recomputed_is_disputed_with_the_reason():
    without = replace(OWN, orders=OWN.orders[:1])
    unchecked = replace(EXPECTED, own=without, unchecked={"2": "3 of 4 readings are missing"})
    reasons = answered(OWN, unchecked).disputes
    assert reasons == {"2": "not recomputed: 3 of 4 readings are missing"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"contract_id": "C2"}, "contract is C2, recomputed for C1"),
        ({"contract_id": None}, "contract is None, recomputed for C1"),
        ({"day": WEEK.first_day + 1}, "period is 2027-06-08, recomputed for 2027-06-07"),
        (
            {"price": 10_001, "penalty": 10_001, "net": 0},
            "net is 0.0000 EUR, recomputed 0.1350 EUR; price is 1.0001 EUR, recomputed 0.1350 EUR",
        ),
        (
            {"net": 0, "penalty": 1350, "isps": ()},
            "net is 0.0000 EUR, recomputed 0.1350 EUR; first in ISP 69: left out",
        ),
    ],
)
def test_reasons(change, reason):
    assert dispute_reason(with_order(**change).orders[0], OWN.orders[0], EXPECTED) == reason


def whole(theirs=OWN, expected=EXPECTED, today=NOW, settled=()):
    return [one.text for one in whole_message_reasons(theirs, expected, today, settled)]


def test_plausible_settlement_is_not_rejected():
    assert whole() == []
    assert whole(today=WEEK.last_day + 1) == []
    before, after = WEEK.first_day - 1, WEEK.last_day + 1
    assert whole(settled=[Period(before - 5, before), Period(after, after)]) == []


def test_period_that_is_not_over():
    assert whole(today=WEEK.last_day) == [
        "PeriodEnd rejected (settlement: 2027-06-13, expected a period that is over)"
    ]


def test_period_of_more_than_a_month():
    month = replace(OWN, period=Period(WEEK.last_day - 30, WEEK.last_day))
    longer = replace(OWN, period=Period(WEEK.last_day - 31, WEEK.last_day))
    assert whole(month) == []
    assert whole(longer) == [
        "PeriodEnd rejected (settlement: 2027-06-13, expected at most 31 days)"
    ]


@pytest.mark.parametrize("first", [WEEK.first_day - 6, WEEK.first_day, WEEK.last_day])
def test_period_that_was_settled(first):
    (reason,) = whole(settled=[Period(first, first + 6)])
    assert reason.startswith("Period already settled")


def test_order_left_out():
    theirs = replace(OWN, orders=OWN.orders[1:])
    assert whole(theirs) == [
        "Missing Settlement Items (settlement: no order 1, expected every order of the period)"
    ]
    unchecked = replace(EXPECTED, unchecked={"3": "no readings"})
    (reason,) = whole(expected=unchecked)
    assert "no order 3" in reason


def test_foreign_congestion_point():
    (reason,) = whole(expected=replace(EXPECTED, congestion_points={"ean.123456789012"}))
    assert reason.startswith("Invalid CongestionPoint (settlement: ea1.2027-01.org.example.dso")


def test_every_reason_is_given():
    theirs = replace(OWN, orders=OWN.orders[1:])
    reasons = whole(theirs, today=WEEK.first_day, settled=[WEEK])
    assert [one.split(" (")[0] for one in reasons] == [
        "PeriodEnd rejected",
        "Period already settled",
        "Missing Settlement Items",
    ]
    sent = message(theirs)
    answer = read_answer(rejection(sent, reasons, BACK), sent)
    assert not answer.accepted
    assert answer.rejection_reason == "; ".join(reasons)
    assert list(answer.disputes) == ["2"], "all orders of a rejected message may be disputed"


def test_answers_hold_to_the_published_schema(schema):
    sent = message(with_net(5000))
    for answer in (
        answer_settlement(sent, read_settlement(sent, VIENNA), EXPECTED, BACK),
        rejection(sent, ["Missing Settlement Items", "Barred Sender"], BACK),
    ):
        schema.assertValid(etree.fromstring(to_xml(answer).encode()))


def test_longest_reason_still_fits_its_field():
    sent = message()
    answer = rejection(sent, ["Missing Settlement Items (no order)"] * 10_000, BACK)
    assert read_answer(parse_message(to_xml(answer).encode()), sent).accepted is False


def first(found):
    return found.flex_order_settlements[0]


def first_isp(found):
    return first(found).isps[0]


def contract_period(found):
    return found.contract_settlements[0].periods[0]


START = message().period_start


@pytest.mark.parametrize(
    ("of", "field", "value", "reason"),
    [
        (None, "version", "3.0.0", "Invalid Message (message: version 3.0.0, expected 3.1.0)"),
        (None, "currency", "USD", "Invalid Message (message: currency USD, expected EUR)"),
        (None, "period_end", START.replace(day=6), "PeriodEnd rejected (message: 2027-06-06"),
        (None, "period_start", START.replace(day=8), "Period out of bounds (order 1: 2027-06-07"),
        (first, "period", START.replace(day=14), "Period out of bounds (order 1: 2027-06-14"),
        (first, "order_reference", "2", "Invalid Message (settlement: order '2' stands 2 times"),
        (first, "d_prognosis_message_id", CONVERSATION_ID, "Invalid Message (order 1: two base"),
        (first, "net_settlement", Decimal("0.1351"), "Invalid Message (order 1: NetSettlement"),
        (first_isp, "start", 97, "ISPs out of bounds (order 1: ISP 97 with duration 1"),
        (first_isp, "duration", 29, "ISPs out of bounds (order 1: ISP 69 with duration 29"),
        (contract_period, "period", START.replace(day=6), "Period out of bounds (contract C1"),
        (contract_period, "period", START.replace(day=8), "ISP conflict (contract C1: ISP 69"),
    ],
)
def test_content_for_which_a_message_is_rejected(of, field, value, reason):
    sent = message(OWN)
    setattr(of(sent) if of else sent, field, value)
    received = parse_message(to_xml(sent).encode())
    with pytest.raises(Rejected) as refusal:
        read_settlement(received, VIENNA)
    assert refusal.value.text.startswith(reason)


def test_isp_of_an_order_that_stands_twice():
    sent = message(OWN)
    first(sent).isps.append(first_isp(sent))
    with pytest.raises(Rejected, match="ISP 69 stands twice"):
        read_settlement(sent, VIENNA)


SENT = message(OWN)


def response(**changes):
    answer = answer_settlement(SENT, read_settlement(SENT, VIENNA), EXPECTED, BACK)
    for name, value in changes.items():
        setattr(answer, name, value)
    return answer


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"flex_settlement_message_id": CONVERSATION_ID}, "FlexSettlementMessageID 2222"),
        ({"conversation_id": HEADER.message_id}, "ConversationID 1111"),
        ({"sender_domain": "other.example"}, "SenderDomain other.example"),
        ({"recipient_domain": "other.example"}, "RecipientDomain other.example"),
        ({"result": "Rejected"}, "answer: no reason"),
        ({"flex_order_settlement_statuses": []}, "order '1'"),
        (
            {"flex_order_settlement_statuses": response().flex_order_settlement_statuses[:1]},
            "order '2'",
        ),
        (
            {"flex_order_settlement_statuses": response().flex_order_settlement_statuses * 2},
            "order '1'; expected each settled order once",
        ),
    ],
)
def test_answer_that_answers_something_else(changes, found):
    changed = response(**changes)
    with pytest.raises(InputError, match=found):
        read_answer(changed, SENT)


def test_dispute_without_a_reason_is_none():
    answer = response()
    answer.flex_order_settlement_statuses[1].disposition = AcceptedDisputed.DISPUTED
    for reason in (None, "", " \n"):
        answer.flex_order_settlement_statuses[1].dispute_reason = reason
        with pytest.raises(InputError, match="order 2: no reason"):
            read_answer(answer, SENT)


def test_reason_cannot_move_the_cursor():
    answer = response()
    status = answer.flex_order_settlement_statuses[1]
    status.disposition, status.dispute_reason = AcceptedDisputed.DISPUTED, "wrong\n\x9b2Jmeter"
    assert read_answer(answer, SENT).disputes == {"2": "wrong  2Jmeter"}
