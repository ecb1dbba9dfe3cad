"""Orders between DSO and aggregator: shares of one ISP, and the money of a settlement message.

An agreement never has two orders in one ISP (rule 0.3). A DSO may order twice from an aggregator,
and then what was delivered is shared between the orders without losing a W.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.delivery import (
    Delivery,
    deficiency_w,
    delivered_w,
    paid_w_sum_scaled,
)
from settlement.errors import InputError
from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS, divide_half_even, line_amount


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
    delivered_parts = _by_largest_remainder(abs(delivered), weights)
    surplus_parts = _by_largest_remainder(max(0, missing_w - abs(total_w)), weights)
    sign = -1 if total_w < 0 else 1
    return tuple(
        Share(sign * part, weight - part + surplus)
        for weight, part, surplus in zip(weights, delivered_parts, surplus_parts, strict=True)
    )


def _by_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total pro rata into whole numbers; left-over units go to the largest remainders."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    # A stable sort leaves the earlier order first among equal remainders.
    by_remainder = sorted(range(len(weights)), key=lambda position: -remainders[position])
    for position in by_remainder[: total - sum(parts)]:
        parts[position] += 1
    return parts


def sum_shares(ordered_w: Sequence[int], shares: Sequence[Share]) -> Delivery:
    """Sum the ISPs of one order.

    Args:
        ordered_w: W of the order, one value per ISP.
        shares: its share of each of these ISPs.
    """
    pairs = list(zip(ordered_w, shares, strict=True))
    return Delivery(
        sum(abs(ordered) for ordered, _ in pairs),
        sum(abs(share.delivered_w) for _, share in pairs),
        sum(share.deficiency_w for _, share in pairs),
    )


@dataclass(frozen=True, slots=True)
class OrderFields:
    """Money fields of one order in a settlement message; 1e-4 EUR.

    Attributes:
        price: the full accepted price.
        penalty: what was not earned of the price, plus the deficiency penalty.
        net: flex paid less the deficiency penalty; may be negative.
    """

    price: int
    penalty: int
    net: int


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """How an order is paid.

    Attributes:
        isp_minutes: ISP length.
        penalty_rate: 1e-4 EUR per MWh of deficiency.
        delivery_rule: which share of the order is paid.
        delivery_bp: threshold or grace share in basis points.
        delivery_slope: GRACE only.
    """

    isp_minutes: int
    penalty_rate: int
    delivery_rule: DeliveryRule = DeliveryRule.LINEAR
    delivery_bp: int = 0
    delivery_slope: int = 0


def fields_at_rate(terms: OrderTerms, delivery: Delivery, volume_rate: int) -> OrderFields:
    """Return the money of an order at a rate in 1e-4 EUR per MWh (pay as contracted)."""
    price = line_amount(delivery.ordered_w_sum, terms.isp_minutes, volume_rate)
    flex_paid = line_amount(_paid(terms, delivery), terms.isp_minutes, volume_rate, BASIS_POINTS)
    return _fields(terms, delivery, price, flex_paid)


def fields_at_price(terms: OrderTerms, delivery: Delivery, price: int) -> OrderFields:
    """Return the money of an order accepted at a price for the whole of it, in 1e-4 EUR."""
    whole = BASIS_POINTS * delivery.ordered_w_sum
    flex_paid = divide_half_even(price * _paid(terms, delivery), whole) if whole else 0
    return _fields(terms, delivery, price, flex_paid)


def _paid(terms: OrderTerms, delivery: Delivery) -> int:
    return paid_w_sum_scaled(delivery, terms.delivery_rule, terms.delivery_bp, terms.delivery_slope)


def _fields(terms: OrderTerms, delivery: Delivery, price: int, flex_paid: int) -> OrderFields:
    lacking = line_amount(delivery.deficiency_w_sum, terms.isp_minutes, terms.penalty_rate)
    return OrderFields(price, price - flex_paid + lacking, flex_paid - lacking)
