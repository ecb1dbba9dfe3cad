"""Which days of a congestion point are worth a closer look."""

from dataclasses import dataclass

from backend.demo.outcome import PointOutcome
from backend.report.measures import EXPORT, IMPORT, MonthDay

ZOOM_DAYS = 2


@dataclass(frozen=True, slots=True)
class ZoomDay:
    """A day worth a closer look.

    Attributes:
        day: the day.
        over_kwh: direction to energy above its limit before any activation, where there is any.
    """

    day: MonthDay
    over_kwh: dict[str, float]


def zoom_days(point: PointOutcome, days: tuple[MonthDay, ...]) -> tuple[ZoomDay, ...]:
    """Choose the days to look at closely, in order of time.

    They are chosen by the load before any activation, so that the choice does not depend on how
    well it went: first the day with most energy above the limit, for each direction; then the next
    most congested days or, where no limit is exceeded, those that come closest to one.
    """
    over = [_over_by_direction(point, day) for day in days]
    order = sorted(range(len(days)), key=lambda at: _congestion(point, days[at]), reverse=True)
    chosen: list[int] = []
    for name in (IMPORT, EXPORT):
        worst = max(range(len(days)), key=lambda at: over[at].get(name, 0.0))
        if over[worst].get(name, 0.0) > 0:
            chosen.append(worst)
    found = list(dict.fromkeys(chosen + order))[:ZOOM_DAYS]
    return tuple(ZoomDay(days[at], over[at]) for at in sorted(found))


def _over_by_direction(point: PointOutcome, day: MonthDay) -> dict[str, float]:
    values = zip((IMPORT, EXPORT), point.excess_kwh(point.before_w[day.columns]), strict=True)
    return {name: kwh for name, kwh in values if kwh > 0}


def _congestion(point: PointOutcome, day: MonthDay) -> tuple[float, int]:
    """Rank a day: energy above the limits, then how close it comes to one."""
    load_w = point.before_w[day.columns]
    nearest_w = max(load_w.max() - point.import_limit_w, -load_w.min() - point.export_limit_w)
    return sum(point.excess_kwh(load_w)), int(nearest_w)
