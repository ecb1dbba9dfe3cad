"""What a congestion point needs after a gate, and the activations that answer it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.chain.market import WantedActivation
from backend.demo import owners, plan
from backend.demo.plan import TemplatePlan
from backend.demo.preparation import Agreed
from backend.demo.unfolding import Missed, Month, Ordered
from backend.services.activating import note_override
from backend.services.congestion import Limits, find_requirement
from backend.services.dispatching import Available, Wanted, answer_requirement
from backend.services.forecasts import store_forecast
from backend.services.local_day import IntArray, LocalDay, rows_by_wall_clock
from backend.services.metering import nominate
from backend.services.records import agreement_of
from flexmanager.forecast import forecast
from settlement.identity import agreement_id
from settlement.terms import BaselineMethod

NOMINATION_DAYS_BACK, NOMINATION_NEAREST = 21, 3

EXPECTED_RELIABILITY = 0.9
"""Share of an order that the dispatcher counts on; an assumption."""

WORTHWHILE_W = 300
RECORDING_S = 300
"""All activations of a gate are recorded within this time after it."""


def serve_point(
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
        Wanted(congestion_point, today, requirement.required_w),
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
    able_w = month.world.able_w(agreed.site_id, agreed.template.sign, similar_day)
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
