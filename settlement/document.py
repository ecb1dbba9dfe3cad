"""Reading hostile JSON: every value is taken with its place, and refused by its place."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from settlement.errors import InputError
from settlement.units import parse_integer
from settlement.words import bytes_of

NESTING_MAX = 50
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^][{}]+")


def canonical_json(document: object) -> str:
    """Write a document in its one form: sorted keys, no spaces, ASCII, whole numbers only."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def nesting_of(text: str) -> int:
    """Return how deep the brackets of a JSON text are nested.

    The parser recurses in C. Some libraries raise the interpreter's limit so far that a deep text
    overflows the stack and ends the process, so it has to be refused before it is parsed.
    """
    depth = deepest = 0
    for bracket in _NO_BRACKETS.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def parse_json(text: str, where: str) -> "Field":
    """Parse JSON; a key that stands twice and a number with a fraction are refused.

    Raises:
        InputError: names the line or the key.
    """

    def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, member in pairs:
            if key in members:
                raise InputError(f"key {key!r:.40} stands twice", where, "each key once")
            members[key] = member
        return members

    def no_fractions(text: str) -> None:
        raise InputError(f"number {text:.40}", where, "whole numbers only")

    if nesting_of(text) > NESTING_MAX:
        raise InputError("brackets nested too deep", where, f"at most {NESTING_MAX} levels")
    try:
        value = json.loads(
            text,
            object_pairs_hook=no_doubles,
            parse_float=no_fractions,
            parse_constant=no_fractions,
        )
    except json.JSONDecodeError as error:
        raise InputError(error.msg, f"{where}, line {error.lineno}", "JSON") from None
    except ValueError:
        raise InputError("a number of too many digits", where, "JSON of a bundle") from None
    return Field(value, where)


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a document together with its place."""

    value: Any
    where: str

    def __getitem__(self, key: str) -> "Field":
        """Return a member of an object."""
        if not isinstance(self.value, dict):
            raise InputError(f"{self.value!r:.40}", self.where, "an object")
        if key not in self.value:
            raise InputError(f"{key} is missing", self.where, f"a member {key}")
        return Field(self.value[key], f"{self.where}.{key}")

    def take(self, *names: str) -> "tuple[Field, ...]":
        """Return the members of an object that has exactly these."""
        members = tuple(self[name] for name in names)
        unknown = sorted(self.value.keys() - set(names))
        if unknown:
            raise InputError(
                f"unknown member {unknown[0]!r:.40}", self.where, f"only {', '.join(names)}"
            )
        return members

    def items(self) -> "Iterator[Field]":
        """Go through a list."""
        if not isinstance(self.value, list):
            raise InputError(f"{self.value!r:.40}", self.where, "a list")
        for position, value in enumerate(self.value):
            yield Field(value, f"{self.where}[{position}]")

    def integer(self, lowest: int, highest: int) -> int:
        """Take a whole number within bounds."""
        return parse_integer(self.value, self.where, lowest, highest)

    def unsigned(self, bits: int) -> int:
        """Take an unsigned integer of so many bits."""
        return self.integer(0, (1 << bits) - 1)

    def text(self) -> str:
        """Take text; what could move the cursor of a terminal or hide in a name is refused."""
        if not isinstance(self.value, str) or not self.value.isprintable():
            raise InputError(f"{self.value!r:.40}", self.where, "printable text")
        return self.value

    def one_of(self, *allowed: str) -> str:
        """Take one of some words."""
        if self.value not in allowed:
            raise InputError(f"{self.value!r:.40}", self.where, " or ".join(allowed))
        return str(self.value)

    def boolean(self) -> bool:
        """Take true or false."""
        if not isinstance(self.value, bool):
            raise InputError(f"{self.value!r:.40}", self.where, "true or false")
        return self.value

    def binary(self, length: int | None = None) -> bytes:
        """Take 0x-hexadecimal bytes."""
        return bytes_of(self.value, self.where, length)

    def absent(self) -> bool:
        """Tell whether the value is null."""
        return self.value is None
