"""Random agreements with random meter data, weighted towards what goes wrong."""

from datetime import date, timedelta
from functools import lru_cache
from random import Random

from settlement.clock import ClockRule, day_of
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.window import weekly_window
from tests.settlement.defaults import terms
from tests.settlement.oracle import Case, Order, Series, WallClock

ZONES = [
    ("Europe/Vienna", 60, ClockRule.EU),
    ("Europe/Lisbon", 0, ClockRule.EU),
    ("America/New_York", -300, ClockRule.US),
    ("Asia/Tokyo", 540, ClockRule.NONE),
]
# The first days of periods: over each clock change, soon after one, after Easter, and plain.
PERIODS = [
    date(2027, 3, 24),
    date(2027, 10, 28),
    date(2027, 3, 11),
    date(2027, 11, 4),
    date(2027, 4, 1),
    date(2027, 6, 14),
]
BEFORE_DAYS, AFTER_DAYS, PERIOD_DAYS = 52, 3, 7


@lru_cache(maxsize=128)
def wall_clock(zone: str, isp_minutes: int, first: date) -> WallClock:
    return WallClock(
        zone,
        isp_minutes,
        first - timedelta(days=BEFORE_DAYS),
        first + timedelta(days=PERIOD_DAYS + AFTER_DAYS),
    )


def random_case(random: Random) -> tuple[Case, WallClock]:
    """One agreement and period; the clock holds all ISPs that may be read."""
    zone, offset, rule = random.choice(ZONES)
    isp_minutes = random.choice([15, 15, 30, 60])
    first = random.choice(PERIODS)
    clock = wall_clock(zone, isp_minutes, first)
    last = first + timedelta(days=PERIOD_DAYS - 1)
    agreement = _terms(random, first, offset, rule, isp_minutes)
    period_s = [second for second, at in clock.local.items() if first <= at.date() <= last]
    history_s = [second for second, at in clock.local.items() if at.date() < first]
    orders = _orders(random, agreement, clock, period_s, random.randint(0, 4))
    others = _orders(random, agreement, clock, period_s, random.randint(0, 2))
    others += _orders(random, agreement, clock, history_s[-40 * clock.isps_per_day :], 3)
    scale = random.choice([2, 40, 5000])
    gaps = random.choice([0, 0, 0.0003, 0.003])
    meters = [
        _series(random, list(clock.local), scale, gaps) for _ in range(random.choice([1, 1, 2, 3]))
    ]
    nominations = {
        order: _series(random, clock.covered(order), scale, gaps and 0.05) for order in orders
    }
    end = random.choice([None, None, first + timedelta(days=random.randint(-1, 8))])
    holidays = {
        first + timedelta(days=random.randint(-BEFORE_DAYS, 7)) for _ in range(random.randint(0, 4))
    }
    return Case(
        agreement, zone, first, last, end, orders, others, meters, nominations, holidays
    ), clock


def _terms(random: Random, first: date, offset: int, rule: ClockRule, isp_minutes: int) -> Terms:
    start_quarter, end_quarter = random.randrange(96), random.randrange(97)
    weekdays = random.sample(range(7), random.randint(1, 7))
    window = weekly_window(weekdays, 15 * start_quarter, 15 * end_quarter)
    delivery = random.choice(list(DeliveryRule))
    method = random.choice(list(BaselineMethod))
    y = random.randint(1, 6)
    x = random.randint(1, y)
    if method is BaselineMethod.MID:
        x += (y - x) % 2
    adjustment = random.choice(list(Adjustment))
    if method is BaselineMethod.NOMINATED:
        x = y = 0
        adjustment = Adjustment.NONE
    adjusted = adjustment is not Adjustment.NONE
    return terms(
        utc_offset_minutes=offset,
        clock_rule=rule,
        isp_minutes=isp_minutes,
        start_day=day_of(first) + random.choice([-60, -60, 2]),
        end_day=day_of(first) + random.choice([60, 60, 4]),
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=random.choice([-1, 1]) * random.choice([3, 1000, 7321]),
        volume_rate=random.choice([0, 1, random.randrange(2**32), 1_800_000]),
        penalty_rate=random.choice([0, 1, random.randrange(2**32), 2_400_000]),
        capacity_rate=random.choice([0, 1, random.randrange(2**32), 50_000]),
        delivery_rule=delivery,
        delivery_bp=0 if delivery is DeliveryRule.LINEAR else random.choice([0, 500, 3333, 8000]),
        delivery_slope=random.randint(1, 5) if delivery is DeliveryRule.GRACE else 0,
        penalty_cap_bp=random.choice([0, 2500, 3333, 10_000]),
        baseline_method=method,
        x=0 if method is BaselineMethod.ROLLING else x,
        y=y,
        adjustment=adjustment,
        adjustment_isps=random.randint(1, 9) if adjusted else 0,
        adjustment_gap_isps=random.choice([0, 1, 4]) if adjusted else 0,
        adjustment_cap_bp=random.choice([0, 2000, 10_000]) if adjusted else 0,
    )


def _orders(
    random: Random, agreement: Terms, clock: WallClock, seconds: list[int], count: int
) -> list[Order]:
    """Orders in time order without overlap, half of them near a clock change or midnight."""
    changed = [second for second in seconds if not clock.plain(clock.local[second].date())]
    late = [second for second in seconds if clock.local[second].hour in (22, 23, 0, 1)]
    starts = sorted(
        random.choice(random.choice([seconds, seconds, changed or seconds, late]))
        for _ in range(count)
    )
    orders: list[Order] = []
    for start_s in starts:
        isps = random.randint(1, max(1, 5 * 60 // agreement.isp_minutes))
        if orders and start_s <= orders[-1].start_s + orders[-1].isps * clock.step:
            continue
        ordered_w = random.randint(1, abs(agreement.amount_w))
        orders.append(Order(start_s, isps, ordered_w if agreement.amount_w > 0 else -ordered_w))
    return orders


def _series(random: Random, seconds: list[int], scale: int, gaps: float) -> Series:
    level = random.choice([0, scale, -scale])
    return {
        second: level + random.randint(-scale, scale)
        for second in seconds
        if not gaps or random.random() >= gaps
    }
