"""An order is covered at least cost within the agreements, and the accounts are true."""

import numpy as np
import pytest
from hypothesis import given, settings

from flexmanager.deadline import Deadline
from flexmanager.dispatch import Activation, Candidate, dispatch
from flexmanager.dispatch.greedy import greedy_runs, trimmed
from flexmanager.dispatch.problem import Run, build_problem
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import IntArray
from tests.flexmanager.defaults import order_w, whole
from tests.flexmanager.dispatch.dispatching import candidate, check_limits, orders


def ids(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_the_cheapest_agreement_serves_the_order() -> None:
    order = order_w(8, (2, 6, -3_000))
    found = dispatch(order, [candidate(1, -5_000, 8, 200.0), candidate(2, -5_000, 8, 120.0)])
    assert found.activations == (Activation(ids(2), 2, 4, -3_000),)
    assert found.covered_w.tolist() == order.tolist()
    assert not found.shortfall_w.any()
    assert found.cost_eur == pytest.approx(3_000 * 4 * 0.25 / 1e6 * 120.0)
    assert found.gap <= 0.005
    assert not found.stopped_early


def test_agreements_join_where_one_is_not_enough() -> None:
    order = order_w(4, (0, 4, -7_000))
    found = dispatch(order, [candidate(1, -5_000, 4, 100.0), candidate(2, -5_000, 4, 120.0)])
    assert found.activations == (
        Activation(ids(1), 0, 4, -5_000),
        Activation(ids(2), 0, 4, -2_000),
    )


def test_increases_have_positive_orders() -> None:
    found = dispatch(order_w(4, (1, 3, 2_000)), [candidate(1, 2_500, 4)])
    assert found.activations == (Activation(ids(1), 1, 2, 2_000),)
    assert found.covered_w.tolist() == [0, 2_000, 2_000, 0]


def test_what_cannot_be_covered_is_reported() -> None:
    found = dispatch(order_w(4, (0, 4, -3_000)), [candidate(1, -1_000, 4, window=(1, 3))])
    assert found.shortfall_w.tolist() == [3_000, 2_000, 2_000, 3_000]
    assert found.objective_eur > found.cost_eur


def test_an_unreliable_agreement_is_ordered_higher() -> None:
    found = dispatch(order_w(2, (0, 2, -1_000)), [candidate(1, -5_000, 2, reliability=0.8)])
    assert found.activations == (Activation(ids(1), 0, 2, -1_250),)
    assert found.covered_w.tolist() == [-1_000, -1_000]


def test_runtime_and_recovery_leave_a_hole() -> None:
    found = dispatch(order_w(8, (0, 8, -1_000)), [candidate(1, -1_000, 8, runtime=3, recovery=2)])
    assert found.shortfall_w.tolist() == [0, 0, 0, 1_000, 1_000, 0, 0, 0]


def test_back_to_back_activations_need_one_isp_between() -> None:
    found = dispatch(order_w(5, (0, 5, -1_000)), [candidate(1, -1_000, 5, runtime=2)])
    assert found.shortfall_w.tolist() == [0, 0, 1_000, 0, 0]


def test_the_last_activation_goes_where_it_covers_most() -> None:
    order = order_w(12, (1, 3, -4_000), (6, 10, -4_000))
    found = dispatch(order, [candidate(1, -4_000, 12, runtime=4, left=1)])
    assert found.activations == (Activation(ids(1), 6, 4, -4_000),)


def test_a_used_up_agreement_is_left_alone() -> None:
    found = dispatch(order_w(2, (0, 2, -500)), [candidate(1, -500, 2, left=0)])
    assert found.activations == ()
    assert found.shortfall_w.tolist() == [500, 500]
    assert found.gap == 0.0


def test_one_run_may_span_a_gap_in_the_order() -> None:
    order = order_w(7, (0, 3, -2_000), (4, 7, -2_000))
    found = dispatch(order, [candidate(1, -2_000, 7, left=1)])
    assert found.activations == (Activation(ids(1), 0, 7, -2_000),)
    assert found.covered_w[3] == -2_000


def test_covering_beyond_its_price_is_not_bought() -> None:
    found = dispatch(
        order_w(2, (0, 2, -1_000)), [candidate(1, -1_000, 2, 300.0)], shortfall_eur_per_mwh=250.0
    )
    assert found.activations == ()


def test_nothing_ordered_or_nobody_there() -> None:
    assert dispatch(order_w(4), [candidate(1, -1_000, 4)]).activations == ()
    assert dispatch(order_w(4), [candidate(1, 1_000, 4)]).objective_eur == 0.0
    alone = dispatch(order_w(4, (0, 4, -100)), [])
    assert alone.shortfall_w.tolist() == [100] * 4
    assert dispatch(whole([]), []).activations == ()


@settings(max_examples=60, deadline=None)
@given(orders(candidates_max=5, isps_max=10))
def test_every_limit_is_kept_and_greedy_is_not_better(
    case: tuple[IntArray, list[Candidate]],
) -> None:
    required_w, candidates = case
    found = dispatch(required_w, candidates, time_limit_s=5.0, rounds=3)
    check_limits(required_w, candidates, found)
    problem = build_problem(required_w, candidates, 15, 10_000.0, 0.02)
    greedy = greedy_runs(problem, Deadline.after(5.0))
    assert found.objective_eur <= problem.objective_eur(greedy) + 1e-9


def test_power_beyond_the_order_is_taken_back_from_the_dearest() -> None:
    candidates = [candidate(1, -900, 4, 50.0), candidate(2, -900, 4, 90.0, reliability=0.5)]
    problem = build_problem(order_w(4, (0, 4, -1_000)), candidates, 15, 10_000.0, 0.02)
    runs = [Run(0, 0, 4, 900), Run(1, 0, 4, 900), Run(1, 3, 4, 100)]
    assert trimmed(problem, runs) == [Run(0, 0, 4, 900), Run(1, 0, 4, 200)]


def crowd(seed: int, count: int, isps: int, share: float) -> tuple[IntArray, list[Candidate]]:
    """An evening of many agreements, and an order for a share of what they could give."""
    random = np.random.default_rng(seed)
    candidates = [
        candidate(
            number,
            -100 * int(random.integers(5, 300)),
            isps,
            float(random.integers(40, 300)),
            runtime=int(random.integers(2, 9)),
            recovery=int(random.integers(0, 12)),
            left=int(random.integers(1, 5)),
            window=(int(random.integers(0, isps // 3)), int(random.integers(isps // 2, isps + 1))),
            reliability=float(random.uniform(0.5, 1.0)),
        )
        for number in range(count)
    ]
    total_w = sum(-one.amount_w for one in candidates)
    shape = np.sin(np.linspace(0.1, 3.0, isps)) * random.uniform(0.6, 1.2, isps)
    return -(shape * total_w * share).astype(np.int64), candidates


def test_an_evening_of_sixty_agreements() -> None:
    required_w, candidates = crowd(7, 60, 24, 0.15)
    found = dispatch(required_w, candidates, time_limit_s=20.0)
    check_limits(required_w, candidates, found)
    assert found.shortfall_w.sum() < 0.02 * np.abs(required_w).sum()
    assert found.gap < 0.10


def test_the_same_input_gives_the_same_answer() -> None:
    required_w, candidates = crowd(3, 25, 16, 0.15)
    first = dispatch(required_w, candidates, time_limit_s=30.0, rounds=3)
    second = dispatch(required_w, candidates, time_limit_s=30.0, rounds=3)
    assert first.activations == second.activations
    assert first.bound_eur == second.bound_eur


class CountingTimer:
    """A clock that goes on by a second whenever it is read, so that no test waits for time."""

    def __init__(self) -> None:
        self.read_s = 0

    def __call__(self) -> float:
        self.read_s += 1
        return float(self.read_s)


READINGS_AFTER_MAX = 20
"""Every step on the way out looks at the clock once or twice; a step that went on looks often."""


@pytest.mark.parametrize("time_limit_s", [1, 5, 30, 100, 300, 500])
def test_the_time_limit_is_honoured_with_a_feasible_answer(time_limit_s: int) -> None:
    required_w, candidates = crowd(5, 40, 24, 0.1)
    timer = CountingTimer()
    found = dispatch(required_w, candidates, time_limit_s, gap=0.0, rounds=1_000, timer=timer)
    assert time_limit_s < timer.read_s <= time_limit_s + READINGS_AFTER_MAX
    check_limits(required_w, candidates, found)
    assert found.stopped_early


def test_a_gap_that_is_good_enough_ends_the_work() -> None:
    required_w, candidates = crowd(5, 40, 24, 0.1)
    readings_s = []
    for gap in (0.0, 0.2, 0.9):
        timer = CountingTimer()
        found = dispatch(required_w, candidates, 10_000.0, gap, rounds=1, timer=timer)
        assert found.gap <= gap or gap == 0.0
        readings_s.append(timer.read_s)
    assert readings_s == sorted(readings_s, reverse=True)
    assert len(set(readings_s)) == len(readings_s)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"required_w": whole([-1, 1])}, "required_w: found both signs"),
        ({"required_w": np.array([1.0, 2.0])}, "required_w: found float64"),
        ({"required_w": whole([1, 1])}, "amount_w is -500; expected positive, as the order"),
        ({"required_w": whole([-1])}, "found 2 ISPs; expected 1 ISPs"),
        ({"time_limit_s": 0.0}, "time_limit_s above 0"),
        ({"gap": -0.1}, "gap 0 or more"),
        ({"gap": float("nan")}, "gap 0 or more"),
        ({"isp_minutes": 10}, "isp_minutes is 10"),
        ({"shortfall_eur_per_mwh": 0.0}, "shortfall_eur_per_mwh"),
        ({"activation_eur": -1.0}, "activation_eur"),
        ({"candidates": [candidate(1, -500, 2), candidate(1, -500, 2)]}, "given twice"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "required_w": whole([-1, -1]),
        "candidates": [candidate(1, -500, 2)],
    }
    with pytest.raises((ParameterError, HorizonError), match=message):
        dispatch(**(good | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agreement_id": b"short"}, "agreement_id"),
        ({"amount_w": 0}, "amount_w is 0"),
        ({"amount_w": 2**31}, "amount_w"),
        ({"volume_rate": -1}, "volume_rate is -1"),
        ({"max_runtime_isps": 0}, "max_runtime_isps is 0"),
        ({"recovery_isps": -1}, "recovery_isps"),
        ({"activations_left": -1}, "activations_left"),
        ({"reliability": 0.0}, "reliability"),
        ({"reliability": 1.5}, "reliability"),
        ({"allowed": np.ones(2)}, "allowed"),
    ],
)
def test_a_bad_candidate_is_named(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "agreement_id": ids(1),
        "amount_w": -500,
        "volume_rate": 1,
        "max_runtime_isps": 1,
        "recovery_isps": 0,
        "activations_left": 1,
        "allowed": np.ones(2, dtype=np.bool_),
        "reliability": 1.0,
    }
    with pytest.raises(ParameterError, match=message):
        Candidate(**(good | change))  # type: ignore[arg-type]
