"""From a received settlement message to the numbers it states. Its shape has been checked."""

from collections.abc import Sequence

from backend.uftp.fields import CURRENCY, SPEC_VERSION, amount_of, day_of_xml
from backend.uftp.isp_runs import IspRun, decode_runs
from backend.uftp.library import ContractSettlement, FlexOrderSettlement, FlexSettlement, XmlDate
from backend.uftp.rejection import Rejected
from backend.uftp.stated import (
    StatedCapacity,
    StatedContract,
    StatedOrder,
    StatedSettlement,
    check_names,
)
from backend.uftp.writing import NO_CONTRACT_ID
from settlement.clock import Clock, date_text
from settlement.errors import InputError
from settlement.orders.settled import OrderIsp
from settlement.statement import Period


def read_settlement(message: FlexSettlement, clock: Clock) -> StatedSettlement:
    """Return what a settlement message states.

    Args:
        message: of the right shape.
        clock: local time and ISP length of the market; the message names neither.

    Raises:
        Rejected: the reason why the whole message has to be.
    """
    if message.version != SPEC_VERSION:
        raise _invalid(f"version {message.version}", "message", SPEC_VERSION)
    if message.currency != CURRENCY:
        raise _invalid(f"currency {message.currency}", "message", CURRENCY)
    period = Period(day_of_xml(message.period_start), day_of_xml(message.period_end))
    if period.first_day > period.last_day:
        raise Rejected(
            "PeriodEnd rejected", str(message.period_end), "message", f"{message.period_start} on"
        )
    orders = tuple(_order(one, period, clock) for one in message.flex_order_settlements)
    contracts = tuple(
        _contract(one, period, clock)
        for one in message.contract_settlements
        if one.contract_id != NO_CONTRACT_ID
    )
    try:
        check_names([one.reference for one in orders], "order")
        check_names([one.contract_id for one in contracts], "contract")
    except InputError as error:
        raise _invalid(error.what, error.where, error.expected) from None
    return StatedSettlement(clock, period, orders, contracts)


def _order(stated: FlexOrderSettlement, period: Period, clock: Clock) -> StatedOrder:
    where = f"order {stated.order_reference}"
    day = _day_within(stated.period, period, where)
    if stated.d_prognosis_message_id is not None and stated.baseline_reference is not None:
        raise _invalid("two baselines", where, "a prognosis or a baseline reference")
    price, penalty, net = (
        amount_of(eur) for eur in (stated.price, stated.penalty, stated.net_settlement)
    )
    if net != price - penalty:
        found = f"NetSettlement {stated.net_settlement}"
        raise _invalid(found, where, f"Price {stated.price} less Penalty {stated.penalty}")
    runs = [
        IspRun(
            day,
            one.start,
            one.duration,
            (
                one.baseline_power,
                one.ordered_flex_power,
                one.actual_power,
                one.delivered_flex_power,
                one.power_deficiency,
            ),
        )
        for one in stated.isps
    ]
    return StatedOrder(
        str(stated.order_reference),
        day,
        stated.congestion_point,
        stated.contract_id,
        stated.d_prognosis_message_id,
        stated.baseline_reference,
        price,
        penalty,
        net,
        tuple(OrderIsp(isp, *powers) for isp, powers in decode_runs(clock, runs, where)),
    )


def _contract(stated: ContractSettlement, period: Period, clock: Clock) -> StatedContract:
    where = f"contract {stated.contract_id}"
    runs: list[IspRun[StatedCapacity]] = []
    for part in stated.periods:
        day = _day_within(part.period, period, where)
        runs += [
            IspRun(
                day,
                one.start,
                one.duration,
                StatedCapacity(
                    one.reserved_power,
                    one.requested_power,
                    one.available_power,
                    one.offered_power,
                    one.ordered_power,
                ),
            )
            for one in part.isps
        ]
    return StatedContract(str(stated.contract_id), tuple(decode_runs(clock, runs, where)))


def _day_within(value: XmlDate, period: Period, where: str) -> int:
    day = day_of_xml(value)
    if not period.holds(day):
        first, last = date_text(period.first_day), date_text(period.last_day)
        raise Rejected("Period out of bounds", str(value), where, f"{first} to {last}")
    return day


def _invalid(what: str, where: str, expected: str) -> Rejected:
    return Rejected("Invalid Message", what, where, expected)


def order_references(message: FlexSettlement) -> Sequence[str]:
    """Return the references of a message's orders, each once, for an answer that rejects it."""
    return list(dict.fromkeys(str(one.order_reference) for one in message.flex_order_settlements))
