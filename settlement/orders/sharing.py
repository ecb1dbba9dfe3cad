"""What each order has of an ISP that several orders share, order rules 4. No W is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.delivery import deficiency_w, delivered_w
from settlement.errors import InputError
from settlement.units import split_by_largest_remainder


@dataclass(frozen=True, slots=True)
class Share:
    """What one order has of an ISP.

    Attributes:
        delivered_w: signed like the order.
        deficiency_w: a magnitude.
    """

    delivered_w: int
    deficiency_w: int


def share_isp(ordered_w: Sequence[int], baseline_w: int, actual_w: int) -> tuple[Share, ...]:
    """Share one ISP between the orders that overlap in it.

    Args:
        ordered_w: W of each order, earliest order first, all of one sign (0 takes no part).
        baseline_w: baseline of the ISP.
        actual_w: reading of the ISP.

    Returns:
        One share per order; they add up to the delivery and the deficiency of the summed order.

    Raises:
        InputError: the orders have both signs.
    """
    if min(ordered_w, default=0) < 0 < max(ordered_w, default=0):
        raise InputError(f"orders of {list(ordered_w)} W", "ISP", "orders of one sign")
    total_w = sum(ordered_w)
    delivered = delivered_w(baseline_w, actual_w, total_w)
    missing_w = deficiency_w(baseline_w, actual_w, total_w)
    weights = [abs(one) for one in ordered_w]
    delivered_parts = split_by_largest_remainder(abs(delivered), weights)
    surplus_parts = split_by_largest_remainder(max(0, missing_w - abs(total_w)), weights)
    sign = -1 if total_w < 0 else 1
    return tuple(
        Share(sign * part, weight - part + surplus)
        for weight, part, surplus in zip(weights, delivered_parts, surplus_parts, strict=True)
    )
