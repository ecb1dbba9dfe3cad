"""Day blobs written as CSV, one row per ISP, in a form that the checker reads as well."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from backend.kernel.bulk.meter_parquet import MeterDay
from settlement.meter import decode_blob

HEADER = ("metering_point", "start_utc", "power_w")
_SECONDS_PER_DAY, _SECONDS_PER_MINUTE = 86_400, 60


def export_csv(days: Iterable[MeterDay], isp_minutes: int, target: Path) -> int:
    """Write day blobs as CSV; a missing reading is an empty value, never 0.

    Args:
        days: metering point, UTC day and blob.
        isp_minutes: ISP length.
        target: the file, replaced if it is there.

    Returns:
        The number of rows.

    Raises:
        InputError: a blob is not one UTC day long.
    """
    rows = 0
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for point, utc_day, blob in days:
            where = f"meter data of {point}, UTC day {utc_day}"
            values_w = decode_blob(blob, isp_minutes, where)
            begin_s, step_s = utc_day * _SECONDS_PER_DAY, isp_minutes * _SECONDS_PER_MINUTE
            starts_s = range(begin_s, begin_s + _SECONDS_PER_DAY, step_s)
            writer.writerows(
                (point, f"{datetime.fromtimestamp(start_s, UTC):%Y-%m-%dT%H:%MZ}", value_w)
                for start_s, value_w in zip(starts_s, values_w, strict=True)
            )
            rows += len(values_w)
    return rows
