"""The answers of `docs/findings.md`, compared with what the tools find."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from scripts.analysis.finding import AnalysisError, Finding

HEADING = ("tool", "check", "place", "times", "answer")


def read_answers(file: Path) -> Counter[Finding]:
    """Return how often each answered finding occurs.

    Raises:
        AnalysisError: the file, its table, a cell or an answer is missing, or a row stands twice.
    """
    if not file.is_file():
        raise AnalysisError(f"{file}: missing")
    lines = file.read_text().splitlines()
    starts = [at for at, line in enumerate(lines) if cells_of(line) == HEADING]
    if len(starts) != 1:
        raise AnalysisError(f"{file}: expected one table with the columns {', '.join(HEADING)}")
    first = starts[0] + 2  # after the line between heading and rows
    rows = takewhile(lambda row: row[1].startswith("|"), enumerate(lines[first:], first + 1))
    answered: Counter[Finding] = Counter()
    for number, line in rows:
        finding, times = answer_of(cells_of(line), f"{file}:{number}")
        if finding in answered:
            raise AnalysisError(f"{file}:{number}: {finding} is answered twice")
        answered[finding] = times
    return answered


def cells_of(line: str) -> tuple[str, ...]:
    """Split a row of a table; code marks are dropped."""
    return tuple(cell.strip().strip("`") for cell in line.strip().strip("|").split("|"))


def answer_of(cells: tuple[str, ...], where: str) -> tuple[Finding, int]:
    """Read one row."""
    if len(cells) != len(HEADING) or not all(cells):
        raise AnalysisError(f"{where}: expected {len(HEADING)} filled cells, found {cells}")
    tool, check, place, times, _ = cells
    if not times.isdecimal() or int(times) < 1:
        raise AnalysisError(f"{where}: expected how often it is found, from 1, not {times!r}")
    return Finding(tool, check, place), int(times)


def differences(found: Iterable[Finding], answered: Counter[Finding]) -> Iterator[str]:
    """Name every finding without an answer and every answer without a finding."""
    counted = Counter(found)
    for finding in sorted(counted.keys() | answered.keys()):
        if finding not in answered:
            yield f"{finding}: {counted[finding]} times, not answered"
        elif finding not in counted:
            yield f"{finding}: answered, but no longer found"
        elif counted[finding] != answered[finding]:
            yield f"{finding}: found {counted[finding]} times, answered {answered[finding]}"
