"""Time the checker on bundles of a month, start-up included, and the pilot month without the chain.

Beside it stands a bare start of the same Python, below which no checker can get.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scripts.benchmarks.checking_bench.pilot import PilotMonth
from settlement.bundle.writer import write_bundle
from settlement.checker.plausibility import check_bundle
from settlement.units import format_eur

CHECKS, PROCESSES = 20, 7


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock, and of processors; on a busy machine the first is longer."""

    clock_s: float
    processor_s: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long a settlement and a check of the month take, each the median of several."""
    options = _parser().parse_args(arguments)
    month = PilotMonth()
    settling = [_take(month.settle) for _ in range(options.repeat)]
    run, incomplete = month.settle()
    lines = sum(len(one.lines) for one in run.settled)
    print(
        f"pilot month: {len(month.meters)} sites, {len(month.agreed)} agreements, {lines} "
        f"activations, {len(incomplete)} incomplete, {format_eur(run.tree.root[1])} EUR"
    )
    print(f"  {'median of several runs':36} {'clock':>10} {'processor':>10} {'target':>8}")
    _print("settle and build the run, no chain", settling, 5.0)
    complete = {one.statement.agreement_id for one in run.settled}
    chosen = [one for one in month.agreed if one.identity in complete]
    chosen = sorted(chosen, key=lambda one: -len(one.log))[:CHECKS]
    bundles = [month.bundle(one, run) for one in chosen]
    texts = [write_bundle(bundle) for bundle in bundles]
    if not all(check_bundle(bundle)[0].holds for bundle in bundles):
        raise SystemExit("a bundle of the month does not hold")
    print(
        f"the {CHECKS} bundles with the most activations hold, up to {max(map(len, texts)):,} bytes"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        path.write_text(max(texts, key=len))
        command = [sys.executable, "-m", "settlement", "verify", str(path)]
        _print("a bare start of Python", _runs([sys.executable, "-c", "pass"], options.repeat))
        _print("start and check the largest", _runs(command, options.repeat), 2.0)
    in_process = [_take(lambda one=one: check_bundle(one)) for one in bundles]
    _print("check, already started", in_process)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=PROCESSES, help="runs (%(default)s)")
    return parser


def _runs(command: Sequence[str], times: int) -> list[Taken]:
    def run() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return [_take(run) for _ in range(times)]


def _take(action: Callable[[], object]) -> Taken:
    before_s, started = _processor_s(), time.perf_counter()
    action()
    return Taken(time.perf_counter() - started, _processor_s() - before_s)


def _processor_s() -> float:
    """Return the processor seconds of this process and of those it waited for."""
    return sum(os.times()[:4])


def _print(what: str, taken: Sequence[Taken], target_s: float | None = None) -> None:
    target = "" if target_s is None else f"{target_s:6.0f} s"
    clock_s, processor_s = median(x.clock_s for x in taken), median(x.processor_s for x in taken)
    print(f"  {what:36} {clock_s:8.3f} s {processor_s:8.3f} s {target}")


if __name__ == "__main__":
    main()
