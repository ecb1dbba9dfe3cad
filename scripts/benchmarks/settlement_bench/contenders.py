"""What is compared. Each contender does its work on files and returns figures that must agree."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.kernel.bulk.arrow import (
    bytes_column,
    column,
    portfolio_of_table,
    settle_table,
)
from backend.kernel.bulk.files import read_manifest, read_table
from backend.kernel.columns import BLOB_DTYPE
from backend.kernel.delivery import delivery_sums
from backend.kernel.exact import line_amounts
from backend.kernel.tree import Level, fold, reduce_leaves
from scripts.benchmarks.settlement_bench.data import (
    DENSE_DAY,
    ISPS,
    MONTH,
    PENALTY_RATE,
    VOLUME_RATE,
)
from settlement.statement import Period

Totals = tuple[int, int]
"""Volume and penalty before the cap, 1e-4 EUR over all agreements."""

_BATCH_ROWS = 20_000


def totals_of_blobs(batch: pa.Table | pa.RecordBatch) -> Totals:
    """The dense kernel on a table of blobs: what Spark's `mapInArrow` runs as well."""
    table = pa.table(batch) if isinstance(batch, pa.RecordBatch) else batch
    baseline, actual = (
        bytes_column(table, name).view(BLOB_DTYPE).astype(np.int32)
        for name in ("baseline", "actual")
    )
    delivered, deficiency = delivery_sums(column(table, "ordered_w"), baseline, actual)
    rates = (np.full(len(table), rate) for rate in (VOLUME_RATE, PENALTY_RATE))
    volume, penalty = (
        line_amounts(w_sum, 15, rate)
        for w_sum, rate in zip((delivered, deficiency), rates, strict=True)
    )
    return int(volume.sum()), int(penalty.sum())


def kernel_totals(folder: Path) -> Totals:
    """Totals of a dense day from Parquet of blobs."""
    file = pq.ParquetFile(folder / "blobs.parquet")
    parts = [totals_of_blobs(one) for one in file.iter_batches(_BATCH_ROWS)]
    return sum(volume for volume, _ in parts), sum(penalty for _, penalty in parts)


def _settled(folder: Path, period: Period) -> Iterator[pa.Table]:
    for partition in read_manifest(folder):
        yield settle_table(read_table(folder / partition.name), period, ())


def statements_and_root(folder: Path, period: Period) -> tuple[int, str]:
    """The whole kernel over partitions: amounts, series hashes, leaves and root."""
    partials, leaves, amount = [], 0, 0
    for table in _settled(folder, period):
        complete = column(table, "complete")
        sums = column(table, "amount")[complete].astype(np.uint64)
        hashes = bytes_column(table, "leaf_hash")[complete]
        partials.append(reduce_leaves(Level(hashes, sums), leaves))
        leaves, amount = leaves + len(sums), amount + int(sums.sum())
    return amount, fold(partials)[0].hex()


def kernel_dense(folder: Path) -> tuple[int, str]:
    """Statements and root of a dense day."""
    return statements_and_root(folder / "partitions", Period(DENSE_DAY, DENSE_DAY))


def kernel_month(folder: Path) -> tuple[int, str]:
    """Statements and root of a month."""
    return statements_and_root(folder, MONTH)


def read_and_sum(folder: Path) -> int:
    """Read the blobs of a month and sum them: the floor of what settles from them."""
    total = 0
    for partition in read_manifest(folder):
        blobs = portfolio_of_table(read_table(folder / partition.name)).meters.blobs
        for begin in range(0, len(blobs), 16):
            total += int(blobs[begin : begin + 16].sum(dtype=np.int64))
    return total


def naive_arrays(folder: Path) -> Totals:
    """Whole columns in NumPy, as one would write it first."""
    table = pq.read_table(folder / "long.parquet")
    ordered, baseline, actual = (
        table.column(name).to_numpy().reshape(-1, ISPS).astype(np.int64)
        for name in ("ordered_w", "baseline_w", "actual_w")
    )
    moved = np.sign(ordered) * (actual - baseline)
    delivered = np.clip(moved, 0, np.abs(ordered)).sum(axis=1)
    deficiency = np.maximum(0, np.abs(ordered) - moved).sum(axis=1)
    return _rounded(delivered, VOLUME_RATE), _rounded(deficiency, PENALTY_RATE)


def _rounded(w_sum: np.ndarray, rate: int) -> int:
    """Rounding half to even of all lines; both rates make it exact in float64."""
    return int(np.rint(w_sum * 15 * rate / 60_000_000).sum())


def pandas(folder: Path) -> Totals:
    """Plain pandas with a group per agreement, in the types of the file."""
    import pandas as pd

    frame = pd.read_parquet(folder / "long.parquet")
    size = frame["ordered_w"].abs()
    moved = np.sign(frame["ordered_w"]) * (frame["actual_w"] - frame["baseline_w"])
    frame["delivered"] = moved.clip(lower=0).clip(upper=size)
    frame["deficiency"] = (size - moved).clip(lower=0)
    sums = frame.groupby("agreement", sort=False)[["delivered", "deficiency"]].sum()
    return (
        _rounded(sums["delivered"].to_numpy(np.int64), VOLUME_RATE),
        _rounded(sums["deficiency"].to_numpy(np.int64), PENALTY_RATE),
    )


def polars(folder: Path) -> Totals:
    """A lazy Polars query."""
    import polars as pl

    size = pl.col("ordered_w").abs()
    moved = pl.col("ordered_w").sign() * (pl.col("actual_w") - pl.col("baseline_w"))
    query = (
        pl.scan_parquet(folder / "long.parquet")
        .select(
            "agreement",
            delivered=pl.min_horizontal(pl.max_horizontal(moved, 0), size).cast(pl.Int64),
            deficiency=pl.max_horizontal(size - moved, 0).cast(pl.Int64),
        )
        .group_by("agreement")
        .sum()
    )
    sums = query.collect(engine="streaming")
    return (
        _rounded(sums["delivered"].to_numpy(), VOLUME_RATE),
        _rounded(sums["deficiency"].to_numpy(), PENALTY_RATE),
    )


def duckdb(folder: Path) -> Totals:
    """A SQL query."""
    import duckdb as db

    with db.connect() as connection:
        connection.execute("set threads = 2")
        sums = connection.execute(
            "with moved as (select agreement, abs(ordered_w) as size,"
            " sign(ordered_w) * (actual_w - baseline_w) as moved from read_parquet(?))"
            " select sum(least(greatest(moved, 0), size))::bigint as delivered,"
            " sum(greatest(size - moved, 0))::bigint as deficiency from moved group by agreement",
            [str(folder / "long.parquet")],
        ).fetchnumpy()
    return _rounded(sums["delivered"], VOLUME_RATE), _rounded(sums["deficiency"], PENALTY_RATE)
