"""Portfolios of a day: the settlement's rules judge the activations, and the bound holds."""

from dataclasses import replace
from itertools import count

import pytest

from flexmanager.deadline import Deadline
from flexmanager.dispatch import dispatch, plan, relaxation
from flexmanager.dispatch.greedy import greedy_runs
from flexmanager.dispatch.problem import build_problem
from flexmanager.dispatch.relaxation import relax
from flexmanager.highs import solve
from settlement.errors import SettlementError
from tests.flexmanager.dispatch.compact_highs import compact_arrays
from tests.flexmanager.dispatch.compact_pyomo import compact, solved
from tests.flexmanager.dispatch.dispatching import check_limits
from tests.flexmanager.dispatch.portfolios import instance, refuse_broken_terms


@pytest.mark.parametrize("seed", range(2))
def test_no_term_of_any_agreement_is_broken(seed: int) -> None:
    asked = instance(30, seed)
    found = dispatch(asked.required_w, asked.candidates, time_limit_s=3_600.0, rounds=1)
    assert len(found.activations) >= 15
    refuse_broken_terms(asked, found)
    check_limits(asked.required_w, asked.candidates, found)


def test_the_judge_sees_a_broken_term() -> None:
    asked = instance(10, 0)
    found = dispatch(asked.required_w, asked.candidates, time_limit_s=3_600.0, rounds=0)
    first = replace(found.activations[0], isps=40)
    with pytest.raises(SettlementError):
        refuse_broken_terms(asked, replace(found, activations=(first, *found.activations[1:])))


@pytest.mark.parametrize("looks", [1, 60, 400])
def test_whatever_the_clock_does_the_best_found_keeps_the_terms(looks: int) -> None:
    asked, clock = instance(30, 1), count()
    found = dispatch(
        asked.required_w, asked.candidates, looks, 0.0, rounds=10**9, timer=lambda: next(clock)
    )
    assert found.stopped_early
    assert found.bound_eur <= found.objective_eur
    refuse_broken_terms(asked, found)


def test_blocks_and_a_sample_prove_the_same_bound() -> None:
    asked = instance(12, 2)
    problem = build_problem(asked.required_w, asked.candidates, 15, 10_000.0, 0.02)
    deadline = Deadline.after(3_600.0)
    start = greedy_runs(problem, deadline)
    at_once = relax(problem, start, deadline, 1e-3).bound_eur
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "BLOCK", 5)
        patch.setattr(relaxation, "SAMPLED_FROM", 10)
        patch.setattr(relaxation, "SAMPLE_MIN", 4)
        in_parts = relax(problem, start, deadline, 1e-3).bound_eur
    assert in_parts == pytest.approx(at_once, rel=2e-3)


def test_both_ways_to_write_the_rivals_model_agree() -> None:
    asked = instance(2, 4)
    required_w, candidates = asked.required_w.copy(), asked.candidates
    required_w[:88] = 0
    by_arrays = solve(compact_arrays(required_w, candidates), gap=1e-7).objective
    assert by_arrays == pytest.approx(solved(compact(required_w, candidates)), rel=1e-5)
