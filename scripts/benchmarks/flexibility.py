"""Time the planners of batteries and vehicles beside their rivals, on the same problems in one run.

Process CPU time, medians; every rival has to find the same cost. A rival that is not installed is
left out, and the table says so. About a minute.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

import numpy as np

from flexmanager.local.device import Outlook
from flexmanager.local.fleet import fleet_offers
from flexmanager.physics.vehicle import Stay, Vehicle
from flexmanager.planning.fill import Charging, charge_cheapest
from flexmanager.planning.store import Flow, Stores, plan_stores
from scripts.benchmarks.flexibility_bench import rivals
from scripts.benchmarks.flexibility_bench.rivals import Problem
from settlement.clock import Clock, ClockRule

ISPS, HOURS = 96, 0.25
VEHICLES, LP_VEHICLES, PYOMO_VEHICLES = 20_000, 400, 20
FEEDING, SESSIONS = 5_000, 10_000


def main() -> None:
    """Print a table for each kind of problem."""
    for name, problem in (("one battery", battery()), ("one V2G vehicle", feeding_vehicle())):
        single_store(name, problem)
    charging_batch()
    feeding_batch()
    offered_sessions()


@dataclass(frozen=True, slots=True)
class Timed:
    """A way to solve a problem: its CPU seconds and its cost."""

    name: str
    seconds: float
    eur: float


def prices() -> np.ndarray:
    """Return a day of prices with a morning and an evening peak [EUR/MWh]."""
    random, hour = np.random.default_rng(11), np.arange(ISPS) * HOURS
    peaks = 60 * np.exp(-((hour - 8) ** 2) / 6) + 90 * np.exp(-((hour - 19) ** 2) / 5)
    return 45.0 + peaks + random.normal(0, 4, ISPS)


def battery() -> Problem:
    """A home battery that ends the day as full as it began."""
    floor = np.full(ISPS, 1.0)
    floor[-1] = 5.0
    return Problem(prices(), 5.0, floor, 10.0, np.full(ISPS, 5.0), np.full(ISPS, 5.0), 0.95, 0.95)


def feeding_vehicle() -> Problem:
    """A vehicle that feeds back, away over the day, with an energy to leave with."""
    there = (np.arange(ISPS) < 30) | (np.arange(ISPS) >= 70)
    power = 11.0 * there
    floor = np.full(ISPS, 6.0)
    floor[29], floor[-1] = 40.0, 48.0
    return Problem(prices(), 25.0, floor, 60.0, power, power, 0.93, 0.93)


def single_store(name: str, problem: Problem) -> None:
    """Compare the ways to plan one store."""
    print(f"\n{name}, {ISPS} ISPs{'':>18} CPU ms    ratio       EUR")
    ours = timed("levels (plan_stores)", lambda: own_eur(problem), 60)
    others = [
        timed("HiGHS, bare arrays", lambda: rivals.bare_highs_eur(problem), 60),
        timed("Pyomo with HiGHS", lambda: rivals.pyomo_eur(problem), 5),
    ]
    scheduler = rivals.flexmeasures(problem)
    if scheduler is None:
        print("  FlexMeasures is NOT INSTALLED here and left out")
    else:
        others.append(timed("FlexMeasures device_scheduler", scheduler, 5))
    for one in (ours, *others):
        compared(one, ours)


def own_eur(problem: Problem) -> float:
    """Plan with levels and return the cost [EUR]."""
    column, kwh = (slice(None), None), 1_000.0
    buy, sell = problem.price / problem.charge_efficiency, problem.price * problem.efficiency
    filled = problem.charge_kw * HOURS * problem.charge_efficiency * kwh
    emptied = problem.discharge_kw * HOURS / problem.efficiency * kwh
    flows = (Flow(True, buy, filled[column]), Flow(False, sell, emptied[column]))
    start = np.array([problem.start_kwh * kwh])
    ceiling = np.full((ISPS, 1), problem.capacity_kwh * kwh)
    plan = plan_stores(Stores(flows, start, problem.floor_kwh[column] * kwh, ceiling))
    moved = plan.moved_wh[:, :, 0]
    return float(buy @ moved[0] - sell @ moved[1]) / 1e6


def charging_batch() -> None:
    """Compare the ways to plan vehicles that only charge."""
    random = np.random.default_rng(5)
    need = random.uniform(3_000, 40_000, VEHICLES)
    first = random.integers(0, 60, VEHICLES)
    there = (np.arange(ISPS)[:, None] >= first) & (
        np.arange(ISPS)[:, None] < first + random.integers(8, 40, VEHICLES)
    )
    fleet = Charging(prices(), there * 2_750.0, need, need, np.zeros(VEHICLES))
    print(f"\n{VEHICLES} vehicles without feeding back{'':>3} vehicles/s    ratio")
    began = process_time()
    charged = [charge_cheapest(part)[0] for part in parts(fleet, 512)]
    own_s = (process_time() - began) / VEHICLES
    eur = fleet.price_eur_per_mwh @ np.concatenate(charged, axis=1) / 1e6
    print(f"  price-sorted fill {1 / own_s:>27,.0f}")
    for name, count, solve in (
        ("one LP each, bare HiGHS", LP_VEHICLES, rivals.charging_highs_eur),
        ("one LP each, Pyomo", PYOMO_VEHICLES, rivals.charging_pyomo_eur),
    ):
        began = process_time()
        found = [solve(fleet, vehicle) for vehicle in range(count)]
        each_s = (process_time() - began) / count
        off = float(np.max(np.abs(found - eur[:count]) / np.maximum(np.abs(eur[:count]), 1e-9)))
        print(f"  {name:24} {1 / each_s:>20,.0f} {each_s / own_s:>8,.0f}   cost off by {off:.1e}")


def parts(fleet: Charging, size: int) -> Sequence[Charging]:
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


def feeding_batch() -> None:
    """Compare the ways to plan vehicles that feed back."""
    problem, random = feeding_vehicle(), np.random.default_rng(6)
    start = random.uniform(10_000, 50_000, FEEDING)
    shape = (ISPS, FEEDING)
    power = (problem.charge_kw * 1_000)[:, None] * random.choice([0.35, 0.67, 1.0], FEEDING)
    floor = np.full(shape, 6_000.0)
    floor[-1] = random.uniform(20_000, 55_000, FEEDING)
    eta = problem.efficiency
    flows = (
        Flow(True, problem.price / eta, power * HOURS * eta),
        Flow(False, problem.price * eta, power * HOURS / eta),
    )
    print(f"\n{FEEDING} vehicles that feed back{'':>9} vehicles/s    ratio")
    began = process_time()
    plan = plan_stores(Stores(flows, start, floor, np.full(shape, 60_000.0)))
    own_s = (process_time() - began) / FEEDING
    print(f"  levels (plan_stores) {1 / own_s:>24,.0f}")
    eur = (flows[0].eur_per_mwh @ plan.moved_wh[0] - flows[1].eur_per_mwh @ plan.moved_wh[1]) / 1e6
    began, worst = process_time(), 0.0
    for vehicle in range(LP_VEHICLES // 4):
        kept = floor[:, vehicle] - plan.short_wh[:, vehicle]
        alone = Problem(
            problem.price, start[vehicle] / 1e3, kept / 1e3, 60.0, power[:, vehicle] / 1e3,
            power[:, vehicle] / 1e3, eta, eta,
        )  # fmt: skip
        worst = max(worst, abs(rivals.bare_highs_eur(alone) - eur[vehicle]))
    each_s = (process_time() - began) / (LP_VEHICLES // 4)
    name = "one LP each, bare HiGHS"
    print(f"  {name:24} {1 / each_s:>20,.0f} {each_s / own_s:>8,.0f}   cost off by {worst:.1e} EUR")


def offered_sessions() -> None:
    """Time the offers of a very large car park."""
    random, first = np.random.default_rng(7), 1_617_788
    clock, zero = Clock(15, 60, ClockRule.EU), np.zeros(ISPS)
    outlook = Outlook(first, clock, prices(), zero, zero, zero, zero)
    parked = []
    for at in range(SESSIONS):
        begin = (first + random.uniform(0, 60)) * 900
        needed = int(random.integers(3_000, 40_000))
        stay = Stay(str(at), int(begin), int(begin + random.uniform(2, 9) * 3_600), 0, needed)
        parked.append((Vehicle(str(at), capacity_wh=needed, energy_min_share=0.0), stay))
    began = process_time()
    offered = fleet_offers(parked, outlook, slice(44, 52), -1)
    seconds, count = process_time() - began, int((offered.held_w < 0).sum())
    print(
        f"\n{SESSIONS} sessions offered for an event of 2 h: {seconds:.2f} CPU s, {count} can help"
    )


def timed(name: str, solve: Callable[[], float], times: int) -> Timed:
    """Return the median CPU time of some runs after one that warms up."""
    eur, spent = solve(), []
    for _ in range(times):
        began = process_time()
        eur = solve()
        spent.append(process_time() - began)
    return Timed(name, median(spent), eur)


def compared(one: Timed, ours: Timed) -> None:
    """Print a row, and stop if the cost differs.

    Raises:
        SystemExit: the rival found another cost.
    """
    ratio = one.seconds / ours.seconds
    print(f"  {one.name:32} {one.seconds * 1e3:>9.2f} {ratio:>8.2f} {one.eur:>9.5f}")
    if abs(one.eur - ours.eur) > 1e-6 * max(abs(ours.eur), 1.0):
        raise SystemExit(f"{one.name} found {one.eur} EUR, not {ours.eur}: no comparison")


if __name__ == "__main__":
    main()
