"""The meter data of the demonstration's month: taken in and committed, day by UTC day."""

from backend.chain.wallet import address_of
from backend.demo import plan
from backend.demo.preparation import metering_point
from backend.demo.unfolding import Month
from backend.services.metering import commit_meter_days, take_in_day


def commit_history(month: Month, first_day: int) -> None:
    """Take in and commit all UTC days before the month that the district holds in full."""
    first_utc_day = -(-month.world.first_isp // plan.ISPS_PER_UTC_DAY)
    month.committed_to = first_utc_day - 1
    commit_complete_days(month, plan.CLOCK.day_isps(first_day)[0])


def commit_complete_days(month: Month, up_to_isp: int) -> None:
    """Take in and commit the UTC days that are over before an ISP."""
    last_utc_day = up_to_isp // plan.ISPS_PER_UTC_DAY - 1
    first_utc_day = month.committed_to + 1
    if last_utc_day < first_utc_day:
        return
    stage = month.stage
    mdc = address_of(stage.parties.mdc)
    for utc_day in range(first_utc_day, last_utc_day + 1):
        values = {
            metering_point(site.site_id): _metered(month, site.site_id, utc_day)
            for site in month.world.district.sites
        }
        take_in_day(stage.session, mdc, utc_day, values)
    commit_meter_days(stage.session, stage.ledger, stage.parties.mdc, first_utc_day, last_utc_day)
    month.committed_to = last_utc_day


def _metered(month: Month, site_id: str, utc_day: int) -> list[int | None]:
    """Return a site's UTC day as the meter data company gets it in time."""
    values = month.world.utc_day_values(site_id, utc_day)
    if month.missed is not None and month.missed.site_id == site_id:
        missed_day, position = divmod(month.missed.isp, plan.ISPS_PER_UTC_DAY)
        if missed_day == utc_day:
            values[position] = None
    return values
