"""The two sums of a delivery, compiled by Numba. Imported only where Numba is installed."""

import numba
import numpy as np

from backend.kernel.columns import Integers, Powers


@numba.njit(cache=True, nogil=True, boundscheck=False)
def sum_deliveries(
    ordered_w: Integers,
    baseline_w: Powers,
    actual_w: Powers,
    delivered: Integers,
    deficiency: Integers,
) -> None:
    """Fill both sums, each reading being looked at once; see `delivery.delivery_sums`."""
    rows, isps = baseline_w.shape
    for row in range(rows):
        agreed = abs(ordered_w[row])
        sign = np.sign(ordered_w[row])
        capped_sum, delivered_sum = 0, 0
        for isp in range(isps):
            moved = sign * (np.int64(actual_w[row, isp]) - np.int64(baseline_w[row, isp]))
            capped = min(moved, agreed)
            capped_sum += capped
            delivered_sum += max(capped, 0)
        delivered[row] = delivered_sum
        deficiency[row] = agreed * isps - capped_sum
