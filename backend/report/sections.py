"""The sections below the key figures: tables, captions and drawings, ready to be laid out."""

from dataclasses import dataclass

from backend.demo.outcome import AgreementOutcome, Outcome, PointOutcome, SiteDay
from backend.report import plots
from backend.report.canvas import NARROW, WIDE
from backend.report.congested_days import ZoomDay, zoom_days
from backend.report.lines import drawn_limits_w
from backend.report.measures import (
    EXPORT,
    IMPORT,
    Direction,
    MonthDay,
    Moved,
    Sums,
    add_up,
    by_agreement,
    directions,
    load_moved,
    share,
    site_moved,
)
from backend.report.wording import eur, kilo, number, percent

LESS, MORE = "less consumption", "more consumption or less generation"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing, in two widths where lettering would get too small on a phone."""

    svg: str
    narrow_svg: str | None = None


@dataclass(frozen=True, slots=True)
class DayView:
    """A day drawn closely."""

    title: str
    note: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class PointView:
    """A congestion point.

    Attributes:
        name: the congestion point.
        directions: import and export.
        hidden: directions whose limit lies outside the drawings.
        orders: LESS or MORE to what was ordered and what the load did; only what was ordered.
        month: the month.
        days: the most congested days.
    """

    name: str
    directions: tuple[Direction, Direction]
    hidden: tuple[Direction, ...]
    orders: dict[str, Moved]
    month: Drawing
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True)
class AgreementGroup:
    """The statements of the agreements of one template, and their sums."""

    name: str
    statements: tuple[AgreementOutcome, ...]
    sums: Sums


@dataclass(frozen=True, slots=True)
class GasRow:
    """Transactions of one kind; `gas_share` is their share of all gas, None if there is none."""

    kind: str
    transactions: int
    gas: int
    gas_share: float | None


def point_view(point: PointOutcome, days: tuple[MonthDay, ...], at: int) -> PointView:
    """Draw a congestion point; `at` is its number on the page."""
    both, drawn = directions(point), drawn_limits_w(point)
    label = f"Load of {point.name} from {days[0].date} to {days[-1].date}. " + " ".join(
        f"Largest {one.name} {kilo(one.peak_before_w)} kW before and {kilo(one.peak_after_w)} kW "
        f"after, limit {kilo(one.limit_w)} kW."
        for one in both
    )
    month = Drawing(
        plots.draw_month(point, days, WIDE, f"month{at}", label),
        plots.draw_month(point, days, NARROW, f"month{at}n", label),
    )
    return PointView(
        point.name,
        both,
        tuple(one for one in both if one.name not in drawn),
        {
            name: load_moved(point, sign)
            for name, sign in ((LESS, -1), (MORE, 1))
            if (sign * point.ordered_w > 0).any()
        },
        month,
        tuple(
            _zoom_view(point, zoom, f"zoom{at}d{number}")
            for number, zoom in enumerate(zoom_days(point, days))
        ),
    )


def _zoom_view(point: PointOutcome, zoom: ZoomDay, name: str) -> DayView:
    before_w, after_w = point.before_w[zoom.day.columns], point.after_w[zoom.day.columns]
    after = dict(zip((IMPORT, EXPORT), point.excess_kwh(after_w), strict=True))
    parts = [
        f"{name}: {number(before)} kWh above the limit before, {number(after[name])} after"
        for name, before in zoom.over_kwh.items()
    ]
    note = "; ".join(parts) or "no energy above a limit before the activations"
    label = (
        f"Load of {point.name} on {zoom.day.date}: from {kilo(before_w.min())} to "
        f"{kilo(before_w.max())} kW before, from {kilo(after_w.min())} to {kilo(after_w.max())} kW "
        f"after. {note}."
    )
    drawing = Drawing(plots.draw_day(point, zoom.day, name, label))
    return DayView(f"{point.name}, {zoom.day.date:%a} {zoom.day.date}", note, drawing)


def site_day_views(days: tuple[SiteDay, ...]) -> tuple[DayView, ...]:
    """Draw the chosen days of sites; the same day chosen twice is drawn once."""
    distinct: dict[tuple[str, str, str, bytes], SiteDay] = {}
    for day in days:
        distinct.setdefault((day.site_id, day.agreement, day.date, day.target_w.tobytes()), day)
    return tuple(_site_day_view(day, at) for at, day in enumerate(distinct.values()))


def _site_day_view(day: SiteDay, at: int) -> DayView:
    moved = site_moved(day)
    note = (
        f"{percent(day.delivered_share)} of {number(moved.ordered_kwh)} kWh ordered counts as "
        f"delivered by the baseline; against recorded the site moved "
        f"{number(moved.actual_kwh)} kWh{', overridden by the owner' if day.overridden else ''}"
    )
    label = (
        f"Site {day.site_id} on {day.date}, {day.agreement}: power from {kilo(day.actual_w.min())} "
        f"to {kilo(day.actual_w.max())} kW as metered, {note}."
    )
    drawing = Drawing(plots.draw_site_day(day, f"site{at}", label))
    return DayView(f"{day.site_id}, {day.agreement}, {day.date}", note, drawing)


def agreement_groups(statements: tuple[AgreementOutcome, ...]) -> tuple[AgreementGroup, ...]:
    """Group the statements by template."""
    return tuple(
        AgreementGroup(name, group, add_up(group))
        for name, group in by_agreement(statements).items()
    )


def money_drawing(statements: tuple[AgreementOutcome, ...]) -> Drawing | None:
    """Draw the money of all statements; None if there is no statement."""
    if not statements:
        return None
    sums = add_up(statements)
    label = (
        f"Money of {len(statements)} statements: capacity pay {eur(sums.capacity)} EUR, volume pay "
        f"{eur(sums.volume)} EUR, penalties {eur(sums.penalty)} EUR. All figures are in the table."
    )
    return Drawing(
        plots.draw_money(statements, WIDE, "money", label),
        plots.draw_money(statements, NARROW, "moneyn", label),
    )


def gas_rows(outcome: Outcome) -> tuple[GasRow, ...]:
    """List the transactions by kind, in order of their first appearance."""
    total = sum(outcome.gas_used.values())
    kinds = dict.fromkeys([*outcome.transactions, *outcome.gas_used])
    return tuple(
        GasRow(
            kind,
            outcome.transactions.get(kind, 0),
            outcome.gas_used.get(kind, 0),
            share(outcome.gas_used.get(kind, 0), total),
        )
        for kind in kinds
    )
