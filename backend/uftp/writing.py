"""From a stated settlement to the message that carries it."""

from itertools import groupby

from backend.uftp.fields import CURRENCY, ENTITY_ADDRESS, NAME, UUID, Header, eur_of, xml_date
from backend.uftp.isp_runs import IspRun, encode_runs
from backend.uftp.library import (
    ContractSettlement,
    ContractSettlementISP,
    ContractSettlementPeriod,
    FlexOrderSettlement,
    FlexOrderSettlementISP,
    FlexSettlement,
)
from backend.uftp.stated import StatedCapacity, StatedContract, StatedOrder, StatedSettlement
from settlement.clock import Clock
from settlement.errors import InputError
from settlement.orders.settled import OrderIsp

NO_CONTRACT_ID = "none"
"""Stands in where no order has a contract: the schema wants one ContractSettlement at least."""


def settlement_message(stated: StatedSettlement, header: Header) -> FlexSettlement | None:
    """Write a settlement as a message.

    Args:
        stated: what the DSO settles.
        header: sender is the DSO, recipient the aggregator.

    Returns:
        The message, or None if there were no orders: the schema has no word for that, and neither
        party owes the other an answer about nothing.

    Raises:
        InputError: a name, address or identifier has not the form that messages want.
    """
    if not stated.orders:
        return None
    contracts = [_contract(stated.clock, one) for one in stated.contracts]
    return FlexSettlement(
        **header.fields(),
        period_start=xml_date(stated.period.first_day),
        period_end=xml_date(stated.period.last_day),
        currency=CURRENCY,
        flex_order_settlements=[_order(stated.clock, one) for one in stated.orders],
        contract_settlements=contracts or [_no_contract(stated.period.first_day)],
    )


def _order(clock: Clock, stated: StatedOrder) -> FlexOrderSettlement:
    where = f"order {stated.reference!r:.60}"
    if stated.contract_id is not None:
        NAME.take(stated.contract_id, where)
    if stated.prognosis_id is not None:
        UUID.take(stated.prognosis_id, where)
    if stated.baseline_reference is not None:
        NAME.take(stated.baseline_reference, where)
    runs = encode_runs(clock, ((row.isp, _powers(row)) for row in stated.isps))
    return FlexOrderSettlement(
        order_reference=NAME.take(stated.reference, where),
        period=xml_date(stated.day),
        contract_id=stated.contract_id,
        d_prognosis_message_id=stated.prognosis_id,
        baseline_reference=stated.baseline_reference,
        congestion_point=ENTITY_ADDRESS.take(stated.congestion_point, where),
        price=eur_of(stated.price),
        penalty=eur_of(stated.penalty),
        net_settlement=eur_of(stated.net),
        isps=[
            FlexOrderSettlementISP(
                start=run.start,
                duration=run.duration,
                baseline_power=run.values[0],
                ordered_flex_power=run.values[1],
                actual_power=run.values[2],
                delivered_flex_power=run.values[3],
                power_deficiency=run.values[4],
            )
            for run in runs
        ],
    )


def _powers(row: OrderIsp) -> tuple[int, int, int, int, int]:
    return row.baseline_w, row.ordered_w, row.actual_w, row.delivered_w, row.deficiency_w


def _contract(clock: Clock, stated: StatedContract) -> ContractSettlement:
    where = f"contract {stated.contract_id!r:.60}"
    if stated.contract_id == NO_CONTRACT_ID:
        raise InputError("its name", where, f"any but {NO_CONTRACT_ID!r}, which stands for none")
    days = groupby(encode_runs(clock, stated.isps), key=lambda run: run.day)
    return ContractSettlement(
        contract_id=NAME.take(stated.contract_id, where),
        periods=[
            ContractSettlementPeriod(period=xml_date(day), isps=[_capacity(run) for run in runs])
            for day, runs in days
        ],
    )


def _capacity(run: IspRun[StatedCapacity]) -> ContractSettlementISP:
    return ContractSettlementISP(
        start=run.start,
        duration=run.duration,
        reserved_power=run.values.reserved_w,
        requested_power=run.values.requested_w,
        available_power=run.values.available_w,
        offered_power=run.values.offered_w,
        ordered_power=run.values.ordered_w,
    )


def _no_contract(day: int) -> ContractSettlement:
    nothing = ContractSettlementISP(start=1, reserved_power=0)
    period = ContractSettlementPeriod(period=xml_date(day), isps=[nothing])
    return ContractSettlement(contract_id=NO_CONTRACT_ID, periods=[period])
