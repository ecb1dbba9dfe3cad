"""Where the programs of the npm packages are, and why a test skips where they are not."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "evm"
MODULES = FOLDER / "node_modules"
COMPILER = ROOT / "contracts" / "node_modules" / "solc"
INSTALL = "run `npm ci --prefix tests/evm`, or scripts/test"

long_tests = pytest.mark.skipif(
    os.environ.get("FLEXLEDGER_LONG") != "1", reason="only by scripts/test --long"
)


def anvil_program() -> Path:
    """The npm package's native program, else one on the path; skips the test without either."""
    found = sorted((MODULES / "@foundry-rs").glob("anvil-*/bin/anvil*"))
    on_path = shutil.which("anvil")
    if not found and on_path is None:
        pytest.skip(f"no anvil in {MODULES} and none on the path: {INSTALL}")
    return found[0] if found else Path(str(on_path))


def node_program(package: str) -> str:
    """The node program; skips the test where it or the package is not installed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    if not (MODULES / package).is_dir():
        pytest.skip(f"{package} is not in {MODULES}: {INSTALL}")
    return program


def needs_compiler() -> None:
    """Skip the test where the compiler of the contracts cannot run."""
    if shutil.which("node") is None or not COMPILER.is_dir():
        pytest.skip("needs node, and `npm ci --prefix contracts`, or scripts/test")
