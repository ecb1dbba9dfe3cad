"""Messages of the trade as JSON documents, to be stored or carried; read back strictly."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from flexmanager.vpp.baseline import DPrognosis
from flexmanager.vpp.book import Message
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.errors import InputError

KIND = "kind"
_KINDS: dict[str, type[Message]] = {
    one.__name__: one
    for one in (
        FlexReservationUpdate,
        FlexRequest,
        DPrognosis,
        FlexOffer,
        FlexOfferRevocation,
        FlexOrder,
    )
}


def to_document(message: Message) -> dict[str, Any]:
    """Return a message as lists, objects, texts and whole numbers; times are UTC seconds."""
    return {KIND: type(message).__name__, **_written(message)}


def from_document(document: object, where: str) -> Message:
    """Read a message.

    Args:
        document: as `to_document` returns it.
        where: what the document is, for errors.

    Raises:
        InputError: names the place, what was found and what was expected.
    """
    kind = document.get(KIND) if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
        raise InputError("no kind of message", where, f"one of {', '.join(_KINDS)}")
    content = {name: value for name, value in document.items() if name != KIND}
    message: Message = _record(_KINDS[kind], content, where)
    return message


def _written(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _written(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    return int(value) if isinstance(value, IntEnum) else value


def _record(kind: Any, found: object, where: str) -> Any:
    """Read an object whose names are exactly the fields of a record."""
    names = [one.name for one in fields(kind)]
    if not isinstance(found, Mapping) or sorted(found) != sorted(names):
        told = sorted(found) if isinstance(found, Mapping) else found
        raise InputError(f"{told!r:.80}", where, f"an object with {', '.join(names)}")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], found[name], f"{where}.{name}") for name in names})


def _value(kind: Any, found: object, where: str) -> Any:
    """Read a value of a type that records of the trade use."""
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), found, where)
    if isinstance(kind, UnionType):
        # The unions of these records are all "or None".
        (inner,) = (one for one in get_args(kind) if one is not NoneType)
        return None if found is None else _value(inner, found, where)
    if is_dataclass(kind):
        return _record(kind, found, where)
    if issubclass(kind, IntEnum):
        if type(found) is not int or found not in list(kind):
            raise InputError(f"{found!r:.60}", where, f"one of {[int(one) for one in kind]}")
        return kind(found)
    # A bool is an int to Python, and is no number here.
    if type(found) is not kind:
        raise InputError(f"{found!r:.60}", where, kind.__name__)
    return found


def _tuple(kinds: tuple[Any, ...], found: object, where: str) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise InputError(f"{found!r:.60}", where, "a list")
    if kinds[-1] is Ellipsis:
        return tuple(_value(kinds[0], one, f"{where}[{at}]") for at, one in enumerate(found))
    if len(found) != len(kinds):
        raise InputError(f"{len(found)} values", where, f"{len(kinds)} values")
    pairs = zip(kinds, found, strict=True)
    return tuple(_value(kind, one, f"{where}[{at}]") for at, (kind, one) in enumerate(pairs))
