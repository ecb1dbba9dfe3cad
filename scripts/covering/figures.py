"""Statements and branches of the sources, and which of them ran."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.covering.compiled import Compiled, Place
from scripts.covering.tracer import Steps

JUMPI = 0x57
PLAIN_STATEMENTS = {
    *("ExpressionStatement", "VariableDeclarationStatement", "Return"),
    *("EmitStatement", "RevertStatement", "Break", "Continue"),
}
CONDITIONED = {"IfStatement", "ForStatement", "WhileStatement"}
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Covered:
    """One file: its lines with code, those of them that did not run, its branches likewise.

    A branch is one outcome of a condition; `branches_missed` are the lines of those never taken.
    """

    file: str
    lines: int
    lines_missed: tuple[int, ...]
    branches: int
    branches_missed: tuple[int, ...]


def figures(compiled: Compiled, ran: Mapping[bytes, Steps]) -> list[Covered]:
    """Return the figures of each file that has code."""
    places, outcomes = _what_ran(compiled, ran)
    found = []
    for file, source in compiled.sources.items():
        nodes = list(_nodes(compiled.trees[file]))
        statements = [one for node in nodes for one in _statements(file, node)]
        if statements:
            branches = [one for node in nodes for one in _branches(file, node)]
            found.append(_covered(file, source, (statements, branches), places, outcomes))
    return found


def _what_ran(
    compiled: Compiled, ran: Mapping[bytes, Steps]
) -> tuple[dict[str, set[Place]], set[tuple[Place, bool]]]:
    """The places that ran by file, and the outcomes of the jumps with a condition."""
    places: dict[str, set[Place]] = {file: set() for file in compiled.sources}
    outcomes: set[tuple[Place, bool]] = set()
    for bytes_run, steps in ran.items():
        for code in compiled.codes:
            if not code.matches(bytes_run):
                continue
            for before, position in steps:
                if place := code.places.get(position):
                    places[place.file].add(place)
                jump = code.places.get(before)
                if jump and bytes_run[before] == JUMPI:
                    outcomes.add((jump, position != before + 1))
    return places, outcomes


def _covered(
    file: str,
    source: bytes,
    parts: tuple[list[Place], list[Place]],
    places: Mapping[str, set[Place]],
    outcomes: set[tuple[Place, bool]],
) -> Covered:
    statements, branches = parts

    def lines_of(pieces: Iterable[Place]) -> list[int]:
        return [source.count(b"\n", 0, one.begin) + 1 for one in pieces]

    idle = [one for one in statements if not any(_lies_in(ran, one) for ran in places[file])]
    sides = [(one, side) for one in branches for side in (False, True)]
    untaken = [side for side in sides if side not in outcomes]
    return Covered(
        file,
        len(set(lines_of(statements))),
        tuple(sorted(set(lines_of(idle)))),
        len(sides),
        tuple(sorted(lines_of(one for one, _ in untaken))),
    )


def _lies_in(inner: Place, outer: Place) -> bool:
    end = inner.begin + inner.length
    return outer.begin <= inner.begin and end <= outer.begin + outer.length


def _nodes(value: object) -> Iterator[Node]:
    """All nodes of a syntax tree that have a kind."""
    if isinstance(value, dict):
        if "nodeType" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one)


def _statements(file: str, node: Node) -> Iterator[Place]:
    """What runs as a whole; of a statement with a condition that is the condition."""
    if node["nodeType"] in PLAIN_STATEMENTS:
        yield _place(file, node)
    elif node["nodeType"] in CONDITIONED:
        yield _place(file, node["condition"])


def _branches(file: str, node: Node) -> Iterator[Place]:
    """What goes one way or the other: the compiler jumps at the place of the whole node."""
    kind = node["nodeType"]
    if kind in CONDITIONED or kind == "Conditional":
        yield _place(file, node)
    elif kind == "BinaryOperation" and node["operator"] in ("&&", "||"):
        yield _place(file, node)
    elif kind == "FunctionCall" and node["expression"].get("name") == "require":
        yield _place(file, node)


def _place(file: str, node: Node) -> Place:
    begin, length, _ = map(int, node["src"].split(":"))
    return Place(file, begin, length)
