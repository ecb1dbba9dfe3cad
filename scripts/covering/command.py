"""Run the tests of the contracts and print which lines and branches ran; 1 if a line did not.

usage: scripts/coverage [arguments of pytest]
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.covering.compiled import compile_plainly
from scripts.covering.figures import Covered, figures
from scripts.covering.tracer import Tracer

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "contracts"
ABOUT_ARTIFACTS = ("test_artifacts.py", "test_docs.py")
"""These look at the committed, optimized code."""


def main(arguments: list[str]) -> int:
    """Return the exit code: that of pytest, or 1 if a line of the contracts did not run."""
    with TemporaryDirectory() as folder:
        compiled = compile_plainly(ROOT, Path(folder))
        tracer = Tracer(Path(folder))
        ignored = [f"--ignore={TESTS / name}" for name in ABOUT_ARTIFACTS]
        status = pytest.main(["-q", *ignored, *(arguments or [str(TESTS)])], plugins=[tracer])
    if status:
        return int(status)
    found = figures(compiled, tracer.steps)
    for line in table(found):
        print(line)
    return 1 if any(one.lines_missed for one in found) else 0


def table(found: list[Covered]) -> list[str]:
    """Write the figures of each file and of all, with the lines that lack something."""
    rows = [f"{'file':36} {'lines':>13} {'branches':>13}  not run; (n) a side that was not taken"]
    for one in found:
        missed = [str(line) for line in one.lines_missed]
        missed += [f"({line})" for line in one.branches_missed if line not in one.lines_missed]
        rows.append(_row(one.file, [one]) + "  " + " ".join(missed))
    return [*rows, _row("all", found)]


def _row(name: str, found: list[Covered]) -> str:
    lines, branches = sum(one.lines for one in found), sum(one.branches for one in found)
    lines_run = lines - sum(len(one.lines_missed) for one in found)
    branches_run = branches - sum(len(one.branches_missed) for one in found)
    return f"{name:36} {lines_run:>6} / {lines:<4} {branches_run:>6} / {branches:<4}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
