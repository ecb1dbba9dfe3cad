"""What cannot be stated, or not as a message, is refused before it is sent."""

from dataclasses import replace

import pytest

from backend.uftp.fields import amount_of, eur_of
from backend.uftp.stated import SettledAtPoint, state_settlement
from backend.uftp.writing import NO_CONTRACT_ID, settlement_message
from settlement.clock import Clock, ClockRule
from settlement.errors import InputError
from settlement.statement import Period
from tests.backend.uftp.stating import (
    AT_17H,
    HEADER,
    METHOD,
    STATION_7,
    reduction,
    settle,
    stated,
)
from tests.settlement.defaults import VIENNA
from tests.settlement.orders.parties import WEEK, contract, order

PROGNOSIS_ID = "33333333-3333-4333-8333-333333333333"


def test_no_orders_no_message():
    assert settlement_message(stated(settle([], [], [])), HEADER) is None


def test_prognosis_of_an_order_goes_before_the_method_of_its_contract():
    orders = [order("1", AT_17H, -3000), order("2", AT_17H + 1, -3000)]
    point = SettledAtPoint(
        settle(orders, [12000] * 2, [9000] * 2), STATION_7, METHOD, {"2": PROGNOSIS_ID}
    )
    found = state_settlement(VIENNA, WEEK, [point]).orders
    assert [(one.prognosis_id, one.baseline_reference) for one in found] == [
        (None, METHOD),
        (PROGNOSIS_ID, None),
    ]


def test_order_without_a_baseline_to_name():
    with pytest.raises(InputError, match="order 1: no baseline is named"):
        state_settlement(VIENNA, WEEK, [SettledAtPoint(reduction(), STATION_7)])


def test_order_over_midnight_is_no_order_of_the_protocol():
    # 17:00 and 28 ISPs are midnight.
    over = settle([order("1", AT_17H + 27, -1, -1)], [0] * 29, [0] * 29)
    with pytest.raises(InputError, match="order 1: it spans 2027-06-07, 2027-06-08"):
        stated(over)


def test_reference_that_two_contracts_share():
    first, second = (
        settle([order("1", AT_17H, -1)], [0], [0], contract(contract_id=name)) for name in "AB"
    )
    with pytest.raises(InputError, match="order '1' stands 2 times"):
        stated(first, second)


def test_contract_that_comes_twice():
    with pytest.raises(InputError, match="contract 'C1' stands 2 times"):
        stated(settle([], [], []), settle([], [], []))


def test_contract_of_another_period():
    shorter = settle([], [], [], period=Period(WEEK.first_day, WEEK.first_day))
    with pytest.raises(InputError, match="period 2027-06-07 to 2027-06-07; expected 2027-06-07 to"):
        stated(shorter)


def test_contract_of_another_clock():
    utc = contract(clock=Clock(15, 0, ClockRule.NONE))
    with pytest.raises(InputError, match="contract C1: Clock"):
        stated(settle([], [], [], utc))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"congestion_point": "station 7"}, "an entity address"),
        ({"congestion_point": "ean.12345678901"}, "an entity address"),
        ({"prognosis_id": "7", "baseline_reference": None}, "a UUID"),
        ({"baseline_reference": ""}, "1 to 200 characters"),
        ({"contract_id": "two\nlines"}, "1 to 200 characters"),
        ({"reference": "\x1b[2J"}, "1 to 200 characters"),
    ],
)
def test_value_without_the_form_of_its_field(change, found):
    good = stated(reduction())
    bad = replace(good, orders=(replace(good.orders[0], **change),))
    with pytest.raises(InputError, match=found):
        settlement_message(bad, HEADER)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"sender_domain": "localhost"}, "sender: 'localhost'; expected an Internet domain"),
        ({"recipient_domain": "Agr.example"}, "recipient: "),
        ({"message_id": "1"}, "MessageID: '1'; expected a UUID"),
        ({"conversation_id": ""}, "ConversationID: "),
        ({"time": HEADER.time.replace(tzinfo=None)}, "offset from UTC"),
    ],
)
def test_header_without_the_form_of_its_fields(change, found):
    with pytest.raises(InputError, match=found):
        settlement_message(stated(reduction()), replace(HEADER, **change))


def test_name_of_the_stand_in_cannot_be_taken():
    named = settle([order("1", AT_17H, -1)], [0], [0], contract(contract_id=NO_CONTRACT_ID))
    with pytest.raises(InputError, match="which stands for none"):
        settlement_message(stated(named), HEADER)


@pytest.mark.parametrize("amount", [0, 1, -1, 10_000, -123_456_789, 2**200 + 1])
def test_money_is_written_and_read_exactly(amount):
    eur = eur_of(amount)
    assert -eur.as_tuple().exponent == 4
    assert amount_of(eur) == amount


def test_money_of_more_places_is_not_rounded():
    with pytest.raises(InputError, match="at most 4 places"):
        amount_of(eur_of(1) / 10)
