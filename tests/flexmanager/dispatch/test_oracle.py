"""The dispatcher against two independent answers: exhaustive search, and another formulation."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.deadline import Deadline
from flexmanager.dispatch import Candidate, dispatch, search
from flexmanager.dispatch.greedy import greedy_runs, trimmed
from flexmanager.dispatch.plan import best_plans, run_gains
from flexmanager.dispatch.problem import build_problem
from flexmanager.dispatch.relaxation import relax
from flexmanager.rounding import FloatArray, IntArray
from tests.flexmanager.dispatch.compact_pyomo import (
    ACTIVATION_EUR,
    EUR_PER_W_ISP,
    SHORTFALL_EUR_PER_MWH,
    compact,
    solved,
)
from tests.flexmanager.dispatch.dispatching import check_limits, orders


def exhaustive_profit(one: Candidate, profit: FloatArray) -> float:
    """Try every set of runs of one candidate."""
    isps = len(profit)

    def best(begin: int, left: int) -> float:
        value = 0.0
        for start in range(begin, isps):
            for stop in range(start + 1, min(start + one.max_runtime_isps, isps) + 1):
                if left == 0 or not one.allowed[start:stop].all():
                    continue
                gain = float(profit[start:stop].sum()) - ACTIVATION_EUR
                follow = best(stop + max(1, one.recovery_isps), left - 1)
                value = max(value, gain + follow)
        return value

    return best(0, one.activations_left)


@settings(max_examples=60, deadline=None)
@given(orders(3, 7), st.lists(st.floats(-1, 1), min_size=21, max_size=21))
def test_the_best_plan_of_a_candidate(
    case: tuple[IntArray, list[Candidate]], values: list[float]
) -> None:
    required_w, candidates = case
    # Outside the order there is nothing to gain: that is what lets runs begin and end inside it.
    isps, count = len(required_w), len(candidates)
    profit = np.array(values[: isps * count] + [0.0] * (isps * count - 21)).reshape(count, isps)
    profit = np.where(required_w != 0, profit, -np.abs(profit))
    problem = build_problem(required_w, candidates, 15, SHORTFALL_EUR_PER_MWH, ACTIVATION_EUR)
    plans = best_plans(problem, run_gains(problem, profit, np.zeros(isps)))
    for number, one in enumerate(candidates):
        assert plans.profit[number] == pytest.approx(exhaustive_profit(one, profit[number]))
        spans = plans.spans[number]
        worth = sum(profit[number, a:b].sum() - ACTIVATION_EUR for a, b in spans)
        assert worth == pytest.approx(plans.profit[number])
        assert len(spans) <= one.activations_left
        for (_, stop), (start, _) in pairwise(spans):
            assert start - stop >= max(1, one.recovery_isps)


@settings(max_examples=25, deadline=None)
@given(orders(candidates_max=3, isps_max=6))
def test_costs_what_another_formulation_finds(case: tuple[IntArray, list[Candidate]]) -> None:
    required_w, candidates = case
    if not candidates or not required_w.any():
        return
    best = solved(compact(required_w, candidates))
    found = dispatch(required_w, candidates, time_limit_s=20.0, gap=0.0)
    check_limits(required_w, candidates, found)
    # Whole W cost up to one W per activation and ISP more than the oracle's fractions.
    dearest = max(one.volume_rate for one in candidates) / 1e4 * EUR_PER_W_ISP
    whole_w_eur = dearest * sum(a.isps for a in found.activations)
    assert found.objective_eur <= best + whole_w_eur + 1e-4
    assert found.objective_eur >= best - 1e-4
    assert found.bound_eur <= best + 1e-4
    rough = dispatch(required_w, candidates, time_limit_s=20.0, gap=0.05)
    assert rough.bound_eur <= best + 1e-4
    assert rough.objective_eur <= (best + whole_w_eur) / 0.95 + 1e-4


@settings(max_examples=20, deadline=None)
@given(orders(candidates_max=3, isps_max=6))
def test_the_search_by_neighbourhoods_stays_between_bound_and_greedy(
    case: tuple[IntArray, list[Candidate]],
) -> None:
    required_w, candidates = case
    if not candidates or not required_w.any():
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "RUNS_MAX", 0)
        found = dispatch(required_w, candidates, time_limit_s=20.0, gap=0.0)
    check_limits(required_w, candidates, found)
    best = solved(compact(required_w, candidates))
    assert found.bound_eur <= best + 1e-4
    assert found.objective_eur >= best - 1e-4
    problem = build_problem(required_w, candidates, 15, SHORTFALL_EUR_PER_MWH, ACTIVATION_EUR)
    greedy = greedy_runs(problem, Deadline.after(5.0))
    assert found.objective_eur <= problem.objective_eur(greedy) + 1e-9


@settings(max_examples=30, deadline=None)
@given(orders(candidates_max=4, isps_max=8))
def test_the_relaxed_bound_is_never_above_an_answer(
    case: tuple[IntArray, list[Candidate]],
) -> None:
    required_w, candidates = case
    problem = build_problem(required_w, candidates, 15, SHORTFALL_EUR_PER_MWH, ACTIVATION_EUR)
    if not problem.runs.any():
        return
    greedy = greedy_runs(problem, Deadline.after(5.0))
    relaxation = relax(problem, greedy, Deadline.after(5.0), 1e-9)
    assert relaxation.bound_eur <= problem.objective_eur(greedy) + 1e-9
    trimmed_again = trimmed(problem, greedy)
    assert problem.objective_eur(trimmed_again) == pytest.approx(problem.objective_eur(greedy))
