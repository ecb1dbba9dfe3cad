"""What all activations of a portfolio are settled with: local time, day classes, orders."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from backend.kernel.calendar import Calendar, calendar_of, local_starts
from backend.kernel.columns import Flags, Integers, Portfolio
from backend.kernel.readings import Reader
from settlement.baselines.baseline import LOOK_BACK_DAYS
from settlement.baselines.like_days import is_working
from settlement.clock import Clock, ClockRule
from settlement.statement import Period

_MARGIN_DAYS = LOOK_BACK_DAYS + 3
"""Days before an adjustment window that a look-back may read, clock changes included."""

_ISP_BITS = 33
_ISP_ZERO = 1 << 32
"""An ISP index and a row in one integer; ISPs just before 1970 may be asked about."""


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """The ordered ISPs of agreements and of those that share a metering point with them.

    Attributes:
        begins: begins of orders with their agreement, ascending.
        latest_ends: the latest end among the orders up to here.
    """

    begins: Integers
    latest_ends: Integers

    def touch(self, agreement: Integers, begin: Integers, end: Integers) -> Flags:
        """Tell which ranges of ISPs, `end` exclusive, hold an ordered ISP of an agreement."""
        before = np.searchsorted(self.begins, _keys(agreement, end)) - 1
        if not len(self.begins):
            return np.zeros(len(before), bool)
        return (before >= 0) & (self.latest_ends[before] > _keys(agreement, begin))


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A portfolio with what follows from it and the period.

    Attributes:
        portfolio: the columns.
        clocks: the different clocks.
        clock_of: (n,) the clock of each agreement.
        events: rows of the activations whose first ISP lies in the period.
        event_days: their local days.
        calendar: local time of all that their baselines may look at.
        unusable: (n, days of the calendar), days with an activation or a clock change.
        working: class of each local day from `first_working_day` on.
        first_working_day: a local day.
        orders: ordered ISPs.
        nominated_begins: where the nominated baseline of each activation begins.
        reader: readings.
    """

    portfolio: Portfolio
    clocks: list[Clock]
    clock_of: Integers
    events: Integers
    event_days: Integers
    calendar: Calendar
    unusable: Flags
    working: Flags
    first_working_day: int
    orders: Orders
    nominated_begins: Integers
    reader: Reader


def context_of(portfolio: Portfolio, period: Period, non_working_days: Collection[int]) -> Context:
    """Prepare the settlement of a portfolio for a period."""
    agreements, activations = portfolio.agreements, portfolio.activations
    clocks, clock_of = _clocks(portfolio)
    days = np.zeros(len(activations.first_isp), np.int64)
    for row, clock in enumerate(clocks):
        mine = clock_of[activations.agreement] == row
        days[mine] = local_starts(clock, activations.first_isp[mine]) // agreements.isps_per_day
    events = np.flatnonzero((days >= period.first_day) & (days <= period.last_day))
    calendar = _calendar(portfolio, clocks, events)
    first_working_day = int(days[events].min(initial=period.last_day)) - LOOK_BACK_DAYS
    working = [
        is_working(day, non_working_days) for day in range(first_working_day, period.last_day + 1)
    ]
    all_orders = tuple(
        np.concatenate([getattr(own, name), getattr(portfolio.occupied, name)])
        for own in (activations,)
        for name in ("agreement", "first_isp", "isps")
    )
    return Context(
        portfolio,
        clocks,
        clock_of,
        events,
        days[events],
        calendar,
        _unusable(calendar, clock_of, *all_orders),
        np.array(working, bool),
        first_working_day,
        _orders(*all_orders),
        np.cumsum(activations.isps) - activations.isps,
        Reader(portfolio.meters, agreements.isps_per_day),
    )


def _clocks(portfolio: Portfolio) -> tuple[list[Clock], Integers]:
    terms = portfolio.agreements.terms
    rules = len(ClockRule)
    keys, clock_of = np.unique(
        terms["utc_offset_minutes"] * rules + terms["clock_rule"], return_inverse=True
    )
    isp_minutes = portfolio.agreements.isp_minutes
    return [
        Clock(isp_minutes, int(key) // rules, ClockRule(int(key) % rules)) for key in keys
    ], clock_of


def _calendar(portfolio: Portfolio, clocks: list[Clock], events: Integers) -> Calendar:
    agreements, activations = portfolio.agreements, portfolio.activations
    per_day = agreements.isps_per_day
    if not len(events):
        return calendar_of(clocks or [Clock(agreements.isp_minutes, 0, ClockRule.NONE)], 0, 1)
    terms, agreement = agreements.terms, activations.agreement[events]
    window = terms["adjustment_isps"][agreement] + terms["adjustment_gap_isps"][agreement]
    first = activations.first_isp[events]
    begin = int((first - window).min()) - _MARGIN_DAYS * per_day
    end = int((first + activations.isps[events]).max()) + 2 * per_day
    return calendar_of(clocks, begin, end)


def _unusable(
    calendar: Calendar, clock_of: Integers, agreement: Integers, first: Integers, isps: Integers
) -> Flags:
    """Mark the local days with a clock change or at least one ordered ISP, by agreement.

    An order marks the days from its first to its last ISP. Between these a day is left out only
    where the clock is put back over midnight, and that one is marked for its clock change.
    """
    unusable = calendar.changed[clock_of]
    low, high = calendar.first_isp, calendar.first_isp + calendar.local_start.shape[1]
    begin, end = np.clip(first, low, high), np.clip(first + isps, low, high)
    held = begin < end
    agreement, clock = agreement[held], clock_of[agreement[held]]
    first_day = calendar.days(clock, begin[held]) - calendar.first_day
    last_day = calendar.days(clock, end[held] - 1) - calendar.first_day
    for later in range(int((last_day - first_day).max(initial=-1)) + 1):
        touched = first_day + later <= last_day
        unusable[agreement[touched], first_day[touched] + later] = True
    return unusable


def _orders(agreement: Integers, first: Integers, isps: Integers) -> Orders:
    begins = _keys(agreement, first)
    order = np.argsort(begins, kind="stable")
    ends = begins[order] + isps[order]
    # The latest end of an earlier agreement is below every key of this one.
    return Orders(begins[order], np.maximum.accumulate(ends))


def _keys(agreement: Integers, isp: Integers) -> Integers:
    return (agreement << _ISP_BITS) + (isp + _ISP_ZERO)
