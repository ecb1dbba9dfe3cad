"""Meter files of a meter data company: taken in whole or not at all."""

from pathlib import Path

from sqlalchemy.orm import Session

from backend.services.metering import take_in_day
from settlement.clock import Clock
from settlement.meter_file import read_meter_file


def import_meter_file(session: Session, mdc: bytes, path: Path, clock: Clock) -> int:
    """Store the readings of a CSV file with a column `metering_point`.

    Gaps stay missing readings; everything else that is odd refuses the file with its row.

    Args:
        session: an open session; nothing of the file is stored if any of it is refused.
        mdc: address of the meter data company that sends it.
        path: the file, in the form that `settlement.meter_file` describes.
        clock: ISP length, and local time for files that use it.

    Returns:
        The number of days of metering points of which something new was stored.

    Raises:
        InputError: names file and row, or the metering point and day.
    """
    points = read_meter_file(path, clock, "")
    utc_days = sorted({day for readings in points.values() for day in readings.days})
    stored = 0
    with session.begin_nested():
        for utc_day in utc_days:
            values = {
                point: readings.days[utc_day]
                for point, readings in points.items()
                if utc_day in readings.days
            }
            stored += take_in_day(session, mdc, utc_day, values)
    return stored
