"""What the month did for the grid and for each actor: overloads with their verdicts, benefit."""

from dataclasses import dataclass

import numpy as np

from backend.demo import plan
from backend.demo.preparation import Agreed
from backend.demo.settlement_day import Closing
from backend.demo.unfolding import Month
from backend.district import CongestionPoint
from backend.services.local_day import IntArray
from flexmanager.benefit import Assumptions, Benefit, Flows, benefit
from flexmanager.overloads import CANNOT, Overload, Supply, Verdict, find_overloads
from flexmanager.vpp.congestion import requested_change_w
from settlement.identity import agreement_id
from settlement.units import AMOUNT_PER_EUR

_WH_PER_MWH = 1_000_000
_ISPS_PER_HOUR = 60 // plan.ISP_MINUTES


@dataclass(frozen=True, slots=True)
class PointOverloads:
    """The overloads of a congestion point in one direction, "import" or "export"."""

    name: str
    direction: str
    overloads: tuple[Overload, ...]

    @property
    def relieved(self) -> int:
        """Quarter hours that were relieved."""
        return sum(one.verdict is Verdict.RELIEVED for one in self.overloads)

    @property
    def relievable(self) -> int:
        """Quarter hours that the agreements could have relieved, or did."""
        cannot = (*CANNOT, Verdict.ADDED)
        return sum(one.verdict not in cannot for one in self.overloads)


@dataclass(frozen=True, slots=True)
class Worth:
    """What the month was worth to each actor, with what that rests on."""

    flows: Flows
    assumptions: Assumptions
    benefit: Benefit


def overloads_of(month: Month, columns: slice) -> tuple[PointOverloads, ...]:
    """Judge all overloads of the month; a direction that never exceeds its limit has none."""
    found = []
    for point in month.world.district.congestion_points:
        for direction, sign in (("import", 1), ("export", -1)):
            judged = _judged(month, point, columns, sign)
            if judged:
                name = point.congestion_point_id
                found.append(PointOverloads(name, direction, judged))
    return tuple(found)


def worth_of(month: Month, closing: Closing, overloads: tuple[PointOverloads, ...]) -> Worth:
    """Count what the month was worth to each actor against the month as recorded."""
    statements = [one.statement for one in closing.settled.run.settled]
    flows = Flows(
        sum(one.capacity for one in statements),
        sum(one.volume for one in statements),
        sum(one.penalty for one in statements),
        _energy_cost(month),
        sum(one.before_w for point in overloads for one in point.overloads) // _ISPS_PER_HOUR,
        sum(one.after_w for point in overloads for one in point.overloads) // _ISPS_PER_HOUR,
    )
    assumptions = Assumptions(plan.OVERLOAD_VALUE, plan.MARGIN_BP)
    return Worth(flows, assumptions, benefit(flows, assumptions))


def _judged(
    month: Month, point: CongestionPoint, columns: slice, sign: int
) -> tuple[Overload, ...]:
    world, name = month.world, point.congestion_point_id
    limit_w = point.import_limit_w if sign > 0 else point.export_limit_w

    def above_w(*, actual: bool) -> IntArray:
        return np.maximum(0, sign * world.load_w(name, actual=actual)[columns] - limit_w)

    first_isp = world.first_isp + columns.start
    required_w = np.zeros(columns.stop - columns.start, dtype=np.int64)
    for one in month.served:
        if one.request.scope.congestion_point == name and one.gate.sign == -sign:
            for isp, change_w in requested_change_w(one.request).items():
                at, needed_w = isp - first_isp, abs(change_w + one.ordered_w.get(isp, 0))
                required_w[at] = max(required_w[at], needed_w)
    supplies = [
        _supply(month, agreed)
        for agreed in month.prepared.agreed
        if agreed.template.sign == -sign and world.point_of(agreed.site_id) == name
    ]
    before_w, after_w = above_w(actual=False), above_w(actual=True)
    return find_overloads(first_isp, before_w, after_w, required_w, supplies)


def _supply(month: Month, agreed: Agreed) -> Supply:
    mine = month.ordered_of(agreed)
    return Supply(
        agreed.terms,
        tuple(one.activation for one in mine),
        month.able_w.get(agreement_id(agreed.terms), {}),
        frozenset(
            isp
            for one in mine
            if one.override_isp is not None
            for isp in range(one.override_isp, one.activation.end_isp)
        ),
    )


def _energy_cost(month: Month) -> int:
    """Return how much dearer the sites' energy was than recorded, at day-ahead prices."""
    world = month.world
    cost_eur = 0.0
    for site_id, site in world.sites.items():
        changed_w = site.actual_w - world.recorded_site_w(site_id)
        if changed_w.any():
            price = world.price_eur_per_mwh
            cost_eur += float(changed_w @ price) / _ISPS_PER_HOUR / _WH_PER_MWH
    return round(cost_eur * AMOUNT_PER_EUR)
