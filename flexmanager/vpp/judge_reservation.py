"""Judging a FlexReservationUpdate: in time, and it only ever lowers what is reserved."""

from flexmanager.vpp.book import Book
from flexmanager.vpp.judge_common import Findings, check_isps
from flexmanager.vpp.rejection import Reason
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.errors import InputError
from settlement.orders.capacity import still_reserved


def reservation_rejections(
    found: Findings, book: Book, message: FlexReservationUpdate, now_s: int
) -> None:
    """Note every reason against an update."""
    exist = check_isps(found, message.scope, [isp for isp, _ in message.isps])
    clock = message.scope.clock
    deadline_s = clock.start_s(clock.day_isps(message.scope.day)[0]) - book.trade.release_lead_s
    if now_s > deadline_s:
        found.add(Reason.DEADLINE, f"second {now_s}", f"second {deadline_s} at the latest")
    contract = book.trade.contracts.get(message.contract_id)
    if contract is None:
        found.add(Reason.CONTRACT, message.contract_id, "a contract of both parties")
        return
    if not exist:
        return
    before = [
        dict(one.isps)
        for one in book.all(FlexReservationUpdate)
        if one.contract_id == message.contract_id
    ]
    try:
        still_reserved(contract, [*before, dict(message.isps)])
    except InputError as refusal:
        found.add(Reason.POWER_VALUE, refusal.what, refusal.expected)
