"""Settlement of the orders of one contract for one period. Pure; start here for order rules 1.

contract + orders --> activations --> excess, shares --> lines --> capacity, cap --> totals
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from settlement.baselines.baseline import Baseline
from settlement.meter import Readings
from settlement.orders.capacity import Dealings, capacity_isps, used_up
from settlement.orders.capacity_pay import capacity_pay
from settlement.orders.contract import Contract, validate_contract
from settlement.orders.excess import excess_isps
from settlement.orders.measured import (
    Measured,
    measure_activation,
    paid_w_sum,
    sum_isps,
)
from settlement.orders.order import (
    Order,
    OrderActivation,
    activations_of,
    check_orders,
    orders_by_isp,
)
from settlement.orders.settled import IncompleteContract, SettledContract, SettledOrder, Totals
from settlement.statement import Period
from settlement.units import (
    capped_penalty,
    divide_half_even,
    line_amount,
    split_by_largest_remainder,
)

BaselineOf = Callable[[range], Baseline]
"""Gives the baseline of an activation from its ISPs, by whatever method the contract names."""


def settle_contract(
    contract: Contract,
    orders: Sequence[Order],
    period: Period,
    baseline_of: BaselineOf,
    actual: Readings,
    dealings: Dealings | None = None,
) -> SettledContract | IncompleteContract:
    """Settle one contract for one period.

    Args:
        contract: the contract.
        orders: all its accepted orders, in the order of acceptance; those of other periods too,
            as they decide about activations, counts and recovery.
        period: local days. An order belongs to the period of its first ISP.
        baseline_of: the baseline of an activation.
        actual: readings, summed over all that the contract measures.
        dealings: reservation updates, declared availability, requests and offers.

    Returns:
        All figures, or the reasons why they are incomplete.

    Raises:
        InputError: contract, orders or dealings contradict themselves.
    """
    validate_contract(contract)
    check_orders(contract, orders)
    activations = activations_of(orders)
    touching = _touching(contract, orders, activations, period)
    measured, reasons = _measure(contract, orders, activations, touching, baseline_of, actual)
    if reasons:
        return IncompleteContract(contract, period, reasons)
    lost = {isp for one in measured if one.failed for isp in one.binding_isps}
    is_used_up = used_up(contract, activations)
    rows = capacity_isps(
        contract,
        period,
        dealings or Dealings(),
        activations,
        lambda isp: isp in lost or (not contract.pays_when_used_up and is_used_up(isp)),
    )
    capacity = capacity_pay(contract, rows)
    own = [_settle_order(contract, one, measured) for one in _of_period(contract, orders, period)]
    capped = _cap(contract, own, capacity)
    baselines = {one.first_isp: one.baseline for one in measured}
    return SettledContract(contract, period, capped, rows, baselines, _totals(capped, capacity))


def _of_period(contract: Contract, orders: Sequence[Order], period: Period) -> list[Order]:
    return [one for one in orders if period.holds(contract.clock.local_day(one.isps[0]))]


def _touching(
    contract: Contract,
    orders: Sequence[Order],
    activations: Sequence[OrderActivation],
    period: Period,
) -> list[OrderActivation]:
    """Return the activations that decide about an order or an ISP of the period."""
    needed = {isp for order in _of_period(contract, orders, period) for isp in order.isps}
    return [
        one
        for one in activations
        if any(isp in needed or period.holds(contract.clock.local_day(isp)) for isp in one.isps)
    ]


def _measure(
    contract: Contract,
    orders: Sequence[Order],
    activations: Sequence[OrderActivation],
    touching: Sequence[OrderActivation],
    baseline_of: BaselineOf,
    actual: Readings,
) -> tuple[list[Measured], tuple[str, ...]]:
    """Measure the activations of a period; return those and the reasons why others lack data."""
    excess = excess_isps(contract, activations)
    sharing = orders_by_isp(orders)
    measured: list[Measured] = []
    reasons: list[str] = []
    for one in touching:
        found = measure_activation(contract, sharing, one, excess, baseline_of(one.isps), actual)
        if isinstance(found, Measured):
            measured.append(found)
        else:
            reasons.append(f"{contract.clock.describe(one.isps.start)}: {found}")
    return measured, tuple(reasons)


def _settle_order(contract: Contract, order: Order, measured: Sequence[Measured]) -> SettledOrder:
    """Settle an order before the cap: the parts it has of its activations, one rounding a line."""
    parts = [one for one in measured if order.reference in one.isps]
    rows = tuple(row for one in parts for row in one.isps[order.reference])
    payable = sum((paid_w_sum(contract, order, one) for one in parts), Fraction(0))
    lacking_w_sum = sum(row.deficiency_w for row in rows if not row.excess)
    penalty = line_amount(lacking_w_sum, contract.clock.isp_minutes, contract.penalty_rate)
    ordered_w_sum = sum(abs(row.ordered_w) for row in rows)
    if order.price is None:
        minutes, rate = contract.clock.isp_minutes, contract.volume_rate
        price = line_amount(ordered_w_sum, minutes, rate)
        paid = line_amount(payable.numerator, minutes, rate, payable.denominator)
    else:
        price = order.price
        exact = price * payable / ordered_w_sum
        paid = divide_half_even(exact.numerator, exact.denominator)
    return SettledOrder(order, rows, price, paid, penalty, penalty)


def _cap(
    contract: Contract, orders: Sequence[SettledOrder], capacity: int
) -> tuple[SettledOrder, ...]:
    """Cap the penalties of a period together and share what remains pro rata."""
    if contract.penalty_cap_bp is None:
        return tuple(orders)
    raw = [order.uncapped_penalty for order in orders]
    gross = capacity + sum(order.flex_paid for order in orders)
    capped = capped_penalty(sum(raw), contract.penalty_cap_bp, gross)
    parts = split_by_largest_remainder(capped, raw)
    return tuple(
        replace(order, deficiency_penalty=part) for order, part in zip(orders, parts, strict=True)
    )


def _totals(orders: Sequence[SettledOrder], capacity: int) -> Totals:
    return Totals(
        sum_isps(row for order in orders for row in order.isps),
        capacity,
        sum(order.price for order in orders),
        sum(order.flex_paid for order in orders),
        sum(order.deficiency_penalty for order in orders),
    )
