"""Reads the scenarios: terms, meter blocks and activations as an accountant writes them."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from settlement.activation import Activation, touched_days
from settlement.baseline import History
from settlement.clock import Clock, ClockRule, day_of
from settlement.delivery import deficiency_w, delivered_w
from settlement.meter import Readings
from settlement.settle import Incomplete, Settled, settle
from settlement.statement import Period
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms, validate
from settlement.units import format_eur
from settlement.window import weekly_window
from tests.settlement.defaults import terms

SCENARIOS = Path(__file__).parent / "scenarios"
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def _window(text: str) -> tuple[int, int, int]:
    *weekdays, span = text.split()
    begin, end = span.split("-")
    return weekly_window([WEEKDAYS.index(one) for one in weekdays], _minute(begin), _minute(end))


def _scaled(text: str, factor: int) -> int:
    value = Decimal(text) * factor
    assert value == int(value), text
    return int(value)


def terms_of(given: Row) -> Terms:
    """The agreement of a scenario; rates in EUR and shares in percent become integers."""
    window = _window(given["window"])
    some_terms = terms(
        start_day=day_of(date.fromisoformat(given["period_first_day"])) - 30,
        end_day=day_of(date.fromisoformat(given["period_last_day"])) + 30,
        utc_offset_minutes=int(given["utc_offset_minutes"]),
        clock_rule=ClockRule[given["clock_rule"]],
        isp_minutes=int(given["isp_minutes"]),
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=int(given["amount"]),
        volume_rate=_scaled(given["volume_rate"], 10_000),
        penalty_rate=_scaled(given["penalty_rate"], 10_000),
        capacity_rate=_scaled(given["capacity_rate"], 10_000),
        penalty_cap_bp=_scaled(given["penalty_cap"], 100),
        delivery_rule=DeliveryRule[given["delivery_rule"]],
        delivery_bp=_scaled(given["delivery_share"], 100),
        delivery_slope=int(given["delivery_slope"]),
        baseline_method=BaselineMethod[given["baseline_method"]],
        x=int(given["x"]),
        y=int(given["y"]),
        adjustment=Adjustment[given["adjustment"]],
        adjustment_isps=int(given["adjustment_isps"]),
        adjustment_gap_isps=int(given["adjustment_gap_isps"]),
        adjustment_cap_bp=_scaled(given["adjustment_cap"], 100),
    )
    validate(some_terms)
    return some_terms


def _isps_at(clock: Clock, day: int, minute: int, which: str) -> list[int]:
    """ISPs of a wall-clock start: none in the missing hour, two in the doubled one."""
    local = 24 * 60 * day + minute
    found = [isp for isp in clock.day_isps(day) if clock.local_minutes(isp) == local]
    return {"": found, "first": found[:1], "second": found[1:]}[which]


def _values(clock: Clock, blocks: list[Row]) -> Iterator[tuple[int, int | None]]:
    for block in blocks:
        day = day_of(date.fromisoformat(block["date"]))
        watts = int(block["power_w"]) if block["power_w"] else None
        begin, end = _minute(block["from"]), _minute(block["to"])
        for minute in range(begin, end, clock.isp_minutes):
            for isp in _isps_at(clock, day, minute, block["which"]):
                yield isp, watts


def readings_of(clock: Clock, blocks: list[Row]) -> Readings:
    """Constant blocks of local time as readings; a reading may be given once."""
    per_day = 24 * 60 // clock.isp_minutes
    days: dict[int, list[int | None]] = {}
    seen: set[int] = set()
    for isp, watts in _values(clock, blocks):
        assert isp not in seen, clock.describe(isp)
        seen.add(isp)
        utc_day, position = divmod(isp, per_day)
        days.setdefault(utc_day, [None] * per_day)[position] = watts
    return Readings(clock.isp_minutes, {day: tuple(values) for day, values in days.items()})


def _activation(clock: Clock, row: Row) -> Activation:
    day, minute = row["start"].split()
    (first_isp,) = _isps_at(clock, day_of(date.fromisoformat(day)), _minute(minute), row["which"])
    return Activation(first_isp, int(row["isps"]), int(row["ordered_w"]))


def run(folder: Path) -> tuple[Terms, Settled | Incomplete]:
    """Settle a scenario."""
    given = rows(folder / "given_terms.csv")
    some_terms = terms_of({row["term"]: row["value"] for row in given})
    clock = some_terms.clock
    dates = {row["term"]: row["value"] for row in given}
    standing = [_activation(clock, row) for row in rows(folder / "when_activations.csv")]
    nominated = folder / "given_nominations.csv"
    nomination = readings_of(clock, rows(nominated) if nominated.exists() else [])
    history = History(
        readings_of(clock, rows(folder / "given_meter.csv")),
        touched_days(some_terms, standing),
        {isp for one in standing for isp in one.ordered_isps()},
        {
            day_of(date.fromisoformat(row["value"]))
            for row in given
            if row["term"] == "non_working_day"
        },
    )
    period = Period(
        day_of(date.fromisoformat(dates["period_first_day"])),
        day_of(date.fromisoformat(dates["period_last_day"])),
    )
    nominations = dict.fromkeys(standing, nomination)
    return some_terms, settle(some_terms, standing, period, history, nominations)


def statement_rows(result: Settled | Incomplete) -> list[Row]:
    """The result in the form of then_statement.csv."""
    if isinstance(result, Incomplete):
        figures = [("status", "incomplete", "")]
        figures += [("reason", reason, "") for reason in result.reasons]
    else:
        statement = result.statement
        figures = [
            ("status", "complete", ""),
            ("capacity_isps", str(statement.capacity_isps), "ISPs"),
        ]
        figures += [
            (name, format_eur(getattr(statement, name)), "EUR")
            for name in ("capacity", "volume", "penalty", "amount")
        ]
    return [{"figure": name, "value": value, "unit": unit} for name, value, unit in figures]


def line_rows(clock: Clock, result: Settled | Incomplete) -> list[Row]:
    """The lines in the form of then_lines.csv: one row per ISP, the money in the first."""
    found: list[Row] = []
    for number, line in enumerate(result.lines if isinstance(result, Settled) else (), start=1):
        ordered = line.activation.ordered_w
        for isp, (baseline, actual) in zip(line.activation.ordered_isps(), line.pairs, strict=True):
            first = isp == line.activation.first_isp
            found.append(
                {
                    "activation": str(number),
                    "start": clock.describe(isp),
                    "baseline_w": str(baseline),
                    "actual_w": str(actual),
                    "delivered_w": str(delivered_w(baseline, actual, ordered)),
                    "deficiency_w": str(deficiency_w(baseline, actual, ordered)),
                    "volume_eur": format_eur(line.volume) if first else "",
                    "penalty_eur": format_eur(line.penalty) if first else "",
                }
            )
    return found
