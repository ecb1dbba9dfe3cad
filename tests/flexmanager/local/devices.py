"""One device of each kind, a day to plan it over, and simulations of their own for each."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from flexmanager.local.battery import BatteryStore
from flexmanager.local.building import HeatedBuilding
from flexmanager.local.device import Device, Outlook, State
from flexmanager.local.generator import CurtailableGenerator, HeatLedPlant
from flexmanager.local.load import MovableRun, PartlyCutLoad
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.physics.battery import Battery
from flexmanager.physics.building import Building, Heater, direct_heater
from flexmanager.physics.comfort import Comfort
from flexmanager.physics.generation import HeatAndPower, Photovoltaic
from flexmanager.physics.load import CurtailableLoad, ShiftableLoad
from flexmanager.physics.vehicle import Stay, Vehicle
from flexmanager.rounding import FloatArray, IntArray
from settlement.clock import Clock, ClockRule

FIRST_ISP = 1_617_788
"""UTC ISP index of 2016-02-20 23:00 UTC, the midnight before a Sunday in Berlin."""

CLOCK = Clock(15, 60, ClockRule.EU)
DAY_ISPS, ISP_SECONDS = 96, 900
QUARTER = Fraction(1, 4)
OF_DAY = np.arange(DAY_ISPS)
PRICE = 220.0 + 80.0 * np.sin(OF_DAY / 7.0) + 25.0 * np.cos(OF_DAY * 1.7)
SUN = np.maximum(np.sin((OF_DAY - 28) / 40.0 * np.pi), 0.0) * (OF_DAY > 28) * (OF_DAY < 68)


def at_s(offset: float) -> int:
    """Return the UTC second of an offset in ISPs."""
    return round((FIRST_ISP + offset) * ISP_SECONDS)


def outlook(own_w: object = 0.0, price: object = PRICE, feed_in: object = 70.0) -> Outlook:
    def series(values: object) -> FloatArray:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), (DAY_ISPS,)).copy()

    outside = 1.0 + 4.0 * SUN
    return Outlook(
        FIRST_ISP, CLOCK, series(price), series(feed_in), outside, 300.0 * SUN, series(own_w)
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """A device with what it meets."""

    device: Device
    outlook: Outlook
    state: State


CAR = Vehicle("car", capacity_wh=50_000, energy_min_share=0.1)
STAY = Stay("stay", at_s(8.3), at_s(72.6), 9_000, 42_000)
BATTERY = Battery("battery", 10_000, 4_600, 4_600)
HOUSE = HeatedBuilding(Building("house"), Heater("house"), Comfort("house"))
WASH = ShiftableLoad("washer", ready_utc_s=at_s(20), done_by_utc_s=at_s(80))

SAMPLES = {
    "battery": Sample(BatteryStore(BATTERY), outlook(feed_in=PRICE - 5.0), (5_000.0,)),
    "vehicle": Sample(ParkedVehicle(CAR, STAY), outlook(), (9_000.0,)),
    "vehicle that feeds back": Sample(
        ParkedVehicle(replace(CAR, discharge_w_max=9_000), STAY),
        outlook(feed_in=PRICE - 20.0),
        (9_000.0,),
    ),
    "heat pump": Sample(HOUSE, outlook(), (20.6, 20.4)),
    "direct heating": Sample(
        replace(HOUSE, heater=direct_heater("house", 8_000)), outlook(), (20.6, 20.4)
    ),
    "photovoltaic": Sample(
        CurtailableGenerator(Photovoltaic("roof", 8_000), 0.7), outlook(-7_300.0 * SUN), ()
    ),
    "heat and power": Sample(
        HeatLedPlant(HeatAndPower("plant")),
        outlook(6_000.0 + 3_000.0 * np.cos(OF_DAY / 9.0), feed_in=PRICE - 60.0),
        (12_000.0,),
    ),
    "shiftable": Sample(MovableRun(WASH), outlook(), (0.0,)),
    "curtailable": Sample(
        PartlyCutLoad(CurtailableLoad("hall")), outlook(3_000.0 + 900.0 * SUN), (0.0,)
    ),
}


def check_physics(sample: Sample, power_w: IntArray) -> State:
    """Let the device live by set-points, in a simulation that shares nothing with it.

    Asserts that no limit of the physics is broken by more than 1 W or 0.01 degrees.

    Returns:
        The state at the end.
    """
    device = sample.device
    if isinstance(device, HeatedBuilding):
        return _lived_in(device, sample, power_w)
    if isinstance(device, BatteryStore):
        battery = device.battery
        keep = Fraction(battery.capacity_wh) * Fraction(device.reserve_share)
        power = (battery.charge_w_max, battery.discharge_w_max)
        both = (battery.charge_efficiency, battery.discharge_efficiency)
        there = np.ones(DAY_ISPS)
        return _stored(sample.state, power_w, battery.capacity_wh, keep, power, both, there)
    if isinstance(device, ParkedVehicle):
        car, stay = device.vehicle, device.stay
        begin = np.array([at_s(t) for t in range(DAY_ISPS)])
        there = np.minimum(begin + ISP_SECONDS, stay.departure_utc_s)
        there = np.clip(there - np.maximum(begin, stay.plug_in_utc_s), 0, None) / ISP_SECONDS
        keep = Fraction(car.capacity_wh) * Fraction(car.energy_min_share)
        power = (car.charge_w_max, car.discharge_w_max)
        both = (car.charge_efficiency, car.discharge_efficiency)
        return _stored(sample.state, power_w, car.capacity_wh, keep, power, both, there)
    if isinstance(device, CurtailableGenerator):
        own = sample.outlook.own_w
        assert (power_w >= own - 1).all()
        assert (power_w <= own * (1.0 - device.curtailment_share_max) + 1).all()
        return ()
    if isinstance(device, HeatLedPlant):
        return _heated(device, sample, power_w)
    if isinstance(device, MovableRun):
        return _ran(device, power_w)
    assert isinstance(device, PartlyCutLoad)
    return _cut(device, sample, power_w)


def _stored(
    state: State,
    power_w: IntArray,
    capacity_wh: int,
    keep: Fraction,
    limits_w: tuple[int, int],
    efficiencies: tuple[float, float],
    there: FloatArray,
) -> State:
    energy = Fraction(state[0])
    slack = QUARTER
    for power, present in zip(power_w.tolist(), there.tolist(), strict=True):
        assert -limits_w[1] * present - 1 <= power <= limits_w[0] * present + 1
        factor = Fraction(efficiencies[0]) if power > 0 else 1 / Fraction(efficiencies[1])
        energy += power * QUARTER * factor
        assert energy <= capacity_wh + slack
        assert power >= 0 or energy >= keep - slack
    return (float(energy),)


def _lived_in(device: HeatedBuilding, sample: Sample, power_w: IntArray) -> State:
    """Integrate both temperatures in steps of 5 s, by Heun's method."""
    house, heater, look = device.building, device.heater, sample.outlook
    air, mass = sample.state
    for isp, power in enumerate(power_w.tolist()):
        assert -1 <= power <= heater.rated_w + 1
        outside = float(look.outside_c[isp])
        cop = min(max(heater.cop_at_7_c + heater.cop_per_k * (outside - 7), 1), heater.cop_max)
        gain = house.gain_w + house.sun_m2 * float(look.sun_w_per_m2[isp])
        heat = power * cop + gain

        def rates(air: float, mass: float, outside: float, heat: float) -> tuple[float, float]:
            over = house.exchange_w_per_k * (mass - air)
            to_air = over + house.air_to_outside_w_per_k * (outside - air)
            to_mass = house.mass_to_outside_w_per_k * (outside - mass) - over
            share = house.heat_to_air_share
            return (
                (to_air + share * heat) / house.air_wh_per_k,
                (to_mass + (1 - share) * heat) / house.mass_wh_per_k,
            )

        for _ in range(180):
            size = 5 / 3600
            first = rates(air, mass, outside, heat)
            guess = (air + size * first[0], mass + size * first[1])
            second = rates(*guess, outside, heat)
            air += size * (first[0] + second[0]) / 2
            mass += size * (first[1] + second[1]) / 2
        minute = ((isp + 1) * 15) % 1_440
        asleep = minute // 60 in device.comfort.hours_asleep
        low = device.comfort.night_low_c if asleep else device.comfort.low_c
        assert air >= low - 0.01
        assert air <= device.comfort.high_c + 0.01 or power == 0
    return (air, mass)


def _heated(device: HeatLedPlant, sample: Sample, power_w: IntArray) -> State:
    plant, heat = device.plant, sample.state[0]
    for power, need_w in zip(power_w.tolist(), sample.outlook.own_w.tolist(), strict=True):
        assert -plant.electric_w_max - 1 <= power <= 0
        heat += (-power * plant.heat_per_electric - need_w) / 4
        boiler = max(-heat, 0.0)
        assert boiler <= plant.boiler_w_max / 4
        heat += boiler
        assert heat <= plant.store_wh + 1
    return (heat,)


def _ran(device: MovableRun, power_w: IntArray) -> State:
    used = np.flatnonzero(power_w)
    run = tuple(power_w[used[0] : used[-1] + 1].tolist())
    assert run == device.load.profile_w
    assert at_s(int(used[0])) >= device.load.ready_utc_s
    assert at_s(int(used[-1]) + 1) <= device.load.done_by_utc_s
    return (float(len(run)),)


def _cut(device: PartlyCutLoad, sample: Sample, power_w: IntArray) -> State:
    on_end = 0
    for power, own in zip(power_w.tolist(), sample.outlook.own_w.tolist(), strict=True):
        assert own * (1 - device.load.share_max) - 1 <= power <= own + 1
        on_end = on_end + 1 if power < own - 1 else 0
        assert on_end * 15 <= device.load.minutes_max
    return (float(on_end),)
