"""The dispatcher of the virtual power plant: cover an order at least cost within the agreements.

Three steps. A greedy pass (`greedy`) gives a feasible answer at once. The relaxed problem
(`relaxation`) gives a proven bound and the runs worth considering. Where runs are few, one
mixed-integer model (`commitment`) chooses among all of them. Else the relaxed answer is
rounded step by step (`dive`) and improved a few agreements at a time (`search`).
Whatever the time limit does, the answer keeps every limit, and the bound says how far from the best
it can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from flexmanager.deadline import Deadline, Timer
from flexmanager.dispatch.candidate import Candidate
from flexmanager.dispatch.greedy import greedy_runs
from flexmanager.dispatch.problem import Problem, Run, build_problem, direction_of
from flexmanager.dispatch.relaxation import relax
from flexmanager.dispatch.search import improve
from flexmanager.errors import ParameterError
from flexmanager.rounding import IntArray

SHORTFALL_EUR_PER_MWH = 10_000.0
ACTIVATION_EUR = 0.02
ROUNDS = 8
GREEDY_SHARE, RELAXATION_SHARE = 0.5, 0.75
SLACK_W = 1e-6


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation to record.

    Attributes:
        agreement_id: 32 bytes.
        offset: first ISP, counted from the start of the horizon.
        isps: number of consecutive ISPs.
        ordered_w: constant order [W], signed like the agreement's amount.
    """

    agreement_id: bytes
    offset: int
    isps: int
    ordered_w: int


@dataclass(frozen=True, slots=True, eq=False)
class Dispatch:
    """How an order is served.

    Attributes:
        activations: in order of offset, then agreement id.
        covered_w: expected delivery less what comes back, shape (n,) [W], signed like the order,
            rounded towards less of it.
        shortfall_w: what is missing against the order, shape (n,) [W, 0 or positive].
        cost_eur: volume remuneration if everything ordered is delivered [EUR].
        objective_eur: cost, the price of used-up activations and of the shortfall [EUR].
        bound_eur: no dispatch has a lower objective [EUR].
        gap: (objective - bound) / objective, 0 for an empty objective.
        stopped_early: the time limit struck before the gap was reached.
    """

    activations: tuple[Activation, ...]
    covered_w: IntArray
    shortfall_w: IntArray
    cost_eur: float
    objective_eur: float
    bound_eur: float
    gap: float
    stopped_early: bool


def dispatch(
    required_w: IntArray,
    candidates: Sequence[Candidate],
    time_limit_s: float = 10.0,
    gap: float = 0.005,
    *,
    rounds: int = ROUNDS,
    isp_minutes: int = 15,
    shortfall_eur_per_mwh: float = SHORTFALL_EUR_PER_MWH,
    activation_eur: float = ACTIVATION_EUR,
    timer: Timer = monotonic,
) -> Dispatch:
    """Choose activations that cover an order at least cost.

    Delivery is counted as expected: ordered W times the reliability of the agreement, less what
    comes back afterwards in ISPs of the order. Delivery
    beyond the order is allowed and earns nothing. The same input gives the same answer as long as
    the time limit does not strike.

    Args:
        required_w: change wanted per ISP, shape (n,) [W], 0 or of one sign.
        candidates: agreements of the same direction, each id once, masks of shape (n,).
        time_limit_s: seconds of `timer`, above 0 [s].
        gap: relative distance from the bound that is good enough, 0 or more.
        rounds: neighbourhoods that the search may solve after its first answer; they bound the
            work in a way that does not depend on the speed of the machine.
        isp_minutes: length of an ISP [min].
        shortfall_eur_per_mwh: price of what stays uncovered; an agreement that costs more per
            delivered MWh is left alone.
        activation_eur: price of using up one activation [EUR]; keeps orders from being scattered
            over many agreements.
        timer: the clock of the time limit; `time.process_time` limits CPU seconds instead.

    Raises:
        ParameterError: a parameter is out of range or a candidate works in the other direction.
        HorizonError: the order mixes directions, or a mask does not fit it.
    """
    if not time_limit_s > 0.0 or not gap >= 0.0:
        expected = "time_limit_s above 0 and gap 0 or more"
        raise ParameterError("dispatch", "time_limit_s, gap", (time_limit_s, gap), expected)
    deadline = Deadline.after(time_limit_s, timer)
    problem = build_problem(
        required_w, candidates, isp_minutes, shortfall_eur_per_mwh, activation_eur
    )
    runs, bound_eur = _solved(problem, deadline, gap, rounds)
    return _written(problem, candidates, direction_of(required_w), runs, bound_eur, gap, deadline)


def _solved(
    problem: Problem, deadline: Deadline, gap: float, rounds: int
) -> tuple[list[Run], float]:
    """Return the best runs found and the best bound proven [EUR]."""
    if not problem.runs.any():
        return [], problem.objective_eur([])
    start = greedy_runs(problem, deadline.part(GREEDY_SHARE))
    relaxation = relax(problem, start, deadline.part(RELAXATION_SHARE), gap / 4)
    if problem.objective_eur(start) - relaxation.bound_eur <= gap * problem.objective_eur(start):
        return start, relaxation.bound_eur
    return improve(problem, relaxation, start, deadline, gap, rounds)


def _written(
    problem: Problem,
    candidates: Sequence[Candidate],
    sign: int,
    runs: list[Run],
    bound_eur: float,
    gap: float,
    deadline: Deadline,
) -> Dispatch:
    """Mirror the runs back to the direction of the order and account for them."""
    activations = [
        Activation(
            candidates[run.candidate].agreement_id,
            run.start,
            run.stop - run.start,
            sign * run.power_w,
        )
        for run in runs
    ]
    covered_w = np.floor(problem.covered_w(runs) + SLACK_W).astype(np.int64)
    needed_w = problem.required_w.astype(np.int64)
    objective_eur = problem.objective_eur(runs)
    bound_eur = min(bound_eur, objective_eur)
    reached = (objective_eur - bound_eur) / objective_eur if objective_eur > 0.0 else 0.0
    return Dispatch(
        activations=tuple(sorted(activations, key=lambda a: (a.offset, a.agreement_id))),
        covered_w=sign * covered_w,
        shortfall_w=np.where(problem.needed, np.maximum(needed_w - covered_w, 0), 0),
        cost_eur=problem.cost_eur(runs),
        objective_eur=objective_eur,
        bound_eur=bound_eur,
        gap=reached,
        stopped_early=deadline.passed and reached > gap,
    )
