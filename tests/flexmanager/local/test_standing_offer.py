"""A standing offer holds in most of the window of the history."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.battery import BatteryStore
from flexmanager.local.device import Outlook
from flexmanager.local.generator import CurtailableGenerator
from flexmanager.local.recorded_heating import Leeway, RecordedHeating
from flexmanager.local.site import Site, recorded_device
from flexmanager.local.standing_offer import StandingOffer, standing_offer
from flexmanager.local.wishes import Wishes
from flexmanager.physics.battery import Battery
from flexmanager.physics.building import Building, Heater
from flexmanager.physics.generation import Photovoltaic
from flexmanager.rounding import BoolArray, FloatArray
from settlement.clock import Clock, ClockRule

DAYS = 10
ISPS = 96 * DAYS
CLOCK = Clock(15, 0, ClockRule.NONE)
MONDAY_ISP = 96 * 4
"""1970-01-05 was a Monday."""

OF_DAY = np.arange(ISPS) % 96
EVENING = (OF_DAY >= 68) & (OF_DAY < 80)
MIDDAY = (OF_DAY >= 44) & (OF_DAY < 52)
DAY_PEAK_W = np.repeat(
    [9_000.0, 12_000, 300, 11_040, 8_000, 7_990, 15_000, 6_000, 10_000, 9_999], 96
)


def outlook(own_w: FloatArray) -> Outlook:
    even = np.full(ISPS, 40.0)
    return Outlook(MONDAY_ISP, CLOCK, even, even, np.full(ISPS, 8.0), np.zeros(ISPS), own_w)


ROOF = CurtailableGenerator(Photovoltaic("roof", 24_500), habit=True)
SOLAR = Site("solar", {"roof": recorded_device(ROOF, outlook(-DAY_PEAK_W), ())})
LARGE = BatteryStore(Battery("store", 67_000, 33_500, 33_500), habit=True)
STORE = Site("store", {"store": recorded_device(LARGE, outlook(np.zeros(ISPS)), (33_500.0,))})


def offer(
    site: Site, window: BoolArray, sign: int, isps: int = 8, share: float = 0.9
) -> StandingOffer:
    return standing_offer(site, CLOCK, MONDAY_ISP, window, sign, isps, share)


def test_nine_of_ten_days_carry_the_offer() -> None:
    assert offer(SOLAR, MIDDAY, 1) == StandingOffer(6_000)


def test_half_of_the_days_carry_more() -> None:
    assert offer(SOLAR, MIDDAY, 1, share=0.5).amount_w == 9_900


def test_all_of_the_days_carry_too_little() -> None:
    found = offer(SOLAR, MIDDAY, 1, share=1.0)
    assert found == StandingOffer(0, "only 300 W hold, less than 500 W")


def test_amounts_are_signed_and_rounded_down() -> None:
    assert offer(STORE, EVENING, -1).amount_w == -12_700


def test_a_shorter_runtime_carries_more() -> None:
    assert offer(STORE, EVENING, -1, 2).amount_w == -33_500


def test_an_activation_is_no_longer_than_the_window() -> None:
    assert offer(STORE, MIDDAY, 1, 40) == offer(STORE, MIDDAY, 1, 8)


def test_weekdays_off_are_not_judged() -> None:
    dark = 2
    resting = replace(SOLAR, wishes=Wishes(weekdays_off=frozenset({dark})))
    assert offer(resting, MIDDAY, 1, share=1.0).amount_w == 6_000
    never = replace(SOLAR, wishes=Wishes(weekdays_off=frozenset(range(7))))
    assert "no ISP" in offer(never, MIDDAY, 1).reason


def test_an_empty_window_and_an_empty_site_offer_nothing() -> None:
    nothing = offer(STORE, np.zeros(ISPS, dtype=np.bool_), -1)
    assert nothing.amount_w == 0
    assert "no ISP" in nothing.reason
    assert offer(Site("bare", {}), MIDDAY, 1).amount_w == 0


def test_a_pump_that_cycles_carries_no_long_evening() -> None:
    pump = RecordedHeating(Building("house"), Heater("pump", 2_200), Leeway("house", 3.0))
    cycling = np.tile([1_768.0, 1_768.0, 0.0, 884.0], ISPS // 4)
    house = Site("house", {"pump": recorded_device(pump, outlook(cycling), (0.0, 0.0))})
    assert offer(house, EVENING, -1, 4).amount_w == 0
    assert offer(house, EVENING, -1, 1, share=0.5).amount_w == -1_700


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ParameterError, match="share"):
        offer(STORE, EVENING, -1, share=share)


def test_what_is_asked_makes_sense() -> None:
    with pytest.raises(HorizonError, match="window of store"):
        offer(STORE, EVENING.astype(np.int64), -1)
    with pytest.raises(ParameterError, match="sign"):
        offer(STORE, EVENING, 0)
    with pytest.raises(ParameterError, match="isps"):
        offer(STORE, EVENING, -1, 0)
