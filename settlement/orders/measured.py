"""Measuring an activation, and what each of its orders is paid for. Order rules 4 and 5."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from settlement.baselines.baseline import Baseline
from settlement.delivery import Delivery, fails_threshold, paid_w_sum_scaled
from settlement.meter import Readings
from settlement.orders.contract import Contract
from settlement.orders.excess import ExcessIsps
from settlement.orders.order import Order, OrderActivation
from settlement.orders.settled import OrderIsp
from settlement.orders.sharing import share_isp
from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Measured:
    """An activation with what every order has of it.

    Attributes:
        first_isp: its first ISP.
        binding_isps: its ISPs without excess.
        isps: the ISPs of each order, by its reference.
        binding: sums over all orders, without excess ISPs.
        failed: it missed THRESHOLD.
        baseline: its baseline.
    """

    first_isp: int
    binding_isps: tuple[int, ...]
    isps: Mapping[str, tuple[OrderIsp, ...]]
    binding: Delivery
    failed: bool
    baseline: Baseline


def measure_activation(
    contract: Contract,
    sharing: Mapping[int, Sequence[Order]],
    activation: OrderActivation,
    excess: ExcessIsps,
    baseline: Baseline,
    actual: Readings,
) -> Measured | str:
    """Share an activation between its orders.

    Args:
        contract: the contract.
        sharing: the orders that take part in each ISP, earliest first.
        activation: one of the contract's.
        excess: all excess ISPs.
        baseline: of this activation.
        actual: readings.

    Returns:
        Its measurement, or a text that tells which data are missing.
    """
    if baseline.values_w is None:
        return baseline.note
    read = [actual.at(isp) for isp in activation.isps]
    if None in read:
        return f"{read.count(None)} of {len(read)} meter readings are missing"
    isps: dict[str, list[OrderIsp]] = {}
    for isp, baseline_w, actual_w in zip(activation.isps, baseline.values_w, read, strict=True):
        assert actual_w is not None, "missing readings were refused"
        shares = share_isp([one.ordered_w[isp] for one in sharing[isp]], baseline_w, actual_w)
        for order, share in zip(sharing[isp], shares, strict=True):
            row = OrderIsp(
                isp,
                baseline_w,
                order.ordered_w[isp],
                actual_w,
                share.delivered_w,
                share.deficiency_w,
                excess.get(isp, ()),
            )
            isps.setdefault(order.reference, []).append(row)
    binding = sum_isps(row for rows in isps.values() for row in rows if not row.excess)
    failed = fails_threshold(binding, contract.delivery_rule, contract.delivery_bp)
    return Measured(
        activation.isps.start,
        tuple(isp for isp in activation.isps if isp not in excess),
        {name: tuple(rows) for name, rows in isps.items()},
        binding,
        failed,
        baseline,
    )


def sum_isps(rows: Iterable[OrderIsp]) -> Delivery:
    """Sum ISPs of orders as magnitudes."""
    listed = list(rows)
    return Delivery(
        sum(abs(row.ordered_w) for row in listed),
        sum(abs(row.delivered_w) for row in listed),
        sum(row.deficiency_w for row in listed),
    )


def paid_w_sum(contract: Contract, order: Order, measured: Measured) -> Fraction:
    """Return the W sum that an order is paid for in one activation.

    The delivery rule looks at the binding ISPs of the whole activation. What it grants is shared by
    what each order delivered, and of GRACE, which pays the order, by what was ordered. Delivery in
    excess ISPs is paid as it is.
    """
    own = measured.isps[order.reference]
    beyond = sum(abs(row.delivered_w) for row in own if row.excess)
    mine = sum_isps(row for row in own if not row.excess)
    rule, all_orders = contract.delivery_rule, measured.binding
    granted = Fraction(
        paid_w_sum_scaled(all_orders, rule, contract.delivery_bp, contract.delivery_slope),
        BASIS_POINTS,
    )
    by_order = rule is DeliveryRule.GRACE
    whole = all_orders.ordered_w_sum if by_order else all_orders.delivered_w_sum
    weight = mine.ordered_w_sum if by_order else mine.delivered_w_sum
    return beyond + (granted * weight / whole if whole else Fraction(0))
