"""Time the planners of batteries and vehicles beside their rivals, on the same problems in one run.

Process CPU time; contenders take turns, and the median of their turns counts. Every rival has to
find the same cost. A rival that is not installed is left out, and the table says so. Prints
Markdown, at the end the targets; about a minute.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

import numpy as np

from flexmanager.local.fleet import BLOCK_VEHICLES, fleet_offers
from flexmanager.planning.fill import charge_cheapest
from flexmanager.planning.store import plan_stores
from scripts.benchmarks.flexibility_bench import rivals
from scripts.benchmarks.flexibility_bench.problems import (
    Problem,
    as_stores,
    battery,
    charging_fleet,
    cut,
    feeding_vehicle,
    feeding_vehicles,
    recorded_stays,
)

TURNS, CALLS, SLOW_CALLS = 7, 10, 1
VEHICLES, LP_VEHICLES, PYOMO_VEHICLES = 20_000, 400, 20
FEEDING, LP_FEEDING = 5_000, 100
SESSIONS, EVENT = 10_000, slice(48, 56)
COST_OFF_MAX = {"store": 1e-6, "charging": 1e-9}
"""Relative; HiGHS keeps its rows to 1e-7."""


@dataclass(frozen=True, slots=True)
class Target:
    """What was aimed at, and what this run found."""

    name: str
    aim: float
    found: float
    at_least: bool

    @property
    def met(self) -> bool:
        """Whether the figure lies on the right side."""
        return self.found >= self.aim if self.at_least else self.found <= self.aim


def main() -> None:
    """Print a table for each kind of problem, then the targets."""
    targets = [
        *single_store("One battery", battery()),
        *single_store("One V2G vehicle", feeding_vehicle()),
        *charging_batch(),
        *feeding_batch(),
        offered_sessions(),
    ]
    print("\n**Targets**\n")
    row("target", "aim", "found", "")
    row("---", "---:", "---:", "---")
    for one in targets:
        sign = "at least" if one.at_least else "at most"
        row(one.name, f"{sign} {one.aim:g}", f"{one.found:.3g}", "met" if one.met else "MISSED")


def single_store(name: str, problem: Problem) -> list[Target]:
    """Compare the ways to plan one store."""
    calls: dict[str, tuple[Callable[[], float], int]] = {
        "levels (`plan_stores`)": (lambda: stores_eur([problem])[0], CALLS),
        "HiGHS, bare arrays": (lambda: rivals.bare_highs_eur(problem), CALLS),
        "Pyomo with HiGHS": (lambda: rivals.pyomo_eur(problem), SLOW_CALLS),
    }
    scheduler = rivals.flexmeasures(problem)
    if scheduler:
        calls["FlexMeasures `device_scheduler`"] = (scheduler, SLOW_CALLS)
    spent, eur = in_turns(calls)
    ours, bare, *_ = spent
    title(f"{name}, a day of quarter hours", "CPU ms", "times ours", "EUR")
    for way, seconds in spent.items():
        refuse_other_cost(way, eur[way], eur[ours], COST_OFF_MAX["store"])
        row(way, f"{seconds * 1e3:.2f}", f"{seconds / spent[ours]:.2f}", f"{eur[way]:.6f}")
    targets = [Target(f"{name}: CPU per bare HiGHS", 1.5, spent[ours] / spent[bare], False)]
    if not scheduler:
        row("FlexMeasures", "NOT INSTALLED", "left out", "")
        return targets
    ratio = spent["FlexMeasures `device_scheduler`"] / spent[ours]
    return [*targets, Target(f"{name}: times faster than FlexMeasures", 10, ratio, True)]


def charging_batch() -> list[Target]:
    """Compare the ways to plan vehicles that only charge."""
    fleet = charging_fleet(VEHICLES)
    began = process_time()
    charged = [charge_cheapest(part)[0] for part in cut(fleet, BLOCK_VEHICLES)]
    own_s = (process_time() - began) / VEHICLES
    eur = fleet.price_eur_per_mwh @ np.concatenate(charged, axis=1) / 1e6
    title(f"{VEHICLES:,} vehicles that only charge", "vehicles per CPU s", "slower", "cost off by")
    row("price-sorted fill (`charge_cheapest`)", f"{1 / own_s:,.0f}", "1", "")
    targets = []
    for name, count, solve in (
        ("one LP each, bare HiGHS", LP_VEHICLES, rivals.charging_highs_eur),
        ("one LP each, Pyomo", PYOMO_VEHICLES, rivals.charging_pyomo_eur),
    ):
        began = process_time()
        found = [solve(fleet, vehicle) for vehicle in range(count)]
        ratio = (process_time() - began) / count / own_s
        off = max(map(cost_off, found, eur))
        row(name, f"{1 / own_s / ratio:,.0f}", f"{ratio:,.0f}", f"{off:.1e}")
        targets.append(Target(f"charging only: times faster than {name}", 100, ratio, True))
        targets.append(Target(f"charging only: cost beside {name}, relative", 1e-9, off, False))
    return targets


def feeding_batch() -> list[Target]:
    """Compare the ways to plan vehicles that feed back."""
    problems = list(feeding_vehicles(FEEDING))
    stores = as_stores(problems)
    began = process_time()
    plan = plan_stores(stores)
    own_s = (process_time() - began) / FEEDING
    buy, sell = (flow.eur_per_mwh for flow in stores.flows)
    eur = (buy @ plan.moved_wh[0] - sell @ plan.moved_wh[1]) / 1e6
    if plan.short_wh.any():
        raise SystemExit("a vehicle cannot reach what it needs: the linear program has no answer")
    began = process_time()
    found = [rivals.bare_highs_eur(one) for one in problems[:LP_FEEDING]]
    ratio = (process_time() - began) / LP_FEEDING / own_s
    off = max(map(cost_off, found, eur))
    title(f"{FEEDING:,} V2G vehicles", "vehicles per CPU s", "slower", "cost off by")
    row("levels (`plan_stores`)", f"{1 / own_s:,.0f}", "1", "")
    row("one LP each, bare HiGHS", f"{1 / own_s / ratio:,.0f}", f"{ratio:,.1f}", f"{off:.1e}")
    return [
        Target("V2G fleet: CPU per bare HiGHS", 1.5, 1 / ratio, False),
        Target("V2G fleet: cost, relative", COST_OFF_MAX["store"], off, False),
    ]


def offered_sessions() -> Target:
    """Time the offers of a very large car park, both ways."""
    parked, outlook = recorded_stays(SESSIONS)
    hours = f"{(EVENT.stop - EVENT.start) * outlook.isp_hours:g} h"
    title(
        f"{SESSIONS:,} recorded sessions offered, event of {hours}", "CPU s", "can help", "W held"
    )
    slowest = 0.0
    for name, sign in (("less", -1), ("more", 1)):
        began = process_time()
        offered = fleet_offers(parked, outlook, EVENT, sign)
        seconds = process_time() - began
        helping, held_w = np.count_nonzero(offered.held_w), np.abs(offered.held_w).sum()
        row(name, f"{seconds:.2f}", f"{helping:,}", f"{held_w:,.0f}")
        slowest = max(slowest, seconds)
    return Target(f"{SESSIONS:,} sessions offered, CPU s", 5, slowest, False)


def stores_eur(problems: list[Problem]) -> list[float]:
    """Plan with levels and return the costs [EUR]."""
    stores = as_stores(problems)
    moved = plan_stores(stores).moved_wh
    buy, sell = (flow.eur_per_mwh for flow in stores.flows)
    return [float(one) for one in (buy @ moved[0] - sell @ moved[1]) / 1e6]


def in_turns(
    calls: dict[str, tuple[Callable[[], float], int]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median CPU time [s] and the cost [EUR] of each contender, warmed up."""
    eur = {name: call() for name, (call, _) in calls.items()}
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, (call, times) in calls.items():
            began = process_time()
            for _ in range(times):
                call()
            spent[name].append((process_time() - began) / times)
    return {name: median(each) for name, each in spent.items()}, eur


def cost_off(found: float, ours: float) -> float:
    """Return by how much two costs differ, relative to the cost, at least to a cent."""
    return abs(found - ours) / max(abs(ours), 0.01)


def refuse_other_cost(name: str, found: float, ours: float, most: float) -> None:
    """Stop if a rival found another cost: then it solved another problem.

    Raises:
        SystemExit: names the rival and both costs.
    """
    if cost_off(found, ours) > most:
        raise SystemExit(f"{name} found {found} EUR, not {ours}: no comparison")


def title(name: str, *columns: str) -> None:
    """Begin a Markdown table."""
    print(f"\n**{name}**\n")
    row("", *columns)
    row("---", *("---:" for _ in columns))


def row(*cells: str) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
