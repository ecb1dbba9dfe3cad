"""Contenders in memory, in this process and one after the other in every round."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from backend.kernel import delivery, hashing
from backend.kernel.compiler import has_numba
from backend.kernel.leaves import leaf_hashes, series_hashes
from backend.kernel.tree import Level, fold, reduce_leaves
from scripts.benchmarks.settlement_bench.data import DENSE_DAY, ISPS, dense_arrays
from settlement.statement import Period

ROUNDS = 30
Calls = dict[str, Callable[[], object]]
Cost = tuple[float, float]
"""Least wall and CPU seconds: what else runs on the machine only ever adds."""


def rounds(calls: Calls, count: int = ROUNDS) -> dict[str, Cost]:
    """Call all in turn, several times; the first round does not count."""
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(count + 1):
        for name, call in calls.items():
            started, started_cpu = time.perf_counter(), time.process_time()
            call()
            if number:
                wall[name].append(time.perf_counter() - started)
                cpu[name].append(time.process_time() - started_cpu)
    return {name: (min(wall[name]), min(cpu[name])) for name in calls}


def dense_calls(rows: int, pool: ThreadPoolExecutor) -> Calls:
    """Contenders for the two sums of a dense day."""
    ordered, baseline, actual = dense_arrays(rows, 0)
    copies = np.empty_like(baseline), np.empty_like(actual)
    half = rows // 2

    def kernel(part: slice = slice(None), *, compiled: bool) -> object:
        delivery.has_numba = lambda: compiled  # type: ignore[assignment]
        return delivery.delivery_sums(ordered[part], baseline[part], actual[part])

    def two_threads(*, compiled: bool) -> object:
        parts = (slice(0, half), slice(half, rows))
        return list(pool.map(lambda part: kernel(part, compiled=compiled), parts))

    def naive() -> object:
        moved = np.sign(ordered)[:, None] * (actual.astype(np.int64) - baseline)
        size = np.abs(ordered)[:, None]
        return np.clip(moved, 0, size).sum(axis=1), np.maximum(0, size - moved).sum(axis=1)

    calls: Calls = {
        "memcpy": lambda: [
            np.copyto(*pair) for pair in zip(copies, (baseline, actual), strict=True)
        ],
        "np.sum": lambda: (baseline.sum(), actual.sum()),
        "kernel, NumPy, 1 thread": lambda: kernel(compiled=False),
        "kernel, NumPy, 2 threads": lambda: two_threads(compiled=False),
        "naive NumPy": naive,
    }
    if has_numba():
        calls["kernel, Numba, 1 thread"] = lambda: kernel(compiled=True)
        calls["kernel, Numba, 2 threads"] = lambda: two_threads(compiled=True)
    return calls


def tree_calls(rows: int) -> tuple[Calls, float]:
    """Leaves and tree of a dense day, and the bare hash; with permutations per hash of the bare."""
    _, baseline, actual = dense_arrays(rows, 0)
    pairs = np.stack([baseline.reshape(-1), actual.reshape(-1)], axis=1)
    offsets = np.arange(rows + 1) * ISPS
    identity = np.random.default_rng(1).integers(0, 256, (rows, 32), np.uint8)
    amounts = np.arange(rows)
    period = Period(DENSE_DAY, DENSE_DAY)
    messages = np.random.default_rng(2).integers(0, 256, (rows, 128), np.uint8)

    def leaves_and_tree() -> object:
        series = series_hashes(pairs, offsets)
        leaf = leaf_hashes(identity, period, series, amounts, (amounts,) * 4)
        return fold([reduce_leaves(Level(leaf, amounts.astype(np.uint64)), 0)])

    lengths = np.array([8 * ISPS, 9 * 32, 32])
    needed = hashing.permutations(np.repeat(lengths, rows)) + (rows - 1)
    return {
        "leaves and tree": leaves_and_tree,
        "bare hash": lambda: hashing.hash_rows(messages),
    }, needed / rows
