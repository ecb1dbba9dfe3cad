"""Match-day and around-event baselines against a second reading of the rules.

The second one knows local wall-clock times of the time zone database and dictionaries, no ISP
indices and no slots.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

import pytest

from settlement.baselines.around_event import around_event_baseline
from settlement.baselines.baseline import History
from settlement.baselines.computed import like_day_baseline
from settlement.baselines.methods import AroundEvent, DayChoice, LikeDays
from settlement.clock import Clock, ClockRule, day_of
from tests.settlement.orders.parties import readings_at

ZONE = ZoneInfo("Europe/Vienna")
HOURLY = Clock(60, 60, ClockRule.EU)
CASES = 150


class Site:
    """A random hourly site of nine weeks that ends near a clock change, with some gaps."""

    def __init__(self, random: Random) -> None:
        last = random.choice([date(2027, 4, 9), date(2027, 11, 12), date(2027, 6, 20)])
        begin = datetime(last.year, last.month, last.day, tzinfo=UTC) - timedelta(days=63)
        self.hours = [begin + timedelta(hours=n) for n in range(64 * 24)]
        gaps = random.choice([0.001, 0.01, 0.06])
        level = {d: random.randrange(0, 4) * 500 for d in range(64)}
        self.watts = {
            hour: level[n // 24] + random.randrange(-300, 300)
            for n, hour in enumerate(self.hours)
            if random.random() > gaps
        }
        start = len(self.hours) - random.randrange(30, 15 * 24)
        self.event = self.hours[start : start + random.randrange(1, 9)]
        other = start - random.randrange(3, 200)
        self.other = self.hours[other : other + 2]
        self.holidays = {last - timedelta(days=random.randrange(1, 40)) for _ in range(3)}

    def local(self, hour: datetime) -> datetime:
        return hour.astimezone(ZONE).replace(tzinfo=None, fold=0)

    def at(self, local: datetime) -> int | None:
        """The only reading of a wall-clock hour."""
        (hour,) = [one for one in self.hours_of(local.date()) if self.local(one) == local]
        return self.watts.get(hour)

    def hours_of(self, day: date) -> list[datetime]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)
        around = [midnight + timedelta(hours=n) for n in range(25)]
        return [one for one in around if self.local(one).date() == day]

    def history(self) -> History:
        ordered = [self.isp(hour) for hour in (*self.event, *self.other)]
        return History(
            readings_at({self.isp(hour): w for hour, w in self.watts.items()}, 60),
            {HOURLY.local_day(isp) for isp in ordered},
            set(ordered),
            {day_of(day) for day in self.holidays},
        )

    def isp(self, hour: datetime) -> int:
        return int(hour.timestamp()) // 3600


def match_by_wall_clock(site: Site, method: LikeDays) -> tuple[int, ...] | None:
    first = site.local(site.event[0]).date()
    days = sorted({site.local(hour).date() for hour in site.event})
    gap = timedelta(hours=method.match_gap_isps)
    compared = [
        hour
        for day in days
        for hour in site.hours_of(day)
        if not site.event[0] - gap <= hour <= site.event[-1] + gap
        and hour not in site.other
        and hour in site.watts
    ]
    if not compared:
        return None
    busy = {site.local(hour).date() for hour in (*site.event, *site.other)}

    def working(day: date) -> bool:
        return day.isoweekday() < 6 and day not in site.holidays

    distance: dict[date, int] = {}
    for back in range(1, 46):
        day = first - timedelta(days=back)
        shift = day - first
        read_days = {site.local(hour).date() + shift for hour in (*site.event, *compared)}
        if working(day) != working(first) or read_days & busy:
            continue
        if any(len(site.hours_of(one)) != 24 for one in read_days):
            continue
        then = {hour: site.at(site.local(hour) + shift) for hour in (*site.event, *compared)}
        if None in then.values():
            continue
        distance[day] = sum((then[hour] - site.watts[hour]) ** 2 for hour in compared)
        if len(distance) == method.y:
            break
    if len(distance) < method.y:
        return None
    nearest = sorted(distance, key=lambda day: (distance[day], -day.toordinal()))[: method.x]
    return tuple(
        round(Fraction(sum(site.at(site.local(hour) + (day - first)) for day in nearest), method.x))
        for hour in site.event
    )


def around_by_wall_clock(site: Site, method: AroundEvent) -> tuple[int, ...] | None:
    gap, hour = method.gap_isps, timedelta(hours=1)
    before = [site.event[0] - (gap + n) * hour for n in range(1, method.before_isps + 1)]
    after = [site.event[-1] + (gap + n) * hour for n in range(1, method.after_isps + 1)]
    read = before + after
    if set(read) & set(site.other) or any(one not in site.watts for one in read):
        return None

    def mean(hours: list[datetime]) -> Fraction:
        return Fraction(sum(site.watts[one] for one in hours), len(hours))

    if not method.straight_line:
        return (round(mean(read)),) * len(site.event)
    low, high, count = mean(before), mean(after), len(site.event)
    return tuple(round(low + (high - low) * j / (count + 1)) for j in range(1, count + 1))


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return Counter()


@pytest.mark.parametrize("number", range(CASES))
def test_both_readings_agree(number, seen):
    random = Random(number)
    site = Site(random)
    history = site.history()
    event = range(site.isp(site.event[0]), site.isp(site.event[-1]) + 1)
    x = random.randrange(1, 4)
    match = LikeDays(DayChoice.MATCH, x, x + random.randrange(4), match_gap_isps=x)
    found = like_day_baseline(match, HOURLY, event, history)
    assert found.values_w == match_by_wall_clock(site, match)
    seen["match" if found.values_w else "no match"] += 1
    line = random.random() < 0.5
    around = AroundEvent(random.randrange(1, 4), random.randrange(line, 4), x - 1, line)
    values = around_event_baseline(around, event, history).values_w
    assert values == around_by_wall_clock(site, around)
    seen["around" if values else "not around"] += 1


def test_the_cases_are_about_something(seen):
    if sum(seen.values()) < 2 * CASES:
        pytest.skip("needs all the cases")
    assert min(seen[kind] for kind in ("match", "no match", "around", "not around")) >= 3
