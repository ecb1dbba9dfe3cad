"""Messages as documents: there and back, and nothing that is not one."""

import json

import pytest

from flexmanager.vpp.document import from_document, to_document
from settlement.errors import InputError
from tests.flexmanager.vpp.trading import (
    offer,
    option,
    order,
    prognosis,
    release,
    request,
    revocation,
)

MESSAGES = [
    request(),
    request(contract_id=None, service_type="fast"),
    prognosis(),
    offer(2, option("a"), option("b", min_factor_percent=7)),
    offer(request_id=None, contract_id=None),
    revocation(),
    release(),
    order(factor_percent=100),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: type(one).__name__)
def test_a_message_comes_back_from_its_document(message):
    carried = json.loads(json.dumps(to_document(message)))
    assert from_document(carried, "message") == message


def changed(path: str, value: object) -> dict:
    """The document of an offer with one value replaced, or left out."""
    document = json.loads(json.dumps(to_document(offer())))
    found = document
    *way, last = path.split("/")
    for step in way:
        found = found[int(step) if step.isdigit() else step]
    if value is KeyError:
        del found[last]
    else:
        found[int(last) if last.isdigit() else last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("kind", "Order", "message: no kind of message"),
        ("kind", ["FlexOffer"], "message: no kind of message"),
        ("header", None, "message.header: None"),
        ("header/sender", 7, "message.header.sender: 7; expected str"),
        ("header/sent_s", True, "message.header.sent_s: True; expected int"),
        ("header/sent_s", 1.0, "message.header.sent_s: 1.0; expected int"),
        ("header/sent_s", KeyError, "message.header: "),
        ("header/more", 1, "message.header: "),
        ("expires_s", "1", "message.expires_s: '1'; expected int"),
        ("scope/clock/rule", 9, r"message.scope.clock.rule: 9; expected one of \[0, 1, 2\]"),
        ("scope/clock/rule", True, "message.scope.clock.rule: True"),
        ("options", {}, "message.options: {}; expected a list"),
        ("options", [], "OfferOption: no option; expected at least one"),
        ("options/0/isps/3", [1], r"message.options\[0\].isps\[3\]: 1 values; expected 2 values"),
        ("options/0/isps/3", [1, 2.5], r"message.options\[0\].isps\[3\]\[1\]: 2.5; expected int"),
        ("options/0/isps/3", [1, 2**40], "Power of ISP 1"),
        ("options/0/price", -1, "Price: -1"),
        ("request_id", 3, "message.request_id: 3; expected str"),
        ("contract_id", "", "ContractID: ''"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(path, value, where):
    with pytest.raises(InputError, match=where):
        from_document(changed(path, value), "message")


@pytest.mark.parametrize("document", [None, [], 7, "FlexOffer", {}, {"kind": None}])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(InputError, match="no kind of message"):
        from_document(document, "message")
