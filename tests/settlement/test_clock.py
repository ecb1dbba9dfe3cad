"""Local time by arithmetic equals the time zone database; days of 92, 96 and 100 ISPs."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from settlement.clock import (
    Clock,
    ClockRule,
    check_zone,
    date_of,
    day_of,
    switch_instants_s,
    weekday_of,
)
from settlement.errors import InputError
from tests.settlement.defaults import VIENNA, isp_utc, utc_s

YEARS = range(2016, 2041)
ZONES = [
    ("Europe/Lisbon", 0, ClockRule.EU),
    ("Europe/Berlin", 60, ClockRule.EU),
    ("Europe/Vienna", 60, ClockRule.EU),
    ("Europe/Helsinki", 120, ClockRule.EU),
    ("America/New_York", -300, ClockRule.US),
    ("America/Chicago", -360, ClockRule.US),
    ("America/Los_Angeles", -480, ClockRule.US),
    ("Asia/Tokyo", 540, ClockRule.NONE),
    ("America/Phoenix", -420, ClockRule.NONE),
]


def iana_switches(zone, year):
    """UTC instants within a year at which the offset of a zone changes, by bisection."""
    info = ZoneInfo(zone)

    def offset(second):
        return datetime.fromtimestamp(second, UTC).astimezone(info).utcoffset()

    found, step = [], 86_400
    for start in range(utc_s(year, 1, 1), utc_s(year + 1, 1, 1), step):
        low, high = start, start + step
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return found


@pytest.mark.parametrize(("zone", "offset", "rule"), ZONES)
def test_switch_instants_are_those_of_the_time_zone_database(zone, offset, rule):
    for year in YEARS:
        expected = iana_switches(zone, year)
        ours = switch_instants_s(year, rule, offset)
        assert [*ours] == (expected or [0, 0]), f"{zone} {year}"
        assert bool(expected) is (rule is not ClockRule.NONE)


@pytest.mark.parametrize("isp_minutes", [5, 15, 30, 60])
@pytest.mark.parametrize(("zone", "offset", "rule"), ZONES)
def test_local_starts_equal_the_time_zone_database(zone, offset, rule, isp_minutes):
    clock, info = Clock(isp_minutes, offset, rule), ZoneInfo(zone)
    instants = {utc_s(2027, 1, 1), utc_s(2028, 7, 1)}
    for year in YEARS:
        instants.update(iana_switches(zone, year) if year in (2016, 2027, 2040) else [])
    for instant in instants:
        around = range(instant - 3 * 3600, instant + 3 * 3600, 60 * isp_minutes)
        for second in around:
            isp = clock.isp_of(second)
            local = datetime.fromtimestamp(clock.start_s(isp), UTC).astimezone(info)
            assert clock.describe(isp) == local.strftime("%Y-%m-%d %H:%M")
            assert date_of(clock.local_day(isp)) == local.date()


@pytest.mark.parametrize(("zone", "offset", "rule"), ZONES)
def test_check_zone_accepts_25_years(zone, offset, rule):
    # Every hour of four years spread over the span; the instants of all are compared above.
    clock = Clock(15, offset, rule)
    for year in (2016, 2024, 2032, 2040):
        check_zone(clock, zone, day_of(date(year, 1, 1)), day_of(date(year, 12, 31)))


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Asia/Tokyo", "Asia/Tokyo is 540 minutes from UTC at 2027-01-01T00:00:00+00:00"),
        ("America/New_York", "America/New_York is -300 minutes"),
        ("Africa/Lagos", "Africa/Lagos is 60 minutes from UTC at 2027-03-28T01:00:00+00:00"),
    ],
)
def test_check_zone_refuses_another_clock_and_says_when(zone, told):
    with pytest.raises(InputError, match="by the agreement's clock rule") as caught:
        check_zone(VIENNA, zone, day_of(date(2027, 1, 2)), day_of(date(2027, 12, 31)))
    assert told in str(caught.value)


def test_check_zone_looks_only_at_the_dates_of_the_agreement():
    # Lagos keeps winter time; the clocks part on 28 March and meet again on 31 October.
    first, last = day_of(date(2027, 1, 2)), day_of(date(2027, 12, 30))
    spring, autumn = day_of(date(2027, 3, 28)), day_of(date(2027, 10, 31))
    check_zone(VIENNA, "Africa/Lagos", first, spring - 2)
    check_zone(VIENNA, "Africa/Lagos", autumn + 2, last)
    for first_day, last_day in ((first, spring), (autumn, last)):
        with pytest.raises(InputError, match="Africa/Lagos is 60 minutes"):
            check_zone(VIENNA, "Africa/Lagos", first_day, last_day)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../etc/passwd", "", "Europe"])
def test_check_zone_refuses_an_unknown_name(zone):
    with pytest.raises(InputError, match="an IANA time zone name"):
        check_zone(VIENNA, zone, 20_000, 20_001)


def test_worked_isp_numbers_of_vienna():
    assert isp_utc(2025, 6, 2, 15) == VIENNA.day_isps(day_of(date(2025, 6, 2)))[68]
    spring = VIENNA.day_isps(day_of(date(2025, 3, 30)))
    assert spring[8] == isp_utc(2025, 3, 30, 1)
    assert VIENNA.describe(spring[8]) == "2025-03-30 03:00"
    autumn = VIENNA.day_isps(day_of(date(2025, 10, 26)))
    assert (autumn[8], autumn[12]) == (isp_utc(2025, 10, 26, 0), isp_utc(2025, 10, 26, 1))
    assert VIENNA.describe(autumn[8]) == VIENNA.describe(autumn[12]) == "2025-10-26 02:00"
    assert autumn[99] == isp_utc(2025, 10, 26, 22, 45)


@pytest.mark.parametrize("isp_minutes", [5, 15, 30, 60])
@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 6, 2), 24), (date(2025, 10, 26), 25)]
)
def test_length_of_days(day, hours, isp_minutes):
    clock = Clock(isp_minutes, 60, ClockRule.EU)
    isps = clock.day_isps(day_of(day))
    assert len(isps) == hours * 60 // isp_minutes
    assert isps == tuple(range(isps[0], isps[0] + len(isps)))
    assert clock.has_clock_change(day_of(day)) is (hours != 24)
    assert [clock.isp_number(isp) for isp in isps] == list(range(1, len(isps) + 1))


@pytest.mark.parametrize(("_zone", "offset", "rule"), ZONES)
def test_days_follow_each_other_without_gap(_zone, offset, rule):
    clock = Clock(15, offset, rule)
    first = day_of(date(2027, 1, 1))
    days = [clock.day_isps(day) for day in range(first, first + 400)]
    for today, tomorrow in pairwise(days):
        assert today[-1] + 1 == tomorrow[0]
    changed = sum(clock.has_clock_change(day) for day in range(first, first + 365))
    assert changed == (0 if rule is ClockRule.NONE else 2)


def test_isp_at_a_wall_clock_start():
    day = day_of(date(2025, 6, 2))
    assert VIENNA.isp_at(day, 17 * 60) == isp_utc(2025, 6, 2, 15)
    with pytest.raises(AssertionError, match="missing or doubled"):
        VIENNA.isp_at(day_of(date(2025, 3, 30)), 17 * 60)


def test_clock_change_on_local_midnight_keeps_the_day_whole():
    # Azores winter time is UTC-1: the EU switch at 01:00 UTC is local midnight.
    azores = Clock(15, -60, ClockRule.EU)
    check_zone(azores, "Atlantic/Azores", day_of(date(2025, 1, 1)), day_of(date(2025, 12, 31)))
    assert len(azores.day_isps(day_of(date(2025, 3, 30)))) == 92
    assert len(azores.day_isps(day_of(date(2025, 10, 26)))) == 100
    assert azores.describe(azores.day_isps(day_of(date(2025, 3, 30)))[0]) == "2025-03-30 01:00"


def test_weekdays_and_dates():
    first = date(2016, 1, 1)
    for step in range(3000):
        day = first + timedelta(days=step)
        assert date_of(day_of(day)) == day
        assert weekday_of(day_of(day)) == day.weekday()
    assert day_of(date(1970, 1, 1)) == 0
