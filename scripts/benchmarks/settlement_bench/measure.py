"""Run one contender in a process of its own and print what it cost, as JSON.

usage: python -m scripts.benchmarks.settlement_bench.measure NAME FOLDER SMALL_FOLDER

The small folder warms imports, compiled code and virtual machines up; it does not count.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from scripts.benchmarks.settlement_bench import contenders, spark
from scripts.benchmarks.settlement_bench.pandas_month import pandas_month

WITHOUT_COMPILER = "_numpy"
"""Ending of a contender's name that forbids Numba."""


def main(name: str, folder: Path, small: Path) -> None:
    """Measure one contender."""
    if name.endswith(WITHOUT_COMPILER):
        _forbid_compiler()
    call = _contender(name.removesuffix(WITHOUT_COMPILER))
    call(small)
    cpu_s, wall_s = _tree_cpu_s(), time.perf_counter()
    answer = call(folder)
    cpu_s, wall_s = _tree_cpu_s() - cpu_s, time.perf_counter() - wall_s
    print(json.dumps({"cpu_s": cpu_s, "wall_s": wall_s, "answer": answer}))


def _contender(name: str) -> Callable[[Path], Any]:
    if name == "pandas_month":
        return pandas_month
    if name == "spark":
        session = spark.open_session()
        return lambda folder: spark.spark_totals(session, folder)
    found: Callable[[Path], Any] = getattr(contenders, name)
    return found


def _forbid_compiler() -> None:
    from backend.kernel import delivery, hashing

    delivery.has_numba = hashing.has_numba = lambda: False  # type: ignore[assignment]


def _tree_cpu_s() -> float:
    """CPU of this process and all below it, of ended ones as well."""
    total = time.process_time()
    for number, one in enumerate(tree_of(psutil.Process())):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.children_user + times.children_system
        if number:  # its own times are coarser than the clock of this process
            total += times.user + times.system
    return total


def tree_of(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all below it."""
    return [process, *process.children(recursive=True)]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
