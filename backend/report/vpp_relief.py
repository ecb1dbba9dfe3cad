"""The sections about overloads and about who gained: figures ready to be laid out."""

from dataclasses import dataclass
from itertools import groupby

from backend.demo import plan
from backend.demo.outcome import Outcome
from backend.demo.relief import PointOverloads
from flexmanager.overloads import Overload, Verdict

_W_ISPS_PER_KWH = 60 // plan.ISP_MINUTES * 1_000


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """Overloads of one verdict: number of quarter hours, energy above the limit [kWh]."""

    verdict: Verdict
    isps: int
    before_kwh: float
    after_kwh: float


@dataclass(frozen=True, slots=True)
class RemainingRow:
    """Consecutive quarter hours that stayed overloaded for one reason.

    Attributes:
        date: local date.
        begins: local time of the first.
        ends: local time at which the last is over.
        before_w: largest power above the limit without any activation.
        after_w: the same as metered.
        verdict: the reason.
    """

    date: str
    begins: str
    ends: str
    before_w: int
    after_w: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReliefView:
    """The overloads of a congestion point in one direction.

    Attributes:
        title: congestion point and direction.
        rows: by verdict, those relieved first.
        relievable: quarter hours that the agreements could have relieved, or did.
        relieved: those that they did.
        remaining: what was not relieved, in time order.
    """

    title: str
    rows: tuple[VerdictRow, ...]
    relievable: int
    relieved: int
    remaining: tuple[RemainingRow, ...]


def relief_views(outcome: Outcome) -> tuple[ReliefView, ...]:
    """Sum up the overloads of every congestion point and direction that has any."""
    return tuple(_view(one) for one in outcome.overloads)


def _view(point: PointOverloads) -> ReliefView:
    rows = tuple(_row(verdict, point.overloads) for verdict in Verdict)
    return ReliefView(
        f"{point.name} {point.direction}",
        tuple(row for row in rows if row.isps),
        point.relievable,
        point.relieved,
        _remaining(point.overloads),
    )


def _row(verdict: Verdict, overloads: tuple[Overload, ...]) -> VerdictRow:
    mine = [one for one in overloads if one.verdict is verdict]
    return VerdictRow(
        verdict,
        len(mine),
        sum(one.before_w for one in mine) / _W_ISPS_PER_KWH,
        sum(one.after_w for one in mine) / _W_ISPS_PER_KWH,
    )


def _remaining(overloads: tuple[Overload, ...]) -> tuple[RemainingRow, ...]:
    """Join neighbours of one day with the same reason."""
    left = [one for one in overloads if one.verdict is not Verdict.RELIEVED]

    def run(numbered: tuple[int, Overload]) -> tuple[int, int, Verdict]:
        at, one = numbered
        return one.isp - at, plan.CLOCK.local_day(one.isp), one.verdict

    found = []
    for (_, _, verdict), members in groupby(enumerate(left), run):
        mine = [one for _, one in members]
        date, begins = plan.CLOCK.describe(mine[0].isp).split()
        ends = plan.CLOCK.describe(mine[-1].isp + 1).split()[1]
        most = max(one.before_w for one in mine), max(one.after_w for one in mine)
        found.append(RemainingRow(date, begins, ends, *most, verdict))
    return tuple(found)
