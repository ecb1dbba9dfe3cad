"""Repair events of growing size in which a fifth of the assets fails in the middle.

An evening of 16 ISPs is ordered of agreements with a notice of one ISP; from the middle on a fifth
of all agreements, active or not, does nothing any more. Timed is the ISP in which that shows: from
its readings to a repaired plan that is checked against the terms and recorded with the members, to
be compared with the 900 s of the ISP. Shares and penalties are of the whole event by what the sites
did, without and with all of its repairs; every run is a process of its own.
"""

import argparse
import multiprocessing
import resource
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

from flexmanager.watch.event import Known
from flexmanager.watch.rehearsal import Troubles, answered, rehearse, told
from flexmanager.watch.repairing import ROUNDS
from settlement.units import AMOUNT_PER_EUR
from tests.flexmanager.watch.live import MIDDLE_ISP, a_fifth, order, planned, portfolio

CPU_S_MAX, DELIVERED_SHARE_MIN = 30.0, 0.95


@dataclass(frozen=True, slots=True)
class Figures:
    """One event.

    Attributes:
        clock_s: from the readings to the recorded repair [s].
        cpu_s: the same in seconds of the processor [s].
        peak_mb: memory of the process at most [MB].
        added: activations of the first repair.
        gap: certified relative gap of its choice.
        alone_share: delivered over ordered energy without repairs.
        repaired_share: the same with them.
        alone_eur: penalty without repairs [EUR].
        repaired_eur: the same with them [EUR].
    """

    clock_s: float
    cpu_s: float
    peak_mb: float
    added: float
    gap: float
    alone_share: float
    repaired_share: float
    alone_eur: float
    repaired_eur: float


def measure(agreements: int, seed: int) -> Figures:
    """Run one event in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (agreements, seed))


def _measured(agreements: int, seed: int) -> Figures:
    terms = portfolio(agreements, seed)
    event, troubles = order(terms), Troubles(a_fifth(terms, seed))
    members, known = planned(terms, event), Known()
    for isp in range(event.first_isp, MIDDLE_ISP):
        known = known.heard(told(members, isp, troubles))
    telemetry = told(members, MIDDLE_ISP, troubles)
    clock_s, cpu_s = perf_counter(), process_time()
    step, _ = answered(event, terms, members, known, MIDDLE_ISP, telemetry, rounds=ROUNDS)
    clock_s, cpu_s = perf_counter() - clock_s, process_time() - cpu_s
    alone = rehearse(event, terms, members, troubles, repairs=False)
    repaired = rehearse(event, terms, members, troubles)
    return Figures(
        clock_s,
        cpu_s,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        len(step.repair.added),
        step.repair.dispatch.gap if step.repair.dispatch is not None else 0.0,
        alone.delivered_share,
        repaired.delivered_share,
        alone.outcome.penalty / AMOUNT_PER_EUR,
        repaired.outcome.penalty / AMOUNT_PER_EUR,
    )


def report(agreements: int, seeds: int) -> bool:
    """Print a line per seed and the medians; tell whether the targets are met."""
    found = []
    for seed in range(seeds):
        found.append(measure(agreements, seed))
        _print(agreements, f"{seed}", found[-1])
    middle = Figures(*(median(getattr(one, name) for one in found) for name in Figures.__slots__))
    _print(agreements, "median", middle)
    return middle.cpu_s <= CPU_S_MAX and middle.repaired_share >= DELIVERED_SHARE_MIN


def _print(agreements: int, seed: str, one: Figures) -> None:
    print(
        f"{agreements:>10,} {seed:>6} {one.clock_s:>8.2f} {one.cpu_s:>8.2f} {one.peak_mb:>8.0f} "
        f"{one.added:>7,.0f} {one.gap:>7.2%} {one.alone_share:>8.1%} {one.repaired_share:>8.1%} "
        f"{one.alone_eur:>11,.2f} {one.repaired_eur:>11,.2f}",
        flush=True,
    )


def main() -> None:
    """Print time, memory, delivery and penalty of every event, and whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agreements", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    print(
        f"{'':17} {'first repair':^43} {'delivered':^17} {'penalty EUR':^23}\n"
        f"{'agreements':>10} {'seed':>6} {'clock s':>8} {'CPU s':>8} {'peak MB':>8} "
        f"{'added':>7} {'gap':>7} {'without':>8} {'with':>8} {'without':>11} {'with':>11}"
    )
    for agreements in given.agreements:
        met = report(agreements, given.seeds)
        print(
            f"{agreements:>10,} target {'met' if met else 'NOT met'}: {CPU_S_MAX:.0f} CPU s, "
            f"{DELIVERED_SHARE_MIN:.0%} delivered"
        )


if __name__ == "__main__":
    main()
