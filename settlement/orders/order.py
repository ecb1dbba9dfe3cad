"""Accepted orders, the line they form together, and its activations. Order rules 2.

The line counts ISPs of UTC, so that neither midnight nor a clock change breaks it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from settlement.errors import InputError
from settlement.orders.contract import Contract
from settlement.units import format_eur, line_amount


@dataclass(frozen=True, slots=True)
class Order:
    """One accepted order; rejected ones never reach a settlement.

    Attributes:
        reference: name that messages carry, unique within the contract.
        ordered_w: signed change of the baseline by ISP (UTC index); 0 orders nothing.
        price: 1e-4 EUR for the whole order as accepted; None pays at the contract's volume rate.
        test_call: ordered to test the aggregator.
    """

    reference: str
    ordered_w: Mapping[int, int]
    price: int | None = None
    test_call: bool = False

    @property
    def isps(self) -> tuple[int, ...]:
        """The ISPs in which something is ordered, ascending."""
        return tuple(sorted(isp for isp, w in self.ordered_w.items() if w))


@dataclass(frozen=True, slots=True)
class OrderActivation:
    """A maximal run of consecutive ISPs ordered in one direction.

    Attributes:
        isps: the run.
        ordered_w: sum of all orders per ISP, all of one sign.
        test_call: every order that takes part is a test call.
    """

    isps: range
    ordered_w: tuple[int, ...]
    test_call: bool


def check_orders(contract: Contract, orders: Sequence[Order]) -> None:
    """Refuse orders that cannot be settled together.

    Raises:
        InputError: a reference comes twice, nothing is ordered, a price is negative, an ISP lies
            outside the dates of the contract, or two orders of one ISP have opposite signs.
    """
    seen: set[str] = set()
    for order in orders:
        where = f"order {order.reference}"
        if order.reference in seen:
            raise InputError("its reference comes twice", where, "one order per reference")
        seen.add(order.reference)
        if not order.isps:
            raise InputError("0 W in every ISP", where, "an ISP with power")
        if order.price is not None and order.price < 0:
            raise InputError(f"price {order.price}", where, "0 or more 1e-4 EUR")
        for isp in (order.isps[0], order.isps[-1]):
            if not contract.first_day <= contract.clock.local_day(isp) <= contract.last_day:
                at = contract.clock.describe(isp)
                raise InputError(f"an ISP at {at}", where, "ISPs within the contract's dates")
    for isp, sharing in orders_by_isp(orders).items():
        signs = {order.ordered_w[isp] > 0 for order in sharing}
        if len(signs) > 1:
            names = ", ".join(order.reference for order in sharing)
            raise InputError(
                f"both directions at {contract.clock.describe(isp)}", f"orders {names}", "one sign"
            )


def check_offer_price(contract: Contract, offered_w: Mapping[int, int], price: int) -> None:
    """Refuse an offer that asks for more than the contract allows; exactly that much is allowed.

    Args:
        contract: the contract that the offer refers to.
        offered_w: signed W by ISP.
        price: 1e-4 EUR for the whole offer.

    Raises:
        InputError: names the price and the most that may be asked.
    """
    if contract.max_volume_rate is None:
        return
    w_sum = sum(abs(w) for w in offered_w.values())
    most = line_amount(w_sum, contract.clock.isp_minutes, contract.max_volume_rate)
    if price > most:
        asked, where = f"price {format_eur(price)} EUR", f"offer of contract {contract.contract_id}"
        raise InputError(asked, where, f"at most {format_eur(most)} EUR")


def orders_by_isp(orders: Iterable[Order]) -> dict[int, list[Order]]:
    """Return the orders that take part in each ISP, in the order in which they were accepted."""
    found: dict[int, list[Order]] = defaultdict(list)
    for order in orders:
        for isp in order.isps:
            found[isp].append(order)
    return dict(found)


def activations_of(orders: Sequence[Order]) -> tuple[OrderActivation, ...]:
    """Return the activations that accepted orders of one contract form, in time order.

    Args:
        orders: orders that `check_orders` accepts.
    """
    sharing = orders_by_isp(orders)
    line = {isp: sum(one.ordered_w[isp] for one in those) for isp, those in sharing.items()}
    runs: list[list[int]] = []
    for isp in sorted(line):
        last = runs[-1][-1] if runs else None
        if last is not None and isp == last + 1 and line[isp] * line[last] > 0:
            runs[-1].append(isp)
        else:
            runs.append([isp])
    return tuple(
        OrderActivation(
            range(run[0], run[-1] + 1),
            tuple(line[isp] for isp in run),
            all(order.test_call for isp in run for order in sharing[isp]),
        )
        for run in runs
    )
