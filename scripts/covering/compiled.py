"""The contracts compiled without the optimizer, with what leads from an instruction to its source.

The optimizer merges equal blocks and drops others: its instructions do not tell which line ran.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from scripts import compile_command

PUSH0, PUSH32 = 0x5F, 0x7F
OUTPUTS = ("abi", "evm.bytecode.object", "evm.deployedBytecode")
SOURCE_MAPS = ("evm.bytecode.sourceMap", "evm.deployedBytecode.sourceMap")


class Place(NamedTuple):
    """A piece of a source file: `begin` and `length` in bytes."""

    file: str
    begin: int
    length: int


@dataclass(frozen=True)
class Code:
    """The bytes of one contract, or of its constructor, with the place of each instruction.

    Attributes:
        code: as the compiler wrote it.
        is_constructor: it is followed by arguments when it runs.
        filled_in: where bytes are written at deployment, as (begin, end).
        source_map: of the compiler, by instruction.
        files: the project's own files by their number in the source map.
    """

    code: bytes
    is_constructor: bool
    filled_in: tuple[tuple[int, int], ...]
    source_map: str
    files: Mapping[int, str]

    def matches(self, ran: bytes) -> bool:
        """Tell whether what ran on the chain is this code."""
        if self.is_constructor:
            return ran.startswith(self.code)
        if len(ran) != len(self.code):
            return False
        plain = bytearray(ran)
        for begin, end in self.filled_in:
            plain[begin:end] = bytes(end - begin)
        return bytes(plain) == self.code

    @cached_property
    def places(self) -> dict[int, Place]:
        """The place in an own file of each instruction that has one, by its position."""
        found = {}
        for position, (begin, length, file) in zip(
            _positions(self.code), _entries(self.source_map), strict=False
        ):
            if file in self.files:
                found[position] = Place(self.files[file], begin, length)
        return found


def _positions(code: bytes) -> Iterator[int]:
    position = 0
    while position < len(code):
        yield position
        operation = code[position]
        position += 1 + (operation - PUSH0 if PUSH0 < operation <= PUSH32 else 0)


def _entries(source_map: str) -> Iterator[tuple[int, int, int]]:
    """Begin, length and file of each instruction; what is left out is as in the one before."""
    current = ("", "", "")
    for entry in source_map.split(";"):
        told = entry.split(":")[:3]
        current = tuple(new or old for new, old in zip_longest(told, current, fillvalue=""))
        yield tuple(map(int, current))  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Compiled:
    """All contracts, for a run with a tracer.

    Attributes:
        codes: of every contract and constructor.
        sources: the project's own files, mocks left out.
        trees: their syntax trees by file.
    """

    codes: tuple[Code, ...]
    sources: Mapping[str, bytes]
    trees: Mapping[str, Mapping[str, Any]]


def compile_plainly(root: Path, artifacts: Path) -> Compiled:
    """Compile without the optimizer and write artifacts that tests can deploy.

    Args:
        root: the repository.
        artifacts: an existing folder for them.
    """
    script = compile_command.load()
    outputs = {"*": {"*": [*OUTPUTS, *SOURCE_MAPS], "": ["ast"]}}
    plain = {"optimizer": {"enabled": False}, "viaIR": False, "outputSelection": outputs}
    answer = script.ask_compiler(root, {**script.SETTINGS, **plain})
    sources = {path: text for path, text in script.sources_of(root).items() if _counts(path)}
    trees = {path: answer["sources"][path]["ast"] for path in sources}
    files = {answer["sources"][path]["id"]: path for path in sources}
    codes = []
    for name, path in script.CONTRACTS.items():
        one = answer["contracts"][path][name]
        evm = one["evm"]
        artifact = {
            "abi": one["abi"],
            "bytecode": "0x" + evm["bytecode"]["object"],
            "runtime_bytecode": "0x" + evm["deployedBytecode"]["object"],
        }
        (artifacts / f"{name}.json").write_text(json.dumps(artifact))
        codes += [_code(evm["bytecode"], True, files), _code(evm["deployedBytecode"], False, files)]
    return Compiled(tuple(codes), sources, trees)


def _counts(path: str) -> bool:
    return not path.startswith("mocks/")


def _code(compiled: Mapping[str, Any], is_constructor: bool, files: Mapping[int, str]) -> Code:
    references = compiled.get("immutableReferences", {}).values()
    filled_in = tuple(
        (one["start"], one["start"] + one["length"]) for places in references for one in places
    )
    code = bytes.fromhex(compiled["object"])
    return Code(code, is_constructor, filled_in, compiled["sourceMap"], files)
