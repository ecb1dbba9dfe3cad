"""The commands about local flexibility: a week of a house, a day of a car park."""

import argparse
import sys
from datetime import date
from pathlib import Path

from backend.arguments import minute_of_day
from backend.baselines_command import DONE, UNUSABLE
from backend.district import load_district
from backend.report.flexibility_outlook import CLOCK
from backend.report.flexibility_park import live_park_day
from backend.report.flexibility_park_page import write_car_park_day
from backend.report.flexibility_week import live_house_week
from backend.report.flexibility_week_page import write_building_week
from settlement.activation import Activation
from settlement.clock import MINUTES_PER_DAY, day_of
from settlement.errors import InputError

EARLY_SHARES = (0.0, 1.0)
"""What the day is compared with: all cars charged at once, or when it is due."""

_W_PER_KW = 1_000


def add_flexibility_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add `building-week` and `car-park-day` to a command line; each sets `run`."""
    house = commands.add_parser("building-week", help="let a house with a heat pump live a week")
    house.add_argument("--site", default="LV4-12", help="a site of the pilot district")
    house.add_argument("--monday", type=_day, default="2016-02-15", metavar="DATE")
    house.add_argument("--out", type=Path, default=Path("building-week.html"), metavar="HTML")
    house.set_defaults(run=_building_week)
    park = commands.add_parser("car-park-day", help="let a car park live a day with an order")
    park.add_argument("--day", type=_day, default="2016-03-16", metavar="DATE")
    park.add_argument("--from", dest="begin", type=minute_of_day, default="11:00", metavar="HH:MM")
    park.add_argument("--to", dest="end", type=minute_of_day, default="12:00", metavar="HH:MM")
    park.add_argument("--order-kw", type=float, default=-12.0, help="change ordered; less is < 0")
    park.add_argument(
        "--early", type=float, default=0.5, help="when cars are charged: 0 at once, 1 when due"
    )
    park.add_argument("--out", type=Path, default=Path("car-park-day.html"), metavar="HTML")
    park.set_defaults(run=_car_park_day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; expected 2016-02-15") from None


def _building_week(options: argparse.Namespace) -> int:
    try:
        district = load_district()
        week = live_house_week(district, options.site, options.monday)
        quiet = live_house_week(district, options.site, options.monday, with_events=False)
    except InputError as error:
        return _refuse(error)
    sys.stdout.write(f"Page: {write_building_week(week, quiet, options.out)}\n")
    return DONE


def _car_park_day(options: argparse.Namespace) -> int:
    try:
        district = load_district()
        order = _order(options.day, options.begin, options.end, options.order_kw)
        shares = dict.fromkeys((options.early, *EARLY_SHARES))
        parks = [live_park_day(district, options.day, order, share) for share in shares]
    except (InputError, ValueError) as error:
        return _refuse(error)
    sys.stdout.write(f"Page: {write_car_park_day(parks, options.out)}\n")
    return DONE


def _order(day: date, begin: int, end: int, power_kw: float) -> Activation:
    """Return the order over the ISPs of a day that lie within some minutes of it."""
    inside = [
        isp
        for isp in CLOCK.day_isps(day_of(day))
        if begin <= CLOCK.local_minutes(isp) % MINUTES_PER_DAY < end
    ]
    if not inside or not round(power_kw * _W_PER_KW):
        found = f"{power_kw} kW for {len(inside)} quarter hours"
        raise InputError(found, "order", "a power other than 0 for at least one")
    return Activation(inside[0], len(inside), round(power_kw * _W_PER_KW))


def _refuse(error: Exception) -> int:
    sys.stderr.write(f"{error}\n")
    return UNUSABLE
