"""Linear and mixed-integer models handed to HiGHS as arrays, without a modelling layer.

One thread and a fixed seed: the same arrays give the same answer, unless a time limit strikes.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from flexmanager.deadline import Deadline
from flexmanager.errors import SolverError
from flexmanager.rounding import FloatArray

IndexArray = npt.NDArray[np.int32]
INFINITY = highspy.kHighsInf
_COLUMN_WISE = int(highspy.MatrixFormat.kColwise)
_MINIMISE = int(highspy.ObjSense.kMinimize)
_NO_LIMIT_S = 1e9
_NO_NODE_LIMIT = 2**31 - 1


_LIMITS = (
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kInterrupt,
)
_INTERRUPTS = (
    highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt,
    highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
)


class NoAnswerInTime(SolverError):
    """A limit struck before any solution was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """min cost x, subject to row_lower <= A x <= row_upper and lower <= x <= upper.

    A stands column by column: the entries of column j are at `start[j]` to `start[j + 1]`, stop
    excluded, of `index` (rows) and `value`.

    Attributes:
        cost: shape (columns,).
        lower: shape (columns,).
        upper: shape (columns,).
        row_lower: shape (rows,).
        row_upper: shape (rows,).
        start: shape (columns + 1,).
        index: shape (entries,).
        value: shape (entries,).
        whole: shape (columns,), 1 where a column must be a whole number; None for a linear model.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    start: IndexArray
    index: IndexArray
    value: FloatArray
    whole: IndexArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the solver found.

    Attributes:
        values: shape (columns,).
        row_duals: change of the objective per unit of each row, shape (rows,); linear models only.
        objective: cost of `values`.
        bound: no solution costs less.
        finished: False if a limit struck before the gap was reached.
    """

    values: FloatArray
    row_duals: FloatArray
    objective: float
    bound: float
    finished: bool


class SparseMatrix:
    """Entries of a matrix, collected in any order."""

    def __init__(self) -> None:
        """Begin without entries."""
        self._parts: list[tuple[npt.ArrayLike, npt.ArrayLike, FloatArray]] = []

    def add(self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: FloatArray) -> None:
        """Add entries, arrays of one length; no place may be given twice."""
        self._parts.append((rows, columns, values))

    def by_column(self, columns: int) -> tuple[IndexArray, IndexArray, FloatArray]:
        """Return start, index and value as `Model` takes them."""
        row = np.concatenate([np.asarray(part[0]) for part in self._parts])
        column = np.concatenate([np.asarray(part[1]) for part in self._parts])
        value = np.concatenate([part[2] for part in self._parts])
        order = np.lexsort((row, column))
        entries = np.bincount(column, minlength=columns)
        start = np.concatenate(([0], np.cumsum(entries))).astype(np.int32)
        return start, row[order].astype(np.int32), value[order]


def solve(
    model: Model,
    time_limit_s: float = _NO_LIMIT_S,
    gap: float = 0.0,
    nodes_max: int = _NO_NODE_LIMIT,
    first_guess: FloatArray | None = None,
    deadline: Deadline | None = None,
) -> Answer:
    """Solve a model.

    Args:
        model: the arrays.
        time_limit_s: wall-clock seconds after which the best solution so far is taken [s].
        gap: relative gap between objective and bound that is good enough; mixed-integer only.
        nodes_max: nodes of the search tree after which the best solution so far is taken; unlike
            a time limit it gives the same answer on every machine.
        first_guess: a feasible solution to start from, shape (columns,).
        deadline: when to take the best solution so far as well, by the deadline's own clock.

    Raises:
        NoAnswerInTime: a limit struck before any solution was found.
        SolverError: there is no solution.
    """
    highs = _quiet()
    highs.setOptionValue("time_limit", float(time_limit_s))
    highs.setOptionValue("mip_rel_gap", float(gap))
    highs.setOptionValue("mip_max_nodes", nodes_max)
    _pass(highs, model)
    stop_at(highs, deadline)
    if first_guess is not None:
        positions = np.arange(len(first_guess), dtype=np.int32)
        highs.setSolution(len(first_guess), positions, np.asarray(first_guess, dtype=np.float64))
    highs.run()
    return _answer(highs, mixed=model.whole is not None and bool(model.whole.any()))


def _quiet() -> highspy.Highs:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", 0)
    return highs


def stop_at(highs: highspy.Highs, deadline: Deadline | None) -> None:
    """Have the solver ask between its iterations whether time is up, if there is a deadline."""
    if deadline is None:
        return

    def ask(kind: object, message: object, found: object, answer: Any, data: object) -> None:
        answer.user_interrupt = deadline.passed

    highs.setCallback(ask, None)
    for kind in _INTERRUPTS:
        highs.startCallback(kind)


def _pass(highs: highspy.Highs, model: Model) -> None:
    columns, rows = len(model.cost), len(model.row_lower)
    whole = model.whole if model.whole is not None else np.zeros(columns, dtype=np.int32)
    status = highs.passModel(
        columns, rows, len(model.value), _COLUMN_WISE, _MINIMISE, 0.0,
        model.cost, model.lower, model.upper, model.row_lower, model.row_upper,
        model.start[:-1], model.index, model.value, whole,
    )  # fmt: skip
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS refused a model of {columns} columns and {rows} rows")


def _answer(highs: highspy.Highs, mixed: bool) -> Answer:
    status, info = highs.getModelStatus(), highs.getInfo()
    finished = status == highspy.HighsModelStatus.kOptimal
    usable = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    limited = status in _LIMITS
    if limited and not usable:
        raise NoAnswerInTime("HiGHS found no solution within the limits of time and nodes")
    if not usable or not (finished or limited):
        raise SolverError(f"HiGHS ended with {highs.modelStatusToString(status)!r}")
    solution = highs.getSolution()
    objective = float(info.objective_function_value)
    if mixed:
        bound = float(info.mip_dual_bound)
    else:
        bound = objective if finished else -INFINITY
    return Answer(
        values=np.asarray(solution.col_value, dtype=np.float64),
        row_duals=np.asarray(solution.row_dual, dtype=np.float64),
        objective=objective,
        bound=bound,
        finished=finished,
    )


class GrowingModel:
    """A linear model that keeps its last answer as the start while columns are added.

    All columns are 0 or more; rows are fixed when the model is made.
    """

    def __init__(self, row_lower: FloatArray, row_upper: FloatArray) -> None:
        """Make a model without columns."""
        self._highs = _quiet()
        nothing = np.zeros(0, dtype=np.int32)
        for lower, upper in zip(row_lower.tolist(), row_upper.tolist(), strict=True):
            self._highs.addRow(lower, upper, 0, nothing, np.zeros(0))

    def add_column(self, cost: float, rows: npt.ArrayLike, entries: FloatArray) -> None:
        """Add a column with its entries in the given rows."""
        index = np.asarray(rows, dtype=np.int32)
        self._highs.addCol(cost, 0.0, INFINITY, len(index), index, entries)

    def solve(self, deadline: Deadline | None = None) -> Answer:
        """Solve from the last answer on.

        Args:
            deadline: when to give up.

        Raises:
            NoAnswerInTime: the deadline struck before any solution was found.
            SolverError: there is no optimum.
        """
        stop_at(self._highs, deadline)
        self._highs.run()
        return _answer(self._highs, mixed=False)
