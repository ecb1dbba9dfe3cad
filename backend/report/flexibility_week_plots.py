"""The drawings of a week of a house, as SVG elements. Power in kW, temperatures in degrees."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from backend.report.canvas import HALF, NARROW, WIDE, as_svg, empty_figure, style
from backend.report.flexibility_house_day import DayLived
from backend.report.flexibility_week import HouseWeek
from backend.report.lines import stepped
from backend.report.plots import AFTER, BEFORE, ORDERED
from flexmanager.local.device import Bounds
from flexmanager.rounding import FloatArray, IntArray
from settlement.clock import MINUTES_PER_DAY

LIVED, PLANNED, EVENT, WISHED, OUTSIDE = AFTER, BEFORE, ORDERED, "#009e73", "#56b4e9"
TROUBLE = "#cc79a7"
_ALPHA, _TROUBLE_ALPHA, _BAND_ALPHA = 0.16, 0.22, 0.13
_W_PER_KW = 1_000
_DAYS_PER_ROW = {WIDE: 7, NARROW: 4}
_ROW_PX, _DAY_PX, _HALF_PX = 430, 330, 270
_MINUTES_PER_ISP = 15
_EVERY_HOURS = 3


def draw_week(week: HouseWeek, width: int, name: str, label: str) -> str:
    """Draw temperatures and power of the week.

    Args:
        week: the week.
        width: WIDE or NARROW, which decides how many days stand in a row.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    per_row = _DAYS_PER_ROW[width]
    chunks = [range(at, min(at + per_row, len(week.lived))) for at in range(0, 7, per_row)]
    with style():
        figure = empty_figure(width, _ROW_PX * len(chunks))
        grid = figure.subplots(
            3 * len(chunks), 1, squeeze=False, height_ratios=[3, 2, 1.1] * len(chunks)
        )
        for row, days in enumerate(chunks):
            air, power, outside = grid[3 * row : 3 * row + 3, 0]
            _draw_days(week, days, per_row, (air, power, outside))
        return as_svg(figure, name, label)


def _draw_days(week: HouseWeek, days: range, per_row: int, axes: tuple[Axes, Axes, Axes]) -> None:
    air, power, outside = axes
    starts = np.cumsum([0, *(len(one.power_w) for one in week.lived)])
    part = slice(int(starts[days.start]), int(starts[days.stop]))
    minutes = _MINUTES_PER_ISP * np.arange(part.stop - part.start)
    ends = minutes + _MINUTES_PER_ISP
    air.plot(ends, week.air_c[part], color=LIVED, linewidth=1.6)
    x, y = stepped(minutes, week.band.low_c[part])
    air.plot(x, y, color=WISHED, linewidth=1.2, dashes=(5, 3))
    air.set_ylim(15.5, max(24.0, float(week.air_c.max()) + 0.5))
    air.set_ylabel("air in °C")
    power.plot(*stepped(minutes, week.baseline_w[part] / _W_PER_KW), color=PLANNED, linewidth=1.5)
    power.plot(*stepped(minutes, week.power_w[part] / _W_PER_KW), color=LIVED, linewidth=1.1)
    power.set_ylim(0, 1.06 * week.house.device.heater.rated_w / _W_PER_KW)
    power.set_ylabel("power in kW")
    outside.plot(ends, week.outlook.outside_c[part], color=OUTSIDE, linewidth=1.5)
    outside.set_ylabel("out in °C")
    low, high = week.outlook.outside_c.min(), week.outlook.outside_c.max()
    outside.set_ylim(low - 1, high + 1)
    for number in days:
        shift = _MINUTES_PER_ISP * (int(starts[number]) - part.start)
        for one in axes[:2]:
            _mark(one, week.lived[number], shift)
    ticks = [_MINUTES_PER_ISP * (int(starts[number]) - part.start) for number in days]
    names = [f"{week.day(number):%a}" for number in days]
    for one in axes:
        one.set_xlim(0, per_row * MINUTES_PER_DAY)
        one.set_xticks(ticks, names if one is outside else [""] * len(names), ha="left")
        one.tick_params(axis="x", length=0, pad=4)
        one.grid(True)


def _mark(axes: Axes, lived: DayLived, shift: int) -> None:
    """Mark the event of a day, and what went otherwise."""
    if lived.chosen is not None:
        event = lived.chosen.activation
        start = event.first_isp - lived.manager.outlook.first_isp
        begin = shift + _MINUTES_PER_ISP * start
        end = begin + _MINUTES_PER_ISP * event.isps
        axes.axvspan(begin, end, color=EVENT, alpha=_ALPHA, linewidth=0)
    for one in lived.planned.troubles:
        begin, end = (shift + _MINUTES_PER_ISP * at for at in (one.isps.start, one.isps.stop))
        axes.axvspan(begin, end, ymax=0.06, color=TROUBLE, linewidth=0)


def draw_house_day(week: HouseWeek, number: int, name: str, label: str) -> str:
    """Draw the afternoon and evening of a day closely: power, and air with the least allowed."""
    lived = week.lived[number]
    start = sum(len(one.power_w) for one in week.lived[:number])
    minutes = _MINUTES_PER_ISP * np.arange(len(lived.power_w))
    ends, low = minutes + _MINUTES_PER_ISP, week.band.low_c[start : start + len(minutes)]
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        power, air = figure.subplots(2, 1, height_ratios=[1.2, 1])
        power.plot(*_kw(minutes, lived.baseline_w), color=PLANNED, linewidth=1.9)
        power.plot(*_kw(minutes, lived.power_w), color=LIVED, linewidth=1.5)
        power.set_ylim(0, 1.06 * week.house.device.heater.rated_w / _W_PER_KW)
        power.set_ylabel("power in kW")
        air.plot(ends, lived.state[1:, 0], color=LIVED, linewidth=1.6)
        air.plot(*stepped(minutes, low), color=WISHED, linewidth=1.2, dashes=(5, 3))
        air.set_ylabel("air in °C")
        air.set_xlabel("local time")
        for one in (power, air):
            _mark(one, lived, 0)
            _clock(one, 12, 24)
        power.tick_params(labelbottom=False)
        return as_svg(figure, name, label)


def draw_corridor(bounds: Bounds, plan_w: IntArray, name: str, label: str) -> str:
    """Draw the energy that a day can have used by each hour: least, most, and as planned."""
    minutes = _MINUTES_PER_ISP * np.arange(1, len(plan_w) + 1)
    used = np.cumsum(plan_w) * (_MINUTES_PER_ISP / 60) / _W_PER_KW
    least, most = bounds.energy_wh_min / _W_PER_KW, bounds.energy_wh_max / _W_PER_KW
    with style():
        figure = empty_figure(HALF, _HALF_PX)
        axes = figure.subplots()
        axes.fill_between(minutes, least, most, color=LIVED, alpha=_BAND_ALPHA, linewidth=0)
        axes.plot(minutes, most, color=LIVED, linewidth=1.0)
        axes.plot(minutes, least, color=LIVED, linewidth=1.0)
        axes.plot(minutes, used, color=PLANNED, linewidth=2.2)
        axes.set_ylabel("energy since midnight in kWh")
        axes.set_xlabel("local time")
        _clock(axes, 0, 24)
        return as_svg(figure, name, label)


def draw_power_range(bounds: Bounds, plan_w: IntArray, name: str, label: str) -> str:
    """Draw the least and the most power that some plan has in each quarter hour, and the plan."""
    minutes = _MINUTES_PER_ISP * np.arange(len(plan_w))
    with style():
        figure = empty_figure(HALF, _HALF_PX)
        axes = figure.subplots()
        x, most = _kw(minutes, bounds.power_w_max)
        _, least = _kw(minutes, bounds.power_w_min)
        axes.fill_between(x, least, most, color=LIVED, alpha=_BAND_ALPHA, linewidth=0)
        axes.plot(x, most, color=LIVED, linewidth=1.0)
        axes.plot(x, least, color=LIVED, linewidth=1.0)
        axes.plot(*_kw(minutes, plan_w), color=PLANNED, linewidth=2.2)
        axes.set_ylabel("power in kW")
        axes.set_xlabel("local time")
        _clock(axes, 0, 24)
        return as_svg(figure, name, label)


def _kw(minutes: IntArray, power_w: IntArray | FloatArray) -> tuple[FloatArray, FloatArray]:
    power_kw: FloatArray = np.asarray(power_w, dtype=np.float64) / _W_PER_KW
    return stepped(minutes, power_kw)


def _clock(axes: Axes, from_hour: int, to_hour: int) -> None:
    hours: Sequence[int] = range(from_hour, to_hour + 1, _EVERY_HOURS)
    axes.set_xticks([60 * hour for hour in hours], [f"{hour:02d}:00" for hour in hours])
    axes.set_xlim(60 * from_hour, 60 * to_hour)
    axes.grid(True)
