"""What each step around the kernel costs for one partition: what a large run is planned from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from backend.kernel.bulk.files import read_manifest, write_partitions
from backend.kernel.bulk.meter_csv import import_csv
from backend.kernel.bulk.meter_mapping import Mapping, Unit
from backend.kernel.bulk.run import Task, reduce_partition, settle_partition
from scripts.benchmarks.settlement_bench.data import ISPS, MONTH, MONTH_ROWS, month_portfolio
from settlement.clock import Clock, ClockRule

READINGS = 480_000
_CLOCK = Clock(15, 60, ClockRule.EU)
_FIRST_S = int(datetime(2027, 6, 1, tzinfo=UTC).timestamp())
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Step:
    """What a step cost: CPU seconds for so many agreements or readings, and bytes it wrote."""

    name: str
    cpu_s: float
    count: int
    unit: str
    written: int


def measure_steps(folder: Path, scale: int) -> list[Step]:
    """Take one partition, and some of its meter data as CSV, through every step."""
    folder.mkdir()
    rows = MONTH_ROWS // scale
    portfolio = month_portfolio(rows, 0)
    _settle_small(folder / "warm", 40)
    source, target = folder / "meters.csv", folder / "days"
    _import(source, _write_csv(source, ISPS), target)
    readings = _write_csv(source, READINGS // scale)
    _, import_s = _timed(lambda: _import(source, readings, target))
    written, write_s = _timed(lambda: write_partitions(folder / "in", [portfolio]))
    task = Task(folder / "in", folder / "out", written[0], MONTH, ())
    task.results.mkdir()
    _, settle_s = _timed(lambda: settle_partition(task))
    _, reduce_s = _timed(lambda: reduce_partition(task, 0))
    partition = folder / "in" / written[0].name
    return [
        Step("CSV to day blobs", import_s, readings, "reading", _bytes_in(target)),
        Step("writing a partition", write_s, rows, "agreement", partition.stat().st_size),
        Step("settling it", settle_s, rows, "agreement", task.statements.stat().st_size),
        Step("its part of the tree", reduce_s, rows, "agreement", 0),
    ]


def _import(source: Path, readings: int, target: Path) -> None:
    mapping = Mapping("metering_point", "start_utc", "power_w", Unit.W)
    result = import_csv(source, mapping, _CLOCK, target, source.with_suffix(".aside"), 4)
    assert result.rows == readings, "every reading of the file is good"


def _settle_small(folder: Path, rows: int) -> None:
    """Settle a small partition, so that nothing is imported or compiled while it counts."""
    write_partitions(folder / "in", [month_portfolio(rows, 0)])
    (partition,) = read_manifest(folder / "in")
    (folder / "out").mkdir()
    task = Task(folder / "in", folder / "out", partition, MONTH, ())
    settle_partition(task)
    reduce_partition(task, 0)


def _write_csv(path: Path, wanted: int) -> int:
    """Write whole days of readings, ISP by ISP as a head-end delivers them; return how many."""
    points = max(1, wanted // ISPS)
    with path.open("w") as stream:
        stream.write("metering_point,start_utc,power_w\n")
        for isp in range(ISPS):
            start = f"{datetime.fromtimestamp(_FIRST_S + 900 * isp, UTC):%Y-%m-%dT%H:%MZ}"
            stream.writelines(
                f"AT{point:031d},{start},{(point * 7919 + isp * 31) % 4500 - 500}\n"
                for point in range(points)
            )
    return points * ISPS


def _timed(call: Callable[[], Result]) -> tuple[Result, float]:
    began = time.process_time()
    result = call()
    return result, time.process_time() - began


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))
