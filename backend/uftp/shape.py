"""The shape of the messages that are received: elements, attributes and the form of each value.

These are the rules of the protocol's schema 3.1.0 for three messages, in this project's own words
and stricter where the schema is looser than its prose: names are there and on one line, times
have an offset, dates none, numbers are bounded. The library checks none of it on receipt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from backend.uftp.fields import (
    BASE64,
    COUNT,
    CURRENCY_CODE,
    DATE,
    DISPOSITION,
    DOMAIN,
    ENTITY_ADDRESS,
    MONEY,
    NAME,
    POWER,
    RESULT,
    ROLE,
    TEXT,
    TIME_STAMP,
    UUID,
    VERSION,
    Form,
)
from settlement.errors import InputError

_SCHEMA_HINTS = frozenset(
    f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}"
    for name in ("schemaLocation", "noNamespaceSchemaLocation")
)
"""Attributes that any document may have; they are never followed."""


@dataclass(frozen=True, slots=True)
class Element:
    """What an element consists of.

    Attributes:
        required: attributes that it has.
        optional: attributes that it may have.
        children: its elements in their order, each once or more. There is never any text.
    """

    required: Mapping[str, Form]
    optional: Mapping[str, Form] = field(default_factory=dict)
    children: Mapping[str, "Element"] = field(default_factory=dict)


_HEADER = {
    "Version": VERSION,
    "SenderDomain": DOMAIN,
    "RecipientDomain": DOMAIN,
    "TimeStamp": TIME_STAMP,
    "MessageID": UUID,
    "ConversationID": UUID,
    "Result": RESULT,
}

_ORDER_ISP = Element(
    {
        "Start": COUNT,
        "BaselinePower": POWER,
        "OrderedFlexPower": POWER,
        "ActualPower": POWER,
        "DeliveredFlexPower": POWER,
    },
    {"Duration": COUNT, "PowerDeficiency": POWER},
)

_ORDER = Element(
    {
        "OrderReference": NAME,
        "Period": DATE,
        "CongestionPoint": ENTITY_ADDRESS,
        "Price": MONEY,
        "NetSettlement": MONEY,
    },
    {
        "ContractID": NAME,
        "D-PrognosisMessageID": UUID,
        "BaselineReference": NAME,
        "Penalty": MONEY,
    },
    {"ISP": _ORDER_ISP},
)

_CAPACITY_ISP = Element(
    {"Start": COUNT, "ReservedPower": POWER},
    {
        "Duration": COUNT,
        "RequestedPower": POWER,
        "AvailablePower": POWER,
        "OfferedPower": POWER,
        "OrderedPower": POWER,
    },
)

_CONTRACT = Element(
    {"ContractID": NAME}, {}, {"Period": Element({"Period": DATE}, {}, {"ISP": _CAPACITY_ISP})}
)

MESSAGES: Mapping[str, Element] = {
    "FlexSettlement": Element(
        {**_HEADER, "PeriodStart": DATE, "PeriodEnd": DATE, "Currency": CURRENCY_CODE},
        {"RejectionReason": TEXT},
        {"FlexOrderSettlement": _ORDER, "ContractSettlement": _CONTRACT},
    ),
    "FlexSettlementResponse": Element(
        {**_HEADER, "FlexSettlementMessageID": UUID},
        {"RejectionReason": TEXT},
        {
            "FlexOrderSettlementStatus": Element(
                {"OrderReference": NAME, "Disposition": DISPOSITION}, {"DisputeReason": TEXT}
            )
        },
    ),
}

ENVELOPE: Mapping[str, Element] = {
    "SignedMessage": Element({"SenderDomain": DOMAIN, "SenderRole": ROLE, "Body": BASE64})
}


def check_shape(root: etree._Element, allowed: Mapping[str, Element]) -> None:
    """Refuse a document that is none of some messages.

    Args:
        root: its root element.
        allowed: the messages by the name of their root.

    Raises:
        InputError: the first element, attribute or value that does not fit, by its place.
    """
    if root.tag not in allowed:
        raise InputError(f"{root.tag!s:.60}", "document", " or ".join(allowed))
    if any(text.strip() for text in root.itertext()):
        raise InputError("text between elements", root.tag, "elements and attributes only")
    _check(root, allowed[root.tag], root.tag)


def _check(found: etree._Element, shape: Element, where: str) -> None:
    forms = {**shape.required, **shape.optional}
    for name, value in found.attrib.items():
        if name in forms:
            forms[name].take(value, f"{where}.{name}")
        elif name not in _SCHEMA_HINTS:
            raise InputError(f"attribute {name!s:.60}", where, f"only {', '.join(forms)}")
    for name, form in shape.required.items():
        if name not in found.attrib:
            raise InputError(f"{name} is missing", where, form.expected)
    names = list(shape.children)
    if found.text and not names:
        raise InputError(f"{found.text!r:.40}", where, "nothing inside")
    order = ", ".join(names) or "no element"
    position = -1
    for number, child in enumerate(found, start=1):
        at = f"{where}.{child.tag!s:.60}[{number}]"
        if child.tag in names[max(position, 0) : position + 2]:
            position = names.index(child.tag)
            _check(child, shape.children[child.tag], at)
        else:
            raise InputError(f"element {child.tag!s:.60}", where, order)
    if position != len(names) - 1:
        raise InputError(f"no element {names[position + 1]}", where, order)
