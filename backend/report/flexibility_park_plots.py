"""The drawings of a day of a car park, as SVG elements. Power in kW."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from backend.report.canvas import HALF, as_svg, empty_figure, style
from backend.report.flexibility_cars import CarDay
from backend.report.flexibility_park import ParkDay
from backend.report.lines import stepped
from backend.report.plots import AFTER, BASELINE, BEFORE, LIMIT, ORDERED
from flexmanager.rounding import FloatArray, IntArray
from settlement.clock import MINUTES_PER_DAY

LIVED, AT_ONCE, PLANNED, ORDER, MISSING = AFTER, BEFORE, BASELINE, ORDERED, LIMIT
STAY, BEYOND = "#dfe3e8", "#f3e3ec"
_W_PER_KW, _MINUTES_PER_ISP = 1_000, 15
_POWER_PX, _HALF_PX, _ROW_PX, _FRAME_PX = 300, 270, 19, 60
_ALPHA = 0.16
_BAR, _THIN = 0.78, 0.22
_WIDE_PX = 600


def draw_power(park: ParkDay, width: int, name: str, label: str) -> str:
    """Draw the power of the park: unsteered, as planned, as it was, and what was ordered."""
    first, minutes = _frame(park)
    with style():
        figure = empty_figure(width, _POWER_PX)
        axes = figure.subplots()
        at_once, planned, lived = (
            park.total_w(series) for series in ("at_once_w", "baseline_w", "power_w")
        )
        axes.plot(*_kw(minutes, at_once), color=AT_ONCE, linewidth=1.7)
        axes.plot(*_kw(minutes, lived), color=LIVED, linewidth=1.6)
        axes.plot(*_kw(minutes, planned), color=PLANNED, linewidth=1.8, linestyle=(0, (1, 1.2)))
        wanted = np.full(len(minutes), np.nan)
        inside = slice(first, first + park.order.isps)
        wanted[inside] = planned[inside] + park.order.ordered_w
        axes.plot(*_kw(minutes, wanted), color=ORDER, linewidth=2.2)
        _mark_order(axes, park)
        _clock(axes, park, width)
        axes.set_ylabel("power in kW")
        axes.set_ylim(bottom=min(0.0, float(np.nanmin(np.append(wanted, 0))) / _W_PER_KW))
        return as_svg(figure, name, label)


def draw_stays(park: ParkDay, width: int, name: str, label: str) -> str:
    """Draw each car's stay as a bar, as stated and beyond it, and when it was charged in it."""
    _, minutes = _frame(park)
    midnight_s = park.outlook.first_isp * park.outlook.isp_seconds
    with style():
        figure = empty_figure(width, _ROW_PX * len(park.cars) + _FRAME_PX)
        axes = figure.subplots()
        for row, car in enumerate(park.cars):
            _draw_stay(axes, car, row, midnight_s)
            share = car.power_w / max(float(car.power_w.max()), 1.0)
            x, y = stepped(minutes, np.asarray(row + 0.5 * _BAR - share * _BAR, dtype=np.float64))
            axes.fill_between(x, row + 0.5 * _BAR, y, color=LIVED, linewidth=0, zorder=3)
        _mark_order(axes, park)
        axes.set_yticks(range(len(park.cars)), [car.session.session_id for car in park.cars])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(park.cars) - 0.4, -0.6)
        _clock(axes, park, width)
        return as_svg(figure, name, label)


def _draw_stay(axes: Axes, car: CarDay, row: int, midnight_s: int) -> None:
    one = car.session
    arrives, leaves = ((s - midnight_s) / 60 for s in (one.plug_in_utc_s, one.plug_out_utc_s))
    stated_s = one.stated_departure_utc_s
    stated = leaves if stated_s is None else (stated_s - midnight_s) / 60
    low = row - 0.5 * _BAR
    axes.add_patch(
        Rectangle((arrives, low), min(stated, leaves) - arrives, _BAR, color=STAY, linewidth=0)
    )
    if leaves > stated:
        axes.add_patch(Rectangle((stated, low), leaves - stated, _BAR, color=BEYOND, linewidth=0))
    elif leaves < stated:
        thin = Rectangle((leaves, row - 0.5 * _THIN), stated - leaves, _THIN, color=STAY)
        axes.add_patch(thin)


def draw_delivery(park: ParkDay, name: str, label: str) -> str:
    """Draw what was ordered, promised an hour before, and delivered, per quarter hour."""
    first, _ = _frame(park)
    minutes = _MINUTES_PER_ISP * np.arange(first, first + park.order.isps)
    sign = 1 if park.order.ordered_w > 0 else -1
    ordered = np.full(park.order.isps, abs(park.order.ordered_w) / _W_PER_KW)
    with style():
        figure = empty_figure(HALF, _HALF_PX)
        axes = figure.subplots()
        places = minutes + _MINUTES_PER_ISP / 2
        wide = 0.8 * _MINUTES_PER_ISP
        delivered = sign * park.delivered_w / _W_PER_KW
        axes.bar(places, delivered, width=wide, color=LIVED)
        axes.bar(places, ordered - delivered, wide, delivered, color=MISSING, alpha=0.35)
        promised = np.clip(sign * park.promised_w, 0, None) / _W_PER_KW
        axes.plot(places, promised, "D", color=PLANNED, markersize=4)
        axes.plot(*stepped(minutes, ordered), color=ORDER, linewidth=2.2)
        axes.set_xticks(minutes.tolist(), [_hour(int(minute)) for minute in minutes])
        axes.tick_params(axis="x", labelrotation=45 if park.order.isps > 8 else 0)
        axes.set_ylim(0, 1.08 * ordered[0])
        axes.set_ylabel("change in kW")
        axes.grid(True, axis="y")
        return as_svg(figure, name, label)


def _frame(park: ParkDay) -> tuple[int, IntArray]:
    """Return the offset of the order, and minutes since midnight of all ISPs."""
    first = park.order.first_isp - park.outlook.first_isp
    return first, _MINUTES_PER_ISP * np.arange(park.outlook.isps)


def _kw(minutes: IntArray, power_w: IntArray | FloatArray) -> tuple[FloatArray, FloatArray]:
    power_kw: FloatArray = np.asarray(power_w, dtype=np.float64) / _W_PER_KW
    return stepped(minutes, power_kw)


def _mark_order(axes: Axes, park: ParkDay) -> None:
    first, _ = _frame(park)
    begin = _MINUTES_PER_ISP * first
    end = begin + _MINUTES_PER_ISP * park.order.isps
    axes.axvspan(begin, end, color=ORDER, alpha=_ALPHA, linewidth=0, zorder=0)


def _clock(axes: Axes, park: ParkDay, width: int) -> None:
    """Label local time from the hour in which the first car comes."""
    came_s = park.cars[0].session.plug_in_utc_s - park.outlook.first_isp * park.outlook.isp_seconds
    first, step = came_s // 3_600, 2 if width > _WIDE_PX else 4
    hours = range(-(-first // step) * step, 25, step)
    axes.set_xticks([60 * hour for hour in hours], [_hour(60 * hour) for hour in hours])
    axes.set_xlim(60 * first, MINUTES_PER_DAY)
    axes.set_xlabel("local time")
    axes.grid(True, axis="x")


def _hour(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
