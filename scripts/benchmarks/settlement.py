"""Settle dense days and realistic months, beside memcpy, bare reads and other engines.

In memory the least of many turns counts, so that what else runs on the machine does not. On files
contenders take turns, each in a process of its own; figures are medians of CPU seconds and their
ratios within this run. With `--write` the tables and the chart in docs/ are made again.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from scripts.benchmarks.settlement_bench.data import write_dense, write_month
from scripts.benchmarks.settlement_bench.memory import dense_calls, rounds, tree_calls
from scripts.benchmarks.settlement_bench.report import Table, as_markdown, keep_table, write_report
from scripts.benchmarks.settlement_bench.steps import measure_steps
from scripts.benchmarks.settlement_bench.turns import Runs, check_answers, take_turns

DENSE_IN_MEMORY, DENSE_SIZES, SMALL_ROWS = 100_000, (100_000, 1_000_000), 400
MONTH_SIZES, SMALL_MONTH_ROWS, PANDAS_AGREEMENTS = (10_000, 50_000), 40, 500
DENSE = ("kernel_totals", "kernel_dense", "kernel_dense_numpy", "naive_arrays")
RIVALS = ("pandas", "polars", "duckdb", "spark")
TREE_ROUNDS = 5


def main() -> None:
    """Run all contenders and print the tables."""
    parser = argparse.ArgumentParser(prog="scripts/bench settlement", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the sizes, to try it")
    parser.add_argument("--only", nargs="+", metavar="TABLE", help="names of tables, not all")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write tables and chart there")
    options = parser.parse_args()
    rivals = [name for name in RIVALS if _is_there(name)]
    with tempfile.TemporaryDirectory() as folder:
        tables = _tables(Path(folder), rivals, options.rounds, 100 if options.quick else 1)
        chosen = options.only or list(tables)
        if unknown := set(chosen) - set(tables):
            raise SystemExit(f"unknown table {min(unknown)}; there are {', '.join(tables)}")
        for name in chosen:
            table = tables[name]()
            print(as_markdown(table), flush=True)
            if options.write:
                keep_table(name, table, options.write)
    if options.write:
        write_report(list(tables), options.write)


def _tables(
    folder: Path, rivals: list[str], turns: int, scale: int
) -> dict[str, Callable[[], Table]]:
    """Return what makes each table. Ratios are within a table; each is measured in one run."""
    few = max(10, PANDAS_AGREEMENTS // scale)
    return {
        "memory": lambda: _in_memory(DENSE_IN_MEMORY // scale),
        "tree": lambda: _tree(DENSE_IN_MEMORY // scale),
        **{
            f"dense-{rows}": partial(_dense, folder, rows // scale, rivals, turns)
            for rows in DENSE_SIZES
        },
        f"month-{PANDAS_AGREEMENTS}": partial(
            _month, folder, few, 1, ("pandas_month",) if "pandas" in rivals else ()
        ),
        **{
            f"month-{rows}": partial(_month, folder, rows // scale, turns, ())
            for rows in MONTH_SIZES
        },
        "steps": lambda: _steps(folder, scale),
    }


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


def _steps(folder: Path, scale: int) -> Table:
    steps = measure_steps(folder / "steps", scale)
    return Table(
        "Steps around the kernel, a partition of the realistic month, CPU",
        ("", "CPU s", "of", "CPU us each", "bytes written each"),
        [
            (
                one.name,
                f"{one.cpu_s:.2f}",
                f"{one.count:,} {one.unit}s",
                f"{1e6 * one.cpu_s / one.count:.2f}",
                f"{one.written / one.count:,.1f}",
            )
            for one in steps
        ],
    )


def _dense(folder: Path, rows: int, rivals: list[str], turns: int) -> Table:
    data, small = folder / f"dense-{rows}", folder / "dense-small"
    for path, size in ((data, rows), (small, SMALL_ROWS)):
        if not path.exists():
            path.mkdir()
            write_dense(path, size)
    runs = take_turns((*DENSE, *rivals), data, small, turns)
    check_answers([one for name, one in runs.items() if not name.startswith("kernel_dense")])
    check_answers([one for name, one in runs.items() if name.startswith("kernel_dense")])
    base = "spark" if "spark" in runs else "kernel_totals"
    return _table(f"Dense day from files, {rows:,} x 96, {_turns(turns)}", runs, base, rows)


def _month(folder: Path, rows: int, turns: int, rivals: tuple[str, ...]) -> Table:
    data, small = folder / f"month-{rows}", folder / "month-small"
    for path, size in ((data, rows), (small, SMALL_MONTH_ROWS)):
        if not path.exists():
            write_month(path, size)
    names = ("read_and_sum", "kernel_month", "kernel_month_numpy", *rivals)
    runs = take_turns(names, data, small, turns)
    check_answers([runs["kernel_month"], runs["kernel_month_numpy"]])
    amounts = {json.loads(answer)[0] for name in names[1:] for answer in runs[name].answers}
    assert len(amounts) == 1, f"amounts differ: {amounts}"
    title = f"Realistic month from files, {rows:,} agreements, {_turns(turns)}"
    return _table(title, runs, "read_and_sum", rows)


def _turns(turns: int) -> str:
    return "one turn" if turns == 1 else f"median of {turns} turns"


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
