"""Judging a FlexRequest."""

from flexmanager.vpp.book import Book
from flexmanager.vpp.judge_common import Findings, at, check_expiration, check_isps
from flexmanager.vpp.rejection import Reason
from flexmanager.vpp.request import FlexRequest


def request_rejections(found: Findings, book: Book, message: FlexRequest, now_s: int) -> None:
    """Note every reason against a request."""
    check_isps(found, message.scope, [isp for isp, _ in message.isps])
    requested = message.requested_isps
    found.require(bool(requested), Reason.LACKING_REQUESTED, "none requested", "at least one")
    check_expiration(found, message.scope, message.expires_s, requested, now_s)
    for isp, asked in message.isps:
        if asked.min_w > asked.max_w:
            band = f"{asked.min_w} to {asked.max_w} W at {at(message.scope, isp)}"
            found.add(Reason.POWER_DISCREPANCY, band, "MinPower no more than MaxPower")
        if asked.requested and asked.min_w < 0 < asked.max_w:
            band = f"{asked.min_w} to {asked.max_w} W at {at(message.scope, isp)}"
            found.add(Reason.REQUESTED_POWER, band, "one direction")
    if message.contract_id is not None and message.contract_id not in book.trade.contracts:
        found.add(Reason.CONTRACT, message.contract_id, "a contract of both parties")
    series = message.scope, message.contract_id
    before = [
        one.revision for one in book.all(FlexRequest) if (one.scope, one.contract_id) == series
    ]
    if before and message.revision <= max(before):
        found.add(Reason.SEQUENCE, f"revision {message.revision}", f"above {max(before)}")
