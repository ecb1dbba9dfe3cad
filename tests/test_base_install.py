"""The base install alone, in an environment that holds nothing else, checks a bundle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from settlement.bundle.writer import write_bundle
from tests.settlement.build import bundle_of

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "flexledger",
    "coincurve",
    "pycryptodome",
    "tzdata",
    "pip",
    "setuptools",
    "cffi",
    "pycparser",
    "asn1crypto",
}


@pytest.fixture(scope="module")
def base_python() -> str:
    """Return the Python of the base environment, made by the project's own script."""
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "environment.py", "base"],
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def verify(python: str, bundle: Path, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, "-I", "-m", "settlement", "verify", str(bundle), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


def test_the_base_install_holds_the_checker_and_little_else(base_python: str):
    listed = subprocess.run(
        [base_python, "-I", "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {package["name"] for package in json.loads(listed.stdout)} <= ALLOWED


def test_it_confirms_an_honest_bundle_and_refuses_an_altered_one(base_python: str, tmp_path: Path):
    honest, altered = tmp_path / "honest.json", tmp_path / "altered.json"
    text = write_bundle(bundle_of("evening"))
    honest.write_text(text)
    document = json.loads(text)
    document["stated"]["statement"]["amount"] += 1
    altered.write_text(json.dumps(document))
    assert verify(base_python, honest, tmp_path).returncode == 0
    refused = verify(base_python, altered, tmp_path)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["holds"] is False
