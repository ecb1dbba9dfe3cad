"""Meter data from CSV files of any size: day blobs in Parquet, bad rows in a quarantine file.

The file is read once in pieces. Good rows are laid into buckets by metering point; then bucket by
bucket is put together, so that memory follows the size of a bucket and not that of the file. One
bad row never stops the rest: it goes into quarantine with its number and the reason.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO
from zlib import crc32

import numpy as np
import pyarrow as pa

from backend.kernel.bulk.files import read_table
from backend.kernel.bulk.meter_buckets import ROWS, Quarantine, day_blobs
from backend.kernel.bulk.meter_mapping import Mapping, check_mapping
from backend.kernel.bulk.meter_parquet import write_meter_days
from backend.kernel.bulk.meter_parse import parse_times, parse_values
from settlement.clock import Clock
from settlement.errors import InputError

ROWS_AT_ONCE, LINE_CHARACTERS_MAX, _SHOWN_CHARACTERS = 50_000, 65_536, 200
_NOT_TEXT = "\N{REPLACEMENT CHARACTER}"

Line = tuple[int, str]
"""Number of a line in its file, from 1, and its text."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: rows taken, rows in quarantine, blobs written."""

    rows: int
    quarantined: int
    blobs: int


def by_hash(buckets: int) -> Callable[[str], int]:
    """Return the plain choice of a bucket for a metering point."""
    return lambda point: crc32(point.encode()) % buckets


def import_csv(
    source: Path,
    mapping: Mapping,
    clock: Clock,
    target: Path,
    quarantine: Path,
    buckets: int,
    bucket_of: Callable[[str], int] | None = None,
) -> Imported:
    """Import a CSV file of readings.

    Args:
        source: the file, UTF-8 with a header.
        mapping: its columns and units.
        clock: ISP length, and local time if the file has local times.
        target: folder for `bucket-00000.parquet` and so on; made if missing.
        quarantine: file for rows that cannot be used.
        buckets: how many; each has to fit memory.
        bucket_of: from a metering point to its bucket, such as the partition of its agreement;
            by hash without it.

    Raises:
        InputError: the file cannot be read, its header lacks a mapped column, or there are no
            buckets.
    """
    if buckets < 1:
        raise InputError(f"{buckets} buckets", str(source), "at least 1")
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(dir=target)))
        held = stack.enter_context(quarantine.open("w", encoding="utf-8", newline=""))
        outcast = Quarantine(held, source)
        rows = _lay_out(
            source, mapping, clock, scratch, outcast, buckets, bucket_of or by_hash(buckets)
        )
        blobs = 0
        before = outcast.rows
        for number in range(buckets):
            table = read_table(scratch / f"{number}.arrow")
            path = target / f"bucket-{number:05d}.parquet"
            blobs += write_meter_days(path, day_blobs(table, clock.isp_minutes, outcast))
        return Imported(rows - (outcast.rows - before), outcast.rows, blobs)


def _lay_out(
    source: Path,
    mapping: Mapping,
    clock: Clock,
    scratch: Path,
    outcast: Quarantine,
    buckets: int,
    bucket_of: Callable[[str], int],
) -> int:
    """Lay the good rows of a file into buckets; return how many."""
    good_rows = 0
    with ExitStack() as stack:
        writers = [
            stack.enter_context(pa.ipc.new_file(str(scratch / f"{number}.arrow"), ROWS))
            for number in range(buckets)
        ]
        for table in _good_rows(source, mapping, clock, outcast):
            good_rows += len(table)
            points = table.column("metering_point").combine_chunks().dictionary_encode()
            bucket = np.array([bucket_of(point) for point in points.dictionary.to_pylist()])
            chosen = bucket[np.asarray(points.indices)]
            for number in np.unique(chosen):
                writers[number].write_table(table.filter(pa.array(chosen == number)))
    return good_rows


def _good_rows(
    source: Path, mapping: Mapping, clock: Clock, outcast: Quarantine
) -> Iterator[pa.Table]:
    try:
        with source.open(encoding="utf-8-sig", errors="replace") as stream:
            lines = _lines(stream, outcast)
            header = _header(lines, mapping, f"{source}, row 1")
            places = [header.index(name) for name in mapping.columns]
            rows = _whole_rows(lines, len(header), mapping.delimiter, outcast)
            while piece := list(islice(rows, ROWS_AT_ONCE)):
                yield _parsed(piece, places, mapping, clock, outcast)
    except OSError as error:
        raise InputError(error.strerror or str(error), str(source), "a readable file") from None


def _lines(stream: TextIO, outcast: Quarantine) -> Iterator[Line]:
    """Return the lines of a file with their numbers; one without an end never fills memory."""
    number = 0
    while text := stream.readline(LINE_CHARACTERS_MAX):
        number += 1
        rest = text
        while len(rest) == LINE_CHARACTERS_MAX and rest[-1] != "\n":
            rest = stream.readline(LINE_CHARACTERS_MAX)
        if rest is text:
            yield number, text.rstrip("\n")
        else:
            reason = f"the row is longer than {LINE_CHARACTERS_MAX - 1} characters"
            outcast.add(number, reason, text[:_SHOWN_CHARACTERS])


def _header(lines: Iterator[Line], mapping: Mapping, where: str) -> list[str]:
    _, text = next(lines, (1, ""))
    try:
        header = _cells(text, mapping.delimiter)
    except csv.Error as error:
        raise InputError(str(error), where, "names of columns") from None
    check_mapping(mapping, header, where)
    return header


def _cells(line: str, delimiter: str) -> list[str]:
    """Part a line. No row goes on in the next line, so that an open quote ends with its row."""
    return next(csv.reader([line], delimiter=delimiter, strict=True), [])


def _whole_rows(
    lines: Iterator[Line], width: int, delimiter: str, outcast: Quarantine
) -> Iterator[tuple[int, list[str]]]:
    """Return rows of the header's width with their numbers."""
    for number, text in lines:
        try:
            cells = _cells(text, delimiter)
        except csv.Error as error:
            outcast.add(number, str(error), text)
            continue
        if len(cells) == width:
            yield number, cells
        else:
            outcast.add(number, f"{len(cells)} values instead of {width}", text)


def _parsed(
    rows: list[tuple[int, list[str]]],
    places: list[int],
    mapping: Mapping,
    clock: Clock,
    outcast: Quarantine,
) -> pa.Table:
    points, starts, *values = ([cells[place] for _, cells in rows] for place in places)
    points = [point.strip() for point in points]
    times = parse_times(starts, mapping, clock)
    value_w, value_reason = parse_values(values, mapping, clock.isp_minutes)
    reason = np.where(times.reason == "", value_reason, times.reason)
    unknown = [not point or _NOT_TEXT in point for point in points]
    reason[np.array(unknown)] = "no metering point in UTF-8"
    for place in np.flatnonzero(reason != ""):
        number, cells = rows[place]
        outcast.add(number, str(reason[place]), mapping.delimiter.join(cells))
    columns = [[number for number, _ in rows], points, times.isp, times.doubled, value_w]
    table = pa.table([pa.array(one) for one in columns], schema=ROWS)
    return table.filter(pa.array(reason == ""))
