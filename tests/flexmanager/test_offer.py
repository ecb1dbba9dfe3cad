"""An offer holds in most of the window of the history."""

import numpy as np
import pytest

from flexmanager.assets import Preferences
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.offer import offer, reliability
from flexmanager.site import build_site
from tests.flexmanager.defaults import BATTERY, HEAT_PUMP, PHOTOVOLTAIC, PREFERENCES, site_horizon

DAYS = 10
ISPS = 96 * DAYS
OF_DAY = np.arange(ISPS) % 96
EVENING = (OF_DAY >= 68) & (OF_DAY < 80)
MIDDAY = (OF_DAY >= 44) & (OF_DAY < 52)
DAY_PEAK_W = np.repeat([9_000, 12_000, 300, 11_040, 8_000, 7_990, 15_000, 6_000, 10_000, 9_999], 96)
HISTORY = site_horizon({PHOTOVOLTAIC.asset_id: -DAY_PEAK_W}, ISPS)
SOLAR = build_site("LV1-7", (PHOTOVOLTAIC,), PREFERENCES)
STORE = build_site("LV1-9", (BATTERY,), PREFERENCES)


def test_nine_of_ten_days_carry_the_offer() -> None:
    found = offer(SOLAR, HISTORY, MIDDAY, 1, 8)
    assert found.amount_w == 6_000
    assert found.reliability == pytest.approx((9 * 6_000 + 300) / 60_000)
    assert found.reason == ""


def test_half_of_the_days_carry_more() -> None:
    assert offer(SOLAR, HISTORY, MIDDAY, 1, 8, share=0.5).amount_w == 9_900


def test_all_of_the_days_carry_too_little() -> None:
    found = offer(SOLAR, HISTORY, MIDDAY, 1, 8, share=1.0)
    assert found.amount_w == 0
    assert found.reason == "only 300 W hold, less than 500 W"


def test_amounts_are_signed_and_rounded_down() -> None:
    found = offer(STORE, HISTORY, EVENING, -1, 8)
    assert found.amount_w == -12_700
    assert found.reliability == 1.0


def test_a_shorter_runtime_carries_more() -> None:
    assert offer(STORE, HISTORY, EVENING, -1, 2).amount_w == -33_500


def test_an_activation_is_no_longer_than_the_window() -> None:
    whole_window = offer(STORE, HISTORY, MIDDAY, 1, 8)
    assert offer(STORE, HISTORY, MIDDAY, 1, 40) == whole_window


@pytest.mark.parametrize(
    ("preferences", "sign", "window"),
    [
        (Preferences(refuses_evening=True), -1, EVENING),
        (Preferences(refuses_midday=True), 1, MIDDAY),
    ],
)
def test_an_owner_may_refuse_a_direction(
    preferences: Preferences, sign: int, window: np.ndarray
) -> None:
    refusing = build_site("LV1-9", (BATTERY,), preferences)
    found = offer(refusing, HISTORY, window, sign, 8)
    assert found.amount_w == 0
    assert "refuses" in found.reason
    assert offer(refusing, HISTORY, window, -sign, 8).amount_w != 0


def test_excluded_weekdays_are_not_judged() -> None:
    weekdays = np.repeat(np.arange(DAYS) % 7, 96)
    site = build_site("LV1-7", (PHOTOVOLTAIC,), Preferences(excluded_weekdays=frozenset({2})))
    assert offer(site, HISTORY, MIDDAY, 1, 8, 1.0, weekdays).amount_w == 6_000
    with pytest.raises(ParameterError, match="weekdays"):
        offer(site, HISTORY, MIDDAY, 1, 8)


def test_an_empty_window_offers_nothing() -> None:
    found = offer(STORE, HISTORY, np.zeros(ISPS, dtype=np.bool_), -1, 8)
    assert found.amount_w == 0
    assert "no ISP" in found.reason


def test_a_pump_that_cycles_carries_no_long_evening() -> None:
    cycling = site_horizon({HEAT_PUMP.asset_id: np.tile([1768, 1768, 0, 884], ISPS // 4)}, ISPS)
    site = build_site("LV4-9", (HEAT_PUMP,), PREFERENCES)
    assert offer(site, cycling, EVENING, -1, 4).amount_w == 0
    assert reliability(site, cycling, EVENING, -1_000, 1) == pytest.approx((1 + 1 + 0 + 0.884) / 4)


def test_reliability_of_an_amount_beyond_the_history() -> None:
    assert reliability(STORE, HISTORY, EVENING, -25_460, 8) == pytest.approx(0.5)


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ParameterError, match="share"):
        offer(STORE, HISTORY, EVENING, -1, 8, share)


def test_a_window_fits_the_history() -> None:
    with pytest.raises(HorizonError, match="window of LV1-9"):
        offer(STORE, HISTORY, EVENING[:-1], -1, 8)
    with pytest.raises(HorizonError, match="window of LV1-9"):
        offer(STORE, HISTORY, EVENING.astype(np.int64), -1, 8)
    with pytest.raises(HorizonError, match="at least one ISP"):
        reliability(STORE, HISTORY, np.zeros(ISPS, dtype=np.bool_), -500, 8)


def test_reliability_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="amount_w"):
        reliability(STORE, HISTORY, EVENING, 0, 8)
