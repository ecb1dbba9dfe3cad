"""A settlement run over a folder of partitions: by one process, many, or Dask; restartable.

Each partition is settled into a file of its own, beside which a receipt says what it was made from
and its hash. A run that is started again keeps what has a matching receipt. When all partitions
are there, their leaves are counted and each is reduced to its part of the tree.
"""

import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from backend.kernel.bulk.arrow import bytes_column, column, settle_table
from backend.kernel.bulk.files import (
    PartitionFile,
    read_manifest,
    read_table,
    sha256_of,
    write_table,
    write_whole,
)
from backend.kernel.tree import Level, Partial, depth_of, fold, reduce_leaves
from settlement.errors import InputError
from settlement.statement import Period

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What decides the statements of a partition."""

    folder: Path
    results: Path
    partition: PartitionFile
    period: Period
    non_working_days: tuple[int, ...]

    @property
    def statements(self) -> Path:
        """The file of its statements."""
        return self.results / self.partition.name

    @property
    def receipt(self) -> Path:
        """The file that says what the statements were made from."""
        return self.statements.with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a partition.

    Attributes:
        made_from: SHA-256 of the partition, period and non-working days.
        sha256: of the file of statements.
        agreements: all of the partition.
        leaves: complete statements.
    """

    made_from: tuple[str, int, int, tuple[int, ...]]
    sha256: str
    agreements: int
    leaves: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """The run as it is published.

    Attributes:
        root: 32 bytes.
        sum: 1e-4 EUR.
        depth: siblings in every proof.
        statements: complete ones, each a leaf.
        incomplete: agreements without a leaf.
        settled: partitions that were settled now.
        kept: partitions that were there already.
    """

    root: bytes
    sum: int
    depth: int
    statements: int
    incomplete: int
    settled: int
    kept: int


def run_partitions(
    folder: Path,
    results: Path,
    period: Period,
    non_working_days: Collection[int],
    executor: Executor,
    say: Progress,
) -> RunResult:
    """Settle all partitions of a folder and fold them into one root.

    Args:
        folder: partitions with their manifest.
        results: folder of the statements, made if missing; results of the same run are kept.
        period: local days, inclusive.
        non_working_days: published days.
        executor: where partitions are settled; see `executors`.
        say: takes lines of progress.

    Raises:
        InputError: a partition is not the one of the manifest or cannot be settled. What was
            settled before stays.
    """
    results.mkdir(parents=True, exist_ok=True)
    days = tuple(sorted(set(non_working_days)))
    tasks = [Task(folder, results, partition, period, days) for partition in read_manifest(folder)]
    open_tasks = [task for task in tasks if kept_receipt(task) is None]
    kept = len(tasks) - len(open_tasks)
    if kept:
        say(f"{kept} of {len(tasks)} partitions are there already")
    futures = [executor.submit(settle_partition, task) for task in open_tasks]
    for done, future in enumerate(as_completed(futures), start=kept + 1):
        receipt = future.result()
        say(f"{done} of {len(tasks)} partitions: {receipt.leaves} statements")
    receipts = [_receipt(task) for task in tasks]
    firsts = np.cumsum([0, *(receipt.leaves for receipt in receipts)])
    partials = list(executor.map(reduce_partition, tasks, [int(first) for first in firsts[:-1]]))
    root, total = fold(partials)
    leaves, agreements = int(firsts[-1]), sum(receipt.agreements for receipt in receipts)
    say(f"one root for {leaves} statements, {agreements - leaves} wait for data")
    return RunResult(
        root, total, depth_of(leaves), leaves, agreements - leaves, len(open_tasks), kept
    )


def settle_partition(task: Task) -> Receipt:
    """Settle one partition and write its statements and receipt."""
    path = task.folder / task.partition.name
    found = sha256_of(path)
    if found != task.partition.sha256:
        raise InputError(f"SHA-256 {found}", str(path), task.partition.sha256)
    table = settle_table(read_table(path), task.period, task.non_working_days)
    write_table(task.statements, table)
    leaves = int(column(table, "complete").sum())
    receipt = Receipt(_made_from(task), sha256_of(task.statements), len(table), leaves)
    write_whole(task.receipt, json.dumps(asdict(receipt)).encode())
    return receipt


def reduce_partition(task: Task, first_leaf: int) -> Partial:
    """Reduce the leaves of a settled partition to its part of the run's tree."""
    return reduce_leaves(leaves_of([task]), first_leaf)


def leaves_of(tasks: Sequence[Task]) -> Level:
    """Return the leaves of settled partitions, in order."""
    hashes, sums = [], []
    for task in tasks:
        table = read_table(task.statements)
        complete = column(table, "complete")
        hashes.append(bytes_column(table, "leaf_hash")[complete])
        sums.append(column(table, "amount")[complete].astype(np.uint64))
    return Level(np.concatenate(hashes), np.concatenate(sums))


def kept_receipt(task: Task) -> Receipt | None:
    """Return the receipt of a partition whose statements are there, unaltered, and belong here."""
    try:
        receipt = _receipt(task)
        unaltered = sha256_of(task.statements) == receipt.sha256
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return receipt if unaltered and receipt.made_from == _made_from(task) else None


def _made_from(task: Task) -> tuple[str, int, int, tuple[int, ...]]:
    period = task.period
    return task.partition.sha256, period.first_day, period.last_day, task.non_working_days


def _receipt(task: Task) -> Receipt:
    read = json.loads(task.receipt.read_text())
    sha256, first_day, last_day, days = read.pop("made_from")
    return Receipt((sha256, first_day, last_day, tuple(days)), **read)
