"""Every line of the contracts runs in their tests, and a line that did not would be named."""

import re
import subprocess
import sys

from tests.evm.tools import ROOT, long_tests, needs_compiler

pytestmark = long_tests

CONTRACTS = ROOT / "tests" / "contracts"


def coverage(*arguments: str) -> "subprocess.CompletedProcess[str]":
    needs_compiler()
    command = [sys.executable, "-m", "scripts.covering.command", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def row(told: str, name: str) -> list[str]:
    """Lines run and all, branches taken and all, and what is missing, of one file."""
    (found,) = re.findall(rf"^{name} +(\d+) / (\d+) +(\d+) / (\d+) *(.*)$", told, re.MULTILINE)
    return list(found)


def test_every_line_of_the_contracts_runs() -> None:
    found = coverage()
    assert found.returncode == 0, found.stdout
    lines_run, lines, branches_taken, branches, _ = row(found.stdout, "all")
    assert (lines_run, branches_taken) == (lines, branches)
    assert int(lines) > 600
    assert int(branches) > 400


def test_what_no_test_runs_is_named() -> None:
    found = coverage(str(CONTRACTS / "test_roles.py"))
    assert found.returncode == 1
    lines_run, lines, branches_taken, _, missed = row(found.stdout, "libraries/WeeklyWindow.sol")
    assert (lines_run, branches_taken) == ("0", "0")
    assert len(missed.split()) == int(lines) > 0
    assert int(row(found.stdout, "all")[0]) > 0


def test_a_test_that_fails_is_no_measurement() -> None:
    found = coverage(str(CONTRACTS / "test_no_such_test.py"))
    assert found.returncode == 4
    assert "branches" not in found.stdout
