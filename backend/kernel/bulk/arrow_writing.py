"""Portfolios written as partitions."""

import numpy as np
import pyarrow as pa

from backend.kernel.bulk.arrow import ACTIVATION, ORDER, PARTITION_SCHEMA, fixed_bytes
from backend.kernel.columns import TERM_COLUMNS, Integers, Portfolio


def table_of(portfolio: Portfolio) -> pa.Table:
    """Write a portfolio as a partition."""
    agreements, activations = portfolio.agreements, portfolio.activations
    count = len(agreements)
    begin = np.searchsorted(activations.agreement, np.arange(count + 1))
    occupied = portfolio.occupied
    order = np.argsort(occupied.agreement, kind="stable")
    shared_begin = np.searchsorted(occupied.agreement[order], np.arange(count + 1))
    orders = [activations.first_isp, activations.isps, activations.ordered_w]
    shared = [occupied.first_isp[order], occupied.isps[order]]
    meters = portfolio.meters
    width = 4 * meters.blobs.shape[1]
    rows = np.ascontiguousarray(meters.blobs[meters.element_rows])
    blobs = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        len(rows),
        [None, pa.py_buffer(np.arange(len(rows) + 1, dtype=np.int64) * width), pa.py_buffer(rows)],
    )
    ends = np.concatenate([[0], np.cumsum(activations.isps)])[begin]
    nominated = ends if len(activations.nominated_w) else np.zeros(count + 1, np.int64)
    return pa.table(
        [
            fixed_bytes(agreements.agreement_id),
            pa.array(np.full(count, agreements.isp_minutes)),
            *(pa.array(agreements.terms[name]) for name in TERM_COLUMNS),
            fixed_bytes(agreements.window),
            _lists(begin, _struct(ACTIVATION, orders)),
            _lists(nominated, pa.array(activations.nominated_w)),
            _lists(shared_begin, _struct(ORDER, shared)),
            pa.array(np.full(count, meters.first_utc_day)),
            _lists(meters.element_offsets, blobs),
        ],
        schema=PARTITION_SCHEMA,
    )


def _struct(fields: list[tuple[str, pa.DataType]], columns: list[Integers]) -> pa.StructArray:
    return pa.StructArray.from_arrays([pa.array(one) for one in columns], [n for n, _ in fields])


def _lists(offsets: Integers, values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)
