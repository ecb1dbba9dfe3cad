"""Gathers the figures of a finished demonstration."""

from collections.abc import Mapping

import numpy as np

from backend.demo import plan
from backend.demo.outcome import W_ISPS_PER_KWH, AgreementOutcome, Outcome, PointOutcome
from backend.demo.relief import overloads_of, worth_of
from backend.demo.settlement_day import Closing
from backend.demo.site_days import site_days
from backend.demo.traded import trade_outcome
from backend.demo.unfolding import Month
from backend.services.records import count_registered
from settlement.clock import date_of
from settlement.identity import agreement_id
from settlement.settle import Settled


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
    settled = {one.statement.agreement_id: one for one in closing.settled.run.settled}
    registered = count_registered(session)
    orders = [one.carried.row for one in month.served if one.carried is not None]
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
        trade=tuple(trade_outcome(month, one) for one in month.served),
        points=tuple(_point(month, name, columns) for name in _point_names(month)),
        overloads=overloads,
        worth=worth_of(month, closing, overloads),
        site_days=site_days(month, settled),
        statements=_statements(month, settled),
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


def _statements(month: Month, settled: Mapping[bytes, Settled]) -> tuple[AgreementOutcome, ...]:
    found = []
    for agreed in month.prepared.agreed:
        one = settled.get(agreement_id(agreed.terms))
        if one is None:
            continue
        mine = month.ordered_of(agreed)
        statement, sums = one.statement, [line.delivery for line in one.lines]
        found.append(
            AgreementOutcome(
                agreed.site_id,
                agreed.template.name,
                agreed.terms.amount_w,
                len(one.lines),
                sum(ordered.override_isp is not None for ordered in mine),
                sum(s.ordered_w_sum for s in sums) / W_ISPS_PER_KWH,
                sum(s.delivered_w_sum for s in sums) / W_ISPS_PER_KWH,
                sum(s.deficiency_w_sum for s in sums) / W_ISPS_PER_KWH,
                statement.capacity,
                statement.volume,
                statement.penalty,
                statement.amount,
            )
        )
    return tuple(found)
