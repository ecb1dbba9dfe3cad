"""A second settlement, to compare with: written from the rules text, sharing no arithmetic.

It thinks in wall-clock time of the time zone database, dictionaries of UTC seconds and exact
fractions, where the package thinks in ISP indices, blobs and integers. From the package it takes
the record of the terms and nothing else.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from eth_utils import keccak

from settlement.terms import Terms

Series = dict[int, int]
"""W by the UTC second at which its ISP starts; what is not there is missing."""


@dataclass(frozen=True)
class Order:
    """An activation: UTC second of its start, number of ISPs, signed W."""

    start_s: int
    isps: int
    ordered_w: int


@dataclass
class Case:
    """Everything that one agreement's settlement depends on."""

    terms: Terms
    zone: str
    first: date
    last: date
    end: date | None
    orders: list[Order]
    other_orders: list[Order]
    meters: list[Series]
    nominations: dict[Order, Series] = field(default_factory=dict)
    holidays: set[date] = field(default_factory=set)


class WallClock:
    """Local starts of all ISPs of a stretch of time, and back."""

    def __init__(self, zone: str, isp_minutes: int, first: date, last: date) -> None:
        info, step = ZoneInfo(zone), 60 * isp_minutes
        begin = int(datetime(first.year, first.month, first.day, tzinfo=info).timestamp())
        days = (last - first).days + 1
        self.step, self.isps_per_day = step, 86_400 // step
        self.local: dict[int, datetime] = {}
        self.seconds: dict[datetime, list[int]] = defaultdict(list)
        self.of_date: dict[date, list[int]] = defaultdict(list)
        for second in range(begin - begin % step, begin + days * 86_400, step):
            moment = datetime.fromtimestamp(second, info).replace(tzinfo=None, fold=0)
            self.local[second] = moment
            self.seconds[moment].append(second)
            self.of_date[moment.date()].append(second)

    def covered(self, order: Order) -> list[int]:
        return [order.start_s + number * self.step for number in range(order.isps)]

    def dates(self, order: Order) -> set[date]:
        return {self.local[second].date() for second in self.covered(order)}

    def plain(self, day: date) -> bool:
        """True for a day without a clock change."""
        return len(self.of_date[day]) == self.isps_per_day


def total(meters: list[Series], second: int) -> int | None:
    """Sum over the metering points of one ISP."""
    values = [meter.get(second) for meter in meters]
    return None if None in values else sum(values)  # type: ignore[arg-type]


def money(watts: Fraction | int, isp_minutes: int, rate: int) -> int:
    """Rounded half to even, which is what `round` does to a fraction."""
    return round(Fraction(watts) * isp_minutes / 60 * rate / 1_000_000)


def settle(case: Case, clock: WallClock) -> dict[str, object]:
    """Result of one agreement: {"missing": n} orders without data, or all its figures."""
    terms = case.terms
    lines, missing, lost_isps, series = [], 0, 0, b""
    for order in case.orders:
        if not case.first <= clock.local[order.start_s].date() <= case.last:
            continue
        baseline, adjusted = _baseline(case, clock, order)
        actual = [total(case.meters, second) for second in clock.covered(order)]
        if baseline is None or None in actual or any(abs(w) >= 2**31 for w in (*baseline, *actual)):
            missing += 1
            continue
        delivered = lacking = 0
        for expected, measured in zip(baseline, actual, strict=True):
            sign = 1 if order.ordered_w > 0 else -1
            moved = sign * (measured - expected)
            delivered += max(0, min(moved, abs(order.ordered_w)))
            lacking += max(0, abs(order.ordered_w) - moved)
            series += expected.to_bytes(4, signed=True) + measured.to_bytes(4, signed=True)
        paid, failed = _paid(terms, delivered, abs(order.ordered_w) * order.isps)
        lost_isps += order.isps if failed else 0
        volume = money(paid, terms.isp_minutes, terms.volume_rate)
        penalty = money(lacking, terms.isp_minutes, terms.penalty_rate)
        lines.append((order.start_s, tuple(baseline), tuple(actual), volume, penalty, adjusted))
    if missing:
        return {"missing": missing}
    isps = max(0, _window_isps(case, clock) - lost_isps)
    capacity = money(abs(terms.amount_w) * isps, terms.isp_minutes, terms.capacity_rate)
    volume = sum(line[3] for line in lines)
    share = Fraction(terms.penalty_cap_bp, 10_000)
    penalty = min(sum(line[4] for line in lines), int(share * (capacity + volume)))
    return {
        "lines": lines,
        "series_hash": keccak(series + bytes(-len(series) % 32)),
        "capacity_isps": isps,
        "capacity": capacity,
        "volume": volume,
        "penalty": penalty,
        "amount": capacity + volume - penalty,
    }


def _paid(terms: Terms, delivered: int, ordered: int) -> tuple[Fraction, bool]:
    """W that are paid, by the ratio of delivery; and whether the threshold was missed."""
    ratio, share = Fraction(delivered, ordered), Fraction(terms.delivery_bp, 10_000)
    rule = terms.delivery_rule.name
    if rule == "THRESHOLD" and ratio < share:
        return Fraction(0), True
    if rule == "GRACE":
        factor = Fraction(1)
        if ratio < 1 - share:
            factor = max(Fraction(0), 1 - terms.delivery_slope * ((1 - share) - ratio))
        return ordered * factor, False
    return Fraction(delivered), False


def _window_isps(case: Case, clock: WallClock) -> int:
    terms = case.terms
    epoch = date(1970, 1, 1)
    begin = max(case.first, epoch + timedelta(days=terms.start_day))
    finish = min(case.last, epoch + timedelta(days=terms.end_day))
    if case.end is not None:
        finish = min(finish, case.end)
    words = (terms.window0, terms.window1, terms.window2)
    open_isps = 0
    for moment in clock.local.values():
        if begin <= moment.date() <= finish:
            bit = moment.weekday() * 96 + (moment.hour * 60 + moment.minute) // 15
            open_isps += words[bit // 256] >> (bit % 256) & 1
    return open_isps


def _baseline(case: Case, clock: WallClock, order: Order) -> tuple[list[int] | None, bool]:
    terms = case.terms
    if terms.baseline_method.name == "NOMINATED":
        nominated = [case.nominations[order].get(second) for second in clock.covered(order)]
        return (None if None in nominated else nominated), False  # type: ignore[return-value]
    window = []
    if terms.adjustment.name != "NONE":
        window_end = order.start_s - terms.adjustment_gap_isps * clock.step
        window = [window_end - back * clock.step for back in range(terms.adjustment_isps, 0, -1)]
    event_date = clock.local[order.start_s].date()
    days = _like_days(case, clock, event_date, clock.covered(order), window)
    if days is None:
        return None, False

    def mean(second: int) -> Fraction:
        found = [
            total(case.meters, _same_wall_clock(clock, second, event_date, day)) for day in days
        ]
        return Fraction(sum(found), len(found))  # type: ignore[arg-type]

    values = [mean(second) for second in clock.covered(order)]
    busy = {second for one in (*case.orders, *case.other_orders) for second in clock.covered(one)}
    today = [total(case.meters, second) for second in window]
    if not window or busy & set(window) or None in today:
        return [round(value) for value in values], False
    actual = Fraction(sum(today), len(today))  # type: ignore[arg-type]
    expected = sum(map(mean, window), Fraction(0)) / len(window)
    return [round(value) for value in _adjust(terms, values, actual, expected)], True


def _same_wall_clock(clock: WallClock, second: int, event_date: date, day: date) -> int:
    """UTC second with the same wall-clock start, as many days off as that of the event."""
    (found,) = clock.seconds[clock.local[second] + (day - event_date)]
    return found


def _like_days(
    case: Case, clock: WallClock, event_date: date, event: list[int], window: list[int]
) -> list[date] | None:
    """Days that the method takes, or None if there are not enough."""
    terms = case.terms
    touched = set().union(*(clock.dates(one) for one in (*case.orders, *case.other_orders)))

    def working(day: date) -> bool:
        return day.weekday() not in (5, 6) and day not in case.holidays

    sums: dict[date, int] = {}
    for back in range(1, 46):
        day = event_date - timedelta(days=back)
        read_on = {clock.local[second].date() + (day - event_date) for second in event + window}
        if working(day) != working(event_date) or read_on & touched:
            continue
        if not all(clock.plain(one) for one in read_on):
            continue
        values = [
            total(case.meters, _same_wall_clock(clock, second, event_date, day))
            for second in event + window
        ]
        if None not in values and len(sums) < terms.y:
            sums[day] = sum(values[: len(event)])  # type: ignore[arg-type]
    if len(sums) < terms.y:
        return None
    best_first = sorted(sums, key=lambda day: (sums[day], day), reverse=True)
    method = terms.baseline_method.name
    if method == "HIGH":
        return best_first[: terms.x]
    if method == "LOW":
        return best_first[-terms.x :]
    if method == "MID":
        drop = (terms.y - terms.x) // 2
        return best_first[drop : len(best_first) - drop]
    return best_first


def _adjust(
    terms: Terms, values: list[Fraction], actual: Fraction, expected: Fraction
) -> list[Fraction]:
    cap, kind = Fraction(terms.adjustment_cap_bp, 10_000), terms.adjustment.name
    if kind.startswith("ADDITIVE"):
        low, high = -cap * abs(expected), cap * abs(expected)
        delta = sorted((low, actual - expected, high))[1]
        return [value + (max(delta, 0) if kind.endswith("UPWARD") else delta) for value in values]
    factor = sorted((1 - cap, actual / expected, 1 + cap))[1] if expected > 0 else Fraction(1)
    return [value * (max(factor, 1) if kind.endswith("UPWARD") else factor) for value in values]
