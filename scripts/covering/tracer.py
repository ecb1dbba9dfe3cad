"""What runs on the in-process chain: every step from one instruction to the next."""

from collections.abc import Iterator
from pathlib import Path

from eth.vm import code_stream
from eth.vm.forks.shanghai import computation as shanghai
from eth.vm.forks.spurious_dragon import computation as spurious_dragon
from eth.vm.opcode_values import STOP

Steps = set[tuple[int, int]]
SIZE_MAX = 10**6
"""Without the optimizer the contracts exceed what a chain allows."""

BEGIN = -1


class Tracer:
    """A pytest plugin: tests deploy from another folder, and the steps of all code are kept."""

    def __init__(self, artifacts: Path) -> None:
        """Remember where the artifacts are."""
        self._artifacts = artifacts
        self.steps: dict[bytes, Steps] = {}

    def pytest_configure(self) -> None:
        """Take the place of what the chain walks over code with."""
        from tests.contracts import chain

        chain.ARTIFACTS = self._artifacts
        spurious_dragon.EIP170_CODE_SIZE_LIMIT = SIZE_MAX
        shanghai.MAX_INITCODE_SIZE = SIZE_MAX
        steps = self.steps

        def walk(stream: code_stream.CodeStream) -> Iterator[int]:
            code = stream._raw_code_bytes
            taken = steps.setdefault(code, set())
            before = BEGIN
            while stream.program_counter < len(code):
                position = stream.program_counter
                taken.add((before, position))
                before = position
                stream.program_counter = position + 1
                yield code[position]
            yield STOP

        code_stream.CodeStream.__iter__ = walk
