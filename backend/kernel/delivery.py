"""What activations delivered and lacked, and which share of it is paid. Rule 0.4.

With R the change in the ordered direction and T = min(R, |O|), an ISP delivers max(0, T) and lacks
|O| - T: two sums per activation are all that its lines need.
"""

from collections.abc import Iterator

import numpy as np

from backend.kernel.columns import Exact, Flags, Integers, Powers
from backend.kernel.compiler import has_numba
from backend.kernel.exact import largest, widen
from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS

BLOCK_VALUES = 131_072
"""Values of a block: its temporaries stay in the cache of a core."""

_INT32_MAX = 2**31 - 1


def delivery_sums(
    ordered_w: Integers, baseline_w: Powers, actual_w: Powers
) -> tuple[Integers, Integers]:
    """Sum what was delivered and what is missing.

    Args:
        ordered_w: (n,) signed W, not 0.
        baseline_w: (n, ISPs), within +-(2^31 - 1).
        actual_w: the same.

    Returns:
        Delivered and deficiency, W over the ISPs, magnitudes.
    """
    rows, isps = baseline_w.shape
    delivered, deficiency = np.empty(rows, np.int64), np.empty(rows, np.int64)
    if has_numba():
        from backend.kernel.delivery_compiled import sum_deliveries

        sum_deliveries(ordered_w, baseline_w, actual_w, delivered, deficiency)
        return delivered, deficiency
    for block in blocks(rows, isps):
        _sum_block(
            ordered_w[block],
            baseline_w[block],
            actual_w[block],
            delivered[block],
            deficiency[block],
        )
    return delivered, deficiency


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Cut rows into blocks of about `BLOCK_VALUES` values."""
    step = max(1, BLOCK_VALUES // max(1, columns))
    return (slice(begin, min(rows, begin + step)) for begin in range(0, rows, step))


def _sum_block(
    ordered_w: Integers,
    baseline_w: Powers,
    actual_w: Powers,
    delivered: Integers,
    deficiency: Integers,
) -> None:
    isps = baseline_w.shape[1]
    reach = largest(baseline_w) + largest(actual_w) + largest(ordered_w)
    # Differences and row sums of ordinary powers fit 32 bits, at half the work of 64.
    narrow = reach * isps <= _INT32_MAX
    kind = np.dtype(np.int32 if narrow else np.int64)
    sign = np.sign(ordered_w).astype(kind)[:, None]
    agreed = np.abs(ordered_w)
    moved = np.subtract(actual_w, baseline_w, dtype=kind)
    if (sign != 1).any():
        moved *= sign
    np.minimum(moved, agreed.astype(kind)[:, None], out=moved)
    deficiency[:] = agreed * isps - moved.sum(axis=1, dtype=kind)
    np.maximum(moved, 0, out=moved)
    delivered[:] = moved.sum(axis=1, dtype=kind)


def fails_threshold(
    ordered_w_sum: Integers, delivered_w_sum: Integers, rule: Integers, delivery_bp: Integers
) -> Flags:
    """Tell which activations fall short of THRESHOLD and so earn nothing at all."""
    short = BASIS_POINTS * delivered_w_sum < delivery_bp * ordered_w_sum
    fails: Flags = (rule == DeliveryRule.THRESHOLD) & short
    return fails


def paid_w_sum_scaled(
    ordered_w_sum: Integers,
    delivered_w_sum: Integers,
    rule: Integers,
    delivery_bp: Integers,
    slope: Integers,
) -> Exact:
    """Return the W sum that is paid, times 10,000, so that nothing is rounded before the line."""
    limit = 2 * BASIS_POINTS * largest(ordered_w_sum) * (largest(slope) + 1)
    ordered, wide_slope = widen(limit, BASIS_POINTS * ordered_w_sum, slope)
    delivered = BASIS_POINTS * delivered_w_sum
    beyond_grace = (BASIS_POINTS - delivery_bp) * ordered_w_sum - delivered
    grace = np.minimum(ordered, np.maximum(0, ordered - wide_slope * beyond_grace))
    fails = fails_threshold(ordered_w_sum, delivered_w_sum, rule, delivery_bp)
    return np.where(rule == DeliveryRule.GRACE, grace, np.where(fails, 0, delivered))
