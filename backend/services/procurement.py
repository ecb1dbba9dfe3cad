"""What a DSO procured at each congestion point, and how far the load came from what it expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, MeteringPointRow, RunRow, SiteRow
from backend.services.forecasts import final_forecast
from backend.services.metering import ISP_MINUTES
from backend.services.records import RECORDED, committed_sum, read_terms, standing_of
from backend.services.settling import SettledPeriod
from settlement.clock import MINUTES_PER_DAY
from settlement.meter import Readings
from settlement.units import divide_half_even, line_amount

_ISPS_PER_DAY = MINUTES_PER_DAY // ISP_MINUTES


@dataclass(frozen=True, slots=True)
class ProcuredIsp:
    """What was ordered in one ISP.

    Attributes:
        isp: UTC index.
        ordered_w: sum of the orders, signed.
        volume_rate: their mean rate by power, 1e-4 EUR per MWh, rounded half to even.
        price: what they cost if delivered in full, 1e-4 EUR.
        deviation_w: load as metered less final forecast and all orders, consumption positive; None
            without a forecast or a reading, and beyond the period.
    """

    isp: int
    ordered_w: int
    volume_rate: int
    price: int
    deviation_w: int | None


@dataclass(frozen=True, slots=True)
class Procurement:
    """A congestion point over a period.

    Attributes:
        congestion_point: its name.
        procured: every ISP with an order of the run, ascending.
        compared_isps: ISPs with a final forecast whose load is known.
        unknown_isps: ISPs with a final forecast of which a reading is missing.
        deviation_w_isps: sum of the load as metered less forecast and orders; consumption positive.
        absolute_deviation_w_isps: the same, each ISP taken as a magnitude.
    """

    congestion_point: str
    procured: tuple[ProcuredIsp, ...]
    compared_isps: int
    unknown_isps: int
    deviation_w_isps: int
    absolute_deviation_w_isps: int


def procurements(session: Session, run: RunRow, settled: SettledPeriod) -> tuple[Procurement, ...]:
    """Return what a run's orders were at each congestion point that has a site of the run.

    Args:
        session: an open session.
        run: the run; data committed before its `data_block` is used.
        settled: what it settled.
    """
    identities = set(settled.agreement_ids)
    if not identities:
        return ()
    query = select(AgreementRow, SiteRow.congestion_point).join(SiteRow)
    rows = session.execute(query.where(AgreementRow.status == RECORDED)).all()
    points = sorted({point for row, point in rows if row.agreement_id in identities})
    return tuple(
        _procurement(session, run, point, [row for row, at in rows if at == point], identities)
        for point in points
    )


@dataclass(slots=True)
class _Ordered:
    """Orders in one ISP: signed sums of W, and magnitudes of the run's by W and rate."""

    all_w: int = 0
    of_run_w: int = 0
    power_w: int = 0
    power_by_rate: int = 0


def _procurement(
    session: Session,
    run: RunRow,
    congestion_point: str,
    agreements: Sequence[AgreementRow],
    of_run: set[bytes],
) -> Procurement:
    ordered = _ordered(session, run, agreements, of_run)
    clock = read_terms(agreements[0].terms).clock
    isps = range(clock.day_isps(run.first_day)[0], clock.day_isps(run.last_day + 1)[0])
    deviation_w = _deviations(session, run, congestion_point, isps, ordered)
    known = [one for one in deviation_w.values() if one is not None]
    return Procurement(
        congestion_point,
        tuple(
            ProcuredIsp(
                isp,
                one.of_run_w,
                divide_half_even(one.power_by_rate, one.power_w),
                line_amount(one.power_by_rate, ISP_MINUTES, 1),
                deviation_w.get(isp),
            )
            for isp, one in sorted(ordered.items())
            if one.power_w
        ),
        len(known),
        len(deviation_w) - len(known),
        sum(known),
        sum(map(abs, known)),
    )


def _ordered(
    session: Session, run: RunRow, agreements: Sequence[AgreementRow], of_run: set[bytes]
) -> dict[int, _Ordered]:
    """Add up the standing activations at a congestion point by ISP."""
    found: dict[int, _Ordered] = {}
    for row in agreements:
        terms = read_terms(row.terms)
        for activation in standing_of(session, row.agreement_id):
            first_day = terms.clock.local_day(activation.first_isp)
            own = row.agreement_id in of_run and run.first_day <= first_day <= run.last_day
            for isp in activation.ordered_isps():
                one = found.setdefault(isp, _Ordered())
                one.all_w += activation.ordered_w
                if own:
                    one.of_run_w += activation.ordered_w
                    one.power_w += abs(activation.ordered_w)
                    one.power_by_rate += abs(activation.ordered_w) * terms.volume_rate
    return found


def _deviations(
    session: Session,
    run: RunRow,
    congestion_point: str,
    isps: range,
    ordered: Mapping[int, _Ordered],
) -> dict[int, int | None]:
    """Return load less forecast and orders for each ISP with a final forecast."""
    expected_w = final_forecast(session, congestion_point, isps.start, isps.stop)
    if not expected_w:
        return {}
    load = _load(session, run, congestion_point, isps)
    found: dict[int, int | None] = {}
    for isp, forecast_w in expected_w.items():
        load_w, orders = load.at(isp), ordered.get(isp, _Ordered())
        found[isp] = None if load_w is None else load_w - forecast_w - orders.all_w
    return found


def _load(session: Session, run: RunRow, congestion_point: str, isps: range) -> Readings:
    """Sum the committed readings of all metering points at a congestion point."""
    query = select(MeteringPointRow).join(SiteRow)
    points = session.scalars(query.where(SiteRow.congestion_point == congestion_point)).all()
    utc_days = range(isps.start // _ISPS_PER_DAY, (isps.stop - 1) // _ISPS_PER_DAY + 1)
    return committed_sum(session, points, ISP_MINUTES, utc_days, run.data_block)
