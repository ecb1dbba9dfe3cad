"""What the aggregator knows at a gate: how its sites' day goes on, and what each could hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.demo import plan
from backend.demo.preparation import Agreed
from backend.demo.unfolding import Gate, Month
from backend.services.candidates import Available
from backend.services.local_day import IntArray, rows_by_wall_clock
from backend.services.metering import nominate
from backend.services.records import agreement_of
from flexmanager.forecast import forecast
from flexmanager.local.wishes import welcomes_events
from settlement.identity import agreement_id
from settlement.terms import BaselineMethod

NOMINATION_DAYS_BACK, NOMINATION_NEAREST = 21, 3

EXPECTED_RELIABILITY = 0.95
"""Share of an order that the aggregator counts on; an assumption."""

WORTHWHILE_W = 300
"""A site that can hold less is not asked."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteOutlook:
    """An agreement's site at a gate.

    Attributes:
        agreed: the agreement.
        identity: its id.
        expected_w: the day as its manager expects it without activations.
        nearest_day: the recorded day most like it.
    """

    agreed: Agreed
    identity: bytes
    expected_w: IntArray
    nearest_day: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Agreements that may be activated, and sites that may not, with the reason."""

    available: tuple[Available, ...]
    withdrawn: dict[str, str]


def outlooks_of(month: Month, gate: Gate, congestion_point: str) -> tuple[SiteOutlook, ...]:
    """Return the agreements that may be ordered at a gate and point, each with its site's day."""
    return tuple(_outlook(month, gate, one) for one in month.agreed_at(gate, congestion_point))


def _outlook(month: Month, gate: Gate, agreed: Agreed) -> SiteOutlook:
    """Forecast a site's day from its recorded days and the hours up to the gate."""
    series = month.world.recorded_site_w(agreed.site_id)
    today, first_isp = gate.today, month.world.first_isp
    days, history = rows_by_wall_clock(series, first_isp, today, NOMINATION_DAYS_BACK)
    morning = series[today.first_isp - first_isp : gate.isp - first_isp].astype(np.float64)
    found = forecast(history, morning, NOMINATION_NEAREST)
    return SiteOutlook(agreed, agreement_id(agreed.terms), found.mean_w, days[found.chosen[0]])


def nominate_rest(month: Month, gate: Gate, outlooks: Sequence[SiteOutlook]) -> None:
    """Commit the nominated baselines of the rest of the day before anything is ordered.

    ISPs that are ordered keep the value that they were ordered against.
    """
    values: dict[bytes, list[int | None]] = {}
    today, gate_isp = gate.today, gate.isp
    utc_day = today.isps[len(today.isps) // 2] // plan.ISPS_PER_UTC_DAY
    first = utc_day * plan.ISPS_PER_UTC_DAY
    for one in outlooks:
        if one.agreed.terms.baseline_method is not BaselineMethod.NOMINATED:
            continue
        nominated = month.nominated_w.setdefault(one.identity, {})
        ordered = month.requested_w.get(one.agreed.site_id, {})
        for isp, expected_w in zip(today.isps, one.expected_w.tolist(), strict=True):
            if isp >= gate_isp and isp not in ordered:
                nominated[isp] = expected_w
        values[one.identity] = [
            nominated.get(isp) for isp in range(first, first + plan.ISPS_PER_UTC_DAY)
        ]
    if values:
        stage = month.stage
        nominate(stage.session, stage.ledger, stage.parties.aggregator, utc_day, values)


def judge_sites(
    month: Month, outlooks: Sequence[SiteOutlook], gate: Gate, needed_isps: Sequence[int]
) -> Judged:
    """Judge what sites can hold by a recorded day like today and the state of their assets."""
    available, withdrawn = [], {}
    offsets = np.array(needed_isps) - gate.today.first_isp
    columns = gate.today.minutes()[offsets] // plan.ISP_MINUTES
    for one in outlooks:
        power_w, reason = _judged(month, one, gate, columns)
        most = month.able_w.setdefault(one.identity, {})
        most[gate.today.day] = max(power_w, most.get(gate.today.day, 0))
        if reason:
            withdrawn[one.agreed.site_id] = reason
            continue
        row = agreement_of(month.stage.session, one.identity)
        most_at_once = one.agreed.template.activations_per_gate
        available.append(Available(row, power_w, EXPECTED_RELIABILITY, most_at_once))
    return Judged(tuple(available), withdrawn)


def _judged(month: Month, one: SiteOutlook, gate: Gate, columns: IntArray) -> tuple[int, str]:
    """Return the power that a site could hold [W], and why it is not asked, if it is not."""
    site_id = one.agreed.site_id
    if not welcomes_events(month.world.sites[site_id].preferences.wishes, gate.today.day):
        return 0, "its owner wants no events today"
    requested_w = month.requested_w.get(site_id, {})
    able_w = month.world.able_w(site_id, gate.sign, one.nearest_day, gate.isp, requested_w)
    held_w = int(np.median(np.abs(able_w[columns])))
    power_w = min(held_w, abs(one.agreed.terms.amount_w))
    return power_w, f"it can hold less than {WORTHWHILE_W} W" if power_w < WORTHWHILE_W else ""
