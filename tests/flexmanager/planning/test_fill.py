"""Charging in the cheapest ISPs is the optimum of the linear program of each vehicle."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.highs import Model, solve
from flexmanager.planning.fill import Charging, charge_cheapest

ISPS = 40


def fleet(seed: int, vehicles: int, lowest_price: float = -60.0) -> Charging:
    random = np.random.default_rng(seed)
    need = random.uniform(0, 30_000, vehicles)
    return Charging(
        random.uniform(lowest_price, 200.0, ISPS),
        random.uniform(500, 3_000, vehicles) * (random.random((ISPS, vehicles)) < 0.6),
        need,
        need + random.uniform(0, 5_000, vehicles),
        np.zeros(vehicles),
    )


def solved_eur(charging: Charging, vehicle: int, need_wh: float) -> float:
    """The linear program of one vehicle: one row, the sum of the energies.

    Its costs are EUR/MWh: a solver takes differences below 1e-7 for none.
    """
    found = solve(
        Model(
            cost=charging.price_eur_per_mwh,
            lower=np.zeros(ISPS),
            upper=charging.most_wh[:, vehicle],
            row_lower=np.array([need_wh]),
            row_upper=charging.room_wh[vehicle : vehicle + 1],
            start=np.arange(ISPS + 1, dtype=np.int32),
            index=np.zeros(ISPS, dtype=np.int32),
            value=np.ones(ISPS),
        )
    )
    return found.objective / 1e6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(2**32 - 2)
def test_no_solver_finds_a_cheaper_plan(seed: int) -> None:
    charging = fleet(seed, 4)
    charged, short = charge_cheapest(charging)
    for vehicle in range(4):
        eur = float(charging.price_eur_per_mwh @ charged[:, vehicle]) / 1e6
        need_wh = float(charging.need_wh[vehicle] - short[vehicle]) - 1e-9
        best = solved_eur(charging, vehicle, need_wh)
        assert eur == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_vehicle_takes_more_than_it_can_and_each_gets_what_is_in_reach(seed: int) -> None:
    charging = fleet(seed, 6)
    charged, short = charge_cheapest(charging)
    total = charged.sum(axis=0)
    assert (charged >= 0).all()
    assert (charged <= charging.most_wh + 1e-9).all()
    assert (total <= charging.room_wh + 1e-6).all()
    reachable = np.minimum(charging.need_wh, charging.most_wh.sum(axis=0))
    assert (total >= reachable - 1e-6).all()
    assert short == pytest.approx(charging.need_wh - reachable, abs=1e-6)


def test_the_owners_minimum_comes_first_whatever_it_costs() -> None:
    charging = Charging(
        np.array([90.0, 50.0, 10.0, 20.0]),
        np.full((4, 1), 1_000.0),
        np.array([3_000.0]),
        np.array([3_000.0]),
        np.array([1_500.0]),
    )
    charged, short = charge_cheapest(charging)
    assert charged[:, 0].tolist() == [1_000.0, 500.0, 1_000.0, 500.0]
    assert short.tolist() == [0.0]


def test_a_negative_price_fills_the_vehicle() -> None:
    charging = Charging(
        np.array([20.0, -5.0, -1.0]),
        np.full((3, 1), 1_000.0),
        np.array([500.0]),
        np.array([1_700.0]),
        np.array([0.0]),
    )
    assert charge_cheapest(charging)[0][:, 0].tolist() == [0.0, 1_000.0, 700.0]


def test_needs_beyond_the_room_are_refused() -> None:
    wrong = np.array([2.0])
    with pytest.raises(ParameterError, match="vehicle 0: energies"):
        Charging(np.zeros(1), np.ones((1, 1)), wrong, np.ones(1), np.zeros(1))
    with pytest.raises(ParameterError, match="price_eur_per_mwh"):
        Charging(np.zeros(2), np.ones((1, 1)), np.ones(1), np.ones(1), np.zeros(1))
