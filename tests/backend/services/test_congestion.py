"""What a DSO expects: the load of recorded days like today, with caution on either side."""

from dataclasses import replace

import numpy as np
import pytest

from backend.services.congestion import Caution, Foresight, find_outlook
from backend.services.local_day import LocalDay
from flexmanager.errors import ForecastError
from flexmanager.vpp.congestion import Outlook
from tests.backend.defaults import CLOCK, MONDAY, SUNDAY

DAYS_HELD = 10
GATE = 40
PLAIN = Foresight(5, 1.0, 0.0, imports=Caution(0.5), exports=Caution(1.0))


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


def outlook(
    today: LocalDay, evening_w: list[int], midday_w: list[int], foresight: Foresight = PLAIN
) -> Outlook:
    series, first_isp = load(today, evening_w, midday_w)
    return find_outlook(today, series, first_isp, today.isps[GATE], foresight)


@pytest.fixture(params=[MONDAY, SUNDAY], ids=["plain day", "short day"])
def today(request: pytest.FixtureRequest) -> LocalDay:
    return LocalDay(CLOCK, request.param)


def by_hour(today: LocalDay, values: np.ndarray) -> dict[int, set[int]]:
    """Values other than the 1 kW of all days, by the hour in which they stand."""
    found: dict[int, set[int]] = {}
    for minute, value in zip(today.minutes().tolist(), values.tolist(), strict=True):
        if value != 1_000:
            found.setdefault(minute // 60, set()).add(value)
    return found


def test_alike_days_are_expected_again(today):
    found = outlook(today, [12_000] * DAYS_HELD, [-9_500] * DAYS_HELD)
    assert by_hour(today, found.low_w) == {12: {-9_500}, 18: {12_000}}
    assert found.high_w.tolist() == found.low_w.tolist()


def test_each_side_is_as_cautious_as_it_is_told(today):
    """Five alike mornings: four days of 11 kW and one of 16 kW, so 12 kW in the mean."""
    evening = [0] * 5 + [11_000, 11_000, 16_000, 11_000, 11_000]
    found = outlook(today, evening, [1_000] * 10)
    assert by_hour(today, found.high_w) == {18: {14_000}}, "half of the way up"
    assert by_hour(today, found.low_w) == {18: {11_000}}, "all of the way down"
    plain = replace(PLAIN, imports=Caution(0.0), exports=Caution(0.0))
    found = outlook(today, evening, [1_000] * 10, plain)
    assert by_hour(today, found.high_w) == by_hour(today, found.low_w) == {18: {12_000}}


def test_a_peak_may_come_earlier_or_later_by_the_spread(today):
    high, low = [12_000] * DAYS_HELD, [-9_500] * DAYS_HELD
    spread = replace(PLAIN, imports=Caution(0.5, 2), exports=Caution(1.0, 1))
    sharp, wide = outlook(today, high, low), outlook(today, high, low, spread)
    for at, isps, extreme_w in ((sharp.high_w == 12_000, 2, wide.high_w == 12_000),
                                (sharp.low_w == -9_500, 1, wide.low_w == -9_500)):  # fmt: skip
        first, *_, last = np.flatnonzero(at).tolist()
        assert np.flatnonzero(extreme_w).tolist() == list(range(first - isps, last + isps + 1))


def test_today_goes_on_from_its_latest_readings(today):
    """The morning is 500 W above all recorded days; half of that is left an ISP later."""
    series, first_isp = load(today, [1_000] * DAYS_HELD, [1_000] * DAYS_HELD)
    series = series.copy()
    series[today.first_isp - first_isp : today.isps[GATE] - first_isp] += 500
    persistent = replace(PLAIN, persistence=0.5)
    found = find_outlook(today, series, first_isp, today.isps[GATE], persistent)
    assert found.high_w[GATE : GATE + 4].tolist() == [1_250, 1_125, 1_062, 1_031]


def test_nothing_after_the_gate_is_looked_at(today):
    high, low = [12_000] * DAYS_HELD, [-9_500] * DAYS_HELD
    series, first_isp = load(today, high, low)
    gate_isp = today.isps[GATE]
    before = find_outlook(today, series, first_isp, gate_isp, PLAIN)
    series[gate_isp - first_isp :] = 99_000
    after = find_outlook(today, series, first_isp, gate_isp, PLAIN)
    assert before.low_w.tolist() == after.low_w.tolist()
    assert before.high_w.tolist() == after.high_w.tolist()


def test_too_short_a_history_is_refused(today):
    with pytest.raises(ForecastError, match="4 of 4 recorded days are complete"):
        outlook(today, [0] * 4, [0] * 4)


def test_the_outlook_has_one_value_per_isp_of_the_day(today):
    found = outlook(today, [12_000] * DAYS_HELD, [1_000] * DAYS_HELD)
    assert found.low_w.shape == found.high_w.shape == (len(today.isps),)
    assert found.low_w[:GATE].tolist() == [1_000] * GATE
