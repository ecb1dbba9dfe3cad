"""Like days of many activations at once: the look-back of rule 0.12.

Everything is counted backwards: column k - 1 of a table is the day k days before the event.
"""

from dataclasses import dataclass

import numpy as np

from backend.kernel.calendar import Calendar
from backend.kernel.columns import Flags, Integers
from backend.kernel.readings import Reader
from settlement.baselines.baseline import LOOK_BACK_DAYS


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Where the ISPs of activations are read on like days.

    Attributes:
        agreement: (n,) row of the agreement.
        clock: (n,) row of its clock in the calendar.
        event_day: (n,) local day of the first ordered ISP.
        parts: local starts, in ISPs, of the event and of the adjustment window if there is one;
            each (n, ISPs). Without a clock change between them ISPs of a part are read in a row.
    """

    agreement: Integers
    clock: Integers
    event_day: Integers
    parts: tuple[Integers, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LikeDays:
    """What the look-back found.

    Attributes:
        found: (n,) like days found, at most the number wanted.
        full: rows that found as many as wanted.
        values_w: per part of the slots (full rows, wanted, ISPs) readings, most recent day first.
    """

    found: Integers
    full: Integers
    values_w: tuple[Integers, ...]


def candidates(
    slots: Slots, calendar: Calendar, unusable: Flags, working: Flags, first_working_day: int
) -> Flags:
    """Tell which days may be like days, as far as that is known without readings.

    Args:
        slots: the activations.
        calendar: local time.
        unusable: (agreements, days of the calendar), days with an activation or a clock change.
        working: class of each local day from `first_working_day` on.
        first_working_day: at least the look-back before the earliest event.

    Returns:
        (n, look-back days).
    """
    back = slots.event_day[:, None] - np.arange(1, LOOK_BACK_DAYS + 1)
    own_class = working[slots.event_day - first_working_day]
    usable: Flags = working[back - first_working_day] == own_class[:, None]
    spans = [_day_offsets(part, slots, calendar) for part in slots.parts]
    lowest = min(int(low.min()) for low, _ in spans)
    highest = max(int(high.max()) for _, high in spans)
    for offset in range(lowest, highest + 1):
        read = np.zeros(len(back), bool)
        for low, high in spans:
            read |= (low <= offset) & (offset <= high)
        column = np.clip(back + (offset - calendar.first_day), 0, unusable.shape[1] - 1)
        usable &= ~(unusable[slots.agreement[:, None], column] & read[:, None])
    return usable


def _day_offsets(part: Integers, slots: Slots, calendar: Calendar) -> tuple[Integers, Integers]:
    low, high = (
        end // calendar.isps_per_day - slots.event_day for end in (part.min(axis=1), part.max(1))
    )
    return low, high


def look_back(
    slots: Slots, calendar: Calendar, reader: Reader, usable: Flags, wanted: int
) -> LikeDays:
    """Take the most recent usable days that have all their readings.

    Args:
        slots: the activations.
        calendar: local time.
        reader: readings.
        usable: what `candidates` returned; days that lack a reading are struck off it.
        wanted: like days for each activation.
    """
    count = len(slots.agreement)
    found = np.zeros(count, np.int64)
    values = tuple(np.zeros((count, wanted, part.shape[1]), np.int64) for part in slots.parts)
    pending = np.arange(count)
    while pending.size:
        table = usable[pending]
        chosen = table & (np.cumsum(table, axis=1, dtype=np.int16) <= wanted)
        at, back = np.nonzero(chosen)
        rows = pending[at]
        read = [_read(slots, part, calendar, reader, rows, back + 1) for part in slots.parts]
        gaps = np.zeros(len(rows), bool)
        for _, missing in read:
            gaps |= missing.any(axis=1)
        usable[rows[gaps], back[gaps]] = False
        again = np.zeros(count, bool)
        again[rows[gaps]] = True
        found[pending] = chosen.sum(axis=1)
        settled = (found[rows] == wanted) & ~again[rows]
        done = pending[(found[pending] == wanted) & ~again[pending]]
        for kept, (value, _) in zip(values, read, strict=True):
            kept[done] = value[settled].reshape(len(done), *kept.shape[1:])
        pending = np.flatnonzero(again)
    full = np.flatnonzero(found == wanted)
    return LikeDays(found, full, tuple(one[full] for one in values))


def _read(
    slots: Slots,
    part: Integers,
    calendar: Calendar,
    reader: Reader,
    rows: Integers,
    days_back: Integers,
) -> tuple[Integers, Flags]:
    """Read a part of the slots of some rows, each on the day that lies `days_back` before."""
    first = part[rows, 0] - days_back * calendar.isps_per_day
    day = first // calendar.isps_per_day
    shift = calendar.shift[slots.clock[rows], day - calendar.first_day]
    moved = shift - days_back * calendar.isps_per_day
    return reader.read(slots.agreement[rows], part[rows] + moved[:, None])
