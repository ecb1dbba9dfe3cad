"""A partition as an Arrow table: one row per agreement with all that its statement depends on.

`settle_table` is the function that process pools, Dask and Spark's `mapInArrow` run. Meter data of
an agreement is one value per element: its day blobs one after the other, not decoded.
"""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from backend.kernel.columns import (
    BLOB_DTYPE,
    HASH_BYTES,
    TERM_COLUMNS,
    WINDOW_BYTES,
    Activations,
    Agreements,
    Bytes,
    Integers,
    Meters,
    Occupied,
    Portfolio,
    Powers,
    sort_keys,
)
from backend.kernel.records import reasons_of
from backend.kernel.settle import settle
from settlement.clock import MINUTES_PER_DAY
from settlement.errors import InputError
from settlement.statement import Period

ORDER = [("first_isp", pa.int64()), ("isps", pa.int64())]
ACTIVATION = [*ORDER, ("ordered_w", pa.int64())]

PARTITION_SCHEMA = pa.schema(
    [
        ("agreement_id", pa.binary(HASH_BYTES)),
        ("isp_minutes", pa.int64()),
        *((name, pa.int64()) for name in TERM_COLUMNS),
        ("window", pa.binary(WINDOW_BYTES)),
        ("activations", pa.list_(pa.struct(ACTIVATION))),
        ("nominated_w", pa.list_(pa.int32())),
        ("occupied", pa.list_(pa.struct(ORDER))),
        ("first_utc_day", pa.int64()),
        ("meters", pa.list_(pa.large_binary())),
    ]
)
"""`nominated_w` has a value per ordered ISP or none; `meters` one value per element."""

_MONEY = ("capacity_isps", "capacity", "volume", "penalty", "amount")

STATEMENT_SCHEMA = pa.schema(
    [
        ("agreement_id", pa.binary(HASH_BYTES)),
        ("complete", pa.bool_()),
        ("series_hash", pa.binary(HASH_BYTES)),
        *((name, pa.int64()) for name in _MONEY),
        ("leaf_hash", pa.binary(HASH_BYTES)),
        ("reasons", pa.list_(pa.string())),
    ]
)
"""Money in 1e-4 EUR; of an incomplete statement the figures are 0 and the reasons are given."""


def settle_table(table: pa.Table, period: Period, non_working_days: Collection[int]) -> pa.Table:
    """Settle a partition.

    Args:
        table: rows of `PARTITION_SCHEMA`, each agreement once; ISP lengths may be mixed.
        period: local days, inclusive.
        non_working_days: published days.

    Returns:
        Rows of `STATEMENT_SCHEMA`, ascending by agreement id.

    Raises:
        InputError: the columns do not fit together.
    """
    lengths = column(table, "isp_minutes")
    parts = [
        _settle_length(table.filter(pa.array(lengths == length)), period, non_working_days)
        if len(np.unique(lengths)) > 1
        else _settle_length(table, period, non_working_days)
        for length in np.unique(lengths)
    ]
    if not parts:
        return STATEMENT_SCHEMA.empty_table()
    if len(parts) == 1:
        return parts[0]
    return _by_id(pa.concat_tables(parts))


def _settle_length(table: pa.Table, period: Period, non_working_days: Collection[int]) -> pa.Table:
    portfolio = portfolio_of_table(_by_id(table))
    settled = settle(portfolio, period, non_working_days)
    statements, reasons = settled.statements, reasons_of(portfolio, settled.lines)
    return pa.table(
        [
            fixed_bytes(statements.agreement_id),
            pa.array(statements.complete),
            fixed_bytes(statements.series_hash),
            *(pa.array(getattr(statements, name)) for name in _MONEY),
            fixed_bytes(statements.leaf_hash),
            pa.array([reasons.get(row) for row in range(len(table))], pa.list_(pa.string())),
        ],
        schema=STATEMENT_SCHEMA,
    )


def _by_id(table: pa.Table) -> pa.Table:
    keys = sort_keys(bytes_column(table, "agreement_id"))
    return table if np.all(keys[1:] >= keys[:-1]) else table.take(np.argsort(keys))


def portfolio_of_table(table: pa.Table) -> Portfolio:
    """Read a partition, ascending by agreement id, with one ISP length; blobs are not copied."""
    isp_minutes = int(column(table, "isp_minutes")[0])
    activations = _list(table, "activations")
    agreement = _rows_of(activations)
    first_isp, isps, ordered_w = (np.asarray(one) for one in activations.values.flatten())
    occupied = _list(table, "occupied")
    shared_first_isp, shared_isps = (np.asarray(one) for one in occupied.values.flatten())
    return Portfolio(
        Agreements(
            isp_minutes,
            bytes_column(table, "agreement_id"),
            bytes_column(table, "window"),
            {name: column(table, name) for name in TERM_COLUMNS},
        ),
        Activations(
            agreement,
            first_isp,
            isps,
            ordered_w,
            _nominated(table, agreement, isps),
        ),
        Occupied(_rows_of(occupied), shared_first_isp, shared_isps),
        _meters(table, MINUTES_PER_DAY // isp_minutes),
    )


def _nominated(table: pa.Table, agreement: Integers, isps: Integers) -> Powers:
    lists = _list(table, "nominated_w")
    if not len(lists.values):
        return np.empty(0, np.int32)
    counts = np.diff(np.asarray(lists.offsets))
    ordered = np.bincount(agreement, isps, len(table)).astype(np.int64)
    nominated = counts > 0
    if np.any(counts[nominated] != ordered[nominated]):
        raise InputError("column nominated_w", "partition", "a value per ordered ISP, or none")
    values = np.full(int(ordered.sum()), np.int32(-(2**31)))
    values[np.repeat(nominated, ordered)] = np.asarray(lists.values)
    return values


def _meters(table: pa.Table, isps_per_day: int) -> Meters:
    first_days = np.unique(column(table, "first_utc_day"))
    lists = _list(table, "meters")
    blobs = lists.values
    sizes = np.unique(np.diff(_large_offsets(blobs)))
    if len(first_days) != 1 or len(sizes) != 1 or sizes[0] % (4 * isps_per_day):
        expected = "the same whole UTC days in every row and element"
        raise InputError("columns first_utc_day and meters", "partition", expected)
    begin = _large_offsets(blobs)[0]
    matrix = np.frombuffer(blobs.buffers()[2], BLOB_DTYPE, len(blobs) * sizes[0] // 4, begin)
    offsets = np.asarray(lists.offsets, np.int64)
    return Meters(
        int(first_days[0]),
        matrix.reshape(len(blobs), -1),
        np.arange(len(blobs)),
        offsets - offsets[0],
    )


def _large_offsets(values: pa.LargeBinaryArray) -> Integers:
    offsets = np.frombuffer(values.buffers()[1], np.int64)
    return offsets[values.offset : values.offset + len(values) + 1]


def _list(table: pa.Table, name: str) -> pa.ListArray:
    chunks = table.column(name).combine_chunks()
    one = chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks
    begin, end = one.offsets[0].as_py(), one.offsets[-1].as_py()
    moved = pa.array(np.asarray(one.offsets) - begin, pa.int32())
    return pa.ListArray.from_arrays(moved, one.values.slice(begin, end - begin))


def _rows_of(lists: pa.ListArray) -> Integers:
    return np.repeat(np.arange(len(lists)), np.diff(np.asarray(lists.offsets)))


def column(table: pa.Table, name: str) -> Integers:
    """Return a column of whole numbers."""
    values: Integers = table.column(name).to_numpy()
    return values


def bytes_column(table: pa.Table, name: str) -> Bytes:
    """Return a column of fixed-size binary as (n, bytes)."""
    chunks = table.column(name).combine_chunks()
    one = chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks
    size = one.type.byte_width
    flat = np.frombuffer(one.buffers()[1], np.uint8, len(one) * size, one.offset * size)
    return flat.reshape(-1, size)


def fixed_bytes(values: Bytes) -> pa.FixedSizeBinaryArray:
    """Return (n, bytes) as an Arrow array."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    kind = pa.binary(values.shape[1])
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(values), [None, buffer])
