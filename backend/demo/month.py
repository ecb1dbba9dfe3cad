"""The month of the demonstration, gate by gate: forecast, order, dispatch, live, meter, commit."""

from collections.abc import Callable

from backend.chain.adapter import ContractRefused
from backend.chain.market import WantedActivation
from backend.demo import plan
from backend.demo.metered import commit_complete_days, commit_history
from backend.demo.ordering import serve_point
from backend.demo.preparation import Prepared
from backend.demo.stage import Stage
from backend.demo.trading import open_desk
from backend.demo.unfolding import Gate, Month
from backend.demo.world import World
from backend.services.local_day import LocalDay
from settlement.clock import date_of

Progress = Callable[[str], None]


def run_month(stage: Stage, world: World, prepared: Prepared, say: Progress) -> Month:
    """Run all days of the month; afterwards its meter data is complete and committed."""
    month = Month(stage, world, prepared, open_desk(stage.session, world.district))
    commit_history(month, prepared.first_day)
    month.lived_to = plan.CLOCK.day_isps(prepared.first_day)[0]
    for day in range(prepared.first_day, prepared.last_day + 1):
        served, ordered = len(month.served), len(month.ordered)
        _run_day(month, LocalDay(plan.CLOCK, day))
        say(
            f"{date_of(day)}: {len(month.served) - served:3d} requests, "
            f"{len(month.ordered) - ordered:3d} activations"
        )
    say(_enforcement(month))
    _finish(month)
    return month


def _run_day(month: Month, today: LocalDay) -> None:
    """Go through the gates of a day; the night after it is lived at the first gate of the next."""
    stage, world = month.stage, month.world
    for minute, templates in plan.templates_by_gate().items():
        gate = Gate(today, minute, templates)
        stage.chain.advance_to(gate.start_s)
        commit_complete_days(month, today.first_isp)
        _live_until(month, gate.start_s)
        for point in world.district.congestion_points:
            serve_point(month, gate, point.congestion_point_id)
    stage.session.commit()
    stage.history.read_on()


def _enforcement(month: Month) -> str:
    """Try to record the last activation once more; the ledger enforces the terms."""
    if not month.ordered:
        return "nothing was ordered, so nothing can be ordered against the terms"
    last = month.ordered[-1]
    again = WantedActivation(last.agreed.terms, last.activation)
    try:
        month.stage.market.activate(month.stage.parties.aggregator, [again])
    except ContractRefused as refusal:
        return f"the last activation once more is refused by the ledger: {refusal.name}"
    raise AssertionError("the ledger recorded an activation against its terms")


def _live_until(month: Month, utc_s: int) -> None:
    """Let the sites live up to a moment."""
    end_isp = plan.CLOCK.isp_of(utc_s)
    month.world.live(month.lived_to, end_isp, month.requested_w, month.overridden)
    month.lived_to = end_isp


def _finish(month: Month) -> None:
    """Let the two days after the month pass, so that its last UTC day is metered and committed."""
    last_day = month.prepared.last_day
    after = LocalDay(plan.CLOCK, last_day + 2)
    _live_until(month, after.start_s(12 * 60))
    month.stage.chain.advance_to(after.start_s(12 * 60))
    commit_complete_days(month, after.first_isp)
    month.stage.session.commit()
