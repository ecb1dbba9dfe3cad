"""Rows of one bucket of readings, put together to day blobs; what contradicts goes aside."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa

from backend.kernel.bulk.meter_parquet import MeterDay
from backend.kernel.columns import Flags, Integers, no_readings
from settlement.clock import MINUTES_PER_DAY

_BLOBS_AT_ONCE = 50_000
ROWS = pa.schema(
    [
        ("row", pa.int64()),
        ("metering_point", pa.string()),
        ("isp", pa.int64()),
        ("doubled", pa.bool_()),
        ("value_w", pa.int64()),
    ]
)
"""A reading: its row in the file, UTC ISP index, whether its local start stands for two ISPs."""


class Quarantine:
    """Collects what cannot be used: file, row, reason, and the row as it was."""

    def __init__(self, stream: TextIO, source: Path) -> None:
        self._writer, self._source = csv.writer(stream), source
        self._writer.writerow(["file", "row", "reason", "text"])
        self.rows = 0

    def add(self, row: int, reason: str, text: str) -> None:
        """Put a row into quarantine."""
        self._writer.writerow([self._source.name, row, reason, text])
        self.rows += 1


def day_blobs(table: pa.Table, isp_minutes: int, outcast: Quarantine) -> Iterator[MeterDay]:
    """Put the rows of a bucket together: metering point, UTC day and blob, ascending.

    Args:
        table: rows of `ROWS`.
        isp_minutes: ISP length.
        outcast: takes second readings, and starts in a doubled hour that stand once.
    """
    names = table.column("metering_point").combine_chunks().dictionary_encode()
    if not len(table):
        return
    if isinstance(names, pa.ChunkedArray):
        names = names.unify_dictionaries().combine_chunks()
    points = names.dictionary.to_pylist()
    rank = np.empty(len(points), np.int64)
    rank[np.argsort(np.array(points, object))] = np.arange(len(points))
    point = rank[np.asarray(names.indices)]
    row, isp, doubled, value_w = (
        table.column(name).to_numpy() for name in ("row", "isp", "doubled", "value_w")
    )
    order = np.lexsort((row, isp, point))
    point, row, isp, value_w = point[order], row[order], isp[order], value_w[order]
    isp, alone = _part_doubled(point, isp, doubled[order], 60 // isp_minutes)
    again = np.lexsort((row, isp, point))
    point, row, isp, value_w = point[again], row[again], isp[again], value_w[again]
    alone = alone[again]
    twice = np.zeros(len(row), bool)
    twice[1:] = (point[1:] == point[:-1]) & (isp[1:] == isp[:-1])
    for place in np.flatnonzero(twice | alone):
        reason = (
            "a second reading of its ISP" if twice[place] else "its hour is doubled, it stands once"
        )
        outcast.add(int(row[place]), reason, "")
    kept = ~(twice | alone)
    yield from _blobs(sorted(points), point[kept], isp[kept], value_w[kept], isp_minutes)


def _part_doubled(
    point: Integers, isp: Integers, doubled: Flags, hour_isps: int
) -> tuple[Integers, Flags]:
    """Give the second row of a doubled local start the later ISP; mark starts that stand once.

    Rows are sorted by metering point, ISP and place in the file.
    """
    same = np.zeros(len(isp), bool)
    same[1:] = doubled[1:] & (point[1:] == point[:-1]) & (isp[1:] == isp[:-1])
    second = same.copy()
    second[2:] &= ~same[1:-1]
    followed = np.zeros(len(isp), bool)
    followed[:-1] = same[1:]
    return isp + hour_isps * second, doubled & ~same & ~followed


def _blobs(
    points: list[str], point: Integers, isp: Integers, value_w: Integers, isp_minutes: int
) -> Iterator[MeterDay]:
    per_day = MINUTES_PER_DAY // isp_minutes
    day = isp // per_day
    new = np.ones(len(day), bool)
    new[1:] = (point[1:] != point[:-1]) | (day[1:] != day[:-1])
    blob = np.cumsum(new) - 1
    begins = np.flatnonzero(new)
    for first in range(0, len(begins), _BLOBS_AT_ONCE):
        some = begins[first : first + _BLOBS_AT_ONCE]
        matrix = no_readings(len(some), per_day)
        inside = (blob >= first) & (blob < first + len(some))
        matrix[blob[inside] - first, isp[inside] % per_day] = value_w[inside]
        for place, begin in enumerate(some):
            yield points[point[begin]], int(day[begin]), matrix[place].tobytes()
