"""The array border to HiGHS: answers, duals, bounds and refusals."""

from time import process_time

import numpy as np
import pytest

from flexmanager.deadline import Deadline
from flexmanager.errors import SolverError
from flexmanager.highs import INFINITY, GrowingModel, Model, NoAnswerInTime, SparseMatrix, solve


def knapsack(whole: bool, least: float = 5.0) -> Model:
    """min 3a + 2b, 2a + b >= least, a, b in 0..2."""
    matrix = SparseMatrix()
    matrix.add([0, 0], [1, 0], np.array([1.0, 2.0]))
    start, index, value = matrix.by_column(2)
    return Model(
        cost=np.array([3.0, 2.0]),
        lower=np.zeros(2),
        upper=np.full(2, 2.0),
        row_lower=np.array([least]),
        row_upper=np.array([INFINITY]),
        start=start,
        index=index,
        value=value,
        whole=np.ones(2, dtype=np.int32) if whole else None,
    )


def test_linear_answer_with_dual_and_bound() -> None:
    answer = solve(knapsack(whole=False))
    assert answer.values.tolist() == [2.0, 1.0]
    assert answer.objective == answer.bound == 8.0
    assert answer.row_duals.tolist() == [2.0]
    assert answer.finished


def test_whole_numbers_cost_more() -> None:
    assert solve(knapsack(whole=False, least=4.5)).objective == pytest.approx(7.0)
    answer = solve(knapsack(whole=True, least=4.5))
    assert answer.objective == pytest.approx(8.0)
    assert answer.bound == pytest.approx(8.0)


def test_a_first_guess_is_kept_when_time_is_up() -> None:
    answer = solve(knapsack(whole=True), time_limit_s=0.0, first_guess=np.array([2.0, 2.0]))
    assert answer.objective <= 10.0
    assert answer.bound <= 8.0


def test_no_time_and_no_guess_is_no_answer() -> None:
    with pytest.raises(NoAnswerInTime):
        solve(knapsack(whole=False), time_limit_s=0.0)


def test_a_deadline_that_has_passed_strikes_by_its_own_clock() -> None:
    passed = Deadline.after(0.0, process_time)
    answer = solve(knapsack(whole=True), first_guess=np.array([2.0, 2.0]), deadline=passed)
    assert answer.objective <= 10.0
    model = GrowingModel(np.full(40, 4.0), np.full(40, INFINITY))
    for row in range(40):
        model.add_column(5.0, [row, (row + 7) % 40], np.array([1.0, 2.0]))
    with pytest.raises(NoAnswerInTime):
        model.solve(passed)
    assert model.solve(Deadline.after(10.0)).finished


def test_an_impossible_model_is_refused() -> None:
    with pytest.raises(SolverError, match="Infeasible"):
        solve(knapsack(whole=False, least=7.0))


def test_arrays_that_do_not_fit_are_refused() -> None:
    model = knapsack(whole=False)
    broken = Model(
        model.cost, model.upper + 1.0, model.lower, model.row_lower, model.row_upper,
        model.start, model.index + 9, model.value,
    )  # fmt: skip
    with pytest.raises(SolverError, match="refused a model of 2 columns and 1 rows"):
        solve(broken)


def test_a_growing_model_gets_cheaper() -> None:
    model = GrowingModel(np.array([4.0]), np.array([INFINITY]))
    model.add_column(5.0, [0], np.ones(1))
    assert model.solve().objective == 20.0
    model.add_column(3.0, [0], np.full(1, 2.0))
    answer = model.solve()
    assert answer.objective == 6.0
    assert answer.row_duals.tolist() == [1.5]


def test_entries_may_come_in_any_order() -> None:
    matrix = SparseMatrix()
    matrix.add([1, 0], [2, 0], np.array([3.0, 1.0]))
    matrix.add([0], [2], np.array([2.0]))
    start, index, value = matrix.by_column(3)
    assert start.tolist() == [0, 1, 1, 3]
    assert index.tolist() == [0, 0, 1]
    assert value.tolist() == [1.0, 2.0, 3.0]
