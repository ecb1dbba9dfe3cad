"""The page about a watched event: what was ordered, what failed, what the repair changed."""

from pathlib import Path

import numpy as np

from backend.demo.watch_day import WatchDay
from backend.report import plots
from backend.report.canvas import NARROW, WIDE, as_svg, empty_figure, style
from backend.report.key_figures import Tile
from backend.report.lines import stepped
from backend.report.sections import Drawing
from backend.report.templates import environment
from backend.report.wording import counted, eur, number, percent
from flexmanager.rounding import IntArray
from flexmanager.watch.journal import journal
from flexmanager.watch.rehearsal import Rehearsed

WITHOUT = "#cc79a7"
_TEMPLATE = "vpp_watch.html.jinja"
_HEIGHT_PX = 300
_W_PER_KW, _MINUTES_PER_DAY = 1_000, 1_440


def write_watch_day(day: WatchDay, path: Path) -> Path:
    """Write the page; its folder is made if missing. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(day), encoding="utf-8")
    return path


def render(day: WatchDay) -> str:
    """Return the page as one HTML document that refers to nothing outside itself."""
    event = day.repaired.event
    label = (
        f"Delivered without repair {percent(day.alone.delivered_share)}, with repair "
        f"{percent(day.repaired.delivered_share)} of the ordered energy."
    )
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            day=day,
            date=event.clock.describe(event.first_isp).split()[0],
            tiles=tiles(day),
            drawing_of_event=Drawing(
                _draw(day, WIDE, "watch", label), _draw(day, NARROW, "watchn", label)
            ),
            lines=[line.split("  ", 1) for line in journal(day.repaired.watched)],
            colors=plots,
            without=WITHOUT,
        )
    )


def tiles(day: WatchDay) -> tuple[Tile, ...]:
    """Return the key figures."""
    added = sum(len(one.repair.added) for one in day.repaired.watched)
    cost = sum(one.repair.cost for one in day.repaired.watched)
    in_trouble = f"{counted(day.troubled, 'agreement')} in trouble, of {day.agreements}"
    return (
        Tile("Delivered without repair", percent(day.alone.delivered_share), "", in_trouble),
        Tile(
            "Delivered with repair",
            percent(day.repaired.delivered_share),
            "",
            f"by {counted(added, 'new activation')}",
        ),
        Tile("Penalty without repair", eur(_penalty(day.alone)), "EUR", "for what is missing"),
        Tile(
            "Penalty with repair", eur(_penalty(day.repaired)), "EUR", f"repairs: {eur(cost)} EUR"
        ),
    )


def as_text(day: WatchDay) -> str:
    """Return key figures and journal for a terminal."""
    head = [f"{tile.label}: {tile.value} {tile.unit} ({tile.note})" for tile in tiles(day)]
    return "\n".join([*head, "", *journal(day.repaired.watched)])


def _penalty(one: Rehearsed) -> int:
    return one.watched[-1].repair.after.penalty


def _draw(day: WatchDay, width: int, name: str, label: str) -> str:
    event = day.repaired.event
    minutes = np.array(
        [event.clock.local_minutes(isp) % _MINUTES_PER_DAY for isp in event.isps], dtype=np.int64
    )
    with style():
        figure = empty_figure(width, _HEIGHT_PX)
        axes = figure.subplots()

        def line(power_w: IntArray, color: str, thick: float, dashes: str = "-") -> None:
            x, y = stepped(minutes, power_w / _W_PER_KW)
            axes.plot(x, y, color=color, linewidth=thick, linestyle=dashes)

        line(event.required_w, plots.ORDERED, 2.4)
        line(day.repaired.planned_w, plots.BEFORE, 1.6, "--")
        line(day.alone.changed_w, WITHOUT, 1.6)
        line(day.repaired.changed_w, plots.AFTER, 1.8)
        hours = range(int(minutes[0]), int(minutes[-1]) + 16, 60)
        axes.set_xticks(list(hours), [f"{at // 60:02d}:00" for at in hours])
        axes.set_ylabel("change of load in kW")
        axes.set_ylim(top=0)
        axes.grid(True)
        return as_svg(figure, name, f"{label} {number(len(minutes), 0)} quarter hours.")
