"""Which days are like the day of an event, and which of them a baseline takes. Rule 0.12."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from settlement.baselines.baseline import LOOK_BACK_DAYS, History, LookedAt
from settlement.baselines.methods import DayChoice, LikeDays
from settlement.clock import MINUTES_PER_DAY, Clock, weekday_of

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an ISP of the event is read on a like day: days later, minute of the day."""

    day_offset: int
    minute: int

    def isp_on(self, clock: Clock, day: int) -> int:
        """Return the ISP that is read on a like day."""
        return clock.isp_at(day + self.day_offset, self.minute)


def slots_of(clock: Clock, isps: Sequence[int], event_day: int) -> tuple[Slot, ...]:
    """Return the slots of ISPs by their wall-clock start; a doubled hour has equal ones twice."""
    pairs = (divmod(clock.local_minutes(isp), MINUTES_PER_DAY) for isp in isps)
    return tuple(Slot(day - event_day, minute) for day, minute in pairs)


def is_working(day: int, non_working_days: Collection[int]) -> bool:
    """Tell the class of a local day: neither a weekend day nor published as non-working."""
    return weekday_of(day) < _SATURDAY and day not in non_working_days


def look_back(
    clock: Clock,
    event_day: int,
    wanted: int,
    event_slots: Sequence[Slot],
    other_slots: Sequence[Slot],
    history: History,
) -> tuple[LookedAt, ...]:
    """Walk back from the day before the event until enough like days are found.

    Args:
        clock: local time.
        event_day: first local day of the event.
        wanted: how many like days end the walk.
        event_slots: slots of the event.
        other_slots: slots that are read besides: adjustment window, hours that are compared.
        history: meter data and what is excluded from it.

    Returns:
        Every day looked at with the reason it is out; like days have a sum and no reason yet.
    """
    working = is_working(event_day, history.non_working_days)
    offsets = sorted({slot.day_offset for slot in (*event_slots, *other_slots)})
    looked_at: list[LookedAt] = []
    found = 0
    for day in range(event_day - 1, event_day - 1 - LOOK_BACK_DAYS, -1):
        if found == wanted:
            break
        reason = ""
        if is_working(day, history.non_working_days) != working:
            reason = "not a working day" if working else "a working day"
        elif any(day + offset in history.activation_days for offset in offsets):
            reason = "an activation on a day it is read from"
        elif any(day + offset in history.outage_days for offset in offsets):
            reason = "a declared outage"
        elif any(clock.has_clock_change(day + offset) for offset in offsets):
            reason = "a clock change"
        elif any(
            history.readings.at(slot.isp_on(clock, day)) is None
            for slot in (*event_slots, *other_slots)
        ):
            reason = "a missing reading"
        if reason:
            looked_at.append(LookedAt(day, False, reason))
            continue
        w_sum = sum(history.reading(slot.isp_on(clock, day)) for slot in event_slots)
        looked_at.append(LookedAt(day, False, "", w_sum))
        found += 1
    return tuple(looked_at)


def choose_days(
    method: LikeDays, like_days: Sequence[LookedAt], difference: Callable[[int], int]
) -> tuple[int, ...]:
    """Pick like days; ties go to the more recent one.

    Args:
        method: what is picked.
        like_days: as many as the method looks for.
        difference: how much a day differs from the day of the event, for MATCH.

    Returns:
        HIGH, MID and LOW pick by the signed sum over the event.
    """
    if method.choice is DayChoice.ROLLING:
        return tuple(one.day for one in like_days)
    if method.choice is DayChoice.MATCH:
        nearest = sorted((one.day for one in like_days), key=lambda day: (difference(day), -day))
        return tuple(nearest[: method.x])
    ranked = sorted(like_days, key=lambda one: (-(one.w_sum or 0), -one.day))
    dropped = {
        DayChoice.HIGH: 0,
        DayChoice.MID: (method.y - method.x) // 2,
        DayChoice.LOW: method.y - method.x,
    }[method.choice]
    return tuple(one.day for one in ranked[dropped : dropped + method.x])


def mark_taken(one: LookedAt, chosen: Collection[int]) -> LookedAt:
    """Return a day that was looked at with the reason why it was taken or left."""
    if one.w_sum is None:
        return one
    taken = one.day in chosen
    reason = "taken" if taken else "a like day that the method does not take"
    return LookedAt(one.day, taken, reason, one.w_sum)
