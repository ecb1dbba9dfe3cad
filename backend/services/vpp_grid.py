"""The congestion points that a DSO declares, and what feeds them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import CongestionPointRow
from backend.district.district import District
from flexmanager.vpp.congestion import GridPoint, Limits, PointKind, bottom_up


def declare_points(session: Session, points: Sequence[GridPoint]) -> None:
    """Store congestion points; a point that was declared before gets its new limits.

    Args:
        session: an open session.
        points: points whose feeding points are among them or were declared before.

    Raises:
        ParameterError: a name stands twice, a feeding point is unknown, or there is a ring.
            Nothing is stored.
    """
    new = {one.name for one in points}
    bottom_up([*points, *(one for one in read_grid(session).values() if one.name not in new)])
    for one in points:
        session.merge(
            CongestionPointRow(
                name=one.name,
                kind=one.kind.value,
                import_limit_w=one.limits.import_w,
                export_limit_w=one.limits.export_w,
                above=one.above,
            )
        )
    session.flush()


def read_grid(session: Session) -> dict[str, GridPoint]:
    """Return all declared points by name."""
    rows = session.scalars(select(CongestionPointRow).order_by(CongestionPointRow.name))
    return {
        row.name: GridPoint(
            row.name,
            PointKind(row.kind),
            Limits(row.import_limit_w, row.export_limit_w),
            row.above,
        )
        for row in rows
    }


def points_of(district: District) -> list[GridPoint]:
    """Return the transformers of a district with what may pass them in each direction."""
    return [
        GridPoint(
            one.congestion_point_id,
            PointKind.TRANSFORMER,
            Limits(one.import_limit_w, one.export_limit_w),
        )
        for one in district.congestion_points
    ]
