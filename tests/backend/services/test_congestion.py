"""What a DSO orders: the load it expects by recorded days, against what a point can carry."""

import numpy as np
import pytest

from backend.services.congestion import NEAREST_DAYS, Limits, find_requirement
from backend.services.local_day import LocalDay
from flexmanager.errors import ForecastError
from tests.backend.defaults import CLOCK, MONDAY, SUNDAY

DAYS_HELD = 10
GATE = 40
LIMITS = Limits(import_w=10_000, export_w=8_000)


def load(today: LocalDay, evening_w: list[int], midday_w: list[int]) -> tuple[np.ndarray, int]:
    """Recorded days that differ at 12:00 and 18:00 only, latest last, and a morning like them."""
    clock, days = today.clock, range(today.day - len(evening_w), today.day)
    first_isp = clock.day_isps(days[0])[0]
    series = np.full(today.isps[-1] + 1 - first_isp, 1_000, dtype=np.int64)
    for day, evening, midday in zip(days, evening_w, midday_w, strict=True):
        for isp in clock.day_isps(day):
            minute = clock.local_minutes(isp) % 1440
            if 18 * 60 <= minute < 19 * 60:
                series[isp - first_isp] = evening
            if 12 * 60 <= minute < 13 * 60:
                series[isp - first_isp] = midday
    return series, first_isp


def requirement(today, evening_w, midday_w, sign, window, limits=LIMITS, spread_isps=0):
    series, first_isp = load(today, evening_w, midday_w)
    gate_isp = today.isps[GATE]
    from_hour, to_hour = window
    minutes = 60 * from_hour, 60 * to_hour
    return find_requirement(today, series, first_isp, limits, sign, gate_isp, *minutes, spread_isps)


@pytest.fixture(params=[MONDAY, SUNDAY], ids=["plain day", "short day"])
def today(request: pytest.FixtureRequest) -> LocalDay:
    return LocalDay(CLOCK, request.param)


def by_hour(today: LocalDay, values: np.ndarray) -> dict[int, set[int]]:
    """Values other than 0 by the hour in which they stand."""
    found: dict[int, set[int]] = {}
    for minute, value in zip(today.minutes().tolist(), values.tolist(), strict=True):
        if value:
            found.setdefault(minute // 60, set()).add(value)
    return found


def test_nothing_is_ordered_within_the_limits(today):
    flat = [9_000] * DAYS_HELD
    for sign in (-1, 1):
        found = requirement(today, flat, flat, sign, (0, 24))
        assert not found.required_w.any()


def test_an_import_above_the_limit_asks_for_less_consumption(today):
    found = requirement(today, [12_000] * DAYS_HELD, [0] * DAYS_HELD, -1, (17, 22))
    assert by_hour(today, found.required_w) == {18: {-2_000}}


def test_an_export_above_the_limit_asks_for_more_consumption(today):
    found = requirement(today, [0] * DAYS_HELD, [-9_500] * DAYS_HELD, 1, (10, 16))
    assert by_hour(today, found.required_w) == {12: {1_500}}


def test_each_direction_is_blind_for_the_other(today):
    high, low = [12_000] * DAYS_HELD, [-9_500] * DAYS_HELD
    assert by_hour(today, requirement(today, high, low, -1, (0, 24)).required_w) == {18: {-2_000}}
    assert by_hour(today, requirement(today, high, low, 1, (0, 24)).required_w) == {12: {1_500}}


def test_nothing_is_ordered_outside_the_window(today):
    high = [12_000] * DAYS_HELD
    assert not requirement(today, high, high, -1, (19, 22)).required_w.any()
    assert not requirement(today, high, high, -1, (13, 18)).required_w.any()


def test_the_limit_itself_is_carried(today):
    at_limit = requirement(today, [10_000] * DAYS_HELD, [-8_000] * DAYS_HELD, -1, (0, 24))
    assert not at_limit.required_w.any()
    over = requirement(today, [10_001] * DAYS_HELD, [-8_001] * DAYS_HELD, 1, (0, 24))
    assert by_hour(today, over.required_w) == {12: {1}}


def test_imports_are_planned_half_way_to_the_worst_day(today):
    """Five alike mornings: four days of 11 kW and one of 16 kW, so 12 kW and half of 4 kW more."""
    evening = [0] * 5 + [11_000, 11_000, 16_000, 11_000, 11_000]
    found = requirement(today, evening, [0] * 10, -1, (17, 22))
    assert NEAREST_DAYS == 5
    assert by_hour(today, found.required_w) == {18: {-4_000}}


def test_exports_are_planned_by_the_worst_day(today):
    midday = [0] * 5 + [-9_000, -9_000, -14_000, -9_000, -9_000]
    found = requirement(today, [0] * 10, midday, 1, (10, 16))
    assert by_hour(today, found.required_w) == {12: {6_000}}


def test_too_short_a_history_is_refused(today):
    with pytest.raises(ForecastError, match="4 of 4 recorded days are complete"):
        requirement(today, [0] * 4, [0] * 4, -1, (17, 22))


def test_the_expected_load_has_one_value_per_isp_of_the_day(today):
    found = requirement(today, [12_000] * DAYS_HELD, [0] * DAYS_HELD, -1, (17, 22))
    assert found.expected_w.shape == found.required_w.shape == (len(today.isps),)
    assert found.expected_w[:GATE].tolist() == [1_000] * GATE
    assert found.expected_w.max() == 12_000


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_peak_may_come_earlier_or_later_by_the_spread(today, sign):
    high, low = [12_000] * DAYS_HELD, [-9_500] * DAYS_HELD
    sharp = requirement(today, high, low, sign, (0, 24))
    spread = requirement(today, high, low, sign, (0, 24), spread_isps=2)
    at = np.flatnonzero(sharp.required_w)
    assert np.flatnonzero(spread.required_w).tolist() == list(range(at[0] - 2, at[-1] + 3))
    assert set(spread.required_w[spread.required_w != 0].tolist()) == {int(sharp.required_w[at[0]])}
