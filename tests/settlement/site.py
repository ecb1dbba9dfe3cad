"""A measured site for baseline tests: a flat series with a table of exceptions."""

from collections.abc import Collection, Mapping

from settlement.activation import Activation, touched_days
from settlement.baselines.baseline import History
from settlement.clock import Clock
from settlement.meter import Readings
from settlement.terms import Terms
from tests.settlement.defaults import readings

Table = Mapping[int, Mapping[int, int | None]]
"""Per local day and minute of that day a reading in W, None for a missing one."""

ELSEWHERE_W = 1000


def site(clock: Clock, table: Table, first_day: int, last_day: int) -> Readings:
    """Readings of 1000 W everywhere but where the table says otherwise."""

    def value_of(isp: int) -> int | None:
        day, minute = divmod(clock.local_minutes(isp), 24 * 60)
        return table.get(day, {}).get(minute, ELSEWHERE_W)

    return readings(value_of, first_day, last_day, clock.isp_minutes)


def history(
    some_terms: Terms,
    table: Table,
    event: Activation,
    *,
    others: Collection[Activation] = (),
    non_working: Collection[int] = (),
    days_back: int = 60,
) -> History:
    """What the baseline of an event is computed from, other activations included."""
    clock = some_terms.clock
    event_day = clock.local_day(event.first_isp)
    sharing = [event, *others]
    return History(
        site(clock, table, event_day - days_back, event_day + 2),
        touched_days(some_terms, sharing),
        frozenset(isp for one in sharing for isp in one.ordered_isps()),
        frozenset(non_working),
    )


def event_at(some_terms: Terms, day: int, minute: int, isps: int) -> Activation:
    """An activation of the agreed amount from a local start on a day without a clock change."""
    return Activation(some_terms.clock.isp_at(day, minute), isps, some_terms.amount_w)
