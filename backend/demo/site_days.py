"""Days of single sites that are worth a drawing: well delivered ones and ones that fell short."""

from collections.abc import Mapping

import numpy as np

from backend.demo import plan
from backend.demo.outcome import SiteDay
from backend.demo.unfolding import Month
from backend.services.local_day import LocalDay
from settlement.clock import date_of
from settlement.identity import agreement_id
from settlement.settle import Line, Settled


def site_days(month: Month, settled: Mapping[bytes, Settled]) -> tuple[SiteDay, ...]:
    """Pick for each template its best delivered day and a day that fell short.

    Args:
        month: the finished month.
        settled: what was settled, by agreement.
    """
    by_template: dict[str, list[tuple[float, int, str, Line]]] = {}
    overridden = {
        (one.agreed.site_id, one.activation.first_isp)
        for one in month.ordered
        if one.override_isp is not None
    }
    for agreed in month.prepared.agreed:
        one = settled.get(agreement_id(agreed.terms))
        for line in one.lines if one else ():
            share = line.delivery.delivered_w_sum / line.delivery.ordered_w_sum
            entry = (share, line.delivery.ordered_w_sum, agreed.site_id, line)
            by_template.setdefault(agreed.template.name, []).append(entry)
    found = []
    for name, entries in by_template.items():
        largest = sorted(entries, key=lambda entry: -entry[1])[: max(2, len(entries) // 3)]
        best = max(largest, key=lambda entry: (entry[0], entry[1]))
        short = [
            entry for entry in largest if (entry[2], entry[3].activation.first_isp) in overridden
        ] or largest
        worst = min(short, key=lambda entry: (entry[0], -entry[1]))
        for share, _, site_id, line in (best, worst):
            was_overridden = (site_id, line.activation.first_isp) in overridden
            found.append(_site_day(month, name, site_id, line, share, was_overridden))
    return tuple(found)


def _site_day(
    month: Month, name: str, site_id: str, line: Line, share: float, overridden: bool
) -> SiteDay:
    world = month.world
    today = LocalDay(plan.CLOCK, plan.CLOCK.local_day(line.activation.first_isp))
    columns = world.columns_of(today.day)
    baseline = np.full(len(today.isps), np.nan)
    target = baseline.copy()
    assert line.baseline.values_w is not None
    for isp, value_w in zip(line.activation.ordered_isps(), line.baseline.values_w, strict=True):
        baseline[isp - today.first_isp] = value_w
        target[isp - today.first_isp] = value_w + line.activation.ordered_w
    return SiteDay(
        site_id,
        name,
        date_of(today.day).isoformat(),
        today.minutes(),
        world.recorded_site_w(site_id)[columns],
        world.sites[site_id].actual_w[columns],
        baseline,
        target,
        share,
        overridden,
    )
