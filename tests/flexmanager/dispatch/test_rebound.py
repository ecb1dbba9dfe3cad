"""What comes back after an activation counts against the order where it lies within it."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.dispatch import Activation, Candidate, dispatch, search
from flexmanager.errors import ParameterError
from flexmanager.rounding import IntArray
from tests.flexmanager.defaults import order_w
from tests.flexmanager.dispatch.compact_pyomo import (
    ACTIVATION_EUR,
    EUR_PER_W_ISP,
    SHORTFALL_EUR_PER_MWH,
)
from tests.flexmanager.dispatch.dispatching import candidate, orders


def rebounding(one: Candidate, share: float, isps: int) -> Candidate:
    return replace(one, rebound_share=share, rebound_isps=isps)


def test_what_comes_back_is_covered_by_another() -> None:
    heat_pump = rebounding(candidate(1, -2_000, 8, 100.0, window=(0, 4)), 0.5, 2)
    battery = candidate(2, -5_000, 8, 300.0)
    found = dispatch(order_w(8, (0, 6, -2_000)), [heat_pump, battery])
    # 4 ISPs of 2 kW give 2 kW back in each of ISPs 4 and 5, where 2 kW are ordered.
    assert found.activations == (
        Activation(heat_pump.agreement_id, 0, 4, -2_000),
        Activation(battery.agreement_id, 4, 2, -4_000),
    )
    assert found.covered_w.tolist() == [-2_000] * 6 + [0, 0]
    assert not found.shortfall_w.any()


def test_what_comes_back_outside_the_order_does_no_harm() -> None:
    heat_pump = rebounding(candidate(1, -2_000, 8), 1.0, 2)
    found = dispatch(order_w(8, (0, 4, -2_000)), [heat_pump])
    assert found.covered_w.tolist() == [-2_000] * 4 + [4_000, 4_000, 0, 0]
    assert not found.shortfall_w.any()
    assert found.gap < 1e-6


def test_an_activation_may_go_on_to_put_off_what_comes_back() -> None:
    heat_pump = rebounding(candidate(1, -1_000, 8, 1.0, left=1), 1.0, 2)
    battery = candidate(2, -9_000, 8, 9_000.0, window=(4, 6))
    found = dispatch(order_w(8, (0, 3, -1_000), (4, 5, -1)), [heat_pump, battery])
    (only,) = found.activations
    assert (only.agreement_id, only.offset) == (heat_pump.agreement_id, 0)
    assert only.isps == 5


def exact_eur(required_w: IntArray, candidates: list[Candidate]) -> float:
    """Solve the dispatch with one switch and one power [kW] for every run there could be."""
    isps = len(required_w)
    model = pyo.ConcreteModel()
    runs = [
        (i, a, b)
        for i, one in enumerate(candidates)
        for a in range(isps)
        for b in range(a + 1, min(a + one.max_runtime_isps, isps) + 1)
        if one.allowed[a:b].all()
    ]
    model.taken = pyo.Var(runs, domain=pyo.Binary)
    model.power = pyo.Var(runs, domain=pyo.NonNegativeReals)
    model.short = pyo.Var(range(isps), domain=pyo.NonNegativeReals)
    model.limits = pyo.ConstraintList()
    for run in runs:
        amount = abs(candidates[run[0]].amount_w) / 1e3
        model.limits.add(model.power[run] <= amount * model.taken[run])
        model.limits.add(model.power[run] >= model.taken[run] / 1e3)
    for i, one in enumerate(candidates):
        own = [run for run in runs if run[0] == i]
        model.limits.add(
            sum(model.taken[run] for run in own) + 0 * model.short[0] <= one.activations_left
        )
        for first in own:
            for second in own:
                if first < second and second[1] < first[2] + max(1, one.recovery_isps):
                    model.limits.add(model.taken[first] + model.taken[second] <= 1)
    for t in np.flatnonzero(required_w).tolist():
        change = model.short[t]
        for i, a, b in runs:
            one = candidates[i]
            if a <= t < b:
                change += one.reliability * model.power[i, a, b]
            elif b <= t < b + one.rebound_isps:
                back = one.rebound_share * (b - a) / one.rebound_isps
                change -= one.reliability * back * model.power[i, a, b]
        model.limits.add(change >= abs(int(required_w[t])) / 1e3)
    cost = SHORTFALL_EUR_PER_MWH * EUR_PER_W_ISP * 1e3 * sum(model.short[t] for t in range(isps))
    for i, a, b in runs:
        rate = candidates[i].volume_rate / 1e4 * EUR_PER_W_ISP * 1e3 * (b - a)
        cost += rate * model.power[i, a, b] + ACTIVATION_EUR * model.taken[i, a, b]
    model.cost = pyo.Objective(expr=cost)
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 1e-7, "threads": 1}
    solver.solve(model)
    return float(pyo.value(model.cost))


@settings(max_examples=25, deadline=None)
@given(
    orders(candidates_max=3, isps_max=6),
    st.sampled_from([0.3, 0.8, 1.0]),
    st.integers(1, 3),
    st.booleans(),
)
def test_costs_what_the_model_of_all_runs_finds(
    case: tuple[IntArray, list[Candidate]], share: float, isps: int, by_search: bool
) -> None:
    required_w, plain = case
    if not plain or not required_w.any():
        return
    candidates = [rebounding(plain[0], share, isps), *plain[1:]]
    best = exact_eur(required_w, candidates)
    with pytest.MonkeyPatch.context() as patch:
        if by_search:
            patch.setattr(search, "RUNS_MAX", 0)
        found = dispatch(required_w, candidates, time_limit_s=20.0, gap=0.0)
    assert found.bound_eur <= best + 1e-4
    assert found.objective_eur >= best - 1e-4
    if not by_search:
        whole_w_eur = 2 * SHORTFALL_EUR_PER_MWH * EUR_PER_W_ISP * len(required_w) * 3
        assert found.objective_eur <= best + whole_w_eur


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rebound_share": -0.1, "rebound_isps": 1}, "rebound_share"),
        ({"rebound_share": 1.1, "rebound_isps": 1}, "rebound_share"),
        ({"rebound_share": 0.5}, "rebound_isps is 0"),
        ({"rebound_isps": -1}, "rebound_isps is -1"),
    ],
)
def test_a_bad_rebound_is_named(change: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        replace(candidate(1, -500, 2), **change)  # type: ignore[arg-type]
