"""The choice among given runs: a mixed-integer model.

Per run x (taken or not) and p (its power as a share of the amount, 1 W to whole):

    cover the order:     sum(cover x p) + shortfall >= required          per ISP
    power only if taken: 1 W / amount x x <= p <= x                      per run
    recovery:            sum(x of runs that lie in or recover in an ISP) <= 1   per candidate, ISP
    count:               sum(x) <= activations left                      per candidate

Some runs may be fixed as taken; their powers stay free.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch.problem import Problem, Run
from flexmanager.highs import INFINITY, Model, NoAnswerInTime, SparseMatrix, solve
from flexmanager.rounding import FloatArray, IntArray

W_PER_KW = 1_000.0
SLACK_W = 1e-6

RunKey = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What the model chose.

    Attributes:
        runs: runs with powers, within all limits.
        bound_eur: no choice among the runs of the model has a lower objective [EUR].
        finished: False if a limit struck.
    """

    runs: list[Run]
    bound_eur: float
    finished: bool


def choose(
    problem: Problem,
    keys: Sequence[RunKey],
    fixed: Collection[RunKey],
    start: Sequence[Run],
    deadline: Deadline,
    gap: float,
    nodes_max: int,
) -> Choice:
    """Choose among runs and set all powers.

    Args:
        problem: the dispatch.
        keys: runs of the model as (candidate, start, stop), each once.
        fixed: those of `keys` that have to be taken, at any power; within all limits.
        start: a feasible answer made of runs of `keys` that takes all of `fixed`.
        deadline: when to stop with the best so far.
        gap: relative gap that is good enough.
        nodes_max: nodes of the search to stop after with the best so far.
    """
    if not keys:
        return Choice([], problem.objective_eur([]), True)
    model, guess = _model(problem, keys, fixed), _guess(problem, keys, start)
    try:
        answer = solve(model, gap=gap, nodes_max=nodes_max, first_guess=guess, deadline=deadline)
    except NoAnswerInTime:
        return Choice(list(start), -np.inf, False)
    count = len(keys)
    taken, share = answer.values[:count], answer.values[count : 2 * count]
    runs = []
    for j in np.flatnonzero(taken > 0.5).tolist():
        amount_w = int(problem.amount_w[keys[j][0]])
        power_w = min(max(ceil(float(share[j]) * amount_w - SLACK_W), 1), amount_w)
        runs.append(Run(*keys[j], power_w))
    return Choice(runs, answer.bound, answer.finished)


def _guess(problem: Problem, keys: Sequence[RunKey], start: Sequence[Run]) -> FloatArray:
    """Write a feasible answer as values of the model's columns."""
    place = {key: j for j, key in enumerate(keys)}
    guess = np.zeros(2 * len(keys) + problem.isps)
    for run in start:
        j = place[run.candidate, run.start, run.stop]
        guess[j] = 1.0
        guess[len(keys) + j] = run.power_w / problem.amount_w[run.candidate]
    guess[2 * len(keys) :] = problem.missing_w(start) / W_PER_KW
    return guess


def _model(problem: Problem, keys: Sequence[RunKey], fixed: Collection[RunKey]) -> Model:
    """Columns: x of all runs, p of all runs, shortfall per ISP [kW]."""
    count, isps = len(keys), problem.isps
    candidate, begin, stop = np.array(keys).T
    amount_w, lengths = problem.amount_w[candidate], stop - begin
    matrix = SparseMatrix()
    runs = np.arange(count)
    for j, key in enumerate(keys):
        isps_changed, shares = problem.effect(*key)
        rows = np.arange(isps_changed.start, isps_changed.stop)
        matrix.add(rows, np.full(len(rows), count + j), shares * amount_w[j] / W_PER_KW)
    matrix.add(np.arange(isps), 2 * count + np.arange(isps), np.ones(isps))
    matrix.add(isps + runs, runs, np.full(count, -1.0))
    matrix.add(isps + runs, count + runs, np.ones(count))
    matrix.add(isps + count + runs, runs, -1.0 / amount_w)
    matrix.add(isps + count + runs, count + runs, np.ones(count))
    limits = _exclusions(problem, candidate, begin, stop)
    for row, (members, _) in enumerate(limits, start=isps + 2 * count):
        matrix.add(np.full(len(members), row), members, np.ones(len(members)))
    power_eur = problem.eur_per_w[candidate] * amount_w * lengths
    shortfall_eur = np.full(isps, problem.shortfall_eur_per_w * W_PER_KW)
    taken = np.array([float(key in fixed) for key in keys])
    start, index, value = matrix.by_column(2 * count + isps)
    return Model(
        cost=np.concatenate((np.full(count, problem.activation_eur), power_eur, shortfall_eur)),
        lower=np.concatenate((taken, np.zeros(count + isps))),
        upper=np.concatenate((np.ones(2 * count), np.full(isps, INFINITY))),
        row_lower=np.concatenate(
            (
                problem.row_lower_w / W_PER_KW,
                np.full(count, -INFINITY),
                np.zeros(count),
                np.full(len(limits), -INFINITY),
            )
        ),
        row_upper=np.concatenate(
            (
                np.full(isps, INFINITY),
                np.zeros(count),
                np.full(count, INFINITY),
                np.array([limit for _, limit in limits], dtype=np.float64),
            )
        ),
        start=start,
        index=index,
        value=value,
        whole=np.concatenate((np.ones(count), np.zeros(count + isps))).astype(np.int32),
    )


def _exclusions(
    problem: Problem, candidate: IntArray, begin: IntArray, stop: IntArray
) -> list[tuple[IntArray, float]]:
    """Return sets of runs of which at most so many may be taken: recovery and count."""
    limits: list[tuple[IntArray, float]] = []
    resume = stop + problem.gap_isps[candidate]
    for own in np.unique(candidate).tolist():
        members = np.flatnonzero(candidate == own)
        starts = np.unique(begin[members])
        # Runs that exclude each other all hold the ISP in which the last of them begins.
        for isp in starts.tolist():
            clique = members[(begin[members] <= isp) & (isp < resume[members])]
            if len(clique) > 1:
                limits.append((clique, 1.0))
        if problem.left[own] < len(starts):
            limits.append((members, float(problem.left[own])))
    return limits
