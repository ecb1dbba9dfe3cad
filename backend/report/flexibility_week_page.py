"""The page about a winter week of a house."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.report import flexibility_week_plots as plots
from backend.report.canvas import NARROW, WIDE
from backend.report.flexibility_findings import clock_text, rows
from backend.report.flexibility_house_day import WORTH_EUR_PER_MWH, DayLived
from backend.report.flexibility_week import WISHES, HouseWeek
from backend.report.key_figures import Tile
from backend.report.sections import Drawing
from backend.report.templates import environment
from backend.report.wording import counted, kilo, number
from flexmanager.local.device import Bounds
from flexmanager.local.finding import Finding
from flexmanager.rounding import FloatArray
from settlement.clock import day_of

_TEMPLATE = "building_week.html.jinja"
_WH_PER_MWH = 1e6


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day in a table; what does not apply is None.

    Attributes:
        name: such as "Mon 15 Feb".
        offers: number of offers at the hour of choice.
        event: its time, or why there was none.
        ordered_w: power ordered [W].
        ordered_wh: energy ordered [Wh].
        delivered_wh: energy delivered [Wh].
        rebound_wh: energy used more in other hours, less what is used less, as told with the
            offer [Wh].
        energy_eur: what it changes in the cost of energy, as told with the offer [EUR].
        comfort_eur: what the owner misses, likewise [EUR].
    """

    name: str
    offers: int
    event: str
    ordered_w: int | None = None
    ordered_wh: float | None = None
    delivered_wh: float | None = None
    rebound_wh: float | None = None
    energy_eur: float | None = None
    comfort_eur: float | None = None


@dataclass(frozen=True, slots=True)
class CloseDay:
    """A day drawn closely."""

    title: str
    note: str
    drawing: Drawing


CLOSE = {
    0: (
        "as ordered",
        "The house is warmed a little before, and makes up for heat afterwards.",
    ),
    1: ("the owner takes back control", "From 19:00 the owner heats; the promise is set aside."),
    3: ("no readings", "From 17:30 to 18:30 nothing comes; the manager goes on by its model."),
    4: (
        "the heat pump fails",
        "From 20:00 it is off for an hour and a half.",
    ),
}
"""Days worth a closer look: number to title and note."""


def write_building_week(week: HouseWeek, quiet: HouseWeek, path: Path) -> Path:
    """Write the page of a week.

    Args:
        week: the week with its orders.
        quiet: the same week without any.
        path: the file to write; its folder is made if missing, an earlier file is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_building_week(week, quiet), encoding="utf-8")
    return path


def render_building_week(week: HouseWeek, quiet: HouseWeek) -> str:
    """Return the page as one HTML document that refers to nothing outside itself."""
    monday = week.lived[0]
    could = _bounds(monday)
    label = f"Air, power and weather of {week.house.site_id} over the week"
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            week=week,
            tiles=_tiles(week, quiet),
            drawing=Drawing(
                plots.draw_week(week, WIDE, "week", label),
                plots.draw_week(week, NARROW, "weekn", label),
            ),
            days=[_day_row(week, at) for at in range(len(week.lived))],
            close_days=[_close_day(week, at) for at in CLOSE],
            corridor=Drawing(
                plots.draw_corridor(could, monday.baseline_w, "corridor", "Energy on Monday")
            ),
            power_range=Drawing(
                plots.draw_power_range(could, monday.baseline_w, "range", "Power on Monday")
            ),
            findings=rows(_findings(week)),
            wishes=[f"at most {WISHES.events_per_week_max} events a week"]
            + [
                f"{text} ({week.day(at):%A}, {clock_text(lived.manager.outlook.first_isp + isp)})"
                for at, lived in enumerate(week.lived)
                for isp, text in lived.planned.said.items()
            ],
            worth_eur_per_mwh=WORTH_EUR_PER_MWH,
            colors=plots,
        )
    )


def _bounds(lived: DayLived) -> Bounds:
    """Return what the house could have done on a day, seen from its beginning."""
    outlook = lived.manager.outlook.part(0, len(lived.power_w))
    start = (float(lived.state[0, 0]), float(lived.state[0, 1]))
    return lived.manager.device.bounds(outlook, start)


def _tiles(week: HouseWeek, quiet: HouseWeek) -> tuple[Tile, ...]:
    events = [one for one in week.lived if one.chosen is not None]
    ordered_wh = sum(_ordered_wh(one) for one in events)
    delivered_wh = sum(one.delivered_wh for one in events)
    return (
        *_house_tiles(week, quiet),
        Tile(
            "Offers",
            number(sum(len(one.offered) for one in week.lived), 0),
            "",
            "of which the aggregator may take one a day",
        ),
        Tile(
            "Events",
            number(len(events), 0),
            "",
            f"{kilo(delivered_wh)} of {kilo(ordered_wh)} kWh ordered were delivered",
        ),
        Tile(
            "Paid for them",
            number(delivered_wh * WORTH_EUR_PER_MWH / _WH_PER_MWH, 2),
            "EUR",
            "comfort missed in the week because of them, as the owner values it: "
            f"{number(week.comfort_eur - quiet.comfort_eur, 2)} EUR",
        ),
        Tile(
            "Noticed",
            number(len(rows(_findings(week))), 0),
            "",
            "times that something went otherwise",
        ),
    )


def _house_tiles(week: HouseWeek, quiet: HouseWeek) -> tuple[Tile, ...]:
    used_wh = float(week.power_w.sum()) * week.outlook.isp_hours
    below = np.maximum(week.band.low_c - week.air_c, 0.0)
    return (
        Tile(
            "Heat pump used",
            kilo(used_wh),
            "kWh",
            f"the recorded one used {kilo(week.recorded_wh)} kWh in this week",
        ),
        Tile(
            "Energy cost",
            number(week.energy_eur, 2),
            "EUR",
            f"without any event {number(quiet.energy_eur, 2)} EUR",
        ),
        Tile("Outside", _range(week.outlook.outside_c), "°C", "as recorded"),
        Tile(
            "Air inside",
            _range(week.air_c),
            "°C",
            f"at most {number(float(below.max()), 2)} degrees below what was allowed",
        ),
    )


def _range(values: FloatArray) -> str:
    return f"{number(float(values.min()))} to {number(float(values.max()))}"


def _findings(week: HouseWeek) -> list[Finding]:
    return [one for lived in week.lived for one in lived.manager.findings]


def _ordered_wh(lived: DayLived) -> float:
    assert lived.chosen is not None
    event = lived.chosen.activation
    return abs(event.ordered_w) * event.isps * lived.manager.outlook.isp_hours


def _day_row(week: HouseWeek, at: int) -> DayRow:
    lived, name = week.lived[at], f"{week.day(at):%a} {week.day(at).day} {week.day(at):%b}"
    offers, chosen = len(lived.offered), lived.chosen
    if chosen is None:
        return DayRow(name, offers, _why_none(week, at))
    event, hours = chosen.activation, lived.manager.outlook.isp_hours
    return DayRow(
        name,
        offers,
        f"{clock_text(event.first_isp)} to {clock_text(event.end_isp)}",
        event.ordered_w,
        _ordered_wh(lived),
        lived.delivered_wh,
        float(chosen.rebound_w.sum()) * hours,
        chosen.cost_eur,
        chosen.comfort_eur,
    )


def _why_none(week: HouseWeek, at: int) -> str:
    lived = week.lived[at]
    if day_of(week.day(at)) in lived.manager.wishes.days_off:
        return "not today, said the owner"
    events = sum(one.chosen is not None for one in week.lived[:at])
    most = lived.manager.wishes.events_per_week_max
    if most is not None and events >= most:
        return f"{counted(most, 'event')} this week are enough, said the owner"
    return "dearer than it is worth" if lived.offered else "nothing to leave out"


def _close_day(week: HouseWeek, at: int) -> CloseDay:
    title, note = CLOSE[at]
    if week.lived[at].chosen is None and not week.lived[at].planned.troubles:
        title, note = "nothing ordered", "The house is heated as planned."
    label = f"{week.day(at):%A}, power and air: {title}"
    svg = plots.draw_house_day(week, at, f"day{at}", label)
    return CloseDay(f"{week.day(at):%A}: {title}", note, Drawing(svg))
