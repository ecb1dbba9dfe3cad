"""Scenarios of agreements: given terms and meter data, when activated, then the statement."""

from pathlib import Path

from settlement.activation import Activation, touched_days
from settlement.baselines.baseline import History
from settlement.clock import Clock, ClockRule
from settlement.delivery import deficiency_w, delivered_w
from settlement.settle import Incomplete, Settled, settle
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms, validate
from settlement.units import format_eur
from tests.scenarios.form import (
    Row,
    days_named,
    isp_at,
    period_of,
    readings_of,
    rows,
    scaled,
    window_of,
)
from tests.settlement.defaults import terms


def terms_of(given: Row) -> Terms:
    """The agreement of a scenario; rates in EUR and shares in percent become integers."""
    window = window_of(given["window"])
    some_terms = terms(
        start_day=period_of(given).first_day - 30,
        end_day=period_of(given).last_day + 30,
        utc_offset_minutes=int(given["utc_offset_minutes"]),
        clock_rule=ClockRule[given["clock_rule"]],
        isp_minutes=int(given["isp_minutes"]),
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=int(given["amount"]),
        volume_rate=scaled(given["volume_rate"], 10_000),
        penalty_rate=scaled(given["penalty_rate"], 10_000),
        capacity_rate=scaled(given["capacity_rate"], 10_000),
        penalty_cap_bp=scaled(given["penalty_cap"], 100),
        delivery_rule=DeliveryRule[given["delivery_rule"]],
        delivery_bp=scaled(given["delivery_share"], 100),
        delivery_slope=int(given["delivery_slope"]),
        baseline_method=BaselineMethod[given["baseline_method"]],
        x=int(given["x"]),
        y=int(given["y"]),
        adjustment=Adjustment[given["adjustment"]],
        adjustment_isps=int(given["adjustment_isps"]),
        adjustment_gap_isps=int(given["adjustment_gap_isps"]),
        adjustment_cap_bp=scaled(given["adjustment_cap"], 100),
    )
    validate(some_terms)
    return some_terms


def _activation(clock: Clock, row: Row) -> Activation:
    return Activation(isp_at(clock, row), int(row["isps"]), int(row["ordered_w"]))


def run(folder: Path, *, corrected: bool = False) -> tuple[Terms, Settled | Incomplete]:
    """Settle a scenario, as metered at first or as corrected."""
    given_rows = rows(folder / "given_terms.csv")
    given = {row["term"]: row["value"] for row in given_rows}
    some_terms = terms_of(given)
    clock = some_terms.clock
    standing = [_activation(clock, row) for row in rows(folder / "when_activations.csv")]
    nomination = readings_of(clock, rows(folder / "given_nominations.csv"))
    correction = rows(folder / "when_corrected_meter.csv") if corrected else ()
    history = History(
        readings_of(clock, rows(folder / "given_meter.csv"), correction),
        touched_days(some_terms, standing),
        {isp for one in standing for isp in one.ordered_isps()},
        days_named(given_rows, "non_working_day"),
    )
    nominations = dict.fromkeys(standing, nomination)
    return some_terms, settle(some_terms, standing, period_of(given), history, nominations)


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
