"""The aggregator carries out an accepted order: its plan, scaled, is recorded on the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet
from backend.db.models import OrderRow
from backend.services.activating import busy_isps
from backend.services.candidates import Available
from backend.services.dispatching import (
    Proven,
    Wanted,
    answer_requirement,
    carry_plan,
)
from backend.services.local_day import LocalDay
from backend.services.recording import Refused
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_offering import backing_row, plans_behind
from flexmanager.vpp.offer import FlexOffer, OfferOption
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.plan import Plan, scaled_plan, undeliverable
from flexmanager.vpp.portfolio import Member
from settlement.errors import InputError


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What became of an order.

    Attributes:
        row: the order as it is stored, with what stays short.
        activations: what is recorded on the ledger.
        findings: why the plan behind the offer no longer held; empty if it did. Then others were
            dispatched in its place.
        refused: what the ledger refused; others were chosen in its place where any were left.
    """

    row: OrderRow
    activations: tuple[WantedActivation, ...]
    findings: tuple[str, ...]
    refused: tuple[Refused, ...]


def carry_out(
    desk: TradeDesk,
    market: Market,
    aggregator: Wallet,
    order: FlexOrder,
    members: Sequence[Member],
    available: Sequence[Available],
    now_s: int,
) -> CarriedOut:
    """Record the activations of an accepted order.

    Args:
        desk: over which it came.
        market: the market contract.
        aggregator: party to the agreements.
        order: an order in the aggregator's book.
        members: the agreements as they are now.
        available: agreements that may be activated, also in the place of a plan that no longer
            holds and of what the ledger refuses.
        now_s: UTC second of recording, at the latest.

    Raises:
        InputError: the order is not one of the aggregator's book, or nothing stands behind it.
    """
    offer, option = _ordered_option(desk, order)
    backing = backing_row(desk.session, offer.header.message_id, option.reference)
    plan = scaled_plan(plans_behind(desk.session, offer)[option.reference], order.factor_percent)
    by_id = {one.agreement_id: one for one in members}
    findings = _findings(desk, order, plan, by_id, now_s)
    today = LocalDay(order.scope.clock, order.scope.day)
    powers = dict(order.isps)
    required_w = np.array([powers.get(isp, 0) for isp in today.isps], dtype=np.int64)
    wanted = Wanted(order.scope.congestion_point, today, required_w)
    session = desk.session
    if findings:
        answer = answer_requirement(session, market, aggregator, wanted, available, now_s)
    else:
        planned = [WantedActivation(by_id[one.agreement_id].terms, one.activation) for one in plan]
        proven = Proven(backing.objective_eur, backing.bound_eur, backing.gap)
        answer = carry_plan(session, market, aggregator, wanted, planned, proven, available, now_s)
    return CarriedOut(answer.order, answer.activations, findings, answer.refused)


def _ordered_option(desk: TradeDesk, order: FlexOrder) -> tuple[FlexOffer, OfferOption]:
    """Find what was ordered in the aggregator's own book."""
    book = desk.book(desk.trade.aggregator)
    known = book.find(FlexOrder, order.header.message_id)
    offer = book.find(FlexOffer, order.offer_id)
    option = None if offer is None else offer.option(order.option_reference)
    if known != order or offer is None or option is None:
        where, expected = f"order {order.order_reference}", "an order that was accepted"
        raise InputError("it is not in the book", where, expected)
    return offer, option


def _findings(
    desk: TradeDesk, order: FlexOrder, plan: Plan, members: dict[bytes, Member], now_s: int
) -> tuple[str, ...]:
    """Check the plan once more: agreements may have ended or been ordered since it was made."""
    gone = sorted({one.agreement_id for one in plan} - members.keys())
    if gone:
        return tuple(f"agreement {identity.hex()[:16]} is no longer known" for identity in gone)
    ordered = OfferOption(order.order_reference, order.price, order.isps)
    sites = {members[one.agreement_id].site_id for one in plan}
    busy = {site_id: busy_isps(desk.session, site_id, b"") for site_id in sites}
    return undeliverable(ordered, plan, members, busy, now_s)
