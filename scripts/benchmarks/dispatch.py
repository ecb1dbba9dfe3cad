"""Dispatch an order over portfolios of growing size, beside the compact model in HiGHS and Pyomo.

Every run is a process of its own on one core. Its time limit counts CPU seconds; the rivals get
the same for the solver alone, and what writing their model takes stands in a column of its own. A
gap is (objective - bound) / objective, both certified; memory is the peak of the process. Every
activation is checked by the rules of the settlement.
"""

import argparse
import multiprocessing
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import highspy

from flexmanager.deadline import Deadline
from flexmanager.dispatch import dispatch
from flexmanager.highs import NoAnswerInTime, solve, stop_at
from tests.flexmanager.dispatch.compact_highs import compact_arrays
from tests.flexmanager.dispatch.compact_pyomo import compact
from tests.flexmanager.dispatch.portfolios import Instance, instance, refuse_broken_terms

GAP = 5e-4
ROUNDS = 10**9
NEVER = float("inf")
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer with its bound [EUR], and the CPU seconds that writing the model took [s]."""

    objective_eur: float
    bound_eur: float
    model_s: float = 0.0

    @property
    def gap(self) -> float:
        """Relative distance of objective and bound."""
        return (self.objective_eur - self.bound_eur) / self.objective_eur


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gives; `found` is None where the time was over before any answer."""

    found: Found | None
    cpu_s: float
    peak_mb: float


def flexledger(asked: Instance, limit_s: float) -> Found:
    """Dispatch with this project."""
    found = dispatch(
        asked.required_w, asked.candidates, limit_s, GAP, rounds=ROUNDS, timer=process_time
    )
    refuse_broken_terms(asked, found)
    return Found(found.objective_eur, found.bound_eur)


def compact_in_highs(asked: Instance, limit_s: float) -> Found | None:
    """Solve the compact model, handed to HiGHS as arrays."""
    began_s = process_time()
    model = compact_arrays(asked.required_w, asked.candidates)
    model_s = process_time() - began_s
    try:
        answer = solve(model, gap=GAP, deadline=Deadline.after(limit_s, process_time))
    except NoAnswerInTime:
        return None
    return Found(answer.objective, answer.bound, model_s)


def compact_in_pyomo(asked: Instance, limit_s: float) -> Found | None:
    """Solve the compact model, written in Pyomo and handed to HiGHS as a file."""
    began_s = process_time()
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", GAP)
    with TemporaryDirectory() as folder:
        # Pyomo's own calls to HiGHS can only limit the time on the wall.
        path = f"{folder}/dispatch.mps"
        compact(asked.required_w, asked.candidates).write(path)
        solver.readModel(path)
    model_s = process_time() - began_s
    stop_at(solver, Deadline.after(limit_s, process_time))
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return Found(info.objective_function_value, info.mip_dual_bound, model_s)


Way = Callable[[Instance, float], Found | None]


def measure(way: Way, agreements: int, seed: int, limit_s: float) -> Figures:
    """Run one way on one instance in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (way, agreements, seed, limit_s))


def _measured(way: Way, agreements: int, seed: int, limit_s: float) -> Figures:
    asked = instance(agreements, seed)
    began_s = process_time()
    found = way(asked, limit_s)
    cpu_s = process_time() - began_s
    return Figures(found, cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def report(name: str, way: Way, agreements: int, seeds: Sequence[int], limit_s: float) -> None:
    """Print a line per seed and the medians; no answer counts as the widest gap."""
    runs = []
    for seed in seeds:
        one = measure(way, agreements, seed, limit_s)
        runs.append(one)
        _print(name, agreements, f"{seed}", one.found, one.cpu_s, one.peak_mb)
    gaps = [one.found.gap if one.found is not None else NEVER for one in runs]
    # The run in the middle, not a mean of two, so that its objective and bound belong together.
    middle = sorted(range(len(runs)), key=lambda at: gaps[at])[len(runs) // 2]
    cpu_s, peak_mb = median(one.cpu_s for one in runs), median(one.peak_mb for one in runs)
    _print(name, agreements, "median", runs[middle].found, cpu_s, peak_mb)


def _print(
    name: str, agreements: int, seed: str, found: Found | None, cpu_s: float, peak_mb: float
) -> None:
    if found is None:
        figures = f"{NO_ANSWER:>9} {'-':>13} {'-':>11} {'-':>8}"
    else:
        figures = (
            f"{found.gap:>9.3%} {found.objective_eur:>13.3f} {found.bound_eur:>11.3f} "
            f"{found.model_s:>8.1f}"
        )
    print(
        f"{name:14} {agreements:>10,} {seed:>6} {figures} {cpu_s:>8.1f} {peak_mb:>8.0f}", flush=True
    )


def main() -> None:
    """Print gap, objective, bound, CPU seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agreements", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit-s", type=float, default=60.0, help="CPU seconds of a run")
    parser.add_argument("--rivals-up-to", type=int, default=1_000, help="agreements, 0 for none")
    parser.add_argument("--rival-seeds", type=int, default=1)
    parser.add_argument("--rivals-only", action="store_true")
    given = parser.parse_args()
    print(
        f"{'':14} {'agreements':>10} {'seed':>6} {'gap':>9} {'objective EUR':>13} "
        f"{'bound EUR':>11} {'model s':>8} {'CPU s':>8} {'peak MB':>8}"
    )
    for agreements in given.agreements:
        if not given.rivals_only:
            report("flexledger", flexledger, agreements, range(given.seeds), given.limit_s)
        if agreements > given.rivals_up_to:
            continue
        rivals = range(given.rival_seeds)
        report("compact HiGHS", compact_in_highs, agreements, rivals, given.limit_s)
        report("compact Pyomo", compact_in_pyomo, agreements, rivals, given.limit_s)


if __name__ == "__main__":
    main()
