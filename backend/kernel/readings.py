"""Readings of elements: looked up where they are needed, added up, missing if one is missing."""

from dataclasses import dataclass

import numpy as np

from backend.kernel.columns import Flags, Integers, Meters
from settlement.meter import MISSING_W


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Looks readings up in blobs.

    Attributes:
        meters: the blobs and who they belong to.
        isps_per_day: values per blob.
    """

    meters: Meters
    isps_per_day: int

    def read(self, agreement: Integers, isp: Integers) -> tuple[Integers, Flags]:
        """Return the summed W of some ISPs and which of the sums are missing.

        Args:
            agreement: (n,) rows of agreements.
            isp: (n, m) UTC indices; outside the blobs every reading is missing.

        Returns:
            Both (n, m); where a sum is missing its value means nothing.
        """
        width = self.meters.blobs.shape[1]
        column = isp - self.meters.first_utc_day * self.isps_per_day
        outside = None
        if column.size and (column.min() < 0 or column.max() >= width):
            outside = (column < 0) | (column >= width)
            column = np.where(outside, 0, column)
        offsets = self.meters.element_offsets
        first, elements = offsets[agreement], offsets[agreement + 1] - offsets[agreement]
        total, missing = self._element(first, column)
        for element in range(1, int(elements.max(initial=1))):
            rows = np.flatnonzero(elements > element)
            more, more_missing = self._element(first[rows] + element, column[rows])
            total[rows] += more
            missing[rows] |= more_missing
        if outside is not None:
            missing |= outside
        return total, missing

    def _element(self, element: Integers, column: Integers) -> tuple[Integers, Flags]:
        blobs = self.meters.blobs
        if not blobs.size:
            return np.zeros(column.shape, np.int64), np.ones(column.shape, bool)
        begin = self.meters.element_rows[element] * blobs.shape[1]
        values = blobs.reshape(-1).take(column + begin[:, None]).astype(np.int64)
        return values, values == MISSING_W
