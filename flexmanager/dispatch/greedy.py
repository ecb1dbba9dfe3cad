"""A quick feasible answer: the cheapest agreement first, each with its best plan for the rest."""

from dataclasses import replace
from math import ceil

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch.plan import Span, best_plans, run_gains
from flexmanager.dispatch.problem import Problem, Run
from flexmanager.rounding import FloatArray

SLACK_W = 1e-6


def greedy_runs(problem: Problem, deadline: Deadline) -> list[Run]:
    """Serve the order candidate by candidate until nothing is left to cover or time is up.

    Returns:
        Runs within all limits, powers trimmed to what is still missing.
    """
    price = problem.eur_per_w / problem.reliability
    open_w, runs = problem.row_lower_w, list[Run]()
    for candidate in np.lexsort((np.arange(problem.candidates), price)).tolist():
        if deadline.passed or open_w.max(initial=0.0) <= SLACK_W:
            break
        for span in _best_spans(problem, candidate, open_w):
            power_w = _useful_w(problem, candidate, span, open_w)
            if power_w > 0:
                runs.append(Run(candidate, *span, power_w))
                isps, shares = problem.effect(candidate, *span)
                open_w[isps] -= power_w * shares
    return trimmed(problem, runs)


def trimmed(problem: Problem, runs: list[Run]) -> list[Run]:
    """Lower powers, dearest first, where all ISPs of a run are covered beyond the order.

    Returns:
        Runs with the same coverage up to the order, at no higher cost; unneeded ones are gone.
    """
    spare_w = problem.covered_w(runs) - problem.row_lower_w
    price = problem.eur_per_w / problem.reliability
    kept = []
    for run in sorted(runs, key=lambda r: (-price[r.candidate], r.candidate, r.start)):
        isps, shares = problem.effect(run.candidate, run.start, run.stop)
        spare = max(spare_w[run.start : run.stop].min() + SLACK_W, 0.0)
        excess_w = int(min(spare / shares[0], run.power_w))
        spare_w[isps] -= excess_w * shares
        if excess_w < run.power_w:
            kept.append(replace(run, power_w=run.power_w - excess_w))
    return sorted(kept, key=lambda r: (r.candidate, r.start))


def _best_spans(problem: Problem, candidate: int, open_w: FloatArray) -> tuple[Span, ...]:
    """Return the plan of one candidate that is worth most against what is still missing."""
    own = problem.part(slice(candidate, candidate + 1))
    useful_w = np.clip(open_w, 0.0, own.cover_w[0])
    profit = problem.shortfall_eur_per_w * useful_w - own.eur_per_w[0] * own.amount_w[0]
    # Energy that comes back hurts where it reopens what is covered, not where there is room.
    hurts = np.where(open_w > -own.cover_w[0], problem.shortfall_eur_per_w, 0.0)
    return best_plans(own, run_gains(own, profit[None, :], hurts)).spans[0]


def _useful_w(problem: Problem, candidate: int, span: Span, open_w: FloatArray) -> int:
    most_w = float(open_w[slice(*span)].max())
    whole_w = ceil(most_w / float(problem.reliability[candidate]) - SLACK_W)
    return min(int(problem.amount_w[candidate]), whole_w)
