"""Checks that records make when they are built, and parameters that carry their own limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any, TypeVar

import numpy as np

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import IntArray

Number = TypeVar("Number", int, float)


def between(owner: str, name: str, value: float, lowest: float, highest: float) -> None:
    """Refuse a number outside its bounds, and what is no number."""
    if not lowest <= value <= highest:
        raise ParameterError(owner, name, value, f"{lowest} to {highest}")


def whole(owner: str, name: str, value: object, lowest: int, highest: int) -> None:
    """Refuse what is not a whole number within its bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ParameterError(owner, name, value, f"a whole number from {lowest} to {highest}")


def named(kind: str, asset_id: str) -> None:
    """Refuse an empty name."""
    if not asset_id:
        raise ParameterError(kind, "asset_id", asset_id, "a name")


def check_sign(sign: int) -> None:
    """Refuse a direction that is neither -1 nor +1."""
    if sign not in (-1, 1):
        raise ParameterError("direction", "sign", sign, "-1 or +1")


def check_whole(what: str, values: IntArray, length: int) -> None:
    """Refuse a series of W that is not a one-dimensional integer array of `length`."""
    if values.ndim != 1 or len(values) != length:
        raise HorizonError(what, f"shape {values.shape}", f"shape ({length},)")
    if not np.issubdtype(values.dtype, np.signedinteger):
        raise HorizonError(what, f"values of type {values.dtype}", "signed whole W")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a parameter may be.

    Attributes:
        lowest: least value.
        highest: greatest value.
        unit: unit of both and of the value.
    """

    lowest: float
    highest: float
    unit: str


def parameter(default: Number, lowest: Number, highest: Number, unit: str) -> Number:
    """Declare a field of a record with its default, its bounds and its unit.

    A default that is a whole number asks for whole numbers.
    """
    made: Any = field(default=default, metadata={"limits": Limits(lowest, highest, unit)})
    return made  # type: ignore[no-any-return]


def check_parameters(record: Any) -> None:
    """Refuse a record of which a parameter lies outside its bounds.

    Raises:
        ParameterError: names the asset, the parameter, its value and its bounds with their unit.
    """
    named(type(record).__name__, record.asset_id)
    for name, default, limits in parameters_of(type(record)):
        value = getattr(record, name)
        of_kind = int if isinstance(default, int) else (int, float)
        fits = isinstance(value, of_kind) and not isinstance(value, bool) and isfinite(value)
        if not fits or not limits.lowest <= value <= limits.highest:
            kind = "a whole number from " if isinstance(default, int) else ""
            expected = f"{kind}{limits.lowest} to {limits.highest} {limits.unit}".rstrip()
            raise ParameterError(record.asset_id, name, value, expected)


def parameters_of(record_type: type) -> Iterator[tuple[str, float, Limits]]:
    """Yield name, default and limits of each parameter that a record declares."""
    for one in fields(record_type):
        if "limits" in one.metadata:
            default: Any = one.default
            yield one.name, default, one.metadata["limits"]
