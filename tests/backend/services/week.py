"""What the tests of corrections share: a week with a missed reading, and the reading come late."""

from backend.services.metering import commit_meter_days, commit_new_days, take_in_day
from tests.backend import parties
from tests.backend.defaults import ISPS_PER_DAY, LAST_METER_DAY, MONDAY, WEDNESDAY, isp_at
from tests.backend.meters import day_values
from tests.backend.town import Town

MDC = parties.address("mdc")
POINT, DEAL = "mill grinder", "mill night"
HOLE = isp_at(WEDNESDAY, 23)
REASON = "2040-03-21 23:00: 1 of 12 meter readings are missing"


def meter_with_hole(town: Town) -> None:
    """The week is metered and committed, but for one reading of the mill's activation."""
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        if HOLE // ISPS_PER_DAY == utc_day:
            values[POINT][HOLE % ISPS_PER_DAY] = None
        take_in_day(town.session, MDC, utc_day, values)
    commit_meter_days(town.session, town.ledger, parties.MDC, MONDAY, LAST_METER_DAY)


def fill_hole(town: Town) -> list[int]:
    """The missed reading arrives alone and is committed; returns the committed days."""
    late: list[int | None] = [None] * ISPS_PER_DAY
    late[HOLE % ISPS_PER_DAY] = day_values(HOLE // ISPS_PER_DAY)[POINT][HOLE % ISPS_PER_DAY]
    take_in_day(town.session, MDC, HOLE // ISPS_PER_DAY, {POINT: late})
    return commit_new_days(town.session, town.ledger, parties.MDC)
