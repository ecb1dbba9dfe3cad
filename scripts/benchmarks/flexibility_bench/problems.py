"""The problems that planners and their rivals are given: a day of quarter hours each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice

import numpy as np

from backend.district import load_district
from flexmanager.local.device import Outlook
from flexmanager.physics.vehicle import Stay, Vehicle
from flexmanager.planning.fill import Charging
from flexmanager.planning.store import Flow, Stores
from settlement.clock import Clock, ClockRule

ISPS, HOURS = 96, 0.25
WH_PER_KWH = 1_000.0
SECONDS_PER_DAY = 86_400
MORNING, EVENING = 30, 70
"""A vehicle that feeds back is away from the first of these ISPs to the second."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A store over a day; arrays have shape (n,).

    Attributes:
        price: what energy costs and earns [EUR/MWh].
        start_kwh: energy at the start.
        floor_kwh: least energy at the end of each ISP.
        capacity_kwh: most energy.
        charge_kw: most charging power at the grid.
        discharge_kw: most discharging power at the grid.
        charge_efficiency: kWh stored per kWh from the grid.
        efficiency: kWh to the grid per kWh from the store.
    """

    price: np.ndarray
    start_kwh: float
    floor_kwh: np.ndarray
    capacity_kwh: float
    charge_kw: np.ndarray
    discharge_kw: np.ndarray
    charge_efficiency: float
    efficiency: float


def prices() -> np.ndarray:
    """Return a day of prices with a morning and an evening peak [EUR/MWh]."""
    random, hour = np.random.default_rng(11), np.arange(ISPS) * HOURS
    peaks = 60 * np.exp(-((hour - 8) ** 2) / 6) + 90 * np.exp(-((hour - 19) ** 2) / 5)
    return 45.0 + peaks + random.normal(0, 4, ISPS)


def battery() -> Problem:
    """Return a home battery that ends the day as full as it began."""
    floor = np.full(ISPS, 1.0)
    floor[-1] = 5.0
    return Problem(prices(), 5.0, floor, 10.0, np.full(ISPS, 5.0), np.full(ISPS, 5.0), 0.95, 0.95)


def feeding_vehicle() -> Problem:
    """Return a vehicle that feeds back, away over the day, with an energy to leave with."""
    there = (np.arange(ISPS) < MORNING) | (np.arange(ISPS) >= EVENING)
    power = 11.0 * there
    floor = np.full(ISPS, 6.0)
    floor[MORNING - 1], floor[-1] = 40.0, 48.0
    return Problem(prices(), 25.0, floor, 60.0, power, power, 0.93, 0.93)


def feeding_vehicles(count: int) -> Iterator[Problem]:
    """Yield vehicles that differ in power, in what they start with, and in what they need."""
    alike, random = feeding_vehicle(), np.random.default_rng(6)
    for _ in range(count):
        power = alike.charge_kw * random.choice([0.35, 0.67, 1.0])
        floor = np.full(ISPS, 6.0)
        floor[-1] = random.uniform(20.0, 55.0)
        start = random.uniform(10.0, 50.0)
        yield replace(alike, start_kwh=start, floor_kwh=floor, charge_kw=power, discharge_kw=power)


def as_stores(problems: list[Problem]) -> Stores:
    """Put problems of one price and one efficiency to `plan_stores`."""
    one = problems[0]
    buy, sell = one.price / one.charge_efficiency, one.price * one.efficiency
    charge_kw = np.column_stack([each.charge_kw for each in problems])
    discharge_kw = np.column_stack([each.discharge_kw for each in problems])
    floor_kwh = np.column_stack([each.floor_kwh for each in problems])
    capacity_kwh = np.array([each.capacity_kwh for each in problems])
    return Stores(
        (
            Flow(True, buy, charge_kw * HOURS * one.charge_efficiency * WH_PER_KWH),
            Flow(False, sell, discharge_kw * HOURS / one.efficiency * WH_PER_KWH),
        ),
        np.array([each.start_kwh for each in problems]) * WH_PER_KWH,
        floor_kwh * WH_PER_KWH,
        np.tile(capacity_kwh * WH_PER_KWH, (ISPS, 1)),
    )


def charging_fleet(vehicles: int) -> Charging:
    """Return vehicles that only charge, there for two to ten hours."""
    random = np.random.default_rng(5)
    need = random.uniform(3_000, 40_000, vehicles)
    first = random.integers(0, 60, vehicles)
    last = first + random.integers(8, 40, vehicles)
    steps = np.arange(ISPS)[:, None]
    there = (steps >= first) & (steps < last)
    return Charging(prices(), there * 2_750.0, need, need, np.zeros(vehicles))


def cut(fleet: Charging, size: int) -> list[Charging]:
    """Cut a fleet into parts that stay in a processor's cache."""
    columns = [slice(at, at + size) for at in range(0, len(fleet.need_wh), size)]
    return [
        Charging(
            fleet.price_eur_per_mwh,
            fleet.most_wh[:, column],
            fleet.need_wh[column],
            fleet.room_wh[column],
            fleet.soon_wh[column],
        )
        for column in columns
    ]


def recorded_stays(count: int) -> tuple[list[tuple[Vehicle, Stay]], Outlook]:
    """Return the district's recorded sessions, moved onto one day and repeated, and that day.

    What the driver asked for and stated is taken; where the driver said nothing, what came.
    """
    district = load_district()
    rated_w = {asset.asset_id: asset.rated_w for asset in district.assets}
    clock, zero = Clock(15, 60, ClockRule.EU), np.zeros(ISPS)
    midnight = district.first_quarter_utc_s
    parked = []
    for at, session in enumerate(islice(cycle(district.sessions), count)):
        moved_s = (session.plug_in_utc_s - midnight) // SECONDS_PER_DAY * SECONDS_PER_DAY
        wanted = session.requested_wh or session.delivered_wh
        stated = session.stated_departure_utc_s or session.plug_out_utc_s
        name, power_w = f"{at}-{session.session_id}", rated_w[session.asset_id]
        stay = Stay(name, session.plug_in_utc_s - moved_s, stated - moved_s, 0, wanted)
        vehicle = Vehicle(name, capacity_wh=wanted, charge_w_max=power_w, energy_min_share=0.0)
        parked.append((vehicle, stay))
    return parked, Outlook(clock.isp_of(midnight), clock, prices(), zero, zero, zero, zero)
