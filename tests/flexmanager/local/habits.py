"""Devices with habits, as they are recorded, and simulations of their own for each."""

from dataclasses import replace

import numpy as np

from flexmanager.local.battery import BatteryStore
from flexmanager.local.device import HabitualDevice, Outlook, State
from flexmanager.local.generator import CurtailableGenerator
from flexmanager.local.recorded_heating import Leeway, RecordedHeating
from flexmanager.local.site import RecordedDevice, recorded_device
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.battery import Battery
from flexmanager.physics.building import Building, Heater
from flexmanager.physics.generation import Photovoltaic
from flexmanager.physics.vehicle import Stay, Vehicle
from flexmanager.rounding import FloatArray, IntArray
from tests.flexmanager.local.devices import DAY_ISPS, PRICE, SUN, at_s, outlook

# A heat pump of the pilot district over five hours of a February night, W per quarter hour.
NIGHT_W = (
    1184, 592, 0, 0, 0, 0, 0, 664, 1324, 1548, 1768, 884, 0, 0, 0, 0, 0, 0, 0, 880,
)  # fmt: skip
PUMP_W = np.resize(np.array(NIGHT_W, dtype=np.float64), DAY_ISPS)
CAR_W = 4_000


def stay(first: float, stop: float, charged_wh: int, name: str = "s1") -> RecordedDevice:
    """Return a recorded stay that charged at once, at offsets in ISPs."""
    looked, left = outlook(price=PRICE), charged_wh * 4
    own = np.zeros(DAY_ISPS)
    for isp in range(DAY_ISPS):
        share = max(min(isp + 1, stop) - max(isp, first), 0.0)
        own[isp] = min(left, int(CAR_W * share) // 4 * 4)
        left -= own[isp]
    charged_wh -= int(left) // 4
    car = Vehicle(
        f"car {name}",
        capacity_wh=charged_wh,
        charge_w_max=CAR_W,
        charge_efficiency=1.0,
        energy_min_share=0.0,
    )
    parked = ParkedVehicle(car, Stay(name, at_s(first), at_s(stop), 0, charged_wh), habit=True)
    begin, end = int(first), int(np.ceil(stop))
    return recorded_device(parked, replace(looked, own_w=own).part(begin, end), (0.0,))


def pump(fall_k: float = 1.0, rise_k: float = 1.5) -> RecordedHeating:
    return RecordedHeating(
        Building("house"), Heater("pump", 2_200), Leeway("house", fall_k, rise_k)
    )


def battery(capacity_wh: int = 10_000, restore_share: float = 1.0) -> BatteryStore:
    store = Battery("battery", capacity_wh, 4_600, 4_600)
    return BatteryStore(store, 0.1, habit=True, restore_share=restore_share)


def roof(share: float = 1.0) -> CurtailableGenerator:
    return CurtailableGenerator(Photovoltaic("roof", 8_000), share, habit=True)


def recorded_devices() -> dict[str, RecordedDevice]:
    """Return one device of each kind over a day, and two stays."""
    return {
        "battery": recorded_device(battery(), outlook(), (5_000.0,)),
        "car in the evening": stay(60.3, 94.0, 9_000, "s2"),
        "car in the morning": stay(20.2, 40.6, 6_000, "s1"),
        "heat pump": recorded_device(pump(), outlook(PUMP_W), (0.0, 0.0)),
        "photovoltaic": recorded_device(roof(0.7), outlook(-np.floor(7_300.0 * SUN)), ()),
    }


def check_course(one: RecordedDevice, power_w: IntArray, start: State) -> State:
    """Let a device live by set-points over all of its outlook, in a simulation of its own.

    Asserts that no limit is broken by more than 1 W or 0.01 K, and that a car leaves with its need.

    Returns:
        How far its state is off its own course at the end.
    """
    device: HabitualDevice = one.device
    own = one.outlook.own_w
    if isinstance(device, CurtailableGenerator):
        assert (power_w >= own - 1).all()
        assert (power_w <= own * (1.0 - device.curtailment_share_max) + 1).all()
        return ()
    if isinstance(device, RecordedHeating):
        return _cooled(device, one.outlook, power_w - own, start)
    if isinstance(device, BatteryStore):
        store, energy = device.battery, start[0]
        for power in power_w.tolist():
            assert -store.discharge_w_max <= power <= store.charge_w_max
            gain = store.charge_efficiency if power > 0 else 1 / store.discharge_efficiency
            energy += power / 4 * gain
            assert device.reserve_share * store.capacity_wh - 0.25 <= energy
            assert energy <= store.capacity_wh + 0.25
        return (energy - start[0],)
    assert isinstance(device, ParkedVehicle)
    begins = (one.first_isp + np.arange(len(power_w))) * 900
    leaves, arrives = device.stay.departure_utc_s, device.stay.plug_in_utc_s
    there = np.minimum(begins + 900, leaves) - np.maximum(begins, arrives)
    most = np.maximum(device.vehicle.charge_w_max * np.maximum(there, 0) / 900, own)
    assert (power_w >= 0).all()
    assert (power_w <= most + 1).all()
    charged = start[0] + float(power_w.sum()) / 4
    assert charged >= device.stay.needed_wh - 0.25
    return (charged - device.vehicle.capacity_wh,)


def _cooled(device: RecordedHeating, look: Outlook, change_w: FloatArray, start: State) -> State:
    """Integrate how far air and mass go from the recorded course, in steps of a minute."""
    house, heater, (air, mass) = device.building, device.heater, start
    for isp, change in enumerate(change_w.tolist()):
        assert -1 <= look.own_w[isp] + change <= heater.rated_w + 1
        outside = float(look.outside_c[isp])
        cop = min(max(heater.cop_at_7_c + heater.cop_per_k * (outside - 7), 1), heater.cop_max)
        heat, share, size = change * cop, house.heat_to_air_share, 60 / 3600

        def rates(air: float, mass: float, heat: float, share: float) -> tuple[float, float]:
            over = house.exchange_w_per_k * (mass - air)
            return (
                (over - house.air_to_outside_w_per_k * air + share * heat) / house.air_wh_per_k,
                (-over - house.mass_to_outside_w_per_k * mass + (1 - share) * heat)
                / house.mass_wh_per_k,
            )

        for _ in range(15):
            first = rates(air, mass, heat, share)
            second = rates(air + size * first[0], mass + size * first[1], heat, share)
            air += size * (first[0] + second[0]) / 2
            mass += size * (first[1] + second[1]) / 2
        assert air >= -device.leeway.fall_k - 0.01
        assert air <= device.leeway.rise_k + 0.01 or change <= 0
    return (air, mass)
