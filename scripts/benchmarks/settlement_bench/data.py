"""Made-up portfolios of any size and the files that the contenders read. Every figure is seeded."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.kernel.bulk.arrow import fixed_bytes
from backend.kernel.bulk.files import write_partitions
from backend.kernel.columns import (
    BLOB_DTYPE,
    TERM_COLUMNS,
    Activations,
    Agreements,
    Integers,
    Meters,
    Occupied,
    Portfolio,
)
from settlement.clock import day_of, weekday_of
from settlement.statement import Period
from settlement.terms import BaselineMethod

ISPS = 96
DENSE_DAY = day_of(date(2027, 6, 1))
MONTH = Period(day_of(date(2027, 6, 1)), day_of(date(2027, 6, 30)))
DAYS_BEFORE = 36
ACTIVATIONS, ACTIVATION_ISPS = 10, 8
DENSE_ROWS, MONTH_ROWS = 50_000, 5_000
"""Agreements of a partition."""

VOLUME_RATE, PENALTY_RATE = 1_800_000, 2_400_000
_TERMS = {
    "start_day": MONTH.first_day - 100,
    "end_day": MONTH.last_day + 100,
    "amount_w": -4000,
    "volume_rate": VOLUME_RATE,
    "penalty_rate": PENALTY_RATE,
    "capacity_rate": 50_000,
    "penalty_cap_bp": 10_000,
}


def dense_arrays(rows: int, seed: int) -> tuple[Integers, np.ndarray, np.ndarray]:
    """Return ordered W per agreement, and baseline and actual W of each ISP of a day."""
    random = np.random.default_rng(seed)
    baseline = random.integers(-500, 4000, (rows, ISPS), np.int32)
    ordered = -random.integers(500, 3000, rows)
    missed = random.integers(-300, 600, (rows, ISPS), np.int32)
    return ordered, baseline, (baseline + ordered[:, None] + missed).astype(np.int32)


def _agreements(rows: int, part: int, utc_offset: int, **chosen: int) -> Agreements:
    identities = np.random.default_rng(part).integers(0, 256, (rows, 32), np.uint8)
    identities[:, 0] = part // 256
    identities[:, 1] = part % 256
    ascending = np.sort(identities.view("S32").reshape(-1)).view(np.uint8).reshape(rows, 32)
    values = {**dict.fromkeys(TERM_COLUMNS, 0), **_TERMS, "utc_offset_minutes": utc_offset}
    values |= chosen
    window = np.full((rows, 96), 255, np.uint8)
    window[:, 84:] = 0
    return Agreements(
        15, ascending, window, {name: np.full(rows, of, np.int64) for name, of in values.items()}
    )


def _no_others() -> Occupied:
    return Occupied(*(np.empty(0, np.int64) for _ in range(3)))


def dense_portfolio(rows: int, part: int) -> Portfolio:
    """Agreements with a nominated baseline that are ordered for all ISPs of one UTC day."""
    ordered, baseline, actual = dense_arrays(rows, part)
    every, first = np.arange(rows), np.full(rows, DENSE_DAY * ISPS)
    return Portfolio(
        _agreements(rows, part, 0, baseline_method=BaselineMethod.NOMINATED),
        Activations(every, first, np.full(rows, ISPS), ordered, baseline.reshape(-1)),
        _no_others(),
        Meters(DENSE_DAY, actual.astype(BLOB_DTYPE), every, np.arange(rows + 1)),
    )


def month_portfolio(rows: int, part: int) -> Portfolio:
    """Agreements with ten activations of eight ISPs on working days of a month, high 5 of 10."""
    random = np.random.default_rng(part)
    first_utc_day = MONTH.first_day - DAYS_BEFORE
    days = MONTH.last_day + 2 - first_utc_day
    blobs = random.integers(-500, 4000, (rows, days * ISPS), np.int32).astype(BLOB_DTYPE)
    working = [d for d in range(MONTH.first_day, MONTH.last_day + 1) if weekday_of(d) < 5]
    chosen = np.sort(random.permuted(np.tile(working, (rows, 1)), axis=1)[:, :ACTIVATIONS], axis=1)
    first = chosen * ISPS + random.integers(56, 76, chosen.shape)
    count = rows * ACTIVATIONS
    return Portfolio(
        _agreements(rows, part, 60, clock_rule=1, x=5, y=10),
        Activations(
            np.repeat(np.arange(rows), ACTIVATIONS),
            first.reshape(-1),
            np.full(count, ACTIVATION_ISPS),
            -random.integers(500, 3000, count),
            np.empty(0, np.int32),
        ),
        _no_others(),
        Meters(first_utc_day, blobs, np.arange(rows), np.arange(rows + 1)),
    )


def _parts(rows: int, most: int) -> Iterator[tuple[int, int]]:
    for part in range(-(-rows // most)):
        yield min(most, rows - part * most), part


def write_dense(folder: Path, rows: int) -> None:
    """Write a dense day as partitions, as Parquet of blobs and as Parquet of one row per ISP."""
    write_partitions(
        folder / "partitions", (dense_portfolio(*each) for each in _parts(rows, DENSE_ROWS))
    )
    blobs = pa.schema(
        [("ordered_w", pa.int64()), ("baseline", pa.binary(384)), ("actual", pa.binary(384))]
    )
    long = pa.schema(
        [(n, pa.int32()) for n in ("agreement", "ordered_w", "baseline_w", "actual_w")]
    )
    with (
        pq.ParquetWriter(folder / "blobs.parquet", blobs, compression="none") as blob_file,
        pq.ParquetWriter(folder / "long.parquet", long, compression="none") as long_file,
    ):
        for count, part in _parts(rows, DENSE_ROWS):
            ordered, baseline, actual = dense_arrays(count, part)
            encoded = (one.astype(BLOB_DTYPE).view(np.uint8) for one in (baseline, actual))
            columns = [pa.array(ordered), *(fixed_bytes(one) for one in encoded)]
            blob_file.write_table(pa.table(columns, schema=blobs))
            agreement = np.repeat(np.arange(count) + part * DENSE_ROWS, ISPS)
            flat = [agreement, np.repeat(ordered, ISPS), baseline.reshape(-1), actual.reshape(-1)]
            long_file.write_table(
                pa.table([pa.array(one, pa.int32()) for one in flat], schema=long)
            )


def write_month(folder: Path, rows: int) -> None:
    """Write a month as partitions."""
    write_partitions(folder, (month_portfolio(*each) for each in _parts(rows, MONTH_ROWS)))
