"""Random damage to messages: what is taken here, the published schema takes as well."""

from hypothesis import event, given, settings
from hypothesis import strategies as st
from lxml import etree

from backend.uftp.answering import rejection
from backend.uftp.document import parse_message
from backend.uftp.library import to_xml
from settlement.errors import InputError
from tests.backend.uftp.stating import HEADER, message, reduction, stated

DOCUMENTS = [
    to_xml(message()),
    to_xml(message(stated(reduction(), bilateral=False))),
    to_xml(rejection(message(), ["Barred Sender"], HEADER)),
]
VALUES = [
    *("", " ", "0", "1", "-1", "+1", "007", "1.5", "1.0", "1e3", "NaN", "true", "Accepted"),
    *("Disputed", "EUR", "eur", "3.1.0", "a.example", "2027-06-07", "2027-02-29", "2027-06-07Z"),
    *("2027-06-07T00:00:00Z", "2027-06-07T24:00:00Z", "2027-06-07T23:59:60Z", "PT15M", "٣"),
    *("11111111-1111-4111-8111-11111111111G", "ean.123456789012", "ea1.2027-06.x:", "0.12345"),
]
NAMES = [
    *("Start", "Duration", "Price", "Penalty", "Period", "ContractID", "OrderReference", "Result"),
    *("MessageID", "PowerDeficiency", "RequestedPower", "D-PrognosisMessageID", "Unknown"),
]


def damage(draw: st.DrawFn, root: etree._Element) -> None:
    """Do one thing to one element."""
    one = draw(st.sampled_from(list(root.iter())))
    kind = draw(st.sampled_from(["value", "drop", "add", "remove", "repeat", "move", "text"]))
    parent = one.getparent()
    if kind == "value" and one.attrib:
        one.set(draw(st.sampled_from(sorted(one.attrib))), draw(st.sampled_from(VALUES)))
    elif kind == "drop" and one.attrib:
        del one.attrib[draw(st.sampled_from(sorted(one.attrib)))]
    elif kind == "add":
        one.set(draw(st.sampled_from(NAMES)), draw(st.sampled_from(VALUES)))
    elif kind == "text":
        one.text = draw(st.sampled_from(["", " ", "\n", "x", "0"]))
    elif parent is not None and kind == "remove":
        parent.remove(one)
    elif parent is not None and kind == "repeat":
        parent.append(etree.fromstring(etree.tostring(one)))
    elif parent is not None and kind == "move":
        parent.insert(draw(st.integers(0, len(parent) - 1)), one)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_is_taken_that_the_published_schema_refuses(schema, data):
    root = etree.fromstring(data.draw(st.sampled_from(DOCUMENTS)).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        damage(data.draw, root)
    document = etree.tostring(root, encoding="utf-8")
    try:
        parse_message(document)
        taken = True
    except InputError:
        taken = False
    valid = schema.validate(etree.fromstring(document))
    event(f"taken {taken}, valid {valid}")
    assert valid or not taken
