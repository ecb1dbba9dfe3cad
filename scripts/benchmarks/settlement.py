"""Settle dense days and realistic months, beside memcpy, bare reads and other engines.

In memory the least of many turns counts, so that what else runs on the machine does not. On files
contenders take turns, each in a process of its own; figures are medians of CPU seconds and their
ratios within this run. With `--write` the tables and the chart in docs/ are made again.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import psutil

from scripts.benchmarks.settlement_bench.data import write_dense, write_month
from scripts.benchmarks.settlement_bench.measure import tree_of
from scripts.benchmarks.settlement_bench.memory import dense_calls, rounds, tree_calls
from scripts.benchmarks.settlement_bench.report import Report, Table, as_markdown, write_report

DENSE_IN_MEMORY, DENSE_SIZES, SMALL_ROWS = 100_000, (100_000, 1_000_000), 400
MONTH_SIZES, SMALL_MONTH_ROWS, PANDAS_AGREEMENTS = (10_000, 50_000), 40, 500
DENSE = ("kernel_totals", "kernel_dense", "kernel_dense_numpy", "naive_arrays")
RIVALS = ("pandas", "polars", "duckdb", "spark")
TIMEOUT_S, POLL_S, TREE_ROUNDS = 900, 0.1, 5


@dataclass(slots=True)
class Runs:
    """What a contender's runs cost."""

    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    peak: int = 0
    answers: set[str] = field(default_factory=set)

    @property
    def cpu(self) -> float:
        """Median CPU seconds."""
        return statistics.median(self.cpu_s)

    @property
    def wall(self) -> float:
        """Median wall seconds."""
        return statistics.median(self.wall_s)


def main() -> None:
    """Run all contenders and print the tables."""
    parser = argparse.ArgumentParser(prog="scripts/bench settlement", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the sizes, to try it")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write tables and chart there")
    options = parser.parse_args()
    scale = 100 if options.quick else 1
    rivals = [name for name in RIVALS if _is_there(name)]
    with tempfile.TemporaryDirectory() as folder:
        report = Report(list(_printed(_tables(Path(folder), rivals, options.rounds, scale))))
    if options.write:
        write_report(report, options.write)


def _tables(folder: Path, rivals: list[str], turns: int, scale: int) -> Iterator[Table]:
    yield _in_memory(DENSE_IN_MEMORY // scale)
    yield _tree(DENSE_IN_MEMORY // scale)
    for rows in DENSE_SIZES:
        yield _dense(folder, rows // scale, rivals, turns)
    if "pandas" in rivals:
        yield _month(folder, max(10, PANDAS_AGREEMENTS // scale), 1, ("pandas_month",))
    for rows in MONTH_SIZES:
        yield _month(folder, rows // scale, turns, ())


def _printed(tables: Iterator[Table]) -> Iterator[Table]:
    """Print each table as soon as it is there: a run takes long."""
    for table in tables:
        print(as_markdown(table), flush=True)
        yield table


def _is_there(rival: str) -> bool:
    module = "pyspark" if rival == "spark" else rival
    there = find_spec(module) is not None and (rival != "spark" or which("java") is not None)
    if not there:
        print(f"LEFT OUT: {rival} is not installed here.", file=sys.stderr, flush=True)
    return there


def _in_memory(rows: int) -> Table:
    with ThreadPoolExecutor(2) as pool:
        costs = rounds(dense_calls(rows, pool))
    copy, read = costs["memcpy"][0], costs["np.sum"][0]
    return Table(
        f"Two sums of a dense day in memory, {rows:,} x 96, wall",
        ("", "ms", "x memcpy", "x np.sum"),
        [
            (name, f"{1e3 * wall:.1f}", f"{wall / copy:.2f}", f"{wall / read:.2f}")
            for name, (wall, _) in costs.items()
        ],
    )


def _tree(rows: int) -> Table:
    calls, permutations = tree_calls(rows)
    costs = rounds(calls, TREE_ROUNDS)
    bare = costs["bare hash"][1] / rows
    all_in = costs["leaves and tree"][1] / rows
    return Table(
        f"Leaves and tree of {rows:,} statements of 96 ISPs, CPU",
        ("", "us per statement", "permutations", "us per permutation", "x bare"),
        [
            ("bare hash of 128 bytes", f"{1e6 * bare:.3f}", "1", f"{1e6 * bare:.3f}", "1.00"),
            (
                "leaves and tree",
                f"{1e6 * all_in:.3f}",
                f"{permutations:.2f}",
                f"{1e6 * all_in / permutations:.3f}",
                f"{all_in / permutations / bare:.2f}",
            ),
        ],
    )


def _dense(folder: Path, rows: int, rivals: list[str], turns: int) -> Table:
    data, small = folder / f"dense-{rows}", folder / "dense-small"
    for path, size in ((data, rows), (small, SMALL_ROWS)):
        if not path.exists():
            path.mkdir()
            write_dense(path, size)
    runs = _measure((*DENSE, *rivals), data, small, turns)
    _agree([one for name, one in runs.items() if not name.startswith("kernel_dense")])
    _agree([one for name, one in runs.items() if name.startswith("kernel_dense")])
    base = "spark" if "spark" in runs else "kernel_totals"
    return _table(f"Dense day from files, {rows:,} x 96", runs, base, rows)


def _month(folder: Path, rows: int, turns: int, rivals: tuple[str, ...]) -> Table:
    data, small = folder / f"month-{rows}", folder / "month-small"
    for path, size in ((data, rows), (small, SMALL_MONTH_ROWS)):
        if not path.exists():
            write_month(path, size)
    names = ("read_and_sum", "kernel_month", "kernel_month_numpy", *rivals)
    runs = _measure(names, data, small, turns)
    _agree([runs["kernel_month"], runs["kernel_month_numpy"]])
    amounts = {json.loads(answer)[0] for name in names[1:] for answer in runs[name].answers}
    assert len(amounts) == 1, f"amounts differ: {amounts}"
    return _table(f"Realistic month from files, {rows:,} agreements", runs, "read_and_sum", rows)


def _measure(names: tuple[str, ...], data: Path, small: Path, turns: int) -> dict[str, Runs]:
    """Let contenders take turns, each time in a process of its own."""
    runs = {name: Runs() for name in names}
    for _ in range(turns):
        for name, one in runs.items():
            module = "scripts.benchmarks.settlement_bench.measure"
            command = [sys.executable, "-m", module, name, str(data), str(small)]
            output, peak = _watched(name, command)
            cost = json.loads(output.splitlines()[-1])
            one.cpu_s.append(cost["cpu_s"])
            one.wall_s.append(cost["wall_s"])
            one.peak = max(one.peak, peak)
            one.answers.add(json.dumps(cost["answer"]))
            print(f"{name} {data.name}: {cost['cpu_s']:.2f} CPU s", file=sys.stderr, flush=True)
    return runs


def _watched(name: str, command: list[str]) -> tuple[str, int]:
    """Run a command; return its output and the most memory that it and all below it held."""
    peak, began = 0, time.monotonic()
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=output, stderr=errors) as child,
    ):
        while child.poll() is None:
            if time.monotonic() - began > TIMEOUT_S:
                child.kill()
            with suppress(psutil.NoSuchProcess):
                tree = tree_of(psutil.Process(child.pid))
                peak = max(peak, sum(one.memory_info().rss for one in tree))
            time.sleep(POLL_S)
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            raise SystemExit(f"{name} failed:\n{errors.read()[-2000:]}")
        return output.read(), peak


def _agree(runs: list[Runs]) -> None:
    answers = set().union(*(one.answers for one in runs))
    assert len(answers) == 1, f"contenders disagree: {answers}"


def _table(title: str, runs: dict[str, Runs], base: str, rows: int) -> Table:
    return Table(
        title,
        ("", "CPU s", "wall s", "CPU us per agreement", f"CPU x {base}", "peak MB"),
        [
            (
                name,
                f"{one.cpu:.2f}",
                f"{one.wall:.2f}",
                f"{1e6 * one.cpu / rows:.2f}",
                f"{one.cpu / runs[base].cpu:.3f}",
                f"{one.peak / 1e6:.0f}",
            )
            for name, one in runs.items()
        ],
    )


if __name__ == "__main__":
    main()
