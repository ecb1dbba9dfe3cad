from datetime import UTC, date, datetime, timedelta

import pytest

from backend.district import calendar

FIFTEEN_YEARS = 15 * 366


def utc_s(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def recorded_quarters() -> list[int]:
    return list(range(calendar.RECORDED_START_UTC_S, calendar.RECORDED_END_UTC_S, 900))


def wall(second: int) -> tuple[int, int, int, timedelta | None]:
    """Weekday, hour, minute and UTC offset of the Berlin wall clock."""
    local = datetime.fromtimestamp(second, calendar.ZONE)
    return local.weekday(), local.hour, local.minute, local.utcoffset()


@pytest.mark.parametrize("year", range(2016, 2041))
def test_spring_change_day_is_when_the_zone_changes(year: int):
    assert calendar.quarters_of_day(calendar.spring_change_day(year)) == 92


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2016, 3, 26), 96), (date(2016, 3, 27), 92), (date(2016, 10, 30), 100)],
)
def test_quarters_of_day(day: date, quarters: int):
    assert calendar.quarters_of_day(day) == quarters


def test_local_day_changes_at_local_midnight():
    midnight = calendar.local_midnight_utc_s(date(2016, 4, 1))
    assert midnight == utc_s(2016, 3, 31, 22)
    assert calendar.local_day(midnight) == date(2016, 4, 1)
    assert calendar.local_day(midnight - 1) == date(2016, 3, 31)


def test_every_move_of_fifteen_years_keeps_weekday_wall_clock_and_offset(recorded_quarters):
    """Two moves a year at most; every quarter of the period is compared for each."""
    start = utc_s(2025, 11, 1)
    moves = {calendar.weeks_ahead(start + day * 86_400) for day in range(FIFTEEN_YEARS)}
    assert len(moves) == 16
    recorded = [wall(second) for second in recorded_quarters]
    for weeks in moves:
        moved = [wall(calendar.shift_utc_s(second, weeks)) for second in recorded_quarters]
        assert moved == recorded, weeks


@pytest.mark.parametrize("lead_days", [0, 1, 7, 30, 364, 365, 400, 1_000])
@pytest.mark.parametrize("recorded_day", [calendar.FIRST_DAY, date(2016, 3, 7), calendar.LAST_DAY])
def test_the_needed_day_lies_ahead_and_no_earlier_spring_would_do(
    recorded_day: date, lead_days: int
):
    start = utc_s(2025, 11, 1) + 5_000
    for day in range(FIFTEEN_YEARS):
        now_utc_s = start + day * 86_400
        weeks = calendar.weeks_ahead(now_utc_s, recorded_day, lead_days)
        assert calendar.keeps_clock(weeks)
        assert _needed_utc_s(recorded_day, lead_days, weeks) > now_utc_s
        year = calendar.shift_day(calendar.CLOCK_CHANGE_DAY, weeks).year
        earlier = (calendar.spring_change_day(year - 1) - calendar.CLOCK_CHANGE_DAY).days // 7
        assert _needed_utc_s(recorded_day, lead_days, earlier) <= now_utc_s


def _needed_utc_s(recorded_day: date, lead_days: int, weeks: int) -> int:
    moved = calendar.shift_day(recorded_day, weeks) - timedelta(days=lead_days)
    return calendar.local_midnight_utc_s(moved)


def test_the_day_must_not_have_begun():
    midnight = calendar.local_midnight_utc_s(date(2027, 2, 1))
    assert calendar.weeks_ahead(midnight - 1) == 574
    assert calendar.shift_day(calendar.FIRST_DAY, 574) == date(2027, 2, 1)
    assert calendar.weeks_ahead(midnight) == 574 + 52


def test_a_later_recorded_day_lets_earlier_days_be_history():
    now_utc_s = utc_s(2027, 2, 10)
    assert calendar.weeks_ahead(now_utc_s, date(2016, 3, 7)) == 574
    assert calendar.weeks_ahead(now_utc_s, date(2016, 3, 7), lead_days=30) == 574 + 52


def test_weeks_ahead_refuses_a_day_outside_the_recording():
    with pytest.raises(ValueError, match="2016-05-02: expected 2016-02-01 to 2016-05-01"):
        calendar.weeks_ahead(0, date(2016, 5, 2))


def test_weeks_ahead_refuses_a_negative_lead():
    with pytest.raises(ValueError, match="lead_days -1: expected 0 or more"):
        calendar.weeks_ahead(0, lead_days=-1)


@pytest.mark.parametrize(("weeks", "kept"), [(0, True), (574, True), (573, False), (52, True)])
def test_keeps_clock(weeks: int, kept: bool):
    assert calendar.keeps_clock(weeks) is kept


def test_recorded_holidays_lie_within_the_recording():
    days = calendar.recorded_non_working_days()
    assert days == (date(2016, 3, 25), date(2016, 3, 28), date(2016, 5, 1))
    assert all(calendar.FIRST_DAY <= day <= calendar.LAST_DAY for day in days)
