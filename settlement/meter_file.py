"""A party's own meter file: CSV in, readings out, every odd row named. Nothing is filled in.

Columns: `start_utc` (such as 2027-03-28T01:00Z) or `start_local` (2027-03-28 03:00, the
agreement's local time); then `power_w`, or `energy_wh`, or `import_wh` and `export_wh`; and
`metering_point` where the file holds more than one. An empty value is a missing reading.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from settlement.clock import MINUTES_PER_DAY, Clock, day_of
from settlement.errors import InputError
from settlement.meter import Readings
from settlement.units import divide_half_even

_VALUE_COLUMNS = (("power_w",), ("energy_wh",), ("import_wh", "export_wh"))
_MINUTES_PER_HOUR = 60


def read_meter_file(path: Path, clock: Clock, default_point: str) -> dict[str, Readings]:
    """Read a meter file.

    Args:
        path: a CSV file in UTF-8 with a header.
        clock: ISP length and local time of the agreement.
        default_point: the metering point of a file without that column.

    Returns:
        Readings per metering point, whole W, rounded half to even.

    Raises:
        InputError: names file, row and what was expected there.
    """
    cells: dict[str, dict[int, int | None]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for where, isp, point, value_w in _rows(csv.DictReader(stream), path, clock):
                column = cells.setdefault(point or default_point, {})
                if isp in column:
                    raise InputError(
                        f"a second reading for {clock.describe(isp)}", where, "one reading per ISP"
                    )
                column[isp] = value_w
    except OSError as error:
        raise InputError(error.strerror or str(error), str(path), "a readable file") from None
    except UnicodeDecodeError:
        raise InputError("not text", str(path), "a CSV file in UTF-8") from None
    except csv.Error as error:
        raise InputError(str(error), str(path), "rows of a CSV file") from None
    if not cells:
        raise InputError("no readings", str(path), "at least one row under the header")
    return {point: _by_day(column, clock.isp_minutes) for point, column in cells.items()}


def _rows(
    reader: "csv.DictReader[str]", path: Path, clock: Clock
) -> Iterator[tuple[str, int, str, int | None]]:
    columns = reader.fieldnames or []
    values = next((names for names in _VALUE_COLUMNS if set(names) <= set(columns)), None)
    if values is None or ("start_utc" in columns) == ("start_local" in columns):
        raise InputError(
            f"columns {', '.join(columns) or 'none'}",
            f"{path}, row 1",
            "start_utc or start_local, and power_w, energy_wh, or import_wh and export_wh",
        )
    for name in columns:
        if columns.count(name) > 1:
            raise InputError(f"column {name} stands twice", f"{path}, row 1", "each column once")
    local_stamps = _LocalStamps(clock)
    for row in reader:
        where = f"{path}, row {reader.line_num}"
        if None in row or None in row.values():
            raise InputError("a row of another width", where, f"{len(columns)} values")
        point = row.get("metering_point", "")
        if "start_utc" in columns:
            isp = _utc_isp(row["start_utc"], where, clock)
        else:
            isp = local_stamps.isp(row["start_local"], point, where)
        yield where, isp, point, _value_w(row, values, where, clock)
    local_stamps.check_complete()


def _utc_isp(text: str, where: str, clock: Clock) -> int:
    expected = f"a UTC time such as 2027-03-28T01:00Z on a full {clock.isp_minutes} minutes"
    try:
        moment = datetime.fromisoformat(text.strip())
        seconds = moment.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise InputError(f"start_utc {text!r:.40}", where, expected) from None
    if moment.tzinfo is None:
        raise InputError(f"start_utc {text!r:.40} without a zone", where, expected)
    if seconds % (clock.isp_minutes * 60):
        raise InputError(f"start_utc {text!r:.40} inside an ISP", where, expected)
    return int(seconds) // (clock.isp_minutes * 60)


class _LocalStamps:
    """Turns naive local stamps into ISPs; in the doubled hour the first one read is the earlier."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[int, int, str]] = {}

    def isp(self, text: str, point: str, where: str) -> int:
        clock = self._clock
        expected = f"a local time such as 2027-03-28 03:00 on a full {clock.isp_minutes} minutes"
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise InputError(f"start_local {text!r:.40}", where, expected) from None
        minute = moment.hour * _MINUTES_PER_HOUR + moment.minute
        odd = moment.second or moment.microsecond or minute % clock.isp_minutes
        if moment.tzinfo is not None or odd:
            raise InputError(f"start_local {text!r:.40}", where, expected)
        local = day_of(moment.date()) * MINUTES_PER_DAY + minute
        day_isps = clock.day_isps(day_of(moment.date()))
        matching = [isp for isp in day_isps if clock.local_minutes(isp) == local]
        if not matching:
            raise InputError(
                f"start_local {text.strip()} does not exist, the clock went forward",
                where,
                expected,
            )
        read_before, _, _ = self._seen.get((point, local), (0, 0, ""))
        self._seen[point, local] = (read_before + 1, len(matching), where)
        return matching[min(read_before, len(matching) - 1)]

    def check_complete(self) -> None:
        for (_, local), (times, expected_times, where) in self._seen.items():
            if times < expected_times:
                start = datetime(1970, 1, 1) + timedelta(minutes=local)
                raise InputError(
                    f"start_local {start:%Y-%m-%d %H:%M} stands once, but its hour is doubled",
                    where,
                    "both readings in time order, or start_utc",
                )


def _value_w(row: dict[str, str], names: tuple[str, ...], where: str, clock: Clock) -> int | None:
    parts = [_number(row[name], name, where) for name in names]
    if any(part is None for part in parts):
        return None
    numbers = [part for part in parts if part is not None]
    value = numbers[0] if len(numbers) == 1 else numbers[0] - numbers[1]
    if names != ("power_w",):
        value = value * _MINUTES_PER_HOUR / clock.isp_minutes
    return divide_half_even(value.numerator, value.denominator)


def _number(text: str, name: str, where: str) -> Fraction | None:
    text = text.strip()
    if not text:
        return None
    try:
        if "/" in text or "_" in text or len(text) > 40 or "e" in text.lower():
            raise ValueError
        return Fraction(text)
    except ValueError:
        raise InputError(f"{name} {text!r:.40}", where, "a decimal number, or nothing") from None


def _by_day(column: dict[int, int | None], isp_minutes: int) -> Readings:
    per_day = MINUTES_PER_DAY // isp_minutes
    days: dict[int, list[int | None]] = {}
    for isp, value_w in column.items():
        utc_day, position = divmod(isp, per_day)
        days.setdefault(utc_day, [None] * per_day)[position] = value_w
    return Readings(isp_minutes, {day: tuple(values) for day, values in sorted(days.items())})
