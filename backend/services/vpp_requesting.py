"""The DSO asks for flexibility, chooses among what is offered, and orders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.services.local_day import LocalDay
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_grid import read_grid
from flexmanager.vpp.choice import Chosen, choose, shortfalls_w
from flexmanager.vpp.congestion import GridPoint, Outlook, remaining, request_for
from flexmanager.vpp.message import Scope
from flexmanager.vpp.offer import FlexOffer
from flexmanager.vpp.order import FlexOrder, order_of
from flexmanager.vpp.rejection import Rejection
from flexmanager.vpp.relief import ordered_at
from flexmanager.vpp.request import FlexRequest


@dataclass(frozen=True, slots=True)
class Need:
    """What a DSO expects of a point on a day, and until when it takes answers.

    Attributes:
        point: the point with its limits.
        today: the local day.
        outlook: expected load of every ISP of the day, without the flexibility ordered.
        sign: -1 to relieve imports, +1 to relieve exports.
        margin_bp: kept free of each limit, in basis points of it.
        first_isp: the first ISP that can still be ordered.
        expires_s: UTC second until which the request may be answered.
        asked_isps: ISPs in which relief is asked for now; None asks for all that can be ordered.
    """

    point: GridPoint
    today: LocalDay
    outlook: Outlook
    sign: int
    margin_bp: int
    first_isp: int
    expires_s: int
    asked_isps: range | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that an aggregator accepted, with the desk that it went over."""

    desk: TradeDesk
    request: FlexRequest


@dataclass(frozen=True, slots=True)
class Requested:
    """What became of a request.

    Attributes:
        asked: aggregators that accepted it; none where no request is needed.
        refused: requests that one of the two parties refuses, with the reasons.
    """

    asked: tuple[Asked, ...]
    refused: tuple[tuple[FlexRequest, tuple[Rejection, ...]], ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered of a request.

    Attributes:
        orders: what the aggregators accepted, with their desks.
        shortfall_w: by requested ISP what no order covers [W, 0 or more].
        price: of all orders [1e-4 EUR].
        refused: orders that one of the two parties refuses, with the reasons.
    """

    orders: tuple[tuple[TradeDesk, FlexOrder], ...]
    shortfall_w: dict[int, int]
    price: int
    refused: tuple[tuple[FlexOrder, tuple[Rejection, ...]], ...]


def request_flexibility(
    desks: Sequence[TradeDesk], need: Need, now_s: int, contract_id: str | None = None
) -> Requested:
    """Send every aggregator at a point the same request, if it is expected to be congested.

    What is ordered for the day already, at the point or below it, is not asked for again.

    Args:
        desks: one per aggregator, over one store.
        need: what is expected.
        now_s: UTC second of sending.
        contract_id: contract under which it is asked, if any.
    """
    limits = need.point.limits.less(need.margin_bp)
    isps, asked_isps = np.array(need.today.isps), None
    if need.asked_isps is not None:
        asked_isps = np.isin(isps, need.asked_isps)
    scope = Scope(need.today.clock, need.today.day, need.point.name)
    outlook = _left(desks, need)
    asked, refused = list[Asked](), list[tuple[FlexRequest, tuple[Rejection, ...]]]()
    for desk in desks:
        request = request_for(
            desk.header(desk.trade.dso, now_s),
            scope,
            _next_revision(desk, scope, contract_id),
            need.expires_s,
            outlook,
            limits,
            need.sign,
            isps >= need.first_isp,
            contract_id,
            asked_isps=asked_isps,
        )
        if request is None:
            break
        reasons = desk.send(request, now_s)
        if reasons:
            refused.append((request, reasons))
        else:
            asked.append(Asked(desk, request))
    return Requested(tuple(asked), tuple(refused))


def _left(desks: Sequence[TradeDesk], need: Need) -> Outlook:
    """Return the load that is expected with all orders of the day."""
    if not desks:
        return need.outlook
    grid = {**read_grid(desks[0].session), need.point.name: need.point}
    books = [desk.book(desk.trade.dso) for desk in desks]
    return need.outlook.after(ordered_at(books, grid, need.point.name, need.today.isps))


def _next_revision(desk: TradeDesk, scope: Scope, contract_id: str | None) -> int:
    sent = desk.book(desk.trade.dso).all(FlexRequest)
    series = scope, contract_id
    return 1 + max(
        (one.revision for one in sent if (one.scope, one.contract_id) == series), default=0
    )


def order_flexibility(
    asked: Sequence[Asked], shortfall_rate: int, now_s: int, *, partial: bool = True
) -> Ordered:
    """Order the offers that cover a request at least cost.

    Where an order is refused, since it would exceed a contract or its offer was taken back, what is
    still needed is chosen from the offers left.

    Args:
        asked: the request, once per aggregator.
        shortfall_rate: what a missing MWh costs the DSO [1e-4 EUR per MWh].
        now_s: UTC second of ordering.
        partial: parts of options are ordered where they are offered.
    """
    if not asked:
        return Ordered((), {}, 0, ())
    offers, desks = _open_offers(asked, now_s)
    orders: list[tuple[TradeDesk, FlexOrder]] = []
    taken: list[Chosen] = []
    refused: list[tuple[FlexOrder, tuple[Rejection, ...]]] = []
    whole = asked[0].request
    left: FlexRequest | None = whole
    while left is not None and offers:
        chosen = choose(left, list(offers.values()), shortfall_rate, partial=partial).chosen
        complete = True
        for one in chosen:
            identity = one.offer.header.message_id
            desk = desks[identity]
            order = _written(desk, one, now_s)
            reasons = desk.send(order, now_s)
            del offers[identity]
            if reasons:
                refused.append((order, reasons))
                complete = False
            else:
                orders.append((desk, order))
                taken.append(one)
        if complete:
            break
        left = remaining(whole, ordered_w([order for _, order in orders]))
    price = sum(order.price for _, order in orders)
    return Ordered(tuple(orders), shortfalls_w(whole, taken), price, tuple(refused))


def ordered_w(orders: Sequence[FlexOrder]) -> dict[int, int]:
    """Return the sum of orders by ISP [W, signed]."""
    found: dict[int, int] = {}
    for order in orders:
        for isp, power_w in order.isps:
            found[isp] = found.get(isp, 0) + power_w
    return found


def _open_offers(
    asked: Sequence[Asked], now_s: int
) -> tuple[dict[str, FlexOffer], dict[str, TradeDesk]]:
    """Return the offers that answer a request and can be ordered, and the desk of each."""
    offers, desks = dict[str, FlexOffer](), dict[str, TradeDesk]()
    for one in asked:
        for offer in one.desk.book(one.desk.trade.dso).orderable(now_s):
            if offer.request_id == one.request.header.message_id:
                offers[offer.header.message_id] = offer
                desks[offer.header.message_id] = one.desk
    return offers, desks


def _written(desk: TradeDesk, chosen: Chosen, now_s: int) -> FlexOrder:
    dso = desk.trade.dso
    header = desk.header(dso, now_s, chosen.offer.header.conversation_id)
    # The id of the message names the order too: it is unique, and the DSO's own.
    return order_of(chosen.offer, chosen.option, chosen.factor_percent, header.message_id, header)
