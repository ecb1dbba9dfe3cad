"""Excess ISPs: ordered beyond what the contract obliges to, order rules 3.

An aggregator may reject an order that would make some. Once accepted, delivery in them is paid,
but its lack is not penalised.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum

from settlement.orders.contract import Contract
from settlement.orders.order import Order, OrderActivation, activations_of, check_orders


class Excess(Enum):
    """Why an ordered ISP exceeds the contract."""

    RUNTIME = "beyond the longest runtime"
    RECOVERY = "inside the recovery time"
    COUNT = "beyond the number of activations"


ExcessIsps = Mapping[int, tuple[Excess, ...]]


def excess_isps(contract: Contract, activations: Sequence[OrderActivation]) -> ExcessIsps:
    """Return the excess ISPs with all reasons of each.

    Args:
        contract: the contract.
        activations: all activations of the contract so far, in time order.
    """
    found: dict[int, list[Excess]] = defaultdict(list)
    counted: Counter[tuple[int, ...]] = Counter()
    recovered_isp: int | None = None
    for activation in activations:
        isps = activation.isps
        if contract.max_runtime_isps is not None:
            for isp in isps[contract.max_runtime_isps :]:
                found[isp].append(Excess.RUNTIME)
        if recovered_isp is not None:
            for isp in range(isps.start, min(isps.stop, recovered_isp)):
                found[isp].append(Excess.RECOVERY)
        recovered_isp = isps.stop + contract.recovery_isps
        if counts(contract, activation):
            bucket = count_bucket(contract, isps.start)
            counted[bucket] += 1
            if contract.max_activations is not None and counted[bucket] > contract.max_activations:
                for isp in isps:
                    found[isp].append(Excess.COUNT)
    return {isp: tuple(reasons) for isp, reasons in found.items()}


def counts(contract: Contract, activation: OrderActivation) -> bool:
    """Tell whether an activation counts: a test call only where the contract says so."""
    return contract.test_calls_count or not activation.test_call


def count_bucket(contract: Contract, isp: int) -> tuple[int, ...]:
    """Return the stretch of days over which activations that start in an ISP are counted."""
    return contract.count_per.bucket(contract.clock.local_day(isp))


def excess_by(contract: Contract, accepted: Sequence[Order], wanted: Order) -> ExcessIsps:
    """Return the excess that a further order would make, for whoever may reject it.

    Raises:
        InputError: the orders cannot be settled together.
    """
    together = [*accepted, wanted]
    check_orders(contract, together)
    before = excess_isps(contract, activations_of(accepted))
    after = excess_isps(contract, activations_of(together))
    return {isp: reasons for isp, reasons in after.items() if before.get(isp) != reasons}
