"""What a settlement message states, as numbers of the order profile: power in W, money in 1e-4 EUR.

Both parties get here from their own computation, the aggregator also from the DSO's message. Order
rules 5 say what Price, Penalty and NetSettlement are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from settlement.clock import Clock, date_text
from settlement.errors import InputError
from settlement.orders.capacity import CapacityIsp
from settlement.orders.settled import OrderIsp, SettledContract, SettledOrder
from settlement.statement import Period


@dataclass(frozen=True, slots=True)
class SettledAtPoint:
    """The settlement of a contract, with what messages say of it besides the numbers.

    Attributes:
        settled: all figures.
        congestion_point: entity address, such as "ea1.2027-01.org.example:station-7".
        baseline_reference: name of the agreed baseline method, for orders without a prognosis.
        prognosis_ids: MessageID of the D-Prognosis that an order is based on, by its reference.
        bilateral: False for orders that no option contract stands behind: the contract then only
            holds the conditions of trade, and messages do not name it.
    """

    settled: SettledContract
    congestion_point: str
    baseline_reference: str | None = None
    prognosis_ids: Mapping[str, str] = field(default_factory=dict)
    bilateral: bool = True


@dataclass(frozen=True, slots=True)
class StatedOrder:
    """One FlexOrderSettlement.

    Attributes:
        reference: the DSO's name of the order.
        day: the one local day that it lies in.
        congestion_point: entity address.
        contract_id: None without a bilateral contract.
        prognosis_id: MessageID of the D-Prognosis it is based on, or None.
        baseline_reference: name of another baseline, or None.
        price: full accepted price.
        penalty: price less net.
        net: may be negative.
        isps: ascending; reasons for excess are not stated.
    """

    reference: str
    day: int
    congestion_point: str
    contract_id: str | None
    prognosis_id: str | None
    baseline_reference: str | None
    price: int
    penalty: int
    net: int
    isps: tuple[OrderIsp, ...]


@dataclass(frozen=True, slots=True)
class StatedCapacity:
    """One ISP of a ContractSettlement, signed W; None where a value is absent."""

    reserved_w: int
    requested_w: int | None = None
    available_w: int | None = None
    offered_w: int | None = None
    ordered_w: int | None = None


@dataclass(frozen=True, slots=True)
class StatedContract:
    """One ContractSettlement: its ISPs (UTC index), ascending, at least one."""

    contract_id: str
    isps: tuple[tuple[int, StatedCapacity], ...]


@dataclass(frozen=True, slots=True)
class StatedSettlement:
    """All that one party states about a period.

    Attributes:
        clock: local time and ISP length of the market.
        period: local days.
        orders: in message order, each reference once.
        contracts: bilateral ones only, each once.
    """

    clock: Clock
    period: Period
    orders: tuple[StatedOrder, ...]
    contracts: tuple[StatedContract, ...]


def state_settlement(
    clock: Clock, period: Period, points: Sequence[SettledAtPoint]
) -> StatedSettlement:
    """Collect what is settled between one DSO and one aggregator.

    Args:
        clock: local time and ISP length of the market.
        period: local days.
        points: the complete settlement of every contract for this period.

    Raises:
        InputError: a contract has another period or clock, an order reference or contract comes
            twice, an order spans days, or an order has no baseline to name.
    """
    for point in points:
        where = f"contract {point.settled.contract.contract_id}"
        if point.settled.period != period:
            raise InputError(f"period {_days(point.settled.period)}", where, _days(period))
        if point.settled.contract.clock != clock:
            raise InputError(f"{point.settled.contract.clock}", where, f"{clock}")
    orders = tuple(_state_order(point, one) for point in points for one in point.settled.orders)
    contracts = tuple(
        StatedContract(
            point.settled.contract.contract_id,
            tuple((row.isp, _state_capacity(row)) for row in point.settled.capacity_isps),
        )
        for point in points
        if point.bilateral and point.settled.capacity_isps
    )
    check_names([one.reference for one in orders], "order")
    check_names([one.contract_id for one in contracts], "contract")
    return StatedSettlement(clock, period, orders, contracts)


def check_names(names: Sequence[str], kind: str) -> None:
    """Refuse a name that comes twice: an answer names an order by nothing else.

    Raises:
        InputError: names it.
    """
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(f"{kind} {name!r:.60} stands {count} times", "settlement", "once")


def _state_order(point: SettledAtPoint, settled: SettledOrder) -> StatedOrder:
    contract = point.settled.contract
    where = f"order {settled.order.reference}"
    days = {contract.clock.local_day(row.isp) for row in settled.isps}
    if len(days) != 1:
        listed = ", ".join(date_text(day) for day in sorted(days))
        raise InputError(f"it spans {listed}", where, "one local day, as in a FlexOrder")
    prognosis_id = point.prognosis_ids.get(settled.order.reference)
    reference = point.baseline_reference if prognosis_id is None else None
    if prognosis_id is None and reference is None:
        raise InputError("no baseline is named", where, "a prognosis or a baseline reference")
    return StatedOrder(
        settled.order.reference,
        days.pop(),
        point.congestion_point,
        contract.contract_id if point.bilateral else None,
        prognosis_id,
        reference,
        settled.price,
        settled.penalty,
        settled.net,
        tuple(replace(row, excess=()) for row in settled.isps),
    )


def _state_capacity(row: CapacityIsp) -> StatedCapacity:
    return StatedCapacity(
        row.reserved_w, row.requested_w, row.available_w, row.offered_w, row.ordered_w
    )


def _days(period: Period) -> str:
    return f"{date_text(period.first_day)} to {date_text(period.last_day)}"
