"""Meter data of very many metering points, into the store and out of it as day blobs in Parquet."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import MeterDayRow, MeteringPointRow
from backend.kernel.bulk.meter_parquet import MeterDay, read_meter_days, write_meter_days
from backend.services.metering import ISP_MINUTES, take_in_day
from settlement.errors import InputError
from settlement.meter import decode_blob

DAYS_AT_ONCE = 10_000
"""Days of metering points that are in memory together."""


def import_meter_days(session: Session, mdc: bytes, path: Path) -> int:
    """Take a Parquet file of day blobs in, by the rules of `take_in_day`.

    Args:
        session: an open session; nothing of the file is stored if any of it is refused.
        mdc: address of the meter data company that sends it.
        path: the file, ascending by metering point and UTC day, each once.

    Returns:
        The number of days of metering points of which something new was stored.

    Raises:
        InputError: the file cannot be used or does not ascend, or a metering point is unknown or
            of another company.
    """
    stored = 0
    with session.begin_nested():
        for piece in _pieces(_ascending(read_meter_days(path), path)):
            by_day: dict[int, dict[str, tuple[int | None, ...]]] = {}
            for point, utc_day, blob in piece:
                where = f"{path}, {point}, UTC day {utc_day}"
                by_day.setdefault(utc_day, {})[point] = decode_blob(blob, ISP_MINUTES, where)
            for utc_day, values_w in sorted(by_day.items()):
                stored += take_in_day(session, mdc, utc_day, values_w)
    return stored


def _ascending(days: Iterable[MeterDay], path: Path) -> Iterator[MeterDay]:
    """Refuse that a point has a day twice, which a file that ascends shows without memory."""
    before: tuple[str, int] | None = None
    for point, utc_day, blob in days:
        if before is not None and (point, utc_day) <= before:
            expected = "rows that ascend by metering point and UTC day, each once"
            raise InputError(f"UTC day {utc_day} of {point}", str(path), expected)
        before = point, utc_day
        yield point, utc_day, blob


def _pieces(days: Iterable[MeterDay]) -> Iterator[list[MeterDay]]:
    stream = iter(days)
    while piece := list(islice(stream, DAYS_AT_ONCE)):
        yield piece


def export_meter_days(
    session: Session, mdc: bytes, first_utc_day: int, last_utc_day: int, path: Path
) -> int:
    """Write what is held of a company's metering points, each day in its latest version.

    Args:
        session: an open session.
        mdc: address of the meter data company.
        first_utc_day: first UTC day.
        last_utc_day: last one, inclusive.
        path: the Parquet file, replaced if it is there.

    Returns:
        The number of days of metering points.
    """
    query = (
        select(MeterDayRow.metering_point, MeterDayRow.utc_day, MeterDayRow.blob)
        .join(MeteringPointRow, MeteringPointRow.name == MeterDayRow.metering_point)
        .where(
            MeteringPointRow.mdc == mdc, MeterDayRow.utc_day.between(first_utc_day, last_utc_day)
        )
        .order_by(MeterDayRow.metering_point, MeterDayRow.utc_day, MeterDayRow.version)
        .execution_options(yield_per=DAYS_AT_ONCE)
    )
    held = ((point, utc_day, blob) for point, utc_day, blob in session.execute(query))
    return write_meter_days(path, _latest(held))


def _latest(days: Iterable[MeterDay]) -> Iterator[MeterDay]:
    """Keep the last of each point and day; versions come in ascending order."""
    before: MeterDay | None = None
    for day in days:
        if before is not None and before[:2] != day[:2]:
            yield before
        before = day
    if before is not None:
        yield before
