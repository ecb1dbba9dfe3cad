"""Judging a FlexOrder: it matches one option of an offer that can still be ordered."""

from flexmanager.vpp.book import Book
from flexmanager.vpp.judge_common import Findings, at, check_isps, check_reference_scope
from flexmanager.vpp.offer import FlexOffer, OfferOption
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.rejection import Reason
from settlement.errors import InputError
from settlement.orders.excess import excess_by
from settlement.units import format_eur


def order_rejections(found: Findings, book: Book, message: FlexOrder, now_s: int) -> None:
    """Note every reason against an order."""
    exist = check_isps(found, message.scope, [isp for isp, _ in message.isps])
    names = {one.order_reference for one in book.all(FlexOrder)}
    known = message.order_reference in names
    found.require(not known, Reason.ORDER_REFERENCE, message.order_reference, "a new one")
    if message.offer_id is None:
        found.add(Reason.UNSOLICITED, message.order_reference, "an order of an offer")
        return
    offer = book.find(FlexOffer, message.offer_id)
    if offer is None:
        found.add(Reason.UNKNOWN_OFFER, message.offer_id, "an accepted offer")
        return
    _check_offer(found, book, message, offer, now_s)
    option = offer.option(message.option_reference)
    if option is None:
        listed = ", ".join(one.reference for one in offer.options)
        found.add(Reason.OPTION, str(message.option_reference), f"one of {listed}")
    else:
        _check_portion(found, message, option)
    if exist and not known:
        _check_excess(found, book, message)


def _check_offer(
    found: Findings, book: Book, message: FlexOrder, offer: FlexOffer, now_s: int
) -> None:
    """The offer stands, and the order repeats what it says of day, contract and baseline."""
    offer_id = offer.header.message_id
    check_reference_scope(found, message.scope, offer.scope, "offer")
    if offer.expires_s <= now_s:
        over = f"offer of second {offer.expires_s}"
        found.add(Reason.REFERENCE_EXPIRED, over, f"one beyond second {now_s}")
    if book.is_revoked(offer_id):
        found.add(Reason.REFERENCE_REVOKED, offer_id, "an offer that stands")
    ordered = book.order_for(offer_id)
    if ordered is not None:
        what = f"by order {ordered.order_reference}"
        found.add(Reason.PROCURED, what, "an offer not ordered yet")
    for reason, theirs, ours in (
        (Reason.CONTRACT, message.contract_id, offer.contract_id),
        (Reason.CURRENCY, message.currency, offer.currency),
        (Reason.BASELINE_MISMATCH, message.baseline, offer.baseline),
    ):
        found.require(theirs == ours, reason, str(theirs), f"{ours}, as offered")


def _check_portion(found: Findings, message: FlexOrder, option: OfferOption) -> None:
    """ISPs, powers and price are those of the option, scaled by a factor that it allows."""
    factor_percent = message.factor_percent
    if factor_percent not in option.factors_percent:
        what, expected = f"{factor_percent} %", f"at least {option.min_factor_percent} %"
        found.add(Reason.FACTOR, what, expected)
    portion = option.portion(factor_percent)
    wanted, ordered = dict(portion.isps), dict(message.isps)
    differing = len(wanted.keys() ^ ordered.keys())
    if differing:
        found.add(Reason.ISP_MISMATCH, f"{differing} ISPs differ", "the ISPs of the offer")
    wrong = [isp for isp in sorted(wanted.keys() & ordered.keys()) if wanted[isp] != ordered[isp]]
    if wrong:
        what = f"{ordered[wrong[0]]} W at {at(message.scope, wrong[0])}, {len(wrong)} ISPs in all"
        found.add(Reason.POWER_MISMATCH, what, f"{wanted[wrong[0]]} W, as offered and scaled")
    if message.price != portion.price:
        expected = f"{format_eur(portion.price)} EUR, as offered and scaled"
        found.add(Reason.PRICE_MISMATCH, f"{format_eur(message.price)} EUR", expected)


def _check_excess(found: Findings, book: Book, message: FlexOrder) -> None:
    """An aggregator need not accept what its contract does not oblige it to, order rules 3."""
    contract = book.trade.contracts.get(message.contract_id or "")
    if contract is None:
        return
    orders = [one for one in book.all(FlexOrder) if one.contract_id == message.contract_id]
    try:
        excess = excess_by(contract, [one.as_settled() for one in orders], message.as_settled())
    except InputError as refusal:
        found.add(Reason.EXCESS, f"{refusal.where}: {refusal.what}", refusal.expected)
        return
    for isp, reasons in sorted(excess.items())[:1]:
        why = " and ".join(one.value for one in reasons)
        what = f"{len(excess)} ISPs, first {contract.clock.describe(isp)}: {why}"
        found.add(Reason.EXCESS, what, f"orders within contract {contract.contract_id}")
