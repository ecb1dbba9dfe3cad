"""The drawings of the report of a month, as SVG elements.

Power is drawn in kW, consumption upwards. The legend is the page's: colours mean the same in every
drawing (`BEFORE`, `AFTER`, `ORDERED`, `LIMIT`, `BASELINE`), told apart by line style as well.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from backend.demo import plan
from backend.demo.outcome import AgreementOutcome, PointOutcome, SiteDay
from backend.report.canvas import HALF, NARROW, WIDE, as_svg, empty_figure, style
from backend.report.lines import FloatArray, drawn_limits_w, stepped
from backend.report.measures import IMPORT, MonthDay, by_agreement
from settlement.units import AMOUNT_PER_EUR

BEFORE, AFTER, ORDERED, LIMIT, BASELINE = "#8a929c", "#0072b2", "#e69f00", "#c1121f", "#111111"
CAPACITY, VOLUME, PENALTY = "#56b4e9", "#009e73", "#cc79a7"
OVER_ALPHA, BAND_ALPHA = 0.6, 0.13

_DAYS_PER_ROW = {WIDE: 16, NARROW: 7}
_MONTH_ROW_PX, _DAY_PX, _BAR_PX, _FRAME_PX = 190, 270, 19, 44
_MINUTES_PER_HOUR, _MINUTES_PER_DAY = 60, 1440
_W_PER_KW = 1_000


def draw_month(
    point: PointOutcome, days: Sequence[MonthDay], width: int, name: str, label: str
) -> str:
    """Draw the load of a congestion point over the month, before and after, with what is over.

    Args:
        point: the congestion point.
        days: the days of the month.
        width: WIDE or NARROW, which decides how many days stand in a row.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    per_row = min(_DAYS_PER_ROW[width], len(days))
    chunks = [days[at : at + per_row] for at in range(0, len(days), per_row)]
    with style():
        figure = empty_figure(width, _MONTH_ROW_PX * len(chunks))
        grid = figure.subplots(len(chunks), 1, sharey=True, squeeze=False)
        for axes, chunk in zip(grid[:, 0], chunks, strict=True):
            _draw_days(axes, point, chunk, per_row)
        figure.supylabel("load in kW, export below 0", fontsize=11, color="#3b4552")
        return as_svg(figure, name, label)


def _draw_days(axes: Axes, point: PointOutcome, days: Sequence[MonthDay], per_row: int) -> None:
    """Draw a row of days; a day with a clock change has its own length, so hours stay hours."""
    columns = slice(days[0].columns.start, days[-1].columns.stop)
    elapsed = plan.ISP_MINUTES * np.arange(columns.stop - columns.start)
    _draw_load(axes, point, columns, elapsed, fine=True)
    starts = [plan.ISP_MINUTES * (day.columns.start - columns.start) for day in days]
    axes.set_xticks(starts, [day.date.strftime("%m-%d") for day in days], ha="left")
    axes.set_xlim(0, per_row * _MINUTES_PER_DAY)
    axes.tick_params(axis="x", length=0, pad=4)
    axes.grid(True)


def draw_day(point: PointOutcome, day: MonthDay, name: str, label: str) -> str:
    """Draw the load of a congestion point over one day with what was ordered.

    Args:
        point: the congestion point.
        day: the day.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        axes = figure.subplots()
        _draw_load(axes, point, day.columns, day.minutes, fine=False)
        ordered_w = point.ordered_w[day.columns].astype(np.float64)
        wanted_w = np.where(ordered_w != 0, point.before_w[day.columns] + ordered_w, np.nan)
        _line(axes, day.minutes, wanted_w, ORDERED, width=1.6)
        _band(axes, day.minutes, np.isfinite(wanted_w))
        _hours(axes)
        axes.set_ylabel("load in kW, export below 0")
        return as_svg(figure, name, label)


def _draw_load(
    axes: Axes, point: PointOutcome, columns: slice, minutes: NDArray[np.int64], *, fine: bool
) -> None:
    """Draw load before and after with the limits, and fill what remains above them."""
    after_w = point.after_w[columns]
    _line(axes, minutes, point.before_w[columns], BEFORE, width=1.3 if fine else 1.8)
    _line(axes, minutes, after_w, AFTER, width=0.9 if fine else 1.5)
    x, y = stepped(minutes, after_w / _W_PER_KW)
    for direction, limit_w in drawn_limits_w(point).items():
        limit = limit_w / _W_PER_KW
        over = y > limit if direction == IMPORT else y < limit
        axes.fill_between(
            x, limit, y, where=over, color=LIMIT, alpha=OVER_ALPHA, linewidth=0, zorder=3
        )
        axes.axhline(limit, color=LIMIT, linewidth=1.2, dashes=(5, 3), zorder=4)


def draw_site_day(site_day: SiteDay, name: str, label: str) -> str:
    """Draw one day of a site: recorded, baseline, ordered and actual.

    Args:
        site_day: the site's day.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        axes = figure.subplots()
        minutes = site_day.minutes
        _line(axes, minutes, site_day.recorded_w, BEFORE, width=1.8)
        _line(axes, minutes, site_day.actual_w, AFTER, width=1.5)
        _line(axes, minutes, site_day.target_w, ORDERED, width=2.0)
        _line(axes, minutes, site_day.baseline_w, BASELINE, width=2.2, style=(0, (1, 1.2)))
        _band(axes, minutes, np.isfinite(site_day.target_w))
        _hours(axes)
        axes.set_ylabel("power in kW, generation below 0")
        return as_svg(figure, name, label)


def draw_money(statements: Sequence[AgreementOutcome], width: int, name: str, label: str) -> str:
    """Draw each statement's capacity and volume pay to the right, its penalty to the left.

    Args:
        statements: at least one statement.
        width: WIDE or NARROW.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    groups = by_agreement(tuple(statements))
    heights = [len(group) + 1 for group in groups.values()]
    with style():
        figure = empty_figure(width, _BAR_PX * sum(heights) + _FRAME_PX * (len(groups) + 1))
        grid = figure.subplots(
            len(groups), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for axes, (agreement, group) in zip(grid[:, 0], groups.items(), strict=True):
            _draw_bars(axes, group)
            axes.set_title(agreement, fontsize=11, fontweight="bold", loc="left")
            axes.set_xlabel("EUR")
        return as_svg(figure, name, label)


def _draw_bars(axes: Axes, statements: Sequence[AgreementOutcome]) -> None:
    rows = np.arange(len(statements))
    capacity, volume, penalty, amount = (
        np.array([getattr(one, kind) for one in statements]) / AMOUNT_PER_EUR
        for kind in ("capacity", "volume", "penalty", "amount")
    )
    axes.barh(rows, capacity, color=CAPACITY, height=0.72)
    axes.barh(rows, volume, left=capacity, color=VOLUME, height=0.72)
    axes.barh(rows, -penalty, color=PENALTY, height=0.72)
    axes.plot(amount, rows, "D", color=BASELINE, markersize=3.5)
    axes.axvline(0, color="#3b4552", linewidth=0.8)
    axes.set_yticks(rows, [one.site_id for one in statements])
    axes.set_ylim(len(statements) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=True)
    axes.grid(True, axis="x")


def _line(
    axes: Axes,
    minutes: NDArray[np.int64],
    power_w: NDArray[np.int64] | FloatArray,
    color: str,
    *,
    width: float,
    style: str | tuple[int, tuple[float, ...]] = "-",
) -> None:
    x, y = stepped(minutes, power_w / _W_PER_KW)
    axes.plot(x, y, color=color, linewidth=width, linestyle=style)


def _band(axes: Axes, minutes: NDArray[np.int64], ordered: NDArray[np.bool_]) -> None:
    """Mark the ISPs that are ordered, from the bottom of the drawing to its top."""
    x, y = stepped(minutes, np.where(ordered, 1.0, np.nan))
    axes.fill_between(
        x, 0, y, color=ORDERED, alpha=BAND_ALPHA, linewidth=0, transform=axes.get_xaxis_transform()
    )


def _hours(axes: Axes) -> None:
    hours = range(0, 25, 3)
    axes.set_xticks([_MINUTES_PER_HOUR * hour for hour in hours], [f"{h:02d}:00" for h in hours])
    axes.set_xlim(0, _MINUTES_PER_DAY)
    axes.set_xlabel("local time")
    axes.grid(True)
