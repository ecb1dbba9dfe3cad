"""Window ISPs of many agreements in a period, rules 0.2 and 0.6."""

import numpy as np

from backend.kernel.columns import Agreements, Bytes, Integers
from settlement.clock import MINUTES_PER_DAY, Clock, weekday_of
from settlement.statement import Period
from settlement.window import BITS_PER_DAY, WEEK_BITS

_BIT_MINUTES = MINUTES_PER_DAY // BITS_PER_DAY


def count_window_isps(
    agreements: Agreements, clocks: list[Clock], clock_of: Integers, period: Period
) -> Integers:
    """Count the window ISPs of each agreement on its own days within the period.

    Agreements that share clock, window and days are counted once.
    """
    first = np.maximum(agreements.terms["start_day"], period.first_day)
    last = np.minimum(agreements.terms["end_day"], period.last_day)
    days = np.stack([clock_of, first, last], axis=1).astype(">i8").view(np.uint8)
    keys = np.concatenate([days, agreements.window], axis=1)
    _, representative, where = np.unique(
        keys.view(f"V{keys.shape[1]}").reshape(-1), return_index=True, return_inverse=True
    )
    counts = np.zeros(len(representative), np.int64)
    for clock_row, clock in enumerate(clocks):
        mine = np.flatnonzero(clock_of[representative] == clock_row)
        rows = representative[mine]
        counts[mine] = _count(clock, agreements.window[rows], first[rows], last[rows])
    return counts[where]


def _count(clock: Clock, window: Bytes, first: Integers, last: Integers) -> Integers:
    """Count for rows of one clock: bits of the window times how often each bit comes up."""
    lowest, highest = int(first.min()), int(last.max())
    # Up to each day, how many ISPs have started in each quarter of the hour of the week.
    started = np.zeros((max(0, highest - lowest + 1) + 1, WEEK_BITS), np.int64)
    for row, day in enumerate(range(lowest, highest + 1)):
        local = np.array([clock.local_minutes(isp) for isp in clock.day_isps(day)], np.int64)
        bits = weekday_of(day) * BITS_PER_DAY + local % MINUTES_PER_DAY // _BIT_MINUTES
        started[row + 1] = started[row] + np.bincount(bits, minlength=WEEK_BITS)
    begin, end = first - lowest, np.maximum(first, last + 1) - lowest
    begin, end = (np.minimum(one, len(started) - 1) for one in (begin, end))
    in_window = np.unpackbits(window, axis=1, bitorder="little", count=WEEK_BITS)
    times = started[end] - started[begin]
    counts: Integers = np.einsum("nb,nb->n", in_window, times, dtype=np.int64)
    return counts
