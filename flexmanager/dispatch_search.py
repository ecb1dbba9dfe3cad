"""From a first answer to a good one: small neighbourhoods of the dispatch, solved one by one.

The whole mixed-integer model of many agreements is far too slow. Here a few candidates at a time
are free to choose anew among their promising runs, while the others keep their runs and may only
change their powers. Neighbourhoods grow while they are solved easily and shrink when they are not.
Which candidates come next is drawn with a fixed seed.
"""

from collections.abc import Sequence

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch_commitment import Choice, RunKey, choose
from flexmanager.dispatch_greedy import trimmed
from flexmanager.dispatch_plan import run_gains
from flexmanager.dispatch_problem import Problem, Run
from flexmanager.dispatch_relaxation import Relaxation

SEED = 1
RUNS_MAX = 150
RUNS_PER_CANDIDATE = 8
FREE_FIRST = 4
FREE_MIN = 2
STALLS_MAX = 12
NODES_WHOLE = 500
NODES_CORE = 5
NODES_STEP = 1
GAIN_EUR_MIN = 1e-6


def improve(
    problem: Problem,
    relaxation: Relaxation,
    start: list[Run],
    deadline: Deadline,
    gap: float,
    rounds: int,
) -> tuple[list[Run], float]:
    """Improve a feasible answer until the gap is reached, nothing helps any more, or time is up.

    Args:
        problem: the dispatch.
        relaxation: its bound, and where to look.
        start: a feasible answer.
        deadline: when to stop with the best so far.
        gap: relative distance from the bound that is good enough.
        rounds: neighbourhoods to solve at most.

    Returns:
        The best runs found, and the best bound proven [EUR].
    """
    exist = [(i, t, t + extra + 1) for i, t, extra in np.argwhere(problem.runs).tolist()]
    if len(exist) <= RUNS_MAX:
        choice = choose(problem, exist, (), start, deadline.left_s, gap, NODES_WHOLE)
        return _better(problem, start, choice), max(relaxation.bound_eur, choice.bound_eur)
    promising, best = _promising(problem, relaxation), start
    core = _keys(best).union(
        (candidate, *span) for candidate, spans in relaxation.weights for span in spans
    )
    choice = choose(problem, sorted(core), (), best, deadline.left_s / 2, gap, NODES_CORE)
    best = _better(problem, best, choice)
    random, free_count, stalls = np.random.default_rng(SEED), FREE_FIRST, 0
    for _ in range(rounds):
        objective_eur = problem.objective_eur(best)
        close = objective_eur - relaxation.bound_eur <= gap * objective_eur
        if close or stalls >= STALLS_MAX or deadline.passed:
            break
        free = random.choice(sorted(promising), min(free_count, len(promising)), replace=False)
        choice = _step(problem, promising, best, set(free.tolist()), deadline, gap)
        best = _better(problem, best, choice)
        helped = problem.objective_eur(best) < objective_eur - GAIN_EUR_MIN
        stalls = 0 if helped else stalls + 1
        free_count = free_count + 1 if choice.finished else max(free_count - 2, FREE_MIN)
    return best, relaxation.bound_eur


def _step(
    problem: Problem,
    promising: dict[int, set[RunKey]],
    best: list[Run],
    free: set[int],
    deadline: Deadline,
    gap: float,
) -> Choice:
    """Let some candidates choose anew."""
    fixed = _keys([run for run in best if run.candidate not in free])
    keys = sorted(_keys(best).union(*(promising[candidate] for candidate in free)))
    return choose(problem, keys, fixed, best, deadline.left_s, gap / 4, NODES_STEP)


def _keys(runs: Sequence[Run]) -> set[RunKey]:
    return {(run.candidate, run.start, run.stop) for run in runs}


def _better(problem: Problem, best: list[Run], choice: Choice) -> list[Run]:
    return min((best, trimmed(problem, choice.runs)), key=problem.objective_eur)


def _promising(problem: Problem, relaxation: Relaxation) -> dict[int, set[RunKey]]:
    """Return per candidate the runs that the relaxation generated or values most."""
    promising: dict[int, dict[RunKey, None]] = {}
    for candidate, spans in relaxation.plans:
        promising.setdefault(candidate, {}).update({(candidate, *s): None for s in spans})
    worth = np.outer(problem.cover_w, relaxation.price)
    gains = run_gains(problem, worth - (problem.eur_per_w * problem.amount_w)[:, None])
    exist = np.argwhere(problem.runs)
    for i, t, extra in exist[np.argsort(-gains[problem.runs], kind="stable")].tolist():
        own = promising.setdefault(i, {})
        if len(own) < RUNS_PER_CANDIDATE:
            own[i, t, t + extra + 1] = None
    return {candidate: set(keys) for candidate, keys in promising.items()}
