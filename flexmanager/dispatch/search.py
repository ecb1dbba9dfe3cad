"""From a first answer to a good one: small neighbourhoods of the dispatch, solved one by one.

The whole mixed-integer model of many agreements is far too slow. Here a few candidates at a time
choose anew among their promising runs. Of the others, those that run at part of their amount, and
some more, keep their runs and may change their powers; the rest stands as it is. Neighbourhoods
grow while they are solved easily and shrink when they are not. Which candidates come next is drawn
with a fixed seed.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch.commitment import Choice, RunKey, choose
from flexmanager.dispatch.dive import dive
from flexmanager.dispatch.greedy import trimmed
from flexmanager.dispatch.plan import blocks, priced_gains
from flexmanager.dispatch.problem import Problem, Run
from flexmanager.dispatch.relaxation import Relaxation

SEED = 1
RUNS_MAX = 150
RUNS_PER_CANDIDATE = 10
FREE_FIRST = 8
FREE_MIN = 4
ADJUSTED = 60
SHIFT_ISPS = 2
STALLS_MAX = 60
NODES_WHOLE = 500
NODES_STEP = 20
DIVE_SHARE, DIVE_FIXED_SHARE = 0.5, 0.1
WORTHWHILE_EUR = -0.3
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
    if np.count_nonzero(problem.runs) <= RUNS_MAX:
        every = [(i, t, t + extra + 1) for i, t, extra in np.argwhere(problem.runs).tolist()]
        choice = choose(problem, every, (), start, deadline, gap, NODES_WHOLE)
        answers = [start, trimmed(problem, choice.runs)]
        best = min(answers, key=problem.objective_eur)
        return best, max(relaxation.bound_eur, choice.bound_eur)
    dived = dive(problem, relaxation, deadline.part(DIVE_SHARE), DIVE_FIXED_SHARE, gap)
    best = min([start, dived], key=problem.objective_eur)
    promising = _Promising(problem, relaxation)
    random, free_count, stalls = np.random.default_rng(SEED), FREE_FIRST, 0
    for _ in range(rounds):
        objective_eur = problem.objective_eur(best)
        close = objective_eur - relaxation.bound_eur <= gap * objective_eur
        if close or stalls >= STALLS_MAX or deadline.passed:
            break
        found, finished = _step(problem, promising, best, free_count, random, deadline)
        best = min([best, found], key=problem.objective_eur)
        helped = problem.objective_eur(best) < objective_eur - GAIN_EUR_MIN
        stalls = 0 if helped else stalls + 1
        free_count = free_count + 1 if finished else max(free_count - 1, FREE_MIN)
    return best, relaxation.bound_eur


class _Promising:
    """The candidates worth asking, and of each the runs that the relaxation generated or values."""

    def __init__(self, problem: Problem, relaxation: Relaxation) -> None:
        self._problem, self._price = problem, relaxation.price
        self._generated: dict[int, set[RunKey]] = {}
        for candidate, spans in relaxation.plans:
            keys = self._generated.setdefault(candidate, set())
            keys.update((candidate, *span) for span in spans)
        best_eur = [priced_gains(block, self._price).max(axis=(1, 2)) for block in blocks(problem)]
        self.candidates = np.flatnonzero(np.concatenate(best_eur) > WORTHWHILE_EUR)

    def runs(self, candidate: int) -> set[RunKey]:
        """Return the promising runs of a candidate."""
        own = self._problem.part(slice(candidate, candidate + 1))
        gains = priced_gains(own, self._price)[0]
        valued = np.argsort(-gains, axis=None, kind="stable")[:RUNS_PER_CANDIDATE]
        found = set(self._generated.get(candidate, ()))
        for place in valued.tolist():
            start, extra = divmod(place, gains.shape[1])
            if own.runs[0, start, extra]:
                found.add((candidate, start, start + extra + 1))
        return found


def _step(
    problem: Problem,
    promising: _Promising,
    best: list[Run],
    free_count: int,
    random: np.random.Generator,
    deadline: Deadline,
) -> tuple[list[Run], bool]:
    """Let some candidates choose anew; tell as well whether that was solved to its end."""
    count = min(free_count, len(promising.candidates))
    free = set(random.choice(promising.candidates, count, replace=False).tolist())
    others = [run for run in best if run.candidate not in free]
    drawn = set(random.permutation(len(others))[:ADJUSTED].tolist())
    adjusted = [
        run
        for j, run in enumerate(others)
        if j in drawn or run.power_w < problem.amount_w[run.candidate]
    ]
    moving = set(adjusted)
    standing = [run for run in others if run not in moving]
    own = [run for run in best if run.candidate in free]
    keys = {_key(run) for run in adjusted}
    for run in own:
        keys.update(_shifted(problem, run))
    for candidate in free:
        keys.update(promising.runs(candidate))
    fixed = {_key(run) for run in adjusted}
    start, rest = [*own, *adjusted], problem.beside(standing)
    choice: Choice = choose(rest, sorted(keys), fixed, start, deadline, 0.0, NODES_STEP)
    return trimmed(problem, [*standing, *choice.runs]), choice.finished


def _key(run: Run) -> RunKey:
    return run.candidate, run.start, run.stop


def _shifted(problem: Problem, run: Run) -> Iterator[RunKey]:
    """Yield the run and those that begin and end a little earlier or later."""
    shifts: Sequence[int] = range(-SHIFT_ISPS, SHIFT_ISPS + 1)
    for start in (run.start + shift for shift in shifts):
        for stop in (run.stop + shift for shift in shifts):
            inside = 0 <= start < stop <= problem.isps
            if inside and stop - start <= problem.runs.shape[2]:
                if problem.runs[run.candidate, start, stop - start - 1]:
                    yield run.candidate, start, stop
