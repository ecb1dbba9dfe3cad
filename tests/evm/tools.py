"""Where the programs of the npm packages are, and why a test skips where they are not."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "evm"
MODULES = FOLDER / "node_modules"
INSTALL = "run `npm ci --prefix tests/evm`, or scripts/test"


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
