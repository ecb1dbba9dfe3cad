"""The orders that the tests of this folder share."""

import numpy as np

from flexmanager.rounding import IntArray


def whole(values: object) -> IntArray:
    return np.asarray(values, dtype=np.int64)


def order_w(isps: int, *parts: tuple[int, int, int]) -> IntArray:
    """Return zeros with constant orders: (start, stop, W), stop excluded."""
    series = np.zeros(isps, dtype=np.int64)
    for start, stop, power_w in parts:
        series[start:stop] = power_w
    return series
