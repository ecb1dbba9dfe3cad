"""What the DSO expected at a congestion point, kept so that it can be compared with what came."""

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import ForecastRow


def store_forecast(
    session: Session,
    congestion_point: str,
    first_isp: int,
    gate_isp: int,
    expected_w: Sequence[int],
) -> None:
    """Store the load that orders were based on; the same gate again replaces it.

    Args:
        session: an open session.
        congestion_point: where.
        first_isp: UTC index of the first ISP of the forecast.
        gate_isp: the first ISP that was not metered yet when it was made.
        expected_w: W per ISP, consumption positive, without the flexibility ordered.
    """
    session.merge(
        ForecastRow(
            congestion_point=congestion_point,
            first_isp=first_isp,
            gate_isp=gate_isp,
            expected_w=json.dumps([int(one) for one in expected_w]),
        )
    )
    session.flush()


def final_forecast(
    session: Session, congestion_point: str, first_isp: int, end_isp: int
) -> dict[int, int]:
    """Return the last W expected of each ISP before it began; ISPs without one are absent.

    Args:
        session: an open session.
        congestion_point: where.
        first_isp: first ISP asked for.
        end_isp: the ISP after the last.
    """
    query = select(ForecastRow).where(
        ForecastRow.congestion_point == congestion_point,
        ForecastRow.gate_isp < end_isp,
        ForecastRow.first_isp < end_isp,
    )
    found: dict[int, int] = {}
    for row in session.scalars(query.order_by(ForecastRow.gate_isp)):
        for isp, expected_w in enumerate(json.loads(row.expected_w), row.first_isp):
            if max(row.gate_isp, first_isp) <= isp < end_isp:
                found[isp] = expected_w
    return found
