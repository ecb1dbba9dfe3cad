"""What the meters of these tests read: a load with a daily shape, noise, and what was delivered."""

from settlement.activation import Activation
from settlement.meter import Readings
from tests.backend.defaults import (
    CLOCK,
    DELIVERED_PERCENT,
    FIRST_METER_DAY,
    FRIDAY,
    ISPS_PER_DAY,
    LAST_METER_DAY,
    ORDERS,
    POINTS,
)

DayValues = dict[str, list[int | None]]


def load_w(point: str, isp: int) -> int:
    """The load without any order: higher in the evening, different for every point and quarter."""
    hour = CLOCK.local_minutes(isp) % 1440 // 60
    noise = (isp * 7_919 + len(point) * 1_543) % 901 - 450
    return 5_000 + 120 * min(hour, 12) + 40 * len(point) + noise


def delivered_w(point: str, isp: int) -> int:
    """What of the orders shows on a metering point; a site answers on its first one."""
    total = 0
    for name, activation in ORDERS:
        site_id = name.split()[0]
        if isp in activation.ordered_isps() and POINTS[site_id][0] == point:
            total += activation.ordered_w * _percent(name, activation) // 100
    return total


def _percent(name: str, activation: Activation) -> int:
    if name == "dairy steady":
        return 30 if CLOCK.local_day(activation.first_isp) == FRIDAY else 130
    return DELIVERED_PERCENT[name]


def day_values(utc_day: int) -> DayValues:
    """One UTC day of every metering point."""
    isps = range(utc_day * ISPS_PER_DAY, (utc_day + 1) * ISPS_PER_DAY)
    return {
        point: [load_w(point, isp) + delivered_w(point, isp) for isp in isps]
        for points in POINTS.values()
        for point in points
    }


def own_readings(site_id: str) -> dict[str, Readings]:
    """What a site's own meter has kept of all days."""
    days = range(FIRST_METER_DAY, LAST_METER_DAY + 1)
    return {
        point: Readings(CLOCK.isp_minutes, {day: tuple(day_values(day)[point]) for day in days})
        for point in POINTS[site_id]
    }


def nominated_w(share_percent: int = 100) -> list[int | None]:
    """A nominated UTC day for the bakery: flat, in per cent of its usual load."""
    return [14_000 * share_percent // 100] * ISPS_PER_DAY
