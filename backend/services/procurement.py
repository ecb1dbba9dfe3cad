"""What a DSO procured at each congestion point, and how far the load came from what it expected."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, MeteringPointRow, RunRow, SiteRow
from backend.services.forecasts import final_forecast
from backend.services.metering import ISP_MINUTES
from backend.services.records import (
    RECORDED,
    committed_versions,
    read_terms,
    readings_of,
    standing_of,
)
from backend.services.settling import SettledPeriod
from settlement.clock import MINUTES_PER_DAY
from settlement.meter import Readings, sum_readings
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
    """

    isp: int
    ordered_w: int
    volume_rate: int
    price: int


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


def _procurement(
    session: Session,
    run: RunRow,
    congestion_point: str,
    agreements: Sequence[AgreementRow],
    of_run: set[bytes],
) -> Procurement:
    total_w: dict[int, int] = {}
    power_w: dict[int, int] = {}
    weighted: dict[int, int] = {}
    own_w: dict[int, int] = {}
    for row in agreements:
        terms = read_terms(row.terms)
        for one in standing_of(session, row.agreement_id):
            local_day = terms.clock.local_day(one.first_isp)
            for isp in one.ordered_isps():
                total_w[isp] = total_w.get(isp, 0) + one.ordered_w
                if row.agreement_id in of_run and run.first_day <= local_day <= run.last_day:
                    own_w[isp] = own_w.get(isp, 0) + one.ordered_w
                    power_w[isp] = power_w.get(isp, 0) + abs(one.ordered_w)
                    weighted[isp] = weighted.get(isp, 0) + abs(one.ordered_w) * terms.volume_rate
    procured = tuple(
        ProcuredIsp(
            isp,
            own_w[isp],
            divide_half_even(weighted[isp], power_w[isp]),
            line_amount(weighted[isp], ISP_MINUTES, 1),
        )
        for isp in sorted(own_w)
    )
    clock = read_terms(agreements[0].terms).clock
    first_isp = clock.day_isps(run.first_day)[0]
    end_isp = clock.day_isps(run.last_day + 1)[0]
    expected = final_forecast(session, congestion_point, first_isp, end_isp)
    load = _load(session, run, congestion_point, first_isp, end_isp) if expected else None
    deviations, unknown = [], 0
    for isp, expected_w in expected.items():
        load_w = load.at(isp) if load else None
        if load_w is None:
            unknown += 1
        else:
            deviations.append(load_w - expected_w - total_w.get(isp, 0))
    return Procurement(
        congestion_point,
        procured,
        len(deviations),
        unknown,
        sum(deviations),
        sum(map(abs, deviations)),
    )


def _load(
    session: Session, run: RunRow, congestion_point: str, first_isp: int, end_isp: int
) -> Readings:
    """Sum the committed readings of all metering points at a congestion point."""
    query = select(MeteringPointRow).join(SiteRow)
    points = session.scalars(query.where(SiteRow.congestion_point == congestion_point)).all()
    utc_days = range(first_isp // _ISPS_PER_DAY, (end_isp - 1) // _ISPS_PER_DAY + 1)
    committed = {
        mdc: committed_versions(session, mdc, utc_days, run.data_block)
        for mdc in {point.mdc for point in points}
    }
    return sum_readings(
        [readings_of(session, point.name, ISP_MINUTES, committed[point.mdc]) for point in points]
    )
