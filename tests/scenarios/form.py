"""What all scenarios share: rows, local times, blocks of readings, arithmetic beside a figure."""

import ast
import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from settlement.clock import Clock, day_of
from settlement.meter import Readings
from settlement.statement import Period
from settlement.units import AMOUNT_PER_EUR, format_eur
from settlement.window import weekly_window

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    """Rows of a file; none if there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def without_arithmetic(found: Iterable[Row]) -> list[Row]:
    return [{k: v for k, v in row.items() if not k.endswith("arithmetic")} for row in found]


def day_number(text: str) -> int:
    return day_of(date.fromisoformat(text))


def minute_of(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def window_of(text: str) -> tuple[int, int, int]:
    *weekdays, span = text.split()
    begin, end = span.split("-")
    days = [WEEKDAYS.index(one) for one in weekdays]
    return weekly_window(days, minute_of(begin), minute_of(end))


def scaled(text: str, factor: int) -> int:
    value = Decimal(text) * factor
    assert value == int(value), text
    return int(value)


def period_of(given: Mapping[str, str]) -> Period:
    return Period(day_number(given["period_first_day"]), day_number(given["period_last_day"]))


def days_named(given: Iterable[Row], name: str) -> frozenset[int]:
    return frozenset(day_number(row["value"]) for row in given if row["term"] == name)


def isps_at(clock: Clock, day: int, minute: int, which: str) -> list[int]:
    """ISPs of a wall-clock start: none in the missing hour, two in the doubled one."""
    local = 24 * 60 * day + minute
    found = [isp for isp in clock.day_isps(day) if clock.local_minutes(isp) == local]
    return {"": found, "first": found[:1], "second": found[1:]}[which]


def isp_at(clock: Clock, row: Row) -> int:
    day, minute = row["start"].split()
    (isp,) = isps_at(clock, day_number(day), minute_of(minute), row["which"])
    return isp


def block_isps(clock: Clock, block: Row) -> Iterator[int]:
    day, begin, end = day_number(block["date"]), minute_of(block["from"]), minute_of(block["to"])
    for minute in range(begin, end, clock.isp_minutes):
        yield from isps_at(clock, day, minute, block.get("which", ""))


def readings_of(clock: Clock, blocks: Iterable[Row], corrected: Iterable[Row] = ()) -> Readings:
    """Constant blocks of local time as readings; a reading may be given, and corrected, once."""
    found: dict[int, int | None] = {}
    for source in (blocks, corrected):
        seen: set[int] = set()
        for block in source:
            for isp in block_isps(clock, block):
                assert isp not in seen, clock.describe(isp)
                seen.add(isp)
                found[isp] = int(block["power_w"]) if block["power_w"] else None
    per_day = 24 * 60 // clock.isp_minutes
    days: dict[int, list[int | None]] = {}
    for isp, watts in found.items():
        utc_day, position = divmod(isp, per_day)
        days.setdefault(utc_day, [None] * per_day)[position] = watts
    return Readings(clock.isp_minutes, {day: tuple(values) for day, values in days.items()})


def evaluate(arithmetic: str) -> Fraction:
    """The exact value of an expression such as "min(2, 3) * 15/60 * 180 / 1000000"."""
    return _value(ast.parse(arithmetic, mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
        case ast.Call(func=ast.Name(id="min"), args=parts):
            return min(_value(part) for part in parts)
        case ast.Call(func=ast.Name(id="max"), args=parts):
            return max(_value(part) for part in parts)
    raise AssertionError(f"not arithmetic: {ast.unparse(node)}")


def as_figure(arithmetic: str, unit: str) -> str:
    """What an expression amounts to: EUR with four decimals, anything else whole."""
    exact = evaluate(arithmetic)
    return format_eur(round(exact * AMOUNT_PER_EUR)) if unit == "EUR" else str(round(exact))


def check_arithmetic(found: Iterable[Row]) -> int:
    """Compare each figure with the arithmetic beside it; return how many there were."""
    count = 0
    for row in found:
        for name, arithmetic in row.items():
            if not name.endswith("arithmetic") or not arithmetic:
                continue
            of = name.removesuffix("arithmetic").rstrip("_")
            value = row["value"] if not of else row.get(f"{of}_eur", row.get(f"{of}_w"))
            unit = row["unit"] if not of else "EUR" if f"{of}_eur" in row else "W"
            assert as_figure(arithmetic, unit) == value, (row, arithmetic)
            count += 1
    return count
