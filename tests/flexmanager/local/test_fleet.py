"""What a fleet offers at once is what the device of each vehicle plans by itself."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.device import nothing_wanted
from flexmanager.local.fleet import fleet_offers
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.vehicle import Stay, Vehicle
from tests.flexmanager.local.devices import CAR, DAY_ISPS, PRICE, STAY, at_s, outlook

EVENT = slice(40, 44)
FREE = nothing_wanted(DAY_ISPS)


def parked(seed: int, vehicles: int) -> list[tuple[Vehicle, Stay]]:
    random, found = np.random.default_rng(seed), []
    for at in range(vehicles):
        capacity_wh, arrival = int(random.integers(20_000, 80_000)), random.uniform(0, 60)
        energy_wh, needed_wh = random.integers(0, capacity_wh, 2).tolist()
        minimum = float(random.choice([0.0, 0.1, 0.5]))
        car = replace(CAR, asset_id=f"c{at}", capacity_wh=capacity_wh, energy_min_share=minimum)
        leaves = min(arrival + random.uniform(1, 40), 96)
        found.append((car, Stay(f"s{at}", at_s(arrival), at_s(leaves), energy_wh, needed_wh)))
    return found


@pytest.mark.parametrize("sign", [-1, 1])
def test_each_vehicle_holds_what_the_fleet_tells_and_at_that_cost(sign: int) -> None:
    price = PRICE.copy()
    price[EVENT] += sign * 150.0
    cars, look, asked = parked(7, 150), outlook(price=price), 0
    told = fleet_offers(cars, look, EVENT, sign)
    for at, (vehicle, stay) in enumerate(cars):
        held_w = int(told.held_w[at])
        if held_w == 0:
            continue
        asked += 1
        device, state = ParkedVehicle(vehicle, stay), (float(stay.energy_wh),)
        free, wanted = device.planned(look, state, FREE), FREE.copy()
        wanted[EVENT] = told.baseline_w[EVENT, at] + held_w
        course = device.planned(look, state, wanted)
        assert course.power_w[EVENT] == pytest.approx(wanted[EVENT], abs=2)
        assert course.energy_eur - free.energy_eur == pytest.approx(told.cost_eur[at], abs=0.01)
    assert asked >= 5


def test_an_empty_car_park_offers_nothing() -> None:
    told = fleet_offers([], outlook(), EVENT, -1)
    assert told.held_w.shape == (0,)
    assert told.baseline_w.shape == (DAY_ISPS, 0)


def test_what_is_asked_makes_sense() -> None:
    cars = [(CAR, STAY)]
    with pytest.raises(ParameterError, match="sign"):
        fleet_offers(cars, outlook(), EVENT, 0)
    with pytest.raises(HorizonError, match="event"):
        fleet_offers(cars, outlook(), slice(94, 98), -1)
    with pytest.raises(ParameterError, match="discharge_w_max"):
        fleet_offers([(replace(CAR, discharge_w_max=5_000), STAY)], outlook(), EVENT, -1)
