"""Baselines from readings around the event: same day; meter before, meter after. Order rules 8."""

from collections.abc import Sequence
from fractions import Fraction

from settlement.baselines.baseline import Baseline, History, rounded_baseline
from settlement.baselines.methods import AroundEvent


def around_event_baseline(method: AroundEvent, event: range, history: History) -> Baseline:
    """Compute a baseline from ISPs before and after an activation.

    Args:
        method: which of them.
        event: the ISPs of the activation.
        history: meter data, and the ISPs of all activations.

    Returns:
        Values rounded once, half to even; none if an ISP that is read has no reading or belongs to
        another activation.
    """
    before_end, after_start = event.start - method.gap_isps, event.stop + method.gap_isps
    before = range(before_end - method.before_isps, before_end)
    after = range(after_start, after_start + method.after_isps)
    read = [*before, *after]
    if any(isp in history.ordered_isps for isp in read):
        return Baseline(None, (), "an ISP around it belongs to another activation")
    missing = sum(history.readings.at(isp) is None for isp in read)
    if missing:
        return Baseline(None, (), f"{missing} of {len(read)} readings around it are missing")
    if not method.straight_line:
        return rounded_baseline([_mean(read, history)] * len(event), (), "mean around it")
    start, end = _mean(before, history), _mean(after, history)
    step = (end - start) / (len(event) + 1)
    values = [start + step * position for position in range(1, len(event) + 1)]
    return rounded_baseline(values, (), "straight line from before to after it")


def _mean(isps: Sequence[int], history: History) -> Fraction:
    return Fraction(sum(history.reading(isp) for isp in isps), len(isps))
