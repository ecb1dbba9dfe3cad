"""What a book tells a settlement about the capacity of a contract."""

from flexmanager.vpp.book import Book
from flexmanager.vpp.offer import FlexOffer
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.orders.capacity import Dealings, RequestedIsp


def dealings_of(book: Book, contract_id: str) -> Dealings:
    """Return what was reserved, requested and offered under a contract.

    Of several requests for a day the last revision is in force. Options count as offers of their
    own; what was taken back does not count.
    """
    last: dict[int, FlexRequest] = {}
    for request in book.all(FlexRequest):
        if request.contract_id == contract_id:
            last[request.scope.day] = request
    requests: dict[int, RequestedIsp] = {}
    for request in last.values():
        requests.update(request.isps)
    offers = tuple(
        dict(option.isps)
        for offer in book.all(FlexOffer)
        if offer.contract_id == contract_id and not book.is_revoked(offer.header.message_id)
        for option in offer.options
    )
    updates = tuple(
        dict(one.isps) for one in book.all(FlexReservationUpdate) if one.contract_id == contract_id
    )
    return Dealings(updates=updates, requests=requests, offers=offers)
