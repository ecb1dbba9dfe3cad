"""What holds for all messages: who speaks, of which day, and that ISPs exist and stand once."""

from collections import Counter
from collections.abc import Iterable

from flexmanager.vpp.baseline import BaselineReference, DPrognosis
from flexmanager.vpp.book import Book, Message, Trade
from flexmanager.vpp.message import Scope
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.rejection import Reason, Rejection
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.clock import date_text


class Findings:
    """Collects the reasons against one message.

    Args:
        where: kind of the message.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._found: list[Rejection] = []

    def add(self, reason: Reason, what: str, expected: str) -> None:
        """Note a reason: what was found, and what would have been accepted."""
        self._found.append(Rejection(reason, self._where, what, expected))

    def require(self, holds: bool, reason: Reason, what: str, expected: str) -> bool:
        """Note a reason unless something holds; tell whether it does."""
        if not holds:
            self.add(reason, what, expected)
        return holds

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """All reasons, in the order in which they were found."""
        return tuple(self._found)


def check_header(found: Findings, trade: Trade, message: Message) -> None:
    """Releases, requests and orders come from the DSO, all others from the aggregator."""
    parties = trade.dso, trade.aggregator
    from_dso = isinstance(message, FlexReservationUpdate | FlexRequest | FlexOrder)
    sender, recipient = parties if from_dso else parties[::-1]
    header = message.header
    found.require(header.sender == sender, Reason.MISMATCH_SENDER, header.sender, sender)
    known = header.recipient == recipient
    found.require(known, Reason.UNKNOWN_RECIPIENT, header.recipient, recipient)


def check_scope(found: Findings, trade: Trade, scope: Scope, now_s: int) -> None:
    """The market has one clock, the aggregator its points, and days that are over stay so."""
    theirs, ours = scope.clock, trade.clock
    found.require(
        theirs.isp_minutes == ours.isp_minutes,
        Reason.ISP_DURATION,
        f"{theirs.isp_minutes} minutes",
        f"{ours.isp_minutes} minutes",
    )
    same_zone = (theirs.utc_offset_minutes, theirs.rule) == (ours.utc_offset_minutes, ours.rule)
    zone = f"{ours.utc_offset_minutes} minutes from UTC, clock changes {ours.rule.name}"
    found.require(same_zone, Reason.TIME_ZONE, "another local time", zone)
    known = ", ".join(sorted(trade.congestion_points))
    point = scope.congestion_point
    found.require(point in trade.congestion_points, Reason.CONGESTION_POINT, point, known)
    today = ours.local_day(ours.isp_of(now_s))
    over = scope.day < today
    expected = f"{date_text(today)} or later"
    found.require(not over, Reason.PERIOD_OUT_OF_BOUNDS, date_text(scope.day), expected)


def at(scope: Scope, isp: int) -> str:
    """Write the local start of an ISP for people; one that the day has not stays a number."""
    exists = isp in scope.clock.day_isps(scope.day)
    return scope.clock.describe(isp) if exists else f"ISP index {isp}"


def check_isps(found: Findings, scope: Scope, isps: Iterable[int], of: str = "message") -> bool:
    """Every ISP is one of the day, and stands once; there is at least one. Tell whether all are."""
    counts = Counter(isps)
    day = scope.clock.day_isps(scope.day)
    outside = sorted(isp for isp in counts if not day[0] <= isp <= day[-1])
    if outside or not counts:
        what = f"{len(outside)} ISPs of the {of}, first index {outside[0]}" if outside else "none"
        expected = f"ISPs of the {len(day)} of {date_text(scope.day)}"
        found.add(Reason.ISPS_OUT_OF_BOUNDS, what, expected)
    twice = sorted(isp for isp, count in counts.items() if count > 1)
    if twice:
        what = f"{len(twice)} ISPs of the {of}, first {at(scope, twice[0])}"
        found.add(Reason.ISP_CONFLICT, what, "each once")
    return not outside


def check_expiration(
    found: Findings, scope: Scope, expires_s: int, isps: Iterable[int], now_s: int
) -> None:
    """A message is good for a while, and no longer than until its first ISP that matters begins."""
    first = min(isps, default=None)
    late = first is not None and expires_s > scope.clock.start_s(first)
    if expires_s <= now_s or late:
        latest = "" if first is None else f", at most {scope.clock.start_s(first)}"
        expected = f"after second {now_s}{latest}"
        found.add(Reason.EXPIRATION, f"second {expires_s}", expected)


def check_reference_scope(found: Findings, scope: Scope, referred: Scope, kind: str) -> None:
    """What refers to another message speaks of the same day and point."""
    found.require(
        scope.day == referred.day,
        Reason.REFERENCE_PERIOD,
        date_text(scope.day),
        f"{date_text(referred.day)} of the {kind}",
    )
    found.require(
        scope.congestion_point == referred.congestion_point,
        Reason.CONGESTION_POINT,
        scope.congestion_point,
        f"{referred.congestion_point} of the {kind}",
    )


def check_baseline(found: Findings, book: Book, scope: Scope, baseline: BaselineReference) -> None:
    """A change is counted from one baseline: an accepted prognosis, or a method."""
    prognosis_id = baseline.prognosis_id
    if (prognosis_id is None) == (baseline.method is None):
        what = "neither" if prognosis_id is None else "both"
        found.add(Reason.NO_BASELINE, what, "a prognosis or a method")
    if prognosis_id is None:
        return
    prognosis = book.find(DPrognosis, prognosis_id)
    if prognosis is None:
        found.add(Reason.UNKNOWN_PROGNOSIS, prognosis_id, "an accepted D-Prognosis")
    else:
        check_reference_scope(found, scope, prognosis.scope, "D-Prognosis")
