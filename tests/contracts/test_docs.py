"""The page for auditors names tests that exist and figures that are measured."""

import re
from pathlib import Path

from scripts.benchmarks import gas
from tests.contracts.chain import artifact
from tests.evm.tools import long_tests

FOLDER = Path(__file__).resolve().parent
PAGE = (FOLDER.parents[1] / "docs" / "contracts.md").read_text()


def test_every_threat_names_tests_that_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    existing = {
        name
        for file in FOLDER.parent.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert len(named) > 40
    assert named - existing == set()


def test_the_page_tells_the_size_of_the_code() -> None:
    sizes = [
        len(artifact(name)["runtime_bytecode"]) // 2 - 1
        for name in ("FlexMarket", "SettlementLedger")
    ]
    market, ledger = (f"{size:,}" for size in sizes)
    assert f"{market} bytes (market) and {ledger} bytes (ledger)" in PAGE


@long_tests
def test_the_page_tells_what_is_measured() -> None:
    """Ten seconds; only a change of the contracts or of the compiler makes a difference."""
    assert "\n".join(gas.table()) in PAGE
