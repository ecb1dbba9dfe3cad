"""Baselines from like days: high, mid, low, rolling, match day. Rule 0.12 and order rules 8."""

from collections.abc import Collection, Sequence
from fractions import Fraction

from settlement.activation import Activation
from settlement.baselines.adjustment import adjust
from settlement.baselines.baseline import LOOK_BACK_DAYS, Baseline, History, rounded_baseline
from settlement.baselines.like_days import Slot, choose_days, look_back, mark_taken, slots_of
from settlement.baselines.methods import DayChoice, LikeDays, like_days_of
from settlement.clock import Clock
from settlement.terms import Terms


def computed_baseline(terms: Terms, event: Activation, history: History) -> Baseline:
    """Compute the baseline of an agreement's activation.

    Args:
        terms: the agreement, whose method is not NOMINATED.
        event: the activation.
        history: meter data and what is excluded from it.
    """
    return like_day_baseline(like_days_of(terms), terms.clock, event.ordered_isps(), history)


def like_day_baseline(method: LikeDays, clock: Clock, event: range, history: History) -> Baseline:
    """Compute a baseline from like days.

    Args:
        method: which days, and how the result is adjusted.
        clock: local time.
        event: the ISPs of the activation.
        history: meter data and what is excluded from it.

    Returns:
        Values rounded once, half to even, after the adjustment.
    """
    event_day = clock.local_day(event.start)
    event_slots = slots_of(clock, event, event_day)
    window_slots = slots_of(clock, method.adjustment.window(event.start), event_day)
    compared = _compared_isps(method, clock, event, history)
    if method.choice is DayChoice.MATCH and not compared:
        return Baseline(None, (), "nothing outside the event can be compared")
    compared_slots = slots_of(clock, compared, event_day)
    other_slots = (*window_slots, *compared_slots)
    looked_at = look_back(clock, event_day, method.y, event_slots, other_slots, history)
    like_days = [one for one in looked_at if one.w_sum is not None]
    if len(like_days) < method.y:
        note = f"only {len(like_days)} of {method.y} like days in the last {LOOK_BACK_DAYS} days"
        return Baseline(None, looked_at, note)

    def difference(day: int) -> int:
        return sum(
            (history.reading(slot.isp_on(clock, day)) - history.reading(isp)) ** 2
            for isp, slot in zip(compared, compared_slots, strict=True)
        )

    chosen = choose_days(method, like_days, difference)
    means = [_mean(clock, [slot], chosen, history) for slot in event_slots]
    expected = _mean(clock, window_slots, chosen, history)
    adjusted, note = adjust(method.adjustment, means, event.start, expected, history)
    return rounded_baseline(adjusted, tuple(mark_taken(one, chosen) for one in looked_at), note)


def _compared_isps(
    method: LikeDays, clock: Clock, event: range, history: History
) -> tuple[int, ...]:
    """Return the ISPs of the event's days that MATCH compares: metered, and not near an order."""
    if method.choice is not DayChoice.MATCH:
        return ()
    near = range(event.start - method.match_gap_isps, event.stop + method.match_gap_isps)
    days = sorted({clock.local_day(isp) for isp in event})
    return tuple(
        isp
        for day in days
        for isp in clock.day_isps(day)
        if isp not in near
        and isp not in history.ordered_isps
        and history.readings.at(isp) is not None
    )


def _mean(clock: Clock, slots: Sequence[Slot], days: Collection[int], history: History) -> Fraction:
    if not slots:
        return Fraction(0)
    total = sum(history.reading(slot.isp_on(clock, day)) for slot in slots for day in days)
    return Fraction(total, len(slots) * len(days))
