"""Day blobs in Parquet: a row per metering point and UTC day, the layout that is committed."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from settlement.errors import InputError

METER_SCHEMA = pa.schema(
    [("metering_point", pa.string()), ("utc_day", pa.int32()), ("blob", pa.binary())]
)
"""The blob holds int32 W, big-endian, one per ISP, -2^31 where there is no reading."""

ROWS_AT_ONCE = 20_000

MeterDay = tuple[str, int, bytes]
"""Metering point, UTC day, blob."""


def write_meter_days(path: Path, days: Iterable[MeterDay]) -> int:
    """Write day blobs as they come; return how many."""
    stream, written = iter(days), 0
    with pq.ParquetWriter(path, METER_SCHEMA, compression="zstd") as writer:
        while piece := list(islice(stream, ROWS_AT_ONCE)):
            columns = [list(column) for column in zip(*piece, strict=True)]
            writer.write_table(pa.table(columns, schema=METER_SCHEMA))
            written += len(piece)
    return written


def read_meter_days(path: Path) -> Iterator[MeterDay]:
    """Read day blobs piece by piece.

    Raises:
        InputError: the file cannot be read or has other columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(METER_SCHEMA):
                found = ", ".join(file.schema_arrow.names)
                expected = "metering_point, utc_day and blob as written here"
                raise InputError(f"columns {found}", str(path), expected)
            for batch in file.iter_batches(ROWS_AT_ONCE):
                columns = (batch.column(name).to_pylist() for name in METER_SCHEMA.names)
                yield from zip(*columns, strict=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(str(error), str(path), "a Parquet file of day blobs") from None


def blobs_by_point(path: Path) -> dict[str, dict[int, bytes]]:
    """Read a whole file, such as the bucket of a partition, as `records.Blobs`."""
    blobs: dict[str, dict[int, bytes]] = {}
    for point, utc_day, blob in read_meter_days(path):
        blobs.setdefault(point, {})[utc_day] = blob
    return blobs
