"""What holds for every asset manager: promises are kept, nothing goes beyond what is asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.battery import BatteryManager
from flexmanager.electric_vehicle import ElectricVehicleManager
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.heat_pump import HeatPumpManager
from flexmanager.horizon import Horizon
from flexmanager.manager import AssetManager
from flexmanager.photovoltaic import PhotovoltaicManager
from flexmanager.rounding import IntArray
from tests.flexmanager.defaults import (
    BATTERY,
    HEAT_PUMP,
    HEAT_PUMP_NIGHT_W,
    PHOTOVOLTAIC,
    PREFERENCES,
    horizon,
    order_w,
    stay,
    uncontrolled_w,
    vehicle,
)

ISPS = 40
STAYS = (stay(1, 15, 3_700, "s1", late_s=200), stay(20, 38, 9_000, "s2", early_s=700))
SUN = np.maximum(np.sin(np.linspace(-0.5, 3.5, ISPS)), 0.0)
PRICE = 40.0 + 25.0 * np.sin(np.arange(ISPS) / 5.0)

MANAGERS: dict[str, tuple[AssetManager, Horizon]] = {
    "battery": (BatteryManager(BATTERY, PREFERENCES), horizon([0] * ISPS, price=PRICE)),
    "heat pump": (
        HeatPumpManager(HEAT_PUMP, PREFERENCES),
        horizon(HEAT_PUMP_NIGHT_W * 2, temperature_c=3.0, price=PRICE),
    ),
    "electric vehicle": (
        ElectricVehicleManager(vehicle(*STAYS), PREFERENCES),
        horizon(uncontrolled_w(ISPS, STAYS, 4_000), price=PRICE),
    ),
    "photovoltaic": (
        PhotovoltaicManager(PHOTOVOLTAIC, PREFERENCES),
        horizon(-(SUN * 20_000).astype(np.int64), price=PRICE),
    ),
}
every_manager = pytest.mark.parametrize("kind", sorted(MANAGERS))


@every_manager
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("runtime_isps", [1, 2, 5, 8])
def test_every_promise_is_kept(kind: str, sign: int, runtime_isps: int) -> None:
    manager, stretch = MANAGERS[kind]
    promised = manager.capability_w(stretch, sign, runtime_isps)
    assert (sign * promised >= 0).all()
    for start in np.flatnonzero(promised).tolist():
        order = order_w(ISPS, (start, start + runtime_isps, int(promised[start])))
        response = manager.respond(stretch, order)
        called = order != 0
        assert response.delta_w[called].tolist() == order[called].tolist()
        assert response.notes == ()


@every_manager
def test_something_is_promised_at_all(kind: str) -> None:
    manager, stretch = MANAGERS[kind]
    assert any(manager.capability_w(stretch, sign, 2).any() for sign in (-1, 1))


@every_manager
@settings(deadline=None)
@given(data=st.data())
def test_an_order_is_followed_at_most_as_far_as_asked(kind: str, data: st.DataObject) -> None:
    manager, stretch = MANAGERS[kind]
    start = data.draw(st.integers(0, ISPS - 1))
    stop = data.draw(st.integers(start + 1, ISPS))
    power_w = data.draw(st.integers(-50_000, 50_000).filter(bool))
    response = manager.respond(stretch, order_w(ISPS, (start, stop, power_w)))
    called = response.delta_w[start:stop] * np.sign(power_w)
    assert (called >= 0).all()
    assert (called <= abs(power_w)).all()
    assert not response.delta_w[:start].any()
    short = [start + int(t) for t in np.flatnonzero(called < abs(power_w))]
    assert [note.offset for note in response.notes] == short


@every_manager
def test_no_order_no_change(kind: str) -> None:
    manager, stretch = MANAGERS[kind]
    response = manager.respond(stretch, order_w(ISPS))
    assert not response.delta_w.any()
    assert response.notes == ()


@every_manager
def test_a_request_of_another_length_is_refused(kind: str) -> None:
    manager, stretch = MANAGERS[kind]
    with pytest.raises(HorizonError, match=f"requested_w of {manager.asset_id}"):
        manager.respond(stretch, order_w(ISPS - 1))
    with pytest.raises(HorizonError, match=f"order_w of {manager.asset_id}"):
        manager.respond(stretch, order_w(ISPS), order_w=order_w(ISPS + 1))


@every_manager
def test_a_runtime_is_at_least_one_isp(kind: str) -> None:
    manager, stretch = MANAGERS[kind]
    with pytest.raises(ParameterError, match="runtime_isps"):
        manager.capability_w(stretch, 1, 0)


@every_manager
def test_an_answer_does_not_change_its_input(kind: str) -> None:
    manager, stretch = MANAGERS[kind]
    order: IntArray = order_w(ISPS, (3, 9, -2_000), (24, 30, 3_000))
    recorded, asked = stretch.recorded_w.copy(), order.copy()
    first = manager.respond(stretch, order)
    second = manager.respond(stretch, order)
    assert (stretch.recorded_w == recorded).all()
    assert (order == asked).all()
    assert (first.delta_w == second.delta_w).all()
    assert first.state == second.state
