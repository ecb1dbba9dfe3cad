"""The month of the demonstration, gate by gate: forecast, order, dispatch, live, meter, commit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from backend.chain.adapter import ContractRefused
from backend.chain.market import WantedActivation
from backend.chain.wallet import address_of
from backend.demo import owners, plan
from backend.demo.plan import TemplatePlan
from backend.demo.preparation import Agreed, Prepared, metering_point
from backend.demo.stage import Stage
from backend.demo.world import World
from backend.services.activating import note_override
from backend.services.congestion import Limits, find_requirement
from backend.services.dispatching import Answer, Available, answer_requirement
from backend.services.forecasts import store_forecast
from backend.services.local_day import IntArray, LocalDay, rows_by_wall_clock
from backend.services.metering import commit_meter_days, nominate, take_in_day
from backend.services.records import agreement_of
from flexmanager.forecast import forecast
from flexmanager.site import capability_w
from settlement.activation import Activation
from settlement.clock import date_of
from settlement.identity import agreement_id
from settlement.terms import BaselineMethod

NOMINATION_DAYS_BACK, NOMINATION_NEAREST = 21, 3
HOLD_ISPS = 8
"""What a site can hold within the day is judged over two hours."""

EXPECTED_RELIABILITY = 0.9
"""Share of an order that the dispatcher counts on; an assumption."""

WORTHWHILE_W = 300
RECORDING_S = 300
"""All activations of a gate are recorded within this time after it."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An activation of the month with what its owner did about it."""

    agreed: Agreed
    activation: Activation
    override_isp: int | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A reading that the meter data company does not get until the month is settled."""

    site_id: str
    isp: int


@dataclass(slots=True)
class Month:
    """The month as it unfolds.

    Attributes:
        requested_w: site id to ISP to requested W.
        overridden: site id to ISPs in which the owner took back control.
        relief_w: congestion point to ISP to ordered W, for the DSO's view of past days.
        ordered: all activations.
        answers: all orders with their dispatch.
        able_w: agreement to local day to what its site could hold when it was asked [W].
        missed: in the middle of the first activation; None before there is one.
        committed_to: last UTC day whose meter data is committed.
        lived_to: first ISP that the sites have not lived yet.
    """

    stage: Stage
    world: World
    prepared: Prepared
    requested_w: dict[str, dict[int, int]] = field(default_factory=dict)
    overridden: dict[str, set[int]] = field(default_factory=dict)
    relief_w: dict[str, dict[int, int]] = field(default_factory=dict)
    ordered: list[Ordered] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    able_w: dict[bytes, dict[int, int]] = field(default_factory=dict)
    missed: Missed | None = None
    committed_to: int = 0
    lived_to: int = 0


def run_month(stage: Stage, world: World, prepared: Prepared, say: Progress) -> Month:
    """Run all days of the month; afterwards its meter data is complete and committed."""
    month = Month(stage, world, prepared)
    _commit_history(month, prepared.first_day)
    month.lived_to = plan.CLOCK.day_isps(prepared.first_day)[0]
    for day in range(prepared.first_day, prepared.last_day + 1):
        today = LocalDay(plan.CLOCK, day)
        before, answers_before = len(month.ordered), len(month.answers)
        for gate_minute, templates in _gates():
            stage.chain.advance_to(today.start_s(gate_minute))
            _commit_complete_days(month, today.first_isp)
            for point in world.district.congestion_points:
                _serve_point(month, today, gate_minute, templates, point.congestion_point_id)
        _live_until(month, LocalDay(plan.CLOCK, day + 1).start_s(_gates()[0][0]))
        stage.session.commit()
        congested = sum(len(answer.congested) for answer in month.answers[answers_before:])
        say(
            f"{date_of(day)}: {congested:3d} congested ISPs expected, "
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


def _commit_history(month: Month, first_day: int) -> None:
    """Take in and commit all UTC days before the month that the district holds in full."""
    first_utc_day = -(-month.world.first_isp // plan.ISPS_PER_UTC_DAY)
    month.committed_to = first_utc_day - 1
    _commit_complete_days(month, plan.CLOCK.day_isps(first_day)[0])


def _commit_complete_days(month: Month, up_to_isp: int) -> None:
    """Take in and commit the UTC days that are over before an ISP."""
    last_utc_day = up_to_isp // plan.ISPS_PER_UTC_DAY - 1
    first_utc_day = month.committed_to + 1
    if last_utc_day < first_utc_day:
        return
    stage = month.stage
    mdc = address_of(stage.parties.mdc)
    for utc_day in range(first_utc_day, last_utc_day + 1):
        values = {
            metering_point(site.site_id): _metered(month, site.site_id, utc_day)
            for site in month.world.district.sites
        }
        take_in_day(stage.session, mdc, utc_day, values)
    commit_meter_days(stage.session, stage.ledger, stage.parties.mdc, first_utc_day, last_utc_day)
    month.committed_to = last_utc_day


def _metered(month: Month, site_id: str, utc_day: int) -> list[int | None]:
    """Return a site's UTC day as the meter data company gets it in time."""
    values = month.world.utc_day_values(site_id, utc_day)
    if month.missed is not None and month.missed.site_id == site_id:
        missed_day, position = divmod(month.missed.isp, plan.ISPS_PER_UTC_DAY)
        if missed_day == utc_day:
            values[position] = None
    return values


def _serve_point(
    month: Month,
    today: LocalDay,
    gate_minute: int,
    templates: tuple[TemplatePlan, ...],
    congestion_point: str,
) -> None:
    """Find what a congestion point needs after a gate and have it covered."""
    window, point = templates[0], month.world.congestion_point(congestion_point)
    gate_isp = plan.CLOCK.isp_of(today.start_s(gate_minute))
    requirement = find_requirement(
        today,
        # The DSO is taken to tell flexibility from load in what it metered on past days.
        month.world.load_w(congestion_point, actual=False),
        month.world.first_isp,
        Limits(point.import_limit_w, point.export_limit_w),
        window.sign,
        gate_isp,
        window.from_minute,
        window.to_minute,
        plan.SPREAD_ISPS,
    )
    store_forecast(
        month.stage.session,
        congestion_point,
        today.first_isp,
        gate_isp,
        requirement.expected_w.tolist(),
    )
    if not requirement.required_w.any():
        return
    agreed = [
        one
        for one in month.prepared.agreed
        if one.template in templates and month.world.point_of(one.site_id) == congestion_point
    ]
    outlooks = {one.site_id: _outlook(month, today, one.site_id, gate_isp) for one in agreed}
    _nominate(month, today, agreed, outlooks)
    judged = [
        _available(month, today, one, outlooks[one.site_id].nearest_day, requirement.required_w)
        for one in agreed
    ]
    for one in judged:
        month.able_w.setdefault(one.row.agreement_id, {})[today.day] = one.power_w
    answer = answer_requirement(
        month.stage.session,
        month.stage.market,
        month.stage.parties.aggregator,
        congestion_point,
        "more consumption" if window.sign > 0 else "less consumption",
        today,
        requirement.required_w,
        [one for one in judged if one.power_w >= WORTHWHILE_W],
        today.start_s(gate_minute) + RECORDING_S,
    )
    month.answers.append(answer)
    for wanted in answer.activations:
        (one,) = (one for one in agreed if one.terms == wanted.terms)
        _take_order(month, one, wanted, congestion_point, outlooks[one.site_id].expected_w)


@dataclass(frozen=True, slots=True, eq=False)
class SiteOutlook:
    """A site's day as its manager expects it, and the recorded day most like it."""

    expected_w: IntArray
    nearest_day: int


def _outlook(month: Month, today: LocalDay, site_id: str, gate_isp: int) -> SiteOutlook:
    """Forecast a site's day from its recorded days and the morning up to the gate."""
    series = month.world.recorded_site_w(site_id)
    first_isp = month.world.first_isp
    days, history = rows_by_wall_clock(series, first_isp, today, NOMINATION_DAYS_BACK)
    morning = series[today.first_isp - first_isp : gate_isp - first_isp].astype(np.float64)
    found = forecast(history, morning, NOMINATION_NEAREST)
    return SiteOutlook(found.mean_w, days[found.chosen[0]])


def _nominate(
    month: Month, today: LocalDay, agreed: list[Agreed], outlooks: Mapping[str, SiteOutlook]
) -> None:
    """Commit the nominated baselines of the rest of the day before anything is ordered."""
    nominated = [one for one in agreed if one.terms.baseline_method is BaselineMethod.NOMINATED]
    utc_day = today.isps[len(today.isps) // 2] // plan.ISPS_PER_UTC_DAY
    values: dict[bytes, list[int | None]] = {}
    for one in nominated:
        by_isp = dict(zip(today.isps, outlooks[one.site_id].expected_w.tolist(), strict=True))
        first = utc_day * plan.ISPS_PER_UTC_DAY
        values[agreement_id(one.terms)] = [
            by_isp.get(isp) for isp in range(first, first + plan.ISPS_PER_UTC_DAY)
        ]
    if values:
        stage = month.stage
        nominate(stage.session, stage.ledger, stage.parties.aggregator, utc_day, values)


def _available(
    month: Month, today: LocalDay, agreed: Agreed, similar_day: int, required_w: IntArray
) -> Available:
    """Judge what a site can hold today by a recorded day like it and the state of its assets."""
    world, site = month.world, month.world.sites[agreed.site_id]
    able_w = capability_w(
        site.manager,
        world.horizon(agreed.site_id, world.columns_of(similar_day)),
        agreed.template.sign,
        HOLD_ISPS,
        site.states,
    )
    needed = today.minutes()[np.flatnonzero(required_w)] // plan.ISP_MINUTES
    power_w = int(np.median(np.abs(able_w[needed])))
    row = agreement_of(month.stage.session, agreement_id(agreed.terms))
    return Available(row, min(power_w, abs(agreed.terms.amount_w)), EXPECTED_RELIABILITY)


def _take_order(
    month: Month,
    agreed: Agreed,
    wanted: WantedActivation,
    congestion_point: str,
    expected_w: IntArray,
) -> None:
    """Hand an activation to the site; its owner may take back control.

    A site with a nominated baseline steers to the nominated power plus the order, since that is
    what it is settled against; the others change what they do by the ordered power.
    """
    stage, activation = month.stage, wanted.activation
    if month.missed is None:
        month.missed = Missed(agreed.site_id, activation.first_isp + activation.isps // 2)
    world, clock = month.world, plan.CLOCK
    requested = month.requested_w.setdefault(agreed.site_id, {})
    relief = month.relief_w.setdefault(congestion_point, {})
    nominated = agreed.terms.baseline_method is BaselineMethod.NOMINATED
    recorded_w = world.recorded_site_w(agreed.site_id)
    first_isp = clock.day_isps(clock.local_day(activation.first_isp))[0]
    for isp in activation.ordered_isps():
        change_w = activation.ordered_w
        if nominated:
            change_w += int(expected_w[isp - first_isp] - recorded_w[isp - world.first_isp])
        sign = agreed.template.sign
        requested[isp] = sign * max(0, sign * change_w)
        relief[isp] = relief.get(isp, 0) + activation.ordered_w
    override_isp = owners.overrides(
        f"{agreed.site_id}/{agreed.template.name}",
        activation.first_isp - month.world.first_isp,
        activation.isps,
    )
    if override_isp is not None:
        override_isp += month.world.first_isp
        owner = month.prepared.owners[agreed.site_id]
        relayer = stage.parties.relayer
        note_override(stage.session, stage.market, relayer, owner, wanted, override_isp)
        taken = month.overridden.setdefault(agreed.site_id, set())
        taken.update(range(override_isp, activation.end_isp))
    month.ordered.append(Ordered(agreed, activation, override_isp))


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
    _commit_complete_days(month, after.first_isp)
    month.stage.session.commit()
