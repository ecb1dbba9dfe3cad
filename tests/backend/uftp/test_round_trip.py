"""Any settlement of orders survives the way into a message and back, number by number."""

from hypothesis import HealthCheck, given, settings
from lxml import etree

from backend.uftp.document import parse_message
from backend.uftp.library import FlexSettlement, from_xml, to_xml
from backend.uftp.reading import read_settlement
from tests.backend.uftp.documents import settlements
from tests.backend.uftp.stating import message
from tests.settlement.defaults import VIENNA

# Building a random settlement is a settlement, so that hypothesis finds it slow.
RANDOM = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@RANDOM
@given(settlements())
def test_numbers_come_back(stated):
    received = parse_message(to_xml(message(stated)).encode())
    assert isinstance(received, FlexSettlement)
    assert read_settlement(received, VIENNA) == stated


@RANDOM
@given(settlements())
def test_checked_document_is_what_the_library_reads(stated):
    document = to_xml(message(stated))
    assert parse_message(document.encode()) == from_xml(document) == message(stated)


@RANDOM
@given(settlements())
def test_identities_of_the_protocol(stated):
    for one in etree.fromstring(to_xml(message(stated)).encode()).iterfind("FlexOrderSettlement"):
        price, penalty, net = (
            int(one.get(name).replace(".", "")) for name in ("Price", "Penalty", "NetSettlement")
        )
        assert net == price - penalty
        for isp in one:
            ordered, delivered, deficiency = (
                int(isp.get(name))
                for name in ("OrderedFlexPower", "DeliveredFlexPower", "PowerDeficiency")
            )
            sign = -1 if ordered < 0 else 1
            assert 0 <= sign * delivered <= sign * ordered
            assert deficiency >= sign * (ordered - delivered) >= 0


@RANDOM
@given(settlements())
def test_published_schema(schema, stated):
    schema.assertValid(etree.fromstring(to_xml(message(stated)).encode()))
