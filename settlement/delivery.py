"""Delivered and missing flexibility of an activation, and what share of it is paid.

Rules 0.4 and 2.2. Everything is signed W with consumption positive, so a reduction is ordered
with a negative number; the deficiency is a magnitude.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS


def delivered_w(baseline_w: int, actual_w: int, ordered_w: int) -> int:
    """Return the delivered W of one ISP, signed like the order.

    More than ordered is not counted, and the wrong direction counts as nothing.
    """
    sign = -1 if ordered_w < 0 else 1
    moved_w = sign * (actual_w - baseline_w)
    return sign * max(0, min(moved_w, abs(ordered_w)))


def deficiency_w(baseline_w: int, actual_w: int, ordered_w: int) -> int:
    """Return the missing W of one ISP; wrong-way behaviour makes it exceed the order."""
    if ordered_w == 0:
        return 0
    sign = -1 if ordered_w < 0 else 1
    return max(0, abs(ordered_w) - sign * (actual_w - baseline_w))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sums over the ISPs of one activation, as magnitudes in W.

    Attributes:
        ordered_w_sum: ordered W over the ISPs.
        delivered_w_sum: delivered W, capped at the order in each ISP.
        deficiency_w_sum: missing W, not capped.
    """

    ordered_w_sum: int
    delivered_w_sum: int
    deficiency_w_sum: int


def measure(ordered_w: int, baseline_w: Sequence[int], actual_w: Sequence[int]) -> Delivery:
    """Measure an activation.

    Args:
        ordered_w: the constant order.
        baseline_w: one value per ordered ISP.
        actual_w: one value per ordered ISP.
    """
    pairs = list(zip(baseline_w, actual_w, strict=True))
    return Delivery(
        abs(ordered_w) * len(pairs),
        sum(abs(delivered_w(b, a, ordered_w)) for b, a in pairs),
        sum(deficiency_w(b, a, ordered_w) for b, a in pairs),
    )


def fails_threshold(delivery: Delivery, rule: DeliveryRule, delivery_bp: int) -> bool:
    """Tell whether an activation falls short of THRESHOLD and so earns nothing at all."""
    return rule is DeliveryRule.THRESHOLD and (
        BASIS_POINTS * delivery.delivered_w_sum < delivery_bp * delivery.ordered_w_sum
    )


def paid_w_sum_scaled(delivery: Delivery, rule: DeliveryRule, delivery_bp: int, slope: int) -> int:
    """Return the W sum that is paid, times 10,000, so that nothing is rounded before the line.

    Args:
        delivery: the activation's sums.
        rule: LINEAR pays what was delivered; THRESHOLD the same or nothing; GRACE the order, less
            `slope` times what is missing beyond the grace share.
        delivery_bp: the threshold, or the grace share, in basis points.
        slope: GRACE only.
    """
    ordered = BASIS_POINTS * delivery.ordered_w_sum
    delivered = BASIS_POINTS * delivery.delivered_w_sum
    if rule is DeliveryRule.GRACE:
        beyond_grace = (BASIS_POINTS - delivery_bp) * delivery.ordered_w_sum - delivered
        return min(ordered, max(0, ordered - slope * beyond_grace))
    return 0 if fails_threshold(delivery, rule, delivery_bp) else delivered
