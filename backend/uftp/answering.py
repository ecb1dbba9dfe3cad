"""The aggregator's answer to a settlement, from its own recomputation.

An order whose net is within the tolerance is accepted, any other is disputed with the two figures
and the first ISP that differs. The message as a whole is rejected only for data that no one could
settle by: a period that was settled or cannot be, orders left out, foreign congestion points.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from backend.uftp.fields import Header
from backend.uftp.library import (
    AcceptedDisputed,
    AcceptedRejected,
    FlexOrderSettlementStatus,
    FlexSettlement,
    FlexSettlementResponse,
)
from backend.uftp.reading import order_references
from backend.uftp.rejection import Rejected
from backend.uftp.stated import StatedOrder, StatedSettlement
from settlement.clock import Clock, date_text
from settlement.orders.settled import OrderIsp
from settlement.statement import Period
from settlement.units import format_eur

TOLERANCE = 100
"""0.01 EUR per order, rule 2.4 of plausibility: a difference as large is still accepted."""

PERIOD_DAYS_MAX = 31
_REASON_CHARACTERS_MAX = 5000


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the aggregator holds against a settlement of its orders.

    Attributes:
        own: its own recomputation of the same period.
        congestion_points: entity addresses at which it is active.
        unchecked: orders that it could not recompute, with the reason for each.
        tolerance: largest accepted difference of a net, 1e-4 EUR.
    """

    own: StatedSettlement
    congestion_points: Collection[str]
    unchecked: Mapping[str, str] = field(default_factory=dict)
    tolerance: int = TOLERANCE


def answer_settlement(
    message: FlexSettlement, stated: StatedSettlement, expected: Expectation, header: Header
) -> FlexSettlementResponse:
    """Answer a message that is not rejected as a whole: each order is accepted or disputed.

    Args:
        message: the message.
        stated: what it states.
        expected: what the aggregator holds against it.
        header: sender is the aggregator; the conversation is the message's.
    """
    own = {one.reference: one for one in expected.own.orders}
    disputes = {
        one.reference: dispute_reason(one, own.get(one.reference), expected)
        for one in stated.orders
    }
    return FlexSettlementResponse(
        **header.fields(),
        result=AcceptedRejected.ACCEPTED,
        flex_settlement_message_id=str(message.message_id),
        flex_order_settlement_statuses=[
            FlexOrderSettlementStatus(
                order_reference=reference,
                disposition=AcceptedDisputed.ACCEPTED if why is None else AcceptedDisputed.DISPUTED,
                dispute_reason=why,
            )
            for reference, why in disputes.items()
        ],
    )


def rejection(
    message: FlexSettlement, reasons: Sequence[str], header: Header
) -> FlexSettlementResponse:
    """Reject a whole message; the schema wants a status nevertheless, so all are disputed."""
    text = "; ".join(reasons)[:_REASON_CHARACTERS_MAX]
    return FlexSettlementResponse(
        **header.fields(),
        result=AcceptedRejected.REJECTED,
        rejection_reason=text,
        flex_settlement_message_id=str(message.message_id),
        flex_order_settlement_statuses=[
            FlexOrderSettlementStatus(
                order_reference=reference,
                disposition=AcceptedDisputed.DISPUTED,
                dispute_reason="the message was rejected",
            )
            for reference in order_references(message)
        ],
    )


def whole_message_reasons(
    stated: StatedSettlement, expected: Expectation, today: int, settled: Sequence[Period]
) -> list[Rejected]:
    """Return every reason to reject a message as a whole; none as a rule.

    Args:
        stated: what the message states.
        expected: what the aggregator holds against it.
        today: local day on which the message arrived.
        settled: periods of this DSO for which a settlement was accepted before.
    """
    period, reasons = stated.period, list[Rejected]()

    def refuse(reason: str, what: str, wanted: str) -> None:
        reasons.append(Rejected(reason, what, "settlement", wanted))

    if period.last_day >= today:
        refuse("PeriodEnd rejected", date_text(period.last_day), "a period that is over")
    if period.last_day - period.first_day >= PERIOD_DAYS_MAX:
        refuse("PeriodEnd rejected", date_text(period.last_day), f"at most {PERIOD_DAYS_MAX} days")
    for before in settled:
        if before.first_day <= period.last_day and period.first_day <= before.last_day:
            first, last = date_text(before.first_day), date_text(before.last_day)
            refuse("Period already settled", f"{first} to {last}", "days not settled before")
    there = {one.reference for one in stated.orders}
    known = [*(one.reference for one in expected.own.orders), *expected.unchecked]
    for reference in known:
        if reference not in there:
            refuse("Missing Settlement Items", f"no order {reference}", "every order of the period")
    for point in dict.fromkeys(one.congestion_point for one in stated.orders):
        if point not in expected.congestion_points:
            refuse("Invalid CongestionPoint", point, "one where the recipient is active")
    return reasons


def dispute_reason(
    stated: StatedOrder, own: StatedOrder | None, expected: Expectation
) -> str | None:
    """Tell why an order is disputed, None if it is accepted.

    Args:
        stated: by the DSO.
        own: the same order by own recomputation, None if there is none.
        expected: what the aggregator holds against the message.
    """
    if stated.reference in expected.unchecked:
        return f"not recomputed: {expected.unchecked[stated.reference]}"
    if own is None:
        return "no such order was accepted for this period"
    for name, theirs, ours in (
        ("period", date_text(stated.day), date_text(own.day)),
        ("congestion point", stated.congestion_point, own.congestion_point),
        ("contract", stated.contract_id, own.contract_id),
    ):
        if theirs != ours:
            return f"{name} is {theirs}, recomputed for {ours}"
    if abs(stated.net - own.net) <= expected.tolerance:
        return None
    net = f"net is {format_eur(stated.net)} EUR, recomputed {format_eur(own.net)} EUR"
    return net + first_difference(expected.own.clock, stated, own)


_POWERS = {
    "baseline_w": "BaselinePower",
    "ordered_w": "OrderedFlexPower",
    "actual_w": "ActualPower",
    "delivered_w": "DeliveredFlexPower",
    "deficiency_w": "PowerDeficiency",
}


def first_difference(clock: Clock, stated: StatedOrder, own: StatedOrder) -> str:
    """Name the first amount or ISP in which two orders differ, for a sentence about them."""
    if stated.price != own.price:
        return f"; price is {format_eur(stated.price)} EUR, recomputed {format_eur(own.price)} EUR"
    theirs, ours = ({row.isp: row for row in one.isps} for one in (stated, own))
    for isp in sorted(theirs.keys() | ours.keys()):
        found = _difference(theirs.get(isp), ours.get(isp))
        if found:
            return f"; first in ISP {clock.isp_number(isp)}: {found}"
    return "; all powers are equal"


def _difference(theirs: OrderIsp | None, ours: OrderIsp | None) -> str:
    if theirs is None or ours is None:
        return "not ordered" if ours is None else "left out"
    return ", ".join(
        f"{name} {getattr(theirs, field_name)} W, recomputed {getattr(ours, field_name)} W"
        for field_name, name in _POWERS.items()
        if getattr(theirs, field_name) != getattr(ours, field_name)
    )
