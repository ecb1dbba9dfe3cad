"""Adjustment of a baseline to the day of the event, rule 0.12."""

from collections.abc import Sequence
from fractions import Fraction

from settlement.baselines.baseline import History
from settlement.baselines.methods import AdjustmentRule
from settlement.terms import Adjustment
from settlement.units import BASIS_POINTS

_ADDITIVE = (Adjustment.ADDITIVE, Adjustment.ADDITIVE_UPWARD)
_UPWARD = (Adjustment.ADDITIVE_UPWARD, Adjustment.MULTIPLICATIVE_UPWARD)


def adjust(
    rule: AdjustmentRule,
    means_w: Sequence[Fraction],
    first_isp: int,
    expected_w: Fraction,
    history: History,
) -> tuple[Sequence[Fraction], str]:
    """Shift a baseline by what was metered in the adjustment window.

    Args:
        rule: kind, window and cap.
        means_w: the baseline.
        first_isp: first ISP of the event.
        expected_w: mean of the unadjusted baseline in the window.
        history: meter data, and the ISPs of all activations.

    Returns:
        The adjusted baseline, not rounded, and what was done.
    """
    if rule.kind is Adjustment.NONE:
        return means_w, "no adjustment agreed"
    window = rule.window(first_isp)
    if any(isp in history.ordered_isps for isp in window):
        return means_w, "not adjusted: the adjustment window touches another activation"
    if any(history.readings.at(isp) is None for isp in window):
        return means_w, "not adjusted: a reading of the adjustment window is missing"
    actual_w = Fraction(sum(history.reading(isp) for isp in window), len(window))
    cap = Fraction(rule.cap_bp, BASIS_POINTS)
    if rule.kind in _ADDITIVE:
        bound = cap * abs(expected_w)
        delta = max(-bound, min(bound, actual_w - expected_w))
        if rule.kind in _UPWARD:
            delta = max(Fraction(0), delta)
        return [mean + delta for mean in means_w], f"adjusted by {float(delta):+.1f} W"
    factor = Fraction(1)
    if expected_w > 0:
        factor = max(1 - cap, min(1 + cap, actual_w / expected_w))
    if rule.kind in _UPWARD:
        factor = max(Fraction(1), factor)
    return [mean * factor for mean in means_w], f"adjusted by a factor of {float(factor):.4f}"
