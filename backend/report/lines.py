"""Series as lines: what is drawn of them, apart from the drawing."""

import numpy as np
from numpy.typing import NDArray

from backend.demo import plan
from backend.demo.outcome import PointOutcome
from backend.report.measures import EXPORT, IMPORT

FloatArray = NDArray[np.float64]

_LIMIT_REACH = 0.6
"""A limit is drawn where the load comes within this share of it; elsewhere it would only squash."""


def stepped(
    minutes: NDArray[np.int64], values: NDArray[np.int64] | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Turn means over ISPs into the corners of a step line.

    Each ISP gives its start and its end. Where the next ISP does not start when the last one ended
    (a clock change), the line breaks.

    Args:
        minutes: start of each ISP in minutes, shape (ISPs,).
        values: one value per ISP, NaN where there is none.

    Returns:
        Minutes and values of the corners.
    """
    ends = minutes + plan.ISP_MINUTES
    x = np.column_stack([minutes, ends]).astype(np.float64)
    y = np.repeat(np.asarray(values, dtype=np.float64), 2)
    breaks = 2 * (np.flatnonzero(minutes[1:] != ends[:-1]) + 1)
    return np.insert(x.ravel(), breaks, np.nan), np.insert(y, breaks, np.nan)


def drawn_limits_w(point: PointOutcome) -> dict[str, int]:
    """Return the limits that the load comes near: direction to signed W, consumption positive."""
    highest_w = max(point.before_w.max(), point.after_w.max())
    lowest_w = min(point.before_w.min(), point.after_w.min())
    limits = {}
    if highest_w >= _LIMIT_REACH * point.import_limit_w:
        limits[IMPORT] = point.import_limit_w
    if -lowest_w >= _LIMIT_REACH * point.export_limit_w:
        limits[EXPORT] = -point.export_limit_w
    return limits
