"""Spark in local mode with the kernel's own function through `mapInArrow`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from scripts.benchmarks.settlement_bench.contenders import Totals, totals_of_blobs


def open_session() -> Any:
    """Start Spark on two cores, its workers with this Python and this folder."""
    os.environ["PYSPARK_PYTHON"], os.environ["PYTHONPATH"] = sys.executable, str(Path.cwd())
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "20000")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session


def _totals(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        names = ("ordered_w", "baseline", "actual")
        kinds = (pa.int64(), pa.binary(384), pa.binary(384))
        fixed = [batch.column(name).cast(kind) for name, kind in zip(names, kinds, strict=True)]
        volume, penalty = totals_of_blobs(pa.table(fixed, names=list(names)))
        yield pa.RecordBatch.from_pydict({"volume": [volume], "penalty": [penalty]})


def spark_totals(session: Any, folder: Path) -> Totals:
    """Totals of a dense day from Parquet of blobs; no leaves, no root."""
    frame = session.read.parquet(str(folder / "blobs.parquet"))
    rows = frame.mapInArrow(_totals, "volume bigint, penalty bigint").collect()
    return sum(row.volume for row in rows), sum(row.penalty for row in rows)
