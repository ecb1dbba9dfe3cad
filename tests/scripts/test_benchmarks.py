"""Benchmarks are run by hand; here it is only held that what they call still exists."""

from importlib import import_module
from pathlib import Path

import pytest

from scripts import benchmarks

FOLDER = Path(benchmarks.__file__).parent


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
def test_a_benchmark_finds_all_that_it_calls(name: str) -> None:
    """Rivals that are not installed are its own affair: a benchmark begins without them."""
    assert callable(import_module(f"scripts.benchmarks.{name}").main)
