"""From the relaxed dispatch to whole plans: fix the surest ones, relax what is left, and so on.

The relaxed answer mixes plans of an agreement. Those that it uses whole are taken as they are, and
with them a part of the most used ones; what they leave uncovered is relaxed again for the other
agreements. After each step the greedy pass completes the answer, and the best of these is kept.
"""

from dataclasses import replace

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch.greedy import greedy_runs, trimmed
from flexmanager.dispatch.problem import Problem, Run
from flexmanager.dispatch.relaxation import Relaxation, relax

GAP = 1e-3
WHOLE = 1.0 - 1e-6


def dive(
    problem: Problem, relaxation: Relaxation, deadline: Deadline, fixed_share: float, gap: float
) -> list[Run]:
    """Round the relaxed dispatch to runs within all limits.

    Args:
        problem: the dispatch.
        relaxation: its relaxed answer.
        deadline: when to stop with the best so far.
        fixed_share: part of the mixed agreements that each step fixes, above 0, at most 1.
        gap: relative distance from the bound that is good enough to stop.
    """
    enough_eur = relaxation.bound_eur / (1.0 - gap) if gap < 1.0 else np.inf
    fixed: list[Run] = []
    free = np.ones(problem.candidates, dtype=np.bool_)
    answers = [fixed]
    here, rest = relaxation, problem
    while here.weights and not deadline.passed:
        _fix(problem, here, fixed_share, fixed, free)
        rest = replace(problem.beside(fixed), runs=problem.runs & free[:, None, None])
        greedy = greedy_runs(rest, deadline)
        answers.append(trimmed(problem, [*fixed, *greedy]))
        whole = max(here.weights.values()) >= WHOLE == min(here.weights.values())
        if not greedy or whole or problem.objective_eur(answers[-1]) <= enough_eur:
            break
        known = (plan for plan in here.plans if free[plan[0]])
        here = relax(rest, greedy, deadline, GAP, known)
    return min(answers, key=problem.objective_eur)


def _fix(
    problem: Problem, relaxation: Relaxation, share: float, fixed: list[Run], free: np.ndarray
) -> None:
    """Move the whole plans and a share of the mixed ones from the free to the fixed."""
    by_weight = sorted(relaxation.weights.items(), key=lambda item: (-item[1], item[0]))
    whole = sum(weight >= WHOLE for _, weight in by_weight)
    more = max(1, int(share * (len(by_weight) - whole)))
    for (candidate, spans), _ in by_weight[: whole + more]:
        if free[candidate]:
            free[candidate] = False
            power_w = int(problem.amount_w[candidate])
            fixed.extend(Run(candidate, *span, power_w) for span in spans)
