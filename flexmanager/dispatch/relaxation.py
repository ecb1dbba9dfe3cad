"""The relaxed dispatch by column generation: a bound, and the runs worth a closer look.

The master problem mixes whole plans: cover the order or pay the shortfall, at most one plan in all
per candidate. Its prices per ISP go to the exact search of `plan`, which returns the best
plan of every candidate at these prices. Those plans are new columns; and at any prices

    sum(price x required) - sum over candidates of the best profit

is a proven lower bound of the dispatch, because each candidate's search is exact. Powers below the
whole amount need no columns: a run's profit is linear in its power, so the best one is 0 or whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from flexmanager.deadline import Deadline
from flexmanager.dispatch.plan import Span, priced_plans
from flexmanager.dispatch.problem import Problem, Run
from flexmanager.highs import Answer, GrowingModel, NoAnswerInTime
from flexmanager.rounding import FloatArray

ROUNDS_MAX = 500
PROFIT_EUR_MIN = 1e-7

Plan = tuple[int, tuple[Span, ...]]
"""A candidate and its runs in time order."""

# Half the way back to the prices of the best bound: plain prices jump, and the bound with them.
SMOOTHING = 0.5

# Many candidates have nearly the prices of a sample; from there few rounds are left.
SAMPLED_FROM, SAMPLE_MIN, SAMPLE_SHARE, SAMPLE_GAP = 2_000, 500, 0.3, 1e-3
CANDIDATES_PER_SAMPLED = 10


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """What the relaxed problem tells.

    Attributes:
        bound_eur: no dispatch has a lower objective [EUR].
        price: price of a covered W per ISP at the end, shape (n,) [EUR].
        weights: (candidate, plan) to its share in the relaxed answer, above 0.
        plans: every plan that was generated, as (candidate, spans).
    """

    bound_eur: float
    price: FloatArray
    weights: dict[Plan, float]
    plans: tuple[Plan, ...]


@dataclass(slots=True, eq=False)
class _Master:
    """The growing master problem: rows are the n ISPs, then the N candidates."""

    problem: Problem
    model: GrowingModel
    plans: list[Plan] = field(default_factory=list)
    known: set[Plan] = field(default_factory=set)

    def add(self, candidate: int, spans: tuple[Span, ...]) -> bool:
        """Add a plan as a column; tell whether it is new."""
        key = (candidate, spans)
        if not spans or key in self.known:
            return False
        problem = self.problem
        ordered_isps = sum(stop - start for start, stop in spans)
        ordered_eur = problem.eur_per_w[candidate] * problem.amount_w[candidate] * ordered_isps
        cost = float(ordered_eur) + problem.activation_eur * len(spans)
        covered_w = np.zeros(problem.isps)
        for span in spans:
            isps, shares = problem.effect(candidate, *span)
            covered_w[isps] += shares * problem.amount_w[candidate]
        rows = np.flatnonzero(covered_w)
        entries = np.append(covered_w[rows], 1.0)
        self.model.add_column(cost, np.append(rows, problem.isps + candidate), entries)
        self.plans.append(key)
        self.known.add(key)
        return True


def relax(
    problem: Problem,
    start: list[Run],
    deadline: Deadline,
    gap: float,
    known: Iterable[Plan] = (),
) -> Relaxation:
    """Solve the relaxed dispatch until its bound meets its objective, or time is up.

    Args:
        problem: the dispatch.
        start: a feasible answer whose runs become the first columns.
        deadline: when to stop; the bound so far stays valid.
        gap: relative distance of objective and bound that is close enough.
        known: plans that may be worth something, to begin with.
    """
    master = _started(problem, start)
    for plan in known:
        master.add(*plan)
    bound, best_price = 0.0, np.zeros(problem.isps)
    if problem.candidates >= SAMPLED_FROM:
        best_price = _sampled_price(problem, deadline.part(SAMPLE_SHARE))
        _, bound = _priced(problem, master, best_price)
    answer = None
    for _ in range(ROUNDS_MAX):
        answer = _solved(master, deadline, answer)
        if answer is None or deadline.passed:
            break
        duals = _prices(problem, answer)
        price = SMOOTHING * best_price + (1.0 - SMOOTHING) * duals if bound > 0.0 else duals
        found, here = _priced(problem, master, price)
        if here > bound:
            bound, best_price = here, price
        if not found and price is not duals:
            found, here = _priced(problem, master, duals)
            if here > bound:
                bound, best_price = here, duals
        if answer.objective - bound <= gap * max(abs(answer.objective), 1e-9) or not found:
            break
    answer = _solved(master, deadline, answer)
    if answer is None:
        return Relaxation(bound, best_price, {}, tuple(master.plans))
    shares = answer.values[problem.isps :].tolist()
    weights = {
        plan: share
        for plan, share in zip(master.plans, shares, strict=False)
        if share > PROFIT_EUR_MIN
    }
    return Relaxation(bound, _prices(problem, answer), weights, tuple(master.plans))


def _solved(master: _Master, deadline: Deadline, last: Answer | None) -> Answer | None:
    """Solve the master; the last answer stands, without the newest plans, if time is up."""
    try:
        answer = master.model.solve(deadline)
    except NoAnswerInTime:
        return last
    return answer if answer.finished else last


def _sampled_price(problem: Problem, deadline: Deadline) -> FloatArray:
    """Return the prices at which a few candidates, cheap and dear, cover their share."""
    by_price = np.lexsort((np.arange(problem.candidates), problem.eur_per_w / problem.reliability))
    size = max(SAMPLE_MIN, problem.candidates // CANDIDATES_PER_SAMPLED)
    sample = problem.part(by_price[:: problem.candidates // size])
    share = float(sample.cover_w.sum() / problem.cover_w.sum())
    sample = replace(sample, required_w=problem.required_w * share)
    return relax(sample, [], deadline, SAMPLE_GAP).price


def _prices(problem: Problem, answer: Answer) -> FloatArray:
    """Return the prices of a covered W: none where nothing is needed."""
    duals = np.clip(answer.row_duals[: problem.isps], 0.0, problem.shortfall_eur_per_w)
    prices: FloatArray = np.where(problem.needed, duals, 0.0)
    return prices


def _started(problem: Problem, start: list[Run]) -> _Master:
    lower = np.concatenate((problem.row_lower_w, np.full(problem.candidates, -np.inf)))
    upper = np.concatenate((np.full(problem.isps, np.inf), np.ones(problem.candidates)))
    master = _Master(problem, GrowingModel(lower, upper))
    for isp in range(problem.isps):
        master.model.add_column(problem.shortfall_eur_per_w, np.array([isp]), np.ones(1))
    plans: dict[int, list[Span]] = {}
    for run in start:
        plans.setdefault(run.candidate, []).append((run.start, run.stop))
    for candidate, spans in plans.items():
        master.add(candidate, tuple(sorted(spans)))
    return master


def _priced(problem: Problem, master: _Master, price: FloatArray) -> tuple[bool, float]:
    """Add the best plans at these prices; return whether any is new, and the bound they prove."""
    plans = priced_plans(problem, price)
    found = False
    for candidate in np.flatnonzero(plans.profit > PROFIT_EUR_MIN).tolist():
        found = master.add(candidate, plans.spans[candidate]) or found
    needed = problem.needed
    return found, float(price[needed] @ problem.required_w[needed] - plans.profit.sum())
