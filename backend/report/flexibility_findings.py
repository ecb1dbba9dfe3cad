"""What local managers noticed, as rows for people: one row for ISPs on end with the same cause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.report.flexibility_outlook import CLOCK
from flexmanager.local.finding import Cause, Finding
from settlement.clock import MINUTES_PER_DAY, date_of

REACTIONS = {
    Cause.OVERRIDE: "left the owner in control and planned the rest again",
    Cause.LEFT: "ended its plan; others take its part of the order",
    Cause.STAYED: "charged on at once, as it may leave any time",
    Cause.FULL: "ended its plan; others take its part of the order",
    Cause.FAILURE: "planned again; after two quarter hours it promised nothing more",
    Cause.UNRULY: "planned again from what it did",
    Cause.DRIFT: "believed the measurement and planned again",
    Cause.MISSING: "went on by its own model; after two quarter hours it promised nothing more",
    Cause.STALE: "set it aside",
}


@dataclass(frozen=True, slots=True)
class Row:
    """Findings on end with one cause.

    Attributes:
        first_isp: the first ISP.
        end_isp: the ISP after the last.
        cause: their cause.
        text: what the first of them says.
    """

    first_isp: int
    end_isp: int
    cause: Cause
    text: str

    @property
    def day(self) -> str:
        """The local day, such as "Mon 15 Feb"."""
        return f"{date_of(CLOCK.local_day(self.first_isp)):%a %-d %b}"

    @property
    def hours(self) -> str:
        """Local time from and to."""
        return f"{clock_text(self.first_isp)} to {clock_text(self.end_isp)}"

    @property
    def reaction(self) -> str:
        """What the manager did about it."""
        return REACTIONS[self.cause]


def clock_text(isp: int) -> str:
    """Write the local time at which an ISP begins, such as "17:00"."""
    minute = CLOCK.local_minutes(isp) % MINUTES_PER_DAY
    return f"{minute // 60:02d}:{minute % 60:02d}"


def rows(findings: Sequence[Finding]) -> tuple[Row, ...]:
    """Return findings in time order, those of one cause on end as one."""
    found: list[Row] = []
    for one in findings:
        if found and found[-1].cause is one.cause and one.isp <= found[-1].end_isp:
            found[-1] = replace(found[-1], end_isp=one.isp + 1)
        else:
            found.append(Row(one.isp, one.isp + 1, one.cause, one.text))
    return tuple(found)
