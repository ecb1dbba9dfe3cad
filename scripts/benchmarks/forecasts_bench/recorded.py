"""Hourly series of a file, such as those of measured homes, with their calendar."""

import csv
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np

from flexmanager.forecasting.known import HOURS_PER_DAY, Known
from scripts.benchmarks.forecasts_bench.series import SUNDAY
from settlement.errors import InputError

COLUMNS = ["series", "local_start", "value"]


def read_series(path: Path) -> dict[str, Known]:
    """Return the series of a CSV file by name; weather is unknown, an empty value too.

    The file has a row for every hour of each series, in time order: its name, the local time at
    which the hour begins (ISO 8601) and the mean over it.

    Raises:
        InputError: the columns are others, a value is none, or the hours are not consecutive.
    """
    rows: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise InputError(str(reader.fieldnames), f"columns of {path.name}", str(COLUMNS))
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            try:
                start = datetime.fromisoformat(row["local_start"])
                value = float(row["value"] or "nan")
            except (TypeError, ValueError):
                raise InputError(str(row), where, "a local time and a number") from None
            before = rows[row["series"]]
            if before and (start - before[-1][0]).total_seconds() != 3_600:
                raise InputError(row["local_start"], where, f"the hour after {before[-1][0]}")
            before.append((start, value))
    return {name: _known(found) for name, found in rows.items()}


def _known(rows: list[tuple[datetime, float]]) -> Known:
    starts = [start for start, _ in rows]
    hour_of_week = [start.weekday() * HOURS_PER_DAY + start.hour for start in starts]
    return Known(
        values=np.array([value for _, value in rows]),
        outside_c=np.full(len(rows), np.nan),
        hour_of_week=np.array(hour_of_week),
        free_day=np.array([start.weekday() == SUNDAY for start in starts]),
    )
