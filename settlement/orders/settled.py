"""Records of a settlement of orders: what a settlement message carries, and the totals."""

from collections.abc import Mapping
from dataclasses import dataclass

from settlement.baselines.baseline import Baseline
from settlement.delivery import Delivery
from settlement.orders.capacity import CapacityIsp
from settlement.orders.contract import Contract
from settlement.orders.excess import Excess
from settlement.orders.order import Order
from settlement.statement import Period


@dataclass(frozen=True, slots=True)
class OrderIsp:
    """One ISP of one order, in W; the fields of a settlement message.

    Attributes:
        isp: UTC index.
        baseline_w: baseline of all that the contract measures.
        ordered_w: by this order.
        actual_w: reading of all that the contract measures.
        delivered_w: this order's share, signed like it.
        deficiency_w: this order's share, a magnitude.
        excess: why the contract does not oblige to it; empty as a rule.
    """

    isp: int
    baseline_w: int
    ordered_w: int
    actual_w: int
    delivered_w: int
    deficiency_w: int
    excess: tuple[Excess, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledOrder:
    """The settlement of one order; money in 1e-4 EUR.

    Attributes:
        order: what was ordered.
        isps: its ISPs in time order.
        price: the full accepted price.
        flex_paid: what was earned of it.
        deficiency_penalty: after the cap of the contract.
        uncapped_penalty: before it.
    """

    order: Order
    isps: tuple[OrderIsp, ...]
    price: int
    flex_paid: int
    deficiency_penalty: int
    uncapped_penalty: int

    @property
    def penalty(self) -> int:
        """The message's Penalty: what was not earned of the price, and the deficiency penalty."""
        return self.price - self.net

    @property
    def net(self) -> int:
        """The message's NetSettlement, price less penalty; may be negative."""
        return self.flex_paid - self.deficiency_penalty


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a period: magnitudes in W over its ISPs, and money in 1e-4 EUR."""

    delivery: Delivery
    capacity: int
    price: int
    flex_paid: int
    deficiency_penalty: int

    @property
    def net(self) -> int:
        """What the DSO pays; negative if the aggregator does."""
        return self.capacity + self.flex_paid - self.deficiency_penalty


@dataclass(frozen=True, slots=True)
class SettledContract:
    """A complete settlement.

    Attributes:
        contract: the contract.
        period: local days.
        orders: the orders of the period, as they were accepted.
        capacity_isps: what was reserved, requested, available, offered, ordered.
        baselines: of the activations that these orders take part in, by first ISP.
        totals: over orders and capacity.
    """

    contract: Contract
    period: Period
    orders: tuple[SettledOrder, ...]
    capacity_isps: tuple[CapacityIsp, ...]
    baselines: Mapping[int, Baseline]
    totals: Totals


@dataclass(frozen=True, slots=True)
class IncompleteContract:
    """A settlement that lacks data; nothing of it is paid until a correction."""

    contract: Contract
    period: Period
    reasons: tuple[str, ...]
