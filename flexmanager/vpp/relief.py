"""What is ordered already at a point and below it: the load that is left to relieve."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from flexmanager.rounding import IntArray
from flexmanager.vpp.book import Book
from flexmanager.vpp.congestion import GridPoint, chain
from flexmanager.vpp.order import FlexOrder


def ordered_at(
    books: Iterable[Book], grid: Mapping[str, GridPoint], point: str, isps: Sequence[int]
) -> IntArray:
    """Return what relieves a point, shape (n,) [W, signed].

    An order at a feeder relieves what feeds it too; one at a transformer says nothing about the
    feeder on which it is delivered, and counts at the transformer alone.

    Args:
        books: of the DSO, one per aggregator.
        grid: points by name; one that is not there stands alone.
        point: name of the point.
        isps: UTC indices.
    """
    powers: dict[int, int] = {}
    for book in books:
        for order in book.all(FlexOrder):
            place = order.scope.congestion_point
            if point in (chain(grid, place) if place in grid else (place,)):
                for isp, power_w in order.isps:
                    powers[isp] = powers.get(isp, 0) + power_w
    return np.array([powers.get(isp, 0) for isp in isps], dtype=np.int64)
