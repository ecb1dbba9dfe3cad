"""Dispatch an order over portfolios of growing size, beside the compact model in HiGHS and Pyomo.

Every run is a process of its own on one core. Its time limit counts CPU seconds; the rivals get
the same for the solver alone, with the model written beforehand. A gap is (objective - bound) /
objective, both certified; memory is the peak of the process. Every activation is checked by the
rules of the settlement.
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
NO_ANSWER = float("inf")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gives; an objective of infinity stands for no answer."""

    objective_eur: float
    bound_eur: float
    cpu_s: float
    peak_mb: float

    @property
    def gap(self) -> float:
        """Relative distance of objective and bound."""
        if self.objective_eur == NO_ANSWER:
            return NO_ANSWER
        return (self.objective_eur - self.bound_eur) / self.objective_eur


def flexledger(asked: Instance, limit_s: float) -> tuple[float, float]:
    """Dispatch with this project."""
    found = dispatch(
        asked.required_w, asked.candidates, limit_s, GAP, rounds=ROUNDS, timer=process_time
    )
    refuse_broken_terms(asked, found)
    return found.objective_eur, found.bound_eur


def compact_in_highs(asked: Instance, limit_s: float) -> tuple[float, float]:
    """Solve the compact model, handed to HiGHS as arrays."""
    try:
        model = compact_arrays(asked.required_w, asked.candidates)
        answer = solve(model, gap=GAP, deadline=Deadline.after(limit_s, process_time))
    except NoAnswerInTime:
        return NO_ANSWER, 0.0
    return answer.objective, answer.bound


def compact_in_pyomo(asked: Instance, limit_s: float) -> tuple[float, float]:
    """Solve the compact model, written in Pyomo and handed to HiGHS as a file."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", GAP)
    with TemporaryDirectory() as folder:
        # Pyomo's own calls to HiGHS can only limit the time on the wall.
        path = f"{folder}/dispatch.mps"
        compact(asked.required_w, asked.candidates).write(path)
        solver.readModel(path)
    stop_at(solver, Deadline.after(limit_s, process_time))
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return info.objective_function_value if found else NO_ANSWER, info.mip_dual_bound


Way = Callable[[Instance, float], tuple[float, float]]


def measure(way: Way, agreements: int, seed: int, limit_s: float) -> Figures:
    """Run one way on one instance in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (way, agreements, seed, limit_s))


def _measured(way: Way, agreements: int, seed: int, limit_s: float) -> Figures:
    asked = instance(agreements, seed)
    began = process_time()
    objective_eur, bound_eur = way(asked, limit_s)
    cpu_s = process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(objective_eur, bound_eur, cpu_s, peak_mb)


def report(name: str, way: Way, agreements: int, seeds: Sequence[int], limit_s: float) -> None:
    """Print a line per seed and the median."""
    found = []
    for seed in seeds:
        one = measure(way, agreements, seed, limit_s)
        found.append(one.gap)
        objective = "none" if one.objective_eur == NO_ANSWER else f"{one.objective_eur:.3f}"
        print(
            f"{name:14} {agreements:>8,} {seed:>5} {one.gap:>9.3%} {objective:>12} "
            f"{one.bound_eur:>12.3f} {one.cpu_s:>8.1f} {one.peak_mb:>8.0f}",
            flush=True,
        )
    print(f"{name:14} {agreements:>8,} {'median':>5} {median(found):>8.3%}", flush=True)


def main() -> None:
    """Print gap, objective, bound, CPU and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agreements", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit-s", type=float, default=60.0, help="CPU seconds of a run")
    parser.add_argument("--rivals-up-to", type=int, default=1_000, help="agreements, 0 for none")
    parser.add_argument("--rival-seeds", type=int, default=1)
    parser.add_argument("--rivals-only", action="store_true")
    given = parser.parse_args()
    heads = ("gap", "objective EUR", "bound EUR", "CPU s", "peak MB")
    print(f"{'':14} {'agreements':>8} seed " + " ".join(f"{head:>9}" for head in heads))
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
