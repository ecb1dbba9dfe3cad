"""Whether a message is accepted: every reason why it is not, by the rules of the protocol.

Both parties use the same functions. A sender asks them before it sends, with the book as it is, and
so never sends what its own rules refuse.
"""

from flexmanager.vpp.baseline import DPrognosis
from flexmanager.vpp.book import Book, Message
from flexmanager.vpp.judge_baseline import prognosis_rejections
from flexmanager.vpp.judge_common import Findings, check_header, check_scope
from flexmanager.vpp.judge_offer import offer_rejections, revocation_rejections
from flexmanager.vpp.judge_order import order_rejections
from flexmanager.vpp.judge_request import request_rejections
from flexmanager.vpp.judge_reservation import reservation_rejections
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.rejection import Reason, Rejection
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate


def rejections(book: Book, message: Message, now_s: int) -> tuple[Rejection, ...]:
    """Return every reason to reject a message.

    Args:
        book: what was accepted before.
        message: a message of the trade of this book.
        now_s: UTC second at which it is judged.

    Returns:
        Nothing if it is accepted. A copy of an accepted message has the one reason
        "Already Submitted": it counts as accepted, and is not to be processed again.
    """
    found = Findings(type(message).__name__)
    known = book.messages.get(message.header.message_id)
    if known is not None:
        reason = Reason.ALREADY_SUBMITTED if known == message else Reason.DUPLICATE
        found.add(reason, message.header.message_id, "a MessageID that is new")
        return found.rejections
    check_header(found, book.trade, message)
    if not isinstance(message, FlexOfferRevocation):
        check_scope(found, book.trade, message.scope, now_s)
    match message:
        case FlexReservationUpdate():
            reservation_rejections(found, book, message, now_s)
        case FlexRequest():
            request_rejections(found, book, message, now_s)
        case DPrognosis():
            prognosis_rejections(found, book, message)
        case FlexOffer():
            offer_rejections(found, book, message, now_s)
        case FlexOfferRevocation():
            revocation_rejections(found, book, message, now_s)
        case FlexOrder():
            order_rejections(found, book, message, now_s)
    return found.rejections


def accepted(book: Book, message: Message, now_s: int) -> Book | tuple[Rejection, ...]:
    """Return the book after a message if it is accepted, else every reason why it is not.

    A copy of an accepted message leaves the book as it is.
    """
    refused = rejections(book, message, now_s)
    if [one.reason for one in refused] == [Reason.ALREADY_SUBMITTED]:
        return book
    return refused or book.having(message)
