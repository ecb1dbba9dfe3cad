"""The month of the demonstration, gate by gate: forecast, order, dispatch, live, meter, commit."""

from collections.abc import Callable

from backend.chain.adapter import ContractRefused
from backend.chain.market import WantedActivation
from backend.demo import plan
from backend.demo.metered import commit_complete_days, commit_history
from backend.demo.ordering import serve_point
from backend.demo.plan import TemplatePlan
from backend.demo.preparation import Prepared
from backend.demo.stage import Stage
from backend.demo.unfolding import Month
from backend.demo.world import World
from backend.services.local_day import LocalDay
from settlement.clock import date_of

Progress = Callable[[str], None]


def run_month(stage: Stage, world: World, prepared: Prepared, say: Progress) -> Month:
    """Run all days of the month; afterwards its meter data is complete and committed."""
    month = Month(stage, world, prepared)
    commit_history(month, prepared.first_day)
    month.lived_to = plan.CLOCK.day_isps(prepared.first_day)[0]
    for day in range(prepared.first_day, prepared.last_day + 1):
        today = LocalDay(plan.CLOCK, day)
        before, answers_before = len(month.ordered), len(month.answers)
        for gate_minute, templates in _gates():
            stage.chain.advance_to(today.start_s(gate_minute))
            commit_complete_days(month, today.first_isp)
            for point in world.district.congestion_points:
                serve_point(month, today, gate_minute, templates, point.congestion_point_id)
        _live_until(month, LocalDay(plan.CLOCK, day + 1).start_s(_gates()[0][0]))
        stage.session.commit()
        say(
            f"{date_of(day)}: {len(month.answers) - answers_before:3d} orders, "
            f"{len(month.ordered) - before:3d} activations"
        )
    say(_enforcement(month))
    _finish(month)
    return month


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


def _gates() -> list[tuple[int, tuple[TemplatePlan, ...]]]:
    gates = sorted({template.gate_minute for template in plan.templates()})
    return [
        (gate, tuple(one for one in plan.templates() if one.gate_minute == gate)) for gate in gates
    ]


def _live_until(month: Month, utc_s: int) -> None:
    """Let the sites live from one first gate of a day to the next: evenings have a night after."""
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
