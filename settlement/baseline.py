"""Baselines: what a connection would have done without the activation. Rule 0.12.

The result carries every day that was looked at with the reason it was taken or left, because a
prosumer has to be able to follow the choice, not only the number.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from settlement.activation import Activation
from settlement.clock import MINUTES_PER_DAY, Clock, weekday_of
from settlement.meter import Readings
from settlement.terms import Adjustment, BaselineMethod, Terms
from settlement.units import BASIS_POINTS, divide_half_even, fits_power

LOOK_BACK_DAYS = 45
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class History:
    """What a baseline is computed from.

    Attributes:
        readings: committed meter data, summed over the elements.
        activation_days: local days with a standing activation of any agreement that shares a
            metering point, the event's own included.
        ordered_isps: ISPs of those activations.
        non_working_days: published days that count as non-working besides weekends.
    """

    readings: Readings
    activation_days: Collection[int]
    ordered_isps: Collection[int]
    non_working_days: Collection[int]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One day of the look-back: what became of it and why."""

    day: int
    taken: bool
    reason: str
    w_sum: int | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Baseline of one activation.

    Attributes:
        values_w: one W per ordered ISP, or None if it cannot be computed.
        days: the days looked at, most recent first (empty for a nominated baseline).
        note: what was done about the adjustment, or why there is no baseline.
    """

    values_w: tuple[int, ...] | None
    days: tuple[LookedAt, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where an ISP of the event day is read on a like day: days later, minute of the day."""

    day_offset: int
    minute: int

    def isp_on(self, clock: Clock, day: int) -> int:
        return clock.isp_at(day + self.day_offset, self.minute)


def _slots(clock: Clock, isps: Sequence[int], event_day: int) -> tuple[_Slot, ...]:
    pairs = (divmod(clock.local_minutes(isp), MINUTES_PER_DAY) for isp in isps)
    return tuple(_Slot(day - event_day, minute) for day, minute in pairs)


def is_working(day: int, non_working_days: Collection[int]) -> bool:
    """Tell the class of a local day: neither a weekend day nor published as non-working."""
    return weekday_of(day) < _SATURDAY and day not in non_working_days


def adjustment_isps(terms: Terms, event: Activation) -> range:
    """Return the ISPs of the adjustment window, empty without an adjustment."""
    end = event.first_isp - terms.adjustment_gap_isps
    return range(end - terms.adjustment_isps, end)


def nominated_baseline(isps: Sequence[int], nomination: Readings) -> Baseline:
    """Read the nominated baseline of an activation, given by its ISPs."""
    values = [nomination.at(isp) for isp in isps]
    if any(value is None for value in values):
        return Baseline(None, (), "no baseline was nominated for all of its ISPs")
    return Baseline(tuple(w for w in values if w is not None), (), "nominated before delivery")


def computed_baseline(terms: Terms, event: Activation, history: History) -> Baseline:
    """Compute a baseline from like days.

    Args:
        terms: the agreement, whose method is not NOMINATED.
        event: the activation.
        history: meter data and what is excluded from it.

    Returns:
        Values rounded once, half to even, after the adjustment.
    """
    clock = terms.clock
    event_day = clock.local_day(event.first_isp)
    event_slots = _slots(clock, event.ordered_isps(), event_day)
    window = adjustment_isps(terms, event)
    window_slots = _slots(clock, window, event_day)
    looked_at = _look_back(terms, event_day, event_slots, window_slots, history)
    like_days = [one for one in looked_at if one.w_sum is not None]
    if len(like_days) < terms.y:
        note = f"only {len(like_days)} of {terms.y} like days in the last {LOOK_BACK_DAYS} days"
        return Baseline(None, looked_at, note)
    chosen = _choose(terms, like_days)
    days = tuple(_mark(one, chosen) for one in looked_at)
    means = [
        Fraction(sum(_reading(history, slot.isp_on(clock, day)) for day in chosen), len(chosen))
        for slot in event_slots
    ]
    expected = _window_mean(clock, window_slots, chosen, history)
    adjusted, note = _adjust(terms, means, window, expected, history)
    values = tuple(divide_half_even(mean.numerator, mean.denominator) for mean in adjusted)
    if not all(fits_power(value) for value in values):
        return Baseline(None, days, "a baseline value is out of the range that can be recorded")
    return Baseline(values, days, note)


def _reading(history: History, isp: int) -> int:
    value = history.readings.at(isp)
    assert value is not None, "a like day has all the readings it is read for"
    return value


def _look_back(
    terms: Terms,
    event_day: int,
    event_slots: Sequence[_Slot],
    window_slots: Sequence[_Slot],
    history: History,
) -> tuple[LookedAt, ...]:
    clock = terms.clock
    working = is_working(event_day, history.non_working_days)
    offsets = sorted({slot.day_offset for slot in (*event_slots, *window_slots)})
    looked_at: list[LookedAt] = []
    found = 0
    for day in range(event_day - 1, event_day - 1 - LOOK_BACK_DAYS, -1):
        if found == terms.y:
            break
        reason = ""
        if is_working(day, history.non_working_days) != working:
            reason = "not a working day" if working else "a working day"
        elif any(day + offset in history.activation_days for offset in offsets):
            reason = "an activation on a day it is read from"
        elif any(clock.has_clock_change(day + offset) for offset in offsets):
            reason = "a clock change"
        if reason:
            looked_at.append(LookedAt(day, False, reason))
            continue
        isps = [slot.isp_on(clock, day) for slot in (*event_slots, *window_slots)]
        if any(history.readings.at(isp) is None for isp in isps):
            looked_at.append(LookedAt(day, False, "a missing reading"))
            continue
        w_sum = sum(_reading(history, slot.isp_on(clock, day)) for slot in event_slots)
        looked_at.append(LookedAt(day, False, "", w_sum))
        found += 1
    return tuple(looked_at)


def _choose(terms: Terms, like_days: Sequence[LookedAt]) -> tuple[int, ...]:
    """Pick days by the signed sum over the event; ties go to the more recent day."""
    if terms.baseline_method is BaselineMethod.ROLLING:
        return tuple(one.day for one in like_days)
    ranked = sorted(like_days, key=lambda one: (-(one.w_sum or 0), -one.day))
    dropped = {
        BaselineMethod.HIGH: 0,
        BaselineMethod.MID: (terms.y - terms.x) // 2,
        BaselineMethod.LOW: terms.y - terms.x,
    }[terms.baseline_method]
    return tuple(one.day for one in ranked[dropped : dropped + terms.x])


def _mark(one: LookedAt, chosen: Collection[int]) -> LookedAt:
    if one.w_sum is None:
        return one
    taken = one.day in chosen
    reason = "taken" if taken else "a like day that the method does not take"
    return LookedAt(one.day, taken, reason, one.w_sum)


def _window_mean(
    clock: Clock, slots: Sequence[_Slot], chosen: Sequence[int], history: History
) -> Fraction:
    if not slots:
        return Fraction(0)
    total = sum(_reading(history, slot.isp_on(clock, day)) for slot in slots for day in chosen)
    return Fraction(total, len(slots) * len(chosen))


def _adjust(
    terms: Terms,
    means: Sequence[Fraction],
    window: range,
    expected: Fraction,
    history: History,
) -> tuple[Sequence[Fraction], str]:
    if terms.adjustment is Adjustment.NONE:
        return means, "no adjustment agreed"
    if any(isp in history.ordered_isps for isp in window):
        return means, "not adjusted: the adjustment window touches another activation"
    readings = [history.readings.at(isp) for isp in window]
    if any(reading is None for reading in readings):
        return means, "not adjusted: a reading of the adjustment window is missing"
    actual = Fraction(sum(w for w in readings if w is not None), len(readings))
    cap = Fraction(terms.adjustment_cap_bp, BASIS_POINTS)
    if terms.adjustment in (Adjustment.ADDITIVE, Adjustment.ADDITIVE_UPWARD):
        bound = cap * abs(expected)
        delta = max(-bound, min(bound, actual - expected))
        if terms.adjustment is Adjustment.ADDITIVE_UPWARD:
            delta = max(Fraction(0), delta)
        return [mean + delta for mean in means], f"adjusted by {float(delta):+.1f} W"
    factor = Fraction(1)
    if expected > 0:
        factor = max(1 - cap, min(1 + cap, actual / expected))
    if terms.adjustment is Adjustment.MULTIPLICATIVE_UPWARD:
        factor = max(Fraction(1), factor)
    return [mean * factor for mean in means], f"adjusted by a factor of {float(factor):.4f}"
