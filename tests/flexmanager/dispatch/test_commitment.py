"""The choice among given runs: whole W that still cover, fixed runs, and an honest bound."""

import pytest

from flexmanager.deadline import Deadline
from flexmanager.dispatch.commitment import choose
from flexmanager.dispatch.problem import Problem, Run, build_problem
from tests.flexmanager.defaults import order_w
from tests.flexmanager.dispatch.dispatching import candidate

PROBLEM: Problem = build_problem(
    order_w(4, (0, 4, -1_000)),
    [candidate(1, -3_000, 4, 200.0), candidate(2, -3_000, 4, 50.0, reliability=0.9)],
    15,
    10_000.0,
    0.02,
)
DEAR, CHEAP = (0, 0, 4), (1, 0, 4)
BEST = [Run(*CHEAP, 1_112)]


def test_powers_are_rounded_up_so_that_the_order_stays_covered() -> None:
    choice = choose(
        PROBLEM, [DEAR, CHEAP], (), [Run(*DEAR, 1_000)], Deadline.after(10.0), 0.0, 1_000
    )
    assert choice.runs == BEST
    assert choice.finished
    assert PROBLEM.covered_w(choice.runs).min() >= 1_000
    assert choice.bound_eur <= PROBLEM.objective_eur(BEST)


def test_a_fixed_run_is_taken_with_at_least_one_watt() -> None:
    choice = choose(
        PROBLEM, [DEAR, CHEAP], [DEAR], [Run(*DEAR, 1_000)], Deadline.after(10.0), 0.0, 1_000
    )
    assert choice.runs == [Run(*DEAR, 1), Run(*CHEAP, 1_110)]


def test_without_time_the_start_stands_and_the_bound_claims_nothing_more() -> None:
    start = [Run(*DEAR, 3_000)]
    choice = choose(PROBLEM, [DEAR, CHEAP], (), start, Deadline.after(0.0), 0.0, 1_000)
    assert PROBLEM.objective_eur(choice.runs) <= PROBLEM.objective_eur(start) + 1e-9
    assert choice.bound_eur <= PROBLEM.objective_eur(BEST) + 1e-9


def test_runs_that_recover_into_each_other_exclude_each_other() -> None:
    problem = build_problem(
        order_w(5, (0, 5, -1_000)), [candidate(1, -1_000, 5, recovery=2)], 15, 10_000.0, 0.02
    )
    keys = [(0, 0, 1), (0, 2, 3), (0, 3, 5)]
    choice = choose(problem, keys, (), [], Deadline.after(10.0), 0.0, 1_000)
    assert [(run.start, run.stop) for run in choice.runs] == [(0, 1), (3, 5)]
    assert choice.bound_eur == pytest.approx(problem.objective_eur(choice.runs), rel=1e-6)
