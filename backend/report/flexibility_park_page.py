"""The page about a day of a car park."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.district.calendar import SECONDS_PER_QUARTER
from backend.report import flexibility_park_plots as plots
from backend.report.canvas import NARROW, WIDE
from backend.report.flexibility_cars import SHORT_WH, CarDay, short_wh
from backend.report.flexibility_findings import clock_text
from backend.report.flexibility_park import ParkDay
from backend.report.key_figures import Tile
from backend.report.sections import Drawing
from backend.report.templates import environment
from backend.report.wording import kilo, number
from flexmanager.local.device import WH_PER_MWH
from flexmanager.rounding import IntArray

_TEMPLATE = "car_park_day.html.jinja"


@dataclass(frozen=True, slots=True)
class CarRow:
    """A car in a table; what was not said is None.

    Attributes:
        name: its session.
        arrived, stated, left: local times.
        asked_wh: what the driver asked for.
        takes_wh: what it takes at most.
        got_wh: what it left with.
        note: what became of it.
    """

    name: str
    arrived: str
    stated: str | None
    left: str
    asked_wh: int | None
    takes_wh: int
    got_wh: float
    note: str


@dataclass(frozen=True, slots=True)
class CareRow:
    """What becomes of the day if cars are charged earlier or later in their stay.

    Attributes:
        early_share: how early, 0 at once to 1 when it is due.
        short: cars that left with less than charging at once had given them.
        short_wh: by how much in all.
        moved_wh: energy charged in other quarter hours than if charged at once.
        energy_eur: what the energy cost.
        peak_w: greatest power of the park.
    """

    early_share: float
    short: int
    short_wh: float
    moved_wh: float
    energy_eur: float
    peak_w: int


def write_car_park_day(parks: Sequence[ParkDay], path: Path) -> Path:
    """Write the page of a day.

    Args:
        parks: the day, then the same day with cars charged earlier or later.
        path: the file to write; its folder is made if missing, an earlier file is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_car_park_day(parks), encoding="utf-8")
    return path


def render_car_park_day(parks: Sequence[ParkDay]) -> str:
    """Return the page as one HTML document that refers to nothing outside itself."""
    park = parks[0]
    power, stays = "Power of the car park over the day", "Each car's stay and when it was charged"
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            park=park,
            order=f"{clock_text(park.order.first_isp)} to {clock_text(park.order.end_isp)}",
            tiles=_tiles(park),
            power=Drawing(
                plots.draw_power(park, WIDE, "power", power),
                plots.draw_power(park, NARROW, "powern", power),
            ),
            stays=Drawing(
                plots.draw_stays(park, WIDE, "stays", stays),
                plots.draw_stays(park, NARROW, "staysn", stays),
            ),
            delivery=Drawing(
                plots.draw_delivery(park, "delivery", "Ordered, promised and delivered power")
            ),
            cars=[_car_row(car) for car in park.cars],
            cares=sorted((_care_row(one) for one in parks), key=lambda row: row.early_share),
            colors=plots,
        )
    )


def energy_eur(park: ParkDay, power_w: IntArray) -> float:
    """Return what the energy of the park costs [EUR]."""
    rate = float(park.outlook.price_eur_per_mwh @ power_w)
    return rate * park.outlook.isp_hours / WH_PER_MWH


def moved_wh(park: ParkDay) -> float:
    """Return the energy that is charged in other ISPs than if charged at once [Wh]."""
    earlier_w = np.maximum(park.total_w("at_once_w") - park.total_w("power_w"), 0)
    return float(earlier_w.sum()) * park.outlook.isp_hours


def _tiles(park: ParkDay) -> tuple[Tile, ...]:
    hours, cars = park.outlook.isp_hours, park.cars
    asked = [car for car in cars if car.session.requested_wh is not None]
    got_wh = sum(car.got_wh for car in cars)
    over = sum((car.session.requested_wh or 0) > car.takes_wh for car in asked)
    early = [car for car in cars if short_wh(car)]
    in_time = sum(not short_wh(car) for car in cars)
    ordered_wh = abs(park.order.ordered_w) * park.order.isps * hours
    delivered_wh = abs(float(park.delivered_w.sum())) * hours
    at_once, lived = park.total_w("at_once_w"), park.total_w("power_w")
    return (
        Tile(
            "Cars",
            number(len(cars), 0),
            "",
            f"{len(cars) - len(asked)} drivers said nothing; {over} cars took less than asked for",
        ),
        Tile("Charged", kilo(got_wh), "kWh", f"of {kilo(_asked_wh(cars))} kWh asked for and taken"),
        Tile(
            "Left with all they could",
            f"{in_time} of {len(cars)}",
            "",
            f"the others left before they had said: {kilo(sum(map(short_wh, early)))} kWh less"
            if early
            else "as much as charging at once had given them",
        ),
        Tile("Delivered", kilo(delivered_wh), "kWh", f"of {kilo(ordered_wh)} kWh ordered"),
        Tile(
            "Energy cost",
            number(energy_eur(park, lived), 2),
            "EUR",
            f"charged at once {number(energy_eur(park, at_once), 2)} EUR",
        ),
        Tile(
            "Peak",
            kilo(float(lived.max())),
            "kW",
            f"charged at once {kilo(float(at_once.max()))} kW",
        ),
    )


def _asked_wh(cars: Sequence[CarDay]) -> int:
    return sum(car.asked_wh for car in cars)


def _care_row(park: ParkDay) -> CareRow:
    shorts = np.array([short_wh(car) for car in park.cars])
    lived = park.total_w("power_w")
    return CareRow(
        park.early_share,
        int((shorts > 0).sum()),
        float(shorts.sum()),
        moved_wh(park),
        energy_eur(park, lived),
        int(lived.max()),
    )


def _car_row(car: CarDay) -> CarRow:
    one = car.session
    stated_s = one.stated_departure_utc_s
    return CarRow(
        one.session_id,
        _local(one.plug_in_utc_s),
        None if stated_s is None else _local(stated_s),
        _local(one.plug_out_utc_s),
        one.requested_wh,
        car.takes_wh,
        car.got_wh,
        _note(car),
    )


def _note(car: CarDay) -> str:
    if short_wh(car):
        return f"left before it had said, with {kilo(short_wh(car))} kWh less than at once"
    if car.session.requested_wh is None:
        return "nothing said: charged at once"
    if car.got_wh >= car.session.requested_wh - SHORT_WH:
        return "has what was asked for"
    if car.got_wh >= car.takes_wh - SHORT_WH:
        return "full before it had what was asked for"
    return "there was no time for more"


def _local(utc_s: int) -> str:
    isp_text = clock_text(utc_s // SECONDS_PER_QUARTER)
    minutes = int(isp_text[3:]) + utc_s % SECONDS_PER_QUARTER // 60
    return f"{isp_text[:3]}{minutes:02d}"
