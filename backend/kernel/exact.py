"""Whole-number arithmetic on arrays that is exact at any size.

A caller states how large a product may become. Up to 2^62 int64 is exact; beyond it the same
formulas run on Python integers (arrays of dtype object), slowly, which only extreme terms need.
"""

import numpy as np

from backend.kernel.columns import Exact, Integers
from settlement.errors import InputError

SAFE = 2**62
"""Twice a number below this fits int64, as rounding half to even needs."""

_W_MINUTES_PER_MWH = 60_000_000


def largest(values: Exact) -> int:
    """Return the largest magnitude, 0 of none."""
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


def widen(limit: int, *arrays: Exact) -> tuple[Exact, ...]:
    """Return the arrays for a calculation whose results stay within +-`limit`."""
    return arrays if limit < SAFE else tuple(one.astype(object) for one in arrays)


def divide_half_even(numerator: Exact, denominator: Exact | int) -> Exact:
    """Divide exactly and round half to even, also below zero (floor-based).

    Args:
        numerator: any integers.
        denominator: positive integers, broadcast against the numerator.
    """
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 == 1))
    rounded: Exact = quotient + up
    return rounded


def line_amounts(w_sum: Exact, isp_minutes: int, rate: Integers, scale: int = 1) -> Integers:
    """Money of lines, rule 0.5.

    Args:
        w_sum: sums of W over ISPs, times `scale`; not negative.
        isp_minutes: length of the ISPs.
        rate: 1e-4 EUR per MWh, or per MW and hour.
        scale: a factor that `w_sum` still carries, so that nothing is rounded before the line.

    Returns:
        1e-4 EUR, rounded half to even.
    """
    limit = largest(w_sum) * largest(rate) * isp_minutes
    wide_sum, wide_rate = widen(limit, w_sum, rate)
    money = divide_half_even(wide_sum * (wide_rate * isp_minutes), _W_MINUTES_PER_MWH * scale)
    return to_int64(money)


def to_int64(values: Exact) -> Integers:
    """Return exact integers as int64.

    Raises:
        InputError: one is beyond 2^62; the ledger's money ends at 2^64.
    """
    if largest(values) >= SAFE:
        raise InputError(f"an amount of {largest(values)}", "statements", "below 2^62")
    return values.astype(np.int64)


def sum_rows(values: Integers, offsets: Integers) -> Integers:
    """Add up consecutive rows.

    Args:
        values: (rows,) not negative.
        offsets: (groups + 1,), where the rows of each group begin.

    Raises:
        InputError: all of them together are beyond 2^62.
    """
    to_int64(np.array([largest(values) * max(1, len(values))], object))
    running = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running[offsets[1:]] - running[offsets[:-1]]
