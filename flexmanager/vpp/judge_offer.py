"""Judging a FlexOffer and its revocation."""

from collections import Counter

from flexmanager.vpp.book import Book
from flexmanager.vpp.judge_common import (
    Findings,
    at,
    check_baseline,
    check_expiration,
    check_isps,
    check_reference_scope,
)
from flexmanager.vpp.offer import EUR, FlexOffer, FlexOfferRevocation, OfferOption
from flexmanager.vpp.rejection import Reason
from flexmanager.vpp.request import FlexRequest
from settlement.errors import InputError
from settlement.orders.contract import Contract
from settlement.orders.order import check_offer_price


def offer_rejections(found: Findings, book: Book, message: FlexOffer, now_s: int) -> None:
    """Note every reason against an offer."""
    for option in message.options:
        check_isps(found, message.scope, [isp for isp, _ in option.isps], _name(option))
        powered = any(power_w for _, power_w in option.isps)
        found.require(powered, Reason.POWER_VALUE, f"0 W throughout {_name(option)}", "some power")
    offered = [isp for option in message.options for isp, power_w in option.isps if power_w]
    check_expiration(found, message.scope, message.expires_s, offered, now_s)
    check_baseline(found, book, message.scope, message.baseline)
    found.require(message.currency == EUR, Reason.CURRENCY, message.currency, EUR)
    _check_options(found, book, message)
    _check_request(found, book, message, now_s)
    _check_contract(found, book, message)


def revocation_rejections(
    found: Findings, book: Book, message: FlexOfferRevocation, now_s: int
) -> None:
    """Note every reason against taking back an offer."""
    offer = book.find(FlexOffer, message.offer_id)
    if offer is None:
        found.add(Reason.UNKNOWN_OFFER, message.offer_id, "an accepted offer")
        return
    order = book.order_for(message.offer_id)
    if order is not None:
        what = f"offer {message.offer_id} by order {order.order_reference}"
        found.add(Reason.PROCURED, what, "an offer not ordered yet")
    if book.is_revoked(message.offer_id):
        found.add(Reason.REFERENCE_REVOKED, message.offer_id, "an offer that stands")
    if offer.expires_s <= now_s:
        found.add(Reason.REFERENCE_EXPIRED, message.offer_id, f"an offer beyond second {now_s}")


def _name(option: OfferOption) -> str:
    return f"option {option.reference}"


def _check_options(found: Findings, book: Book, message: FlexOffer) -> None:
    several = len(message.options) > 1
    if several and not book.trade.mutex_offers:
        found.add(Reason.NO_MUTEX, f"{len(message.options)} options", "one option")
    for reference, count in Counter(one.reference for one in message.options).items():
        found.require(count == 1, Reason.OPTION, f"{reference} stands {count} times", "once")


def _check_request(found: Findings, book: Book, message: FlexOffer, now_s: int) -> None:
    """An answer keeps to a request that is known and not over, and to its band in every ISP."""
    if message.request_id is None:
        return
    request = book.find(FlexRequest, message.request_id)
    if request is None:
        found.add(Reason.UNKNOWN_REQUEST, message.request_id, "an accepted request")
        return
    check_reference_scope(found, message.scope, request.scope, "request")
    if request.expires_s <= now_s:
        over = f"request of second {request.expires_s}"
        found.add(Reason.REFERENCE_EXPIRED, over, f"one beyond second {now_s}")
    contract_id = request.contract_id
    if contract_id is not None and message.contract_id != contract_id:
        found.add(Reason.CONTRACT, str(message.contract_id), f"{contract_id} of the request")
    requested = set(request.requested_isps)
    for option in message.options:
        named = {isp for isp, power_w in option.isps if power_w}
        hit = not requested.isdisjoint(named)
        found.require(hit, Reason.REQUEST_MISMATCH, _name(option), "a requested ISP")
        _check_band(found, request, option)


def _check_band(found: Findings, request: FlexRequest, option: OfferOption) -> None:
    """Every factor keeps to the band; outside the request there is none but 0 W."""
    bands = dict(request.isps)
    least = dict(option.portion(option.min_factor_percent).isps)
    for isp, power_w in option.isps:
        band = bands.get(isp)
        low_w, high_w = (band.min_w, band.max_w) if band else (0, 0)
        # Between the least and the whole of it powers are monotonic.
        if not (low_w <= power_w <= high_w and low_w <= least[isp] <= high_w):
            what = f"{power_w} W at {at(request.scope, isp)} in {_name(option)}"
            found.add(Reason.POWER_VALUE, what, f"{low_w} to {high_w} W")


def _check_contract(found: Findings, book: Book, message: FlexOffer) -> None:
    if message.contract_id is None:
        return
    contract = book.trade.contracts.get(message.contract_id)
    if contract is None:
        found.add(Reason.CONTRACT, message.contract_id, "a contract of both parties")
        return
    if not contract.first_day <= message.scope.day <= contract.last_day:
        what = f"day outside contract {message.contract_id}"
        found.add(Reason.PERIOD_OUT_OF_BOUNDS, what, "a day within its dates")
    for option in message.options:
        excess = price_excess(contract, option)
        if excess is not None:
            found.add(Reason.PRICE, f"{_name(option)}, {excess.what}", excess.expected)


def price_excess(contract: Contract, option: OfferOption) -> InputError | None:
    """Return how an option asks more than its contract allows, at any factor; None if it doesn't.

    Rounding could lift a part above the limit though the whole keeps to it.
    """
    for factor_percent in reversed(option.factors_percent):
        portion = option.portion(factor_percent)
        try:
            check_offer_price(contract, dict(portion.isps), portion.price)
        except InputError as refusal:
            return refusal
    return None
