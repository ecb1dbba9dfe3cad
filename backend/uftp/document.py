"""From the bytes of a stranger to a message class, with nothing believed on the way."""

from collections.abc import Mapping

from lxml import etree

from backend.uftp.library import FlexSettlement, FlexSettlementResponse, from_xml
from backend.uftp.shape import ENVELOPE, MESSAGES, Element, check_shape
from settlement.errors import InputError

MESSAGE_BYTES_MAX = 7_000_000
"""About 2,500 orders of four hours each. In base64 it stays below the parser's own limit of 10
million characters for one attribute, so that none of the parser's guards has to be lifted."""

ENVELOPE_BYTES_MAX = MESSAGE_BYTES_MAX * 4 // 3 + 1000

Message = FlexSettlement | FlexSettlementResponse


def parse_message(document: bytes) -> Message:
    """Parse and check a settlement message or an answer.

    Raises:
        InputError: it is too large, no XML, declares a document type, or breaks the schema.
    """
    root = _parse(document, MESSAGES, MESSAGE_BYTES_MAX)
    # Written anew, so that the library reads just what was checked, whatever the document says
    # about its own encoding.
    message = from_xml(etree.tostring(root, encoding="utf-8"))
    assert isinstance(message, Message), "the shape allows no other root"
    return message


def parse_envelope(document: bytes) -> Mapping[str, str]:
    """Parse and check a SignedMessage and return its attributes.

    Raises:
        InputError: as for messages.
    """
    return dict(_parse(document, ENVELOPE, ENVELOPE_BYTES_MAX).attrib)


def _parse(document: bytes, allowed: Mapping[str, Element], bytes_max: int) -> etree._Element:
    if len(document) > bytes_max:
        raise InputError(f"{len(document)} bytes", "document", f"at most {bytes_max}")
    # Entities in attributes are expanded while parsing, whatever the parser is told: a document
    # that could define some is not parsed at all.
    if b"<!DOCTYPE" in document:
        raise InputError("a document type", "document", "none: entities could hide in it")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"{error.msg!s:.200}", "document", "well-formed XML in UTF-8") from None
    check_shape(root, allowed)
    return root
