"""DSO to aggregator and back, over HTTP on loopback with signatures."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from shapeshifter_uftp import ShapeshifterDsoAgrClient

from backend.uftp.answering import Expectation
from backend.uftp.document import ENVELOPE_BYTES_MAX, parse_message
from backend.uftp.endpoint import deliver
from backend.uftp.library import UsefRole
from backend.uftp.memory import Outgoing
from backend.uftp.rejection import TransportRefused
from backend.uftp.sealing import open_envelope, seal, unseal
from settlement.errors import InputError
from tests.backend.uftp.exchange import Exchange, exchange, listening, post
from tests.backend.uftp.keys import AGGREGATOR_KEY, AGGREGATOR_PUBLIC, DSO_KEY, STRANGER_KEY
from tests.backend.uftp.stating import (
    AGGREGATOR,
    AT_17H,
    DSO,
    HEADER,
    STATION_7,
    message,
    settle,
    stated,
)
from tests.settlement.orders.parties import WEEK, order

ORDERS = [order("1", AT_17H, -3000), order("2", AT_17H + 1, -3000)]
OWN = stated(settle(ORDERS, [12000] * 2, [9000, 10200]))
OTHER_READING = stated(settle(ORDERS, [12000] * 2, [9000, 9900]))


@pytest.fixture
def parties():
    with exchange() as found:
        found.expected[WEEK] = Expectation(OWN, {STATION_7})
        yield found


def endpoint(parties):
    return parties.dso.directory[AGGREGATOR, "AGR"].endpoint


def envelope_back(parties, document):
    """What the aggregator sends for a document, taken before it is sent."""
    parties.aggregator.receive(document)
    ((number, outgoing),) = parties.aggregator.memory.waiting().items()
    parties.aggregator.memory.delivered(number)
    return outgoing.document


def answer_to(parties, document):
    """The same as a message class of the library."""
    envelope = open_envelope(envelope_back(parties, document))
    return unseal(envelope, AGGREGATOR_PUBLIC)[0]


def test_agreement(parties):
    answer = parties.settle(OWN)
    assert answer.accepted
    assert answer.disputes == {}
    assert parties.dso.memory.waiting() == {}
    assert parties.aggregator.memory.settled(DSO) == [WEEK]


def test_dispute_by_own_meter_data(parties):
    answer = parties.settle(OTHER_READING)
    assert answer.accepted
    assert answer.disputes == {
        "2": "net is 0.0405 EUR, recomputed 0.0090 EUR; first in ISP 70: ActualPower 9900 W, "
        "recomputed 10200 W, DeliveredFlexPower -2100 W, recomputed -1800 W, "
        "PowerDeficiency 900 W, recomputed 1200 W"
    }


def test_conversation_is_kept_and_messages_are_new(parties):
    sent = parties.dso.send(OWN, AGGREGATOR)
    (waiting,) = parties.dso.memory.waiting().values()
    back = answer_to(parties, waiting.document)
    assert back.conversation_id == sent.conversation_id
    assert back.flex_settlement_message_id == sent.message_id
    assert len({back.message_id, sent.message_id, sent.conversation_id}) == 3
    assert (back.sender_domain, back.recipient_domain) == (AGGREGATOR, DSO)


def test_signed_bytes_are_kept_as_evidence(parties):
    parties.settle(OWN)
    ((_, sent, _),) = parties.answers
    kept = parties.aggregator.memory.sealed(DSO, sent.message_id)
    assert kept == parties.dso.memory.sealed(DSO, sent.message_id)
    assert parse_message(kept[64:]) == sent


def test_same_message_again(parties):
    document = seal(message(OWN), UsefRole.DSO, DSO_KEY)
    assert answer_to(parties, document).result == "Accepted"
    again = answer_to(parties, document)
    assert (again.result, again.rejection_reason) == ("Rejected", "Already Submitted")


def test_other_content_under_the_same_identifier(parties):
    answer_to(parties, seal(message(OWN), UsefRole.DSO, DSO_KEY))
    again = answer_to(parties, seal(message(OTHER_READING), UsefRole.DSO, DSO_KEY))
    assert (again.result, again.rejection_reason) == ("Rejected", "Duplicate Identifier")


def test_repetition_reaches_the_dso_without_replacing_the_first_answer(parties):
    sent = parties.dso.send(OTHER_READING, AGGREGATOR)
    document = seal(sent, UsefRole.DSO, DSO_KEY)
    for _ in range(2):
        parties.dso.receive(envelope_back(parties, document))
    ((_, _, answer),) = parties.answers
    assert list(answer.disputes) == ["2"]


def test_answer_that_comes_twice_is_taken_once(parties):
    sent = parties.dso.send(OWN, AGGREGATOR)
    back = envelope_back(parties, seal(sent, UsefRole.DSO, DSO_KEY))
    parties.dso.receive(back)
    parties.dso.receive(back)
    assert len(parties.answers) == 1


def test_other_answer_under_the_same_identifier(parties):
    sent = parties.dso.send(OWN, AGGREGATOR)
    back = envelope_back(parties, seal(sent, UsefRole.DSO, DSO_KEY))
    parties.dso.receive(back)
    other = unseal(open_envelope(back), AGGREGATOR_PUBLIC)[0]
    other.time_stamp = "2027-07-02T08:00:00+00:00"
    with pytest.raises(TransportRefused, match="400: Duplicate Identifier"):
        parties.dso.receive(seal(other, UsefRole.AGR, AGGREGATOR_KEY))


def test_period_is_settled_once_until_both_agree_to_reopen_it(parties):
    assert parties.settle(OTHER_READING).accepted
    second = parties.settle(OWN)
    assert not second.accepted
    assert second.rejection_reason.startswith("Period already settled (")
    parties.aggregator.memory.reopen(DSO, WEEK)
    assert parties.settle(OWN).disputes == {}


def test_rejected_settlement_settles_nothing(parties):
    one = stated(settle(ORDERS[:1], [12000] * 2, [9000, 10200]))
    answer = parties.settle(one)
    assert answer.rejection_reason.startswith("Missing Settlement Items (settlement: no order 2")
    assert parties.settle(OWN).accepted


def test_library_s_own_client_is_answered(parties):
    client = ShapeshifterDsoAgrClient(
        sender_domain=DSO,
        signing_key=DSO_KEY,
        recipient_domain=AGGREGATOR,
        recipient_endpoint=endpoint(parties),
    )
    client.send_flex_settlement(parties.dso.send(OWN, AGGREGATOR))
    assert parties.wait_for_answer().accepted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sender_domain": "other.example"}, "Mismatch SenderDomain"),
        ({"recipient_domain": "other.example"}, "Unknown RecipientDomain"),
    ],
)
def test_message_from_or_to_someone_else(parties, changes, reason):
    document = seal(message(OWN, replace(HEADER, **changes)), UsefRole.DSO, DSO_KEY)
    # The envelope always names who signed: that is who gets the answer.
    document = document.replace(b'SenderDomain="other.example"', f'SenderDomain="{DSO}"'.encode())
    back = answer_to(parties, document)
    assert back.result == "Rejected"
    assert back.rejection_reason.startswith(reason)
    assert back.recipient_domain == DSO


def test_http(parties):
    good = seal(message(OWN), UsefRole.DSO, DSO_KEY)
    url = endpoint(parties)

    def status(document, **headers):
        return post(url, document, **headers)[0]

    assert status(good, **{"Content-Type": "application/json"}) == 400
    assert status(good, **{"Content-Type": "text/xml; charset=iso-8859-1"}) == 400
    assert status(b"<SignedMessage/>") == 400
    assert status(b" " * (ENVELOPE_BYTES_MAX + 1)) == 400
    assert status(seal(message(OWN), UsefRole.DSO, STRANGER_KEY)) == 401
    assert status(seal(message(OWN), UsefRole.AGR, DSO_KEY)) == 419
    assert parties.aggregator.memory.settled(DSO) == []
    assert status(good, **{"Content-Type": 'text/xml;charset="UTF-8"'}) == 200


def test_request_without_a_length(parties):
    at = urlsplit(endpoint(parties))
    # In one piece: the answer comes at the head already, and closes the connection.
    request = f"POST {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: text/xml\r\n"
    request += "Transfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"
    with socket.create_connection((at.hostname, at.port), timeout=20) as connection:
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 411 ")


def test_deliveries_at_once_send_a_message_once(parties, monkeypatch):
    posted = []
    receive = parties.aggregator.receive
    monkeypatch.setattr(
        parties.aggregator, "receive", lambda document: (posted.append(document), receive(document))
    )
    parties.dso.send(OWN, AGGREGATOR)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, [parties.dso] * 4))
    assert parties.wait_for_answer().accepted
    assert len(posted) == 1


def test_failure_of_the_recomputation_is_no_answer(parties):
    parties.expected.clear()
    document = seal(message(OWN), UsefRole.DSO, DSO_KEY)
    assert post(endpoint(parties), document)[0] == 500
    parties.expected[WEEK] = Expectation(OWN, {STATION_7})
    assert answer_to(parties, document).result == "Accepted", "the sender may send it again"


def test_undelivered_messages_wait_and_refused_ones_do_not(parties):
    parties.dso.memory.queue(Outgoing(AGGREGATOR, b"<SignedMessage/>"))
    sent = parties.dso.send(OWN, AGGREGATOR)
    deliver(parties.dso)
    (refusal,) = parties.dso.memory.refusals()
    assert refusal.startswith(f"{AGGREGATOR}: HTTP 400")
    assert parties.dso.memory.waiting() == {}, "a refused message does not hold up the next"
    assert parties.aggregator.memory.sealed(DSO, sent.message_id)


def test_nobody_listens():
    with listening() as (_, url):
        pass
    with closing(Exchange(url, url)) as parties:
        parties.dso.send(OWN, AGGREGATOR)
        deliver(parties.dso)
        assert len(parties.dso.memory.waiting()) == 1
        assert parties.dso.memory.refusals() == []


def test_desks_take_their_own_kind_only(parties):
    sent = parties.dso.send(OWN, AGGREGATOR)
    settlement = seal(sent, UsefRole.DSO, DSO_KEY)
    answer = unseal(open_envelope(envelope_back(parties, settlement)), AGGREGATOR_PUBLIC)[0]
    answer.sender_domain, sent.sender_domain = DSO, AGGREGATOR
    with pytest.raises(TransportRefused, match="400: an aggregator takes settlements only"):
        parties.aggregator.receive(seal(answer, UsefRole.DSO, DSO_KEY))
    with pytest.raises(TransportRefused, match="400: a DSO takes answers only"):
        parties.dso.receive(seal(sent, UsefRole.AGR, AGGREGATOR_KEY))


def test_answer_to_a_settlement_that_was_never_sent(parties):
    back = envelope_back(parties, seal(message(OWN), UsefRole.DSO, DSO_KEY))
    with pytest.raises(TransportRefused, match="FlexSettlementMessageID 1111"):
        parties.dso.receive(back)
    assert parties.answers == []


def test_settlement_for_an_aggregator_that_is_not_known(parties):
    with pytest.raises(InputError, match="aggregator 'stranger"):
        parties.dso.send(OWN, "stranger.example")


def test_settlement_that_no_one_would_take_is_not_sent(parties):
    huge = replace(OWN.orders[0], price=10**17, penalty=10**17 - 1350)
    with pytest.raises(InputError, match="at most four places"):
        parties.dso.send(replace(OWN, orders=(huge,)), AGGREGATOR)
    assert parties.dso.memory.waiting() == {}
