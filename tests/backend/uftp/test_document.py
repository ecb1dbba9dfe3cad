"""Documents of strangers: whatever breaks the schema, or aims at the parser, is refused."""

import re
import warnings

import pytest
from lxml import etree

from backend.uftp.answering import rejection
from backend.uftp.document import MESSAGE_BYTES_MAX, parse_envelope, parse_message
from backend.uftp.library import from_xml, to_xml
from settlement.errors import InputError
from tests.backend.uftp.stating import HEADER, message

GOOD = to_xml(message())
ANSWER = to_xml(rejection(message(), ["Barred Sender"], HEADER))

# Each replaces the first match in a good settlement; the schema refuses the result too.
BROKEN = {
    "identifier too short": ('MessageID="1', 'MessageID="'),
    "identifier no hexadecimal": ('MessageID="1', 'MessageID="g'),
    "identifier with a line break": ('1111" C', '1111&#10;" C'),
    "identifier missing": (' MessageID="[^"]*"', ""),
    "conversation missing": (' ConversationID="[^"]*"', ""),
    "result missing": (' Result="[^"]*"', ""),
    "result unknown": ('Result="Accepted"', 'Result="accepted"'),
    "version missing": (' Version="3.1.0"', ""),
    "version no version": ('Version="3.1.0"', 'Version="3.1"'),
    "version in other digits": ('Version="3.1.0"', 'Version="३.1.0 "'),
    "domain without a dot": ('SenderDomain="dso.example.org"', 'SenderDomain="localhost"'),
    "domain in capitals": ('SenderDomain="dso', 'SenderDomain="DSO'),
    "time no time": ('TimeStamp="2027', 'TimeStamp="27'),
    "period start missing": (' PeriodStart="[^"]*"', ""),
    "period end no day of the calendar": ('PeriodEnd="2027-06-13', 'PeriodEnd="2027-06-31'),
    "currency missing": (' Currency="EUR"', ""),
    "currency no code": ('Currency="EUR"', 'Currency="€"'),
    "order without period": ('"1" Period="2027-06-07"', '"1"'),
    "order without congestion point": (' CongestionPoint="[^"]*"', ""),
    "congestion point no address": ('CongestionPoint="ea1', 'CongestionPoint="ea2'),
    "prognosis no identifier": (" BaselineReference=", " D-PrognosisMessageID="),
    "price missing": (' Price="[^"]*"', ""),
    "price of five places": ('Price="0.5400"', 'Price="0.54001"'),
    "price no number": ('Price="0.5400"', 'Price="NaN"'),
    "price infinite": ('Price="0.5400"', 'Price="INF"'),
    "price with exponent": ('Price="0.5400"', 'Price="54E-2"'),
    "price with comma": ('Price="0.5400"', 'Price="0,5400"'),
    "net missing": (' NetSettlement="[^"]*"', ""),
    "penalty empty": ('Penalty="0.4710"', 'Penalty=""'),
    "ISP from 0": ('Start="69"', 'Start="0"'),
    "ISP from -1": ('Start="69"', 'Start="-1"'),
    "ISP from a fraction": ('Start="69"', 'Start="69.0"'),
    "ISP start missing": (' Start="69"', ""),
    "ISP of no duration": ('Duration="1"', 'Duration="0"'),
    "power with a fraction": ('ActualPower="9000"', 'ActualPower="9000.5"'),
    "power with places": ('ActualPower="9000"', 'ActualPower="9000.0"'),
    "power in other digits": ('ActualPower="9000"', 'ActualPower="٩000"'),
    "power in hexadecimal": ('ActualPower="9000"', 'ActualPower="0x9"'),
    "power with underscore": ('ActualPower="9000"', 'ActualPower="9_000"'),
    "power missing": (' ActualPower="9000"', ""),
    "baseline missing": (' BaselinePower="12000"', ""),
    "deficiency empty": ('PowerDeficiency="0"', 'PowerDeficiency=""'),
    "unknown attribute": (' Price="', ' Bonus="1" Price="'),
    "unknown attribute of a namespace": (' Price="', ' xmlns:a="b" a:Price="1" Price="'),
    "unknown element": ("<ISP ", "<Isp/><ISP "),
    "element of a namespace": ("<FlexSettlement ", '<FlexSettlement xmlns="urn:x" '),
    "other root": ("FlexSettlement", "FlexBill"),
    "text": ("<ISP ", "pay more<ISP "),
    "order without ISP": (r"(?s)<ISP Start=\"69\".*</FlexOrder", "</FlexOrder"),
    "no order": (r"(?s)<FlexOrderSettlement.*</FlexOrderSettlement>", ""),
    "no contract": (r"(?s)<ContractSettlement.*</ContractSettlement>", ""),
    "contract period without ISP": (r'(<Period Period="2027-06-08">)\s*<ISP[^>]*>', r"\1"),
    "contract before order": (
        r"(?s)(<FlexOrderSettlement.*</FlexOrderSettlement>)(.*)(</FlexSettlement>)",
        r"\2\1\3",
    ),
    "reservation missing": (' ReservedPower="-3000"', ""),
    "requested power empty": (' ReservedPower="-3000"', ' ReservedPower="1" RequestedPower=""'),
}  # fmt: skip

# The schema lets these pass; its prose, or prudence, does not.
STRICTER = {
    "time without offset": (r'08:00:00\+00:00"', '08:00:00"'),
    "date with offset": ('PeriodEnd="2027-06-13"', 'PeriodEnd="2027-06-13Z"'),
    "date before the calendar": ('PeriodEnd="2027-06-13"', 'PeriodEnd="0001-01-01"'),
    "order without reference": (' OrderReference="1"', ""),
    "order with an empty reference": ('OrderReference="1"', 'OrderReference=""'),
    "reference that moves the cursor": ('OrderReference="1"', 'OrderReference="&#155;2J"'),
    "contract without identifier": ('<ContractSettlement ContractID="C1"', "<ContractSettlement"),
    "power of a million digits": ('"9000"', '"' + "9" * 1_000_000 + '"'),
    "power of 13 digits": ('"9000"', '"1000000000000"'),
    "price of 13 digits": ('Price="0.5400"', 'Price="1000000000000"'),
    "duration of five digits": ('Duration="1"', 'Duration="10000"'),
    "power with a space": ('"9000"', '" 9000"'),
}


def changed(change, text=GOOD):
    pattern, replacement = change
    found, count = re.subn(
        pattern, replacement, text, count=0 if pattern == "FlexSettlement" else 1
    )
    assert count, "the change changes something"
    return found


@pytest.mark.parametrize("change", [*BROKEN.values(), *STRICTER.values()], ids=[*BROKEN, *STRICTER])
def test_what_breaks_the_schema_is_refused(change):
    with pytest.raises(InputError, match="; expected "):
        parse_message(changed(change).encode())


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_published_schema_agrees_on_what_is_broken(schema, change):
    assert not schema.validate(etree.fromstring(changed(change).encode()))


@pytest.mark.parametrize("change", STRICTER.values(), ids=STRICTER)
def test_published_schema_is_looser_only_where_it_is_said(schema, change):
    assert schema.validate(etree.fromstring(changed(change).encode()))


@pytest.mark.parametrize("document", [GOOD, ANSWER], ids=["settlement", "answer"])
def test_own_messages_hold_to_the_published_schema(schema, document):
    schema.assertValid(etree.fromstring(document.encode()))
    assert to_xml(parse_message(document.encode())) == document


@pytest.mark.parametrize(
    "change",
    [
        (' PowerDeficiency="0"', ""),
        (' Duration="1"', ""),
        (' Penalty="[^"]*"', ""),
        (' ContractID="C1"', ""),
        ('Price="0.5400"', 'Price="+0.54"'),
        ('Start="69"', 'Start="0069"'),
        ("<ISP ", "<!-- quarter of an hour --><ISP "),
        ("<ISP ", "<?print fast?><ISP "),
        (
            "<FlexSettlement ",
            '<FlexSettlement xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:noNamespaceSchemaLocation="file:///etc/passwd" ',
        ),
        ('encoding="UTF-8"', 'encoding="utf-8"'),
    ],
)
def test_what_the_schema_leaves_free_is_taken(change):
    parse_message(changed(change).encode())


def test_absent_values_are_the_defaults_of_the_schema():
    (one,) = parse_message(changed((' Penalty="[^"]*"', "")).encode()).flex_order_settlements
    assert one.penalty == 0
    free = changed((' PowerDeficiency="0"', ""), changed((' Duration="1"', "")))
    first = parse_message(free.encode()).flex_order_settlements[0].isps[0]
    assert (first.duration, first.power_deficiency) == (1, 0)


LAUGHS = "".join(
    f'<!ENTITY l{level} "{"&l" + str(level - 1) + ";" if level else "ha"}'
    f'{("&l" + str(level - 1) + ";") * 9 if level else ""}">'
    for level in range(9)
)


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE FlexSettlement [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE FlexSettlement SYSTEM "http://127.0.0.1:9/a.dtd">',
        f"<!DOCTYPE FlexSettlement [{LAUGHS}]>",
        "<!DOCTYPE FlexSettlement>",
    ],
)
def test_document_type_is_refused_before_anything_is_parsed(attack):
    head, rest = GOOD.split("\n", 1)
    for value in ("1", "&a;", "&l8;"):
        hostile = f"{head}\n{attack}\n" + rest.replace('Reference="1"', f'Reference="{value}"')
        with pytest.raises(InputError, match="a document type"):
            parse_message(hostile.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp037"])
def test_document_type_in_another_encoding(encoding):
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    hostile = head + '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a b="&a;"/>'
    with pytest.raises(InputError, match="expected"):
        parse_message(hostile.encode(encoding))


def test_declared_encoding_cannot_make_two_readers_read_two_things():
    # In UTF-7, "+AAg-" is a backspace; nothing but UTF-8 is ever read.
    document = changed(('encoding="UTF-8"', 'encoding="UTF-7"')).replace('"1" P', '"+AAg-" P')
    (one,) = parse_message(document.encode()).flex_order_settlements
    assert one.order_reference == "+AAg-"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff\xfe",
        b"<",
        b"<FlexSettlement>",
        b"{}",
        b"<a>" * 1000,
        b"<FlexSettlement>" * 100_000,
        b"\x00" * 100,
        GOOD.replace("EUR", "\udcff").encode(errors="surrogateescape"),
        GOOD.replace('"1" P', '"&unknown;" P').encode(),
        GOOD.replace('Price="', 'Price="1" Price="').encode(),
        GOOD.encode() + GOOD.encode(),
    ],
)
def test_no_xml(document):
    with pytest.raises(InputError):
        parse_message(document)


def test_size_is_bounded():
    with pytest.raises(InputError, match="at most"):
        parse_message(GOOD.encode() + b" " * MESSAGE_BYTES_MAX)


def test_large_message_of_the_largest_body_fits_its_envelope():
    body = "A" * (MESSAGE_BYTES_MAX * 4 // 3)
    envelope = f'<SignedMessage SenderDomain="a.example" SenderRole="DSO" Body="{body}"/>'
    assert parse_envelope(envelope.encode())["Body"] == body


def test_library_alone_would_have_taken_them():
    """Why this project checks: the day this fails, the library has begun to check as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("identifier too short", "ISP from 0", "power with a fraction"):
            assert from_xml(changed(BROKEN[name]))
