"""Plans of stores against an independent model, and what must hold for each of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.planning.store import BLOCK_STORES, Flow, Stores, plan_stores
from flexmanager.planning.store_model import burning_isps, plan_one_store
from tests.flexmanager.planning.stores import (
    ISPS,
    heat_stores,
    oracle_eur,
    plan_eur,
    random_stores,
)

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_no_independent_model_finds_a_cheaper_plan(seed: int) -> None:
    stores = random_stores(seed, 2)
    plan = plan_stores(stores)
    for store in range(2):
        best, missing = oracle_eur(stores, store)
        assert plan.short_wh[:, store].sum() == pytest.approx(missing, abs=0.01)
        assert plan_eur(stores, plan)[store] == pytest.approx(best, rel=1e-7, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_a_drained_store_with_two_sources_is_filled_cheapest(seed: int) -> None:
    stores = heat_stores(seed, 1)
    plan = plan_stores(stores)
    best, missing = oracle_eur(stores, 0)
    assert missing == pytest.approx(0.0, abs=1e-6)
    left = -30.0 * plan.energy_wh[-1, 0] / 1e6
    assert plan_eur(stores, plan)[0] + left == pytest.approx(best, rel=1e-7, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_no_plan_leaves_its_limits(seed: int) -> None:
    stores = random_stores(seed, 7)
    plan = plan_stores(stores)
    filled, emptied = plan.moved_wh
    assert (filled >= 0).all()
    assert (emptied >= 0).all()
    assert (filled <= stores.flows[0].most_wh).all()
    assert (emptied <= stores.flows[1].most_wh).all()
    assert (np.minimum(filled, emptied) == 0).all()
    energy = stores.energy_wh + np.cumsum(filled - emptied, axis=0)
    assert energy == pytest.approx(plan.energy_wh)
    assert (plan.energy_wh >= stores.floor_wh - plan.short_wh - 1e-6).all()
    assert (plan.energy_wh <= stores.ceiling_wh + 1e-6).all()


def test_what_is_out_of_reach_is_stated_and_the_best_is_done() -> None:
    most = np.full((4, 1), 1_000.0)
    floor = np.array([[0.0], [0.0], [0.0], [9_000.0]])
    stores = Stores(
        (Flow(True, np.array([9.0, 1.0, 5.0, 3.0]), most),),
        np.array([500.0]),
        floor,
        np.full((4, 1), 10_000.0),
    )
    plan = plan_stores(stores)
    assert plan.moved_wh[0, :, 0].tolist() == [1_000.0] * 4
    assert plan.short_wh[:, 0].tolist() == [0.0, 0.0, 0.0, 4_500.0]


def test_a_fleet_larger_than_a_block_is_planned_as_each_alone() -> None:
    stores = random_stores(7, BLOCK_STORES + 3)
    together = plan_stores(stores)
    for store in (0, BLOCK_STORES - 1, BLOCK_STORES, BLOCK_STORES + 2):
        part = slice(store, store + 1)
        alone = plan_stores(
            replace(
                stores,
                flows=tuple(replace(f, most_wh=f.most_wh[:, part]) for f in stores.flows),
                energy_wh=stores.energy_wh[part],
                floor_wh=stores.floor_wh[:, part],
                ceiling_wh=stores.ceiling_wh[:, part],
            )
        )
        assert (alone.energy_wh[:, 0] == together.energy_wh[:, store]).all()


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_where_burning_energy_pays_binaries_forbid_it(seed: int) -> None:
    stores = random_stores(seed, 1, 12, lowest_price=-250.0)
    # Floors that can always be kept: what they cost is tested elsewhere.
    stores = replace(stores, floor_wh=np.zeros((12, 1)))
    plan = plan_one_store(stores)
    assert np.minimum(*plan.moved_wh).max() <= 1e-3
    best, _ = oracle_eur(stores, 0, one_way=True)
    assert plan_eur(stores, plan)[0] == pytest.approx(best, rel=1e-6, abs=1e-6)
    if len(burning_isps(stores)):
        with pytest.raises(ParameterError, match="value of emptying, ISP"):
            plan_stores(stores)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_both_ways_of_planning_agree(seed: int) -> None:
    stores = random_stores(seed, 1)
    levels, model = plan_stores(stores), plan_one_store(stores)
    assert plan_eur(stores, levels) == pytest.approx(plan_eur(stores, model), rel=1e-6, abs=1e-6)
    assert levels.short_wh.sum() == pytest.approx(model.short_wh.sum(), abs=0.1)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_both_ways_value_what_is_left_alike(seed: int) -> None:
    stores = heat_stores(seed, 1)
    worth = (60.0, 20.0)
    stores = replace(
        stores, end_worth_eur_per_mwh=worth, end_level_wh=np.array([[4_000.0], [8_000.0]])
    )
    costs = []
    for plan in (plan_stores(stores), plan_one_store(stores)):
        left = float(plan.energy_wh[-1, 0])
        value = worth[0] * min(left, 4_000.0) + worth[1] * min(max(left - 4_000.0, 0.0), 4_000.0)
        costs.append(plan_eur(stores, plan)[0] - value / 1e6)
    assert costs[0] == pytest.approx(costs[1], rel=1e-6, abs=1e-6)


def test_series_that_do_not_fit_are_refused() -> None:
    stores = random_stores(0, 2)
    with pytest.raises(ParameterError, match="ceiling_wh"):
        plan_stores(replace(stores, ceiling_wh=np.zeros((ISPS, 3))))
    flow = stores.flows[0]
    with pytest.raises(ParameterError, match="flow 0: eur_per_mwh"):
        plan_stores(replace(stores, flows=(replace(flow, eur_per_mwh=np.zeros(3)),)))
    nothing_known = replace(flow, most_wh=np.full((ISPS, 2), np.nan))
    with pytest.raises(ParameterError, match="finite costs"):
        plan_stores(replace(stores, flows=(nothing_known,)))
    with pytest.raises(ParameterError, match="a single store"):
        plan_one_store(stores)
    unloved = replace(heat_stores(0, 1), end_worth_eur_per_mwh=(-1.0,))
    with pytest.raises(ParameterError, match="0 or more"):
        plan_one_store(unloved)
