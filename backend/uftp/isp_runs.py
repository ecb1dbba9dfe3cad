"""Numbered ISPs of a local day with run lengths: how messages write what holds per ISP.

An ISP has its number within its local day, from 1, by elapsed UTC time. Consecutive ISPs of equal
values are one element with a duration; none crosses the end of a day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.uftp.rejection import Rejected
from settlement.clock import Clock, date_text

Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class IspRun(Generic[Values]):
    """Consecutive ISPs of equal values.

    Attributes:
        day: local day.
        start: number of the first ISP, from 1.
        duration: how many ISPs.
        values: what holds in each of them.
    """

    day: int
    start: int
    duration: int
    values: Values


def encode_runs(clock: Clock, rows: Iterable[tuple[int, Values]]) -> list[IspRun[Values]]:
    """Join consecutive ISPs of one local day that have equal values.

    Args:
        clock: local time and ISP length.
        rows: ISP (UTC index) and its values, each ISP once, ascending.
    """
    runs: list[IspRun[Values]] = []
    for isp, values in rows:
        day, number = clock.local_day(isp), clock.isp_number(isp)
        last = runs[-1] if runs else None
        if last and (last.day, last.start + last.duration, last.values) == (day, number, values):
            runs[-1] = IspRun(day, last.start, last.duration + 1, values)
        else:
            runs.append(IspRun(day, number, 1, values))
    return runs


def decode_runs(
    clock: Clock, runs: Sequence[IspRun[Values]], where: str
) -> list[tuple[int, Values]]:
    """Return each ISP (UTC index) of some runs with its values, ascending.

    Args:
        clock: local time and ISP length.
        runs: in any order.
        where: place in the message, for refusals.

    Raises:
        Rejected: an ISP does not exist on its day, or is there twice.
    """
    found: dict[int, Values] = {}
    for run in runs:
        isps = clock.day_isps(run.day)
        # Compared before any range is built: a duration may have a dozen digits.
        if run.start < 1 or run.duration < 1 or run.start + run.duration - 1 > len(isps):
            raise Rejected(
                "ISPs out of bounds",
                f"ISP {run.start} with duration {run.duration}",
                where,
                f"ISPs from 1 to {len(isps)} on {date_text(run.day)}",
            )
        for isp in isps[run.start - 1 : run.start - 1 + run.duration]:
            if isp in found:
                number = clock.isp_number(isp)
                raise Rejected("ISP conflict", f"ISP {number} stands twice", where, "each ISP once")
            found[isp] = run.values
    return sorted(found.items(), key=lambda row: row[0])
