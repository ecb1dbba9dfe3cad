"""The prover shows every property, and refutes each of them where a rule is planted wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.proving import command
from tests.evm.tools import ROOT, long_tests, needs_compiler

pytestmark = long_tests

MUTANTS = {
    "provesHalfEven": ("LineMath", "(twice == denominator && quotient & 1 == 1)", "false"),
    "provesNodes": (
        "SumTree",
        "abi.encode(leftHash, leftSum, rightHash, rightSum)",
        "abi.encode(leftHash, leftSum & rightSum, rightHash, leftSum | rightSum)",
    ),
    "provesSums": ("SumTree", "sum += siblingSum;", "sum = uint128(sum + siblingSum);"),
}
"""By the property that it breaks: library, right code, wrong code."""


@pytest.fixture(scope="module")
def halmos() -> Path:
    needs_compiler()
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "environment.py", "proving"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(made.stdout.strip()).with_name("halmos")


def test_every_property_is_proven(halmos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(halmos, ROOT) == 0
    told = capsys.readouterr().out
    assert [name for name in MUTANTS if f"[PASS] {name}(" not in told] == []
    assert f"{len(MUTANTS)} passed; 0 failed" in told, "each property has its mutant"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_is_refuted(
    name: str, halmos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, right, wrong = MUTANTS[name]
    packages = shutil.ignore_patterns("node_modules")
    copy = shutil.copytree(ROOT / "contracts", tmp_path / "contracts", ignore=packages)
    (copy / "node_modules").symlink_to(ROOT / "contracts" / "node_modules")
    file = copy / "libraries" / f"{library}.sol"
    assert file.read_text().count(right) == 1
    file.write_text(file.read_text().replace(right, wrong))
    assert command.main(halmos, tmp_path) == 1
    assert f"[FAIL] {name}(" in capsys.readouterr().out
