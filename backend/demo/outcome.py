"""The figures of a finished demonstration: what the table prints and the report draws."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.demo import plan
from backend.demo.correction import Correction
from backend.demo.relief import PointOverloads, Worth, overloads_of, worth_of
from backend.demo.settlement_day import Closing
from backend.demo.tampering import Refusal
from backend.demo.unfolding import Month
from backend.services.local_day import LocalDay
from backend.services.records import count_registered
from settlement.clock import date_of
from settlement.identity import agreement_id
from settlement.settle import Line, Settled

IntArray = NDArray[np.int64]
_W_ISPS_PER_KWH = 4_000


@dataclass(frozen=True, slots=True, eq=False)
class PointOutcome:
    """Load of a congestion point over the month, W per quarter hour, consumption positive.

    Attributes:
        name: the congestion point.
        import_limit_w: largest import, a magnitude.
        export_limit_w: largest export, a magnitude.
        before_w: load without any activation.
        after_w: load as metered.
        ordered_w: sum of what was ordered.
    """

    name: str
    import_limit_w: int
    export_limit_w: int
    before_w: IntArray
    after_w: IntArray
    ordered_w: IntArray

    def excess_kwh(self, load_w: IntArray) -> tuple[float, float]:
        """Return the energy above the import and the export limit."""
        over_import = np.maximum(0, load_w - self.import_limit_w).sum() / _W_ISPS_PER_KWH
        over_export = np.maximum(0, -self.export_limit_w - load_w).sum() / _W_ISPS_PER_KWH
        return float(over_import), float(over_export)


@dataclass(frozen=True, slots=True, eq=False)
class SiteDay:
    """One day of one site, per ISP of the local day.

    Attributes:
        site_id: the site.
        agreement: name of the template.
        date: local date.
        minutes: local minute at which each ISP starts.
        recorded_w: what the site would have done.
        actual_w: what its meter shows.
        baseline_w: baseline of the ordered ISPs, NaN elsewhere.
        target_w: baseline plus ordered, NaN elsewhere.
        delivered_share: delivered over ordered energy, from 0 to 1.
        overridden: whether the owner took back control.
    """

    site_id: str
    agreement: str
    date: str
    minutes: IntArray
    recorded_w: IntArray
    actual_w: IntArray
    baseline_w: NDArray[np.float64]
    target_w: NDArray[np.float64]
    delivered_share: float
    overridden: bool


@dataclass(frozen=True, slots=True)
class AgreementOutcome:
    """One statement; energy in kWh, money in 1e-4 EUR."""

    site_id: str
    agreement: str
    amount_w: int
    activations: int
    overridden: int
    ordered_kwh: float
    delivered_kwh: float
    missing_kwh: float
    capacity: int
    volume: int
    penalty: int
    amount: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything about a finished demonstration that people read.

    Attributes:
        median_gap: of all orders, between what was chosen and the best that may be possible.
        objective_eur: sum over all orders, activations and priced shortfall.
        bound_eur: sum of what is proven for each: no choice has a lower objective.
    """

    first_date: str
    last_date: str
    recorded_first_date: str
    weeks_moved: int
    start_utc_s: int
    sites: int
    assets: int
    agreements: int
    refused_offers: int
    activations: int
    overridden: int
    orders: int
    median_gap: float
    objective_eur: float
    bound_eur: float
    checked: int
    incomplete: int
    paid: int
    points: tuple[PointOutcome, ...]
    overloads: tuple[PointOverloads, ...]
    worth: Worth
    site_days: tuple[SiteDay, ...]
    statements: tuple[AgreementOutcome, ...]
    refusals: tuple[Refusal, ...]
    correction: Correction | None
    gas_used: dict[str, int]
    transactions: dict[str, int]
    seconds: float


def summarise(month: Month, closing: Closing, seconds: float) -> Outcome:
    """Gather the figures of a finished demonstration.

    Args:
        month: the month.
        closing: its settlement.
        seconds: how long it took.
    """
    world, session = month.world, month.stage.session
    first, last = month.prepared.first_day, month.prepared.last_day
    columns = slice(world.columns_of(first).start, world.columns_of(last).stop)
    overloads = overloads_of(month, columns)
    registered = count_registered(session)
    orders = [answer.order for answer in month.answers]
    return Outcome(
        first_date=date_of(first).isoformat(),
        last_date=date_of(last).isoformat(),
        recorded_first_date=date_of(first - 7 * world.district.weeks_moved).isoformat(),
        weeks_moved=world.district.weeks_moved,
        start_utc_s=(world.first_isp + columns.start) * plan.ISP_MINUTES * 60,
        sites=registered.sites,
        assets=registered.assets,
        agreements=len(month.prepared.agreed),
        refused_offers=registered.refused_offers,
        activations=len(month.ordered),
        overridden=sum(one.override_isp is not None for one in month.ordered),
        orders=len(orders),
        median_gap=float(np.median([one.gap for one in orders])) if orders else 0.0,
        objective_eur=sum(one.objective_eur for one in orders),
        bound_eur=sum(one.bound_eur for one in orders),
        checked=len(closing.checks),
        incomplete=len(closing.settled.incomplete),
        paid=closing.paid,
        points=tuple(_point(month, name, columns) for name in _point_names(month)),
        overloads=overloads,
        worth=worth_of(month, closing, overloads),
        site_days=_site_days(month, closing),
        statements=_statements(month, closing),
        refusals=closing.refusals,
        correction=closing.correction,
        gas_used=dict(month.stage.chain.gas_used),
        transactions=dict(month.stage.chain.transactions),
        seconds=seconds,
    )


def _point_names(month: Month) -> list[str]:
    return [one.congestion_point_id for one in month.world.district.congestion_points]


def _point(month: Month, name: str, columns: slice) -> PointOutcome:
    world = month.world
    point = world.congestion_point(name)
    ordered = np.zeros(columns.stop - columns.start, dtype=np.int64)
    for isp, ordered_w in month.relief_w.get(name, {}).items():
        ordered[isp - world.first_isp - columns.start] += ordered_w
    return PointOutcome(
        name,
        point.import_limit_w,
        point.export_limit_w,
        world.load_w(name, actual=False)[columns],
        world.load_w(name, actual=True)[columns],
        ordered,
    )


def _settled_by_id(closing: Closing) -> dict[bytes, Settled]:
    return {one.statement.agreement_id: one for one in closing.settled.run.settled}


def _statements(month: Month, closing: Closing) -> tuple[AgreementOutcome, ...]:
    settled = _settled_by_id(closing)
    found = []
    for agreed in month.prepared.agreed:
        one = settled.get(agreement_id(agreed.terms))
        if one is None:
            continue
        mine = [ordered for ordered in month.ordered if ordered.agreed == agreed]
        statement, sums = one.statement, [line.delivery for line in one.lines]
        found.append(
            AgreementOutcome(
                agreed.site_id,
                agreed.template.name,
                agreed.terms.amount_w,
                len(one.lines),
                sum(ordered.override_isp is not None for ordered in mine),
                sum(s.ordered_w_sum for s in sums) / _W_ISPS_PER_KWH,
                sum(s.delivered_w_sum for s in sums) / _W_ISPS_PER_KWH,
                sum(s.deficiency_w_sum for s in sums) / _W_ISPS_PER_KWH,
                statement.capacity,
                statement.volume,
                statement.penalty,
                statement.amount,
            )
        )
    return tuple(found)


def _site_days(month: Month, closing: Closing) -> tuple[SiteDay, ...]:
    """Pick for each template its best delivered day and a day that fell short."""
    settled = _settled_by_id(closing)
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
