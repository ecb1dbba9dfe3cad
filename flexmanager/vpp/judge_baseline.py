"""Judging a D-Prognosis: all ISPs of its day, and a revision that grows."""

from flexmanager.vpp.baseline import DPrognosis
from flexmanager.vpp.book import Book
from flexmanager.vpp.judge_common import Findings, at, check_isps
from flexmanager.vpp.rejection import Reason


def prognosis_rejections(found: Findings, book: Book, message: DPrognosis) -> None:
    """Note every reason against a prognosis; values of past ISPs may be there and are ignored."""
    isps = {isp for isp, _ in message.isps}
    check_isps(found, message.scope, [isp for isp, _ in message.isps])
    day = message.scope.clock.day_isps(message.scope.day)
    lacking = [isp for isp in day if isp not in isps]
    if lacking:
        first = at(message.scope, lacking[0])
        found.add(Reason.LACKING_ISPS, f"{len(lacking)} missing, first {first}", f"all {len(day)}")
    before = [one.revision for one in book.all(DPrognosis) if one.scope == message.scope]
    if before and message.revision <= max(before):
        found.add(Reason.SEQUENCE, f"revision {message.revision}", f"above {max(before)}")
