"""A second settlement of orders, written from the order rules, sharing no arithmetic.

It thinks in wall-clock time of the time zone database and in exact fractions, and looks at each
ISP by itself where the package walks along runs. From the package it takes records only.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import floor
from zoneinfo import ZoneInfo

from settlement.orders.capacity import Dealings
from settlement.orders.contract import Contract
from settlement.orders.order import Order

ZONE = ZoneInfo("Europe/Vienna")
EPOCH = date(1970, 1, 1)


@cache
def local(isp: int, minutes: int) -> datetime:
    moment = datetime.fromtimestamp(isp * 60 * minutes, UTC).astimezone(ZONE)
    return moment.replace(tzinfo=None, fold=0)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder, by handing out one unit after another."""
    if not sum(weights):
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(one) for one in exact]
    while sum(parts) < total:
        behind = [one - part for one, part in zip(exact, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


class Oracle:
    """All figures of one contract and period; `figures` is what is compared."""

    def __init__(
        self,
        contract: Contract,
        orders: Sequence[Order],
        days: tuple[date, date],
        baseline: Mapping[int, int],
        actual: Mapping[int, int],
        dealings: Dealings,
    ) -> None:
        self.contract, self.orders, self.days = contract, orders, days
        self.baseline, self.actual, self.dealings = baseline, actual, dealings
        self.minutes = contract.clock.isp_minutes
        self.line: dict[int, int] = defaultdict(int)
        for order in orders:
            for isp, w in order.ordered_w.items():
                if w:
                    self.line[isp] += w
        self.run_of: dict[int, int] = {}
        for isp in sorted(self.line):
            joined = isp - 1 in self.line and self.line[isp - 1] * self.line[isp] > 0
            self.run_of[isp] = self.run_of[isp - 1] if joined else isp
        self.runs = sorted(set(self.run_of.values()))

    def isps_of(self, run: int) -> list[int]:
        return [isp for isp in sorted(self.line) if self.run_of[isp] == run]

    def is_counted(self, run: int) -> bool:
        real = any(not one.test_call for one in self.orders for isp in self.isps_of(run)
                   if one.ordered_w.get(isp))  # fmt: skip
        return real or self.contract.test_calls_count

    def stretch(self, isp: int) -> object:
        moment = local(isp, self.minutes)
        return {
            "contract": None,
            "year": moment.year,
            "month": moment.strftime("%Y-%m"),
            "week": moment.isocalendar()[:2],
            "day": moment.date(),
        }[self.contract.count_per.value]

    def number_of(self, run: int) -> int:
        """How many counted runs of the same stretch have begun with this one."""
        same = [one for one in self.runs if one <= run and self.stretch(one) == self.stretch(run)]
        return sum(self.is_counted(one) for one in same)

    def reasons(self, isp: int) -> set[str]:
        limits, run = self.contract, self.run_of[isp]
        found = set()
        if limits.max_runtime_isps is not None and isp - run >= limits.max_runtime_isps:
            found.add("RUNTIME")
        earlier = [one for one in self.runs if one < run]
        if earlier and isp - self.isps_of(earlier[-1])[-1] <= limits.recovery_isps:
            found.add("RECOVERY")
        most = limits.max_activations
        if most is not None and self.is_counted(run) and self.number_of(run) > most:
            found.add("COUNT")
        return found

    def shares(self, isp: int) -> dict[str, tuple[int, int]]:
        """Delivered magnitude and deficiency of each order in an ISP."""
        sharing = [one for one in self.orders if one.ordered_w.get(isp)]
        whole = self.line[isp]
        moved = self.actual[isp] - self.baseline[isp]
        moved = moved if whole > 0 else -moved
        weights = [abs(one.ordered_w[isp]) for one in sharing]
        got = split(sorted((0, moved, abs(whole)))[1], weights)
        extra = split(max(0, -moved), weights)
        return {
            order.reference: (mine, weight - mine + more)
            for order, mine, weight, more in zip(sharing, got, weights, extra, strict=True)
        }

    def factor(self, run: int) -> tuple[Fraction, bool]:
        """What one W is paid, delivered or (GRACE) ordered; and whether the run failed."""
        binding = [isp for isp in self.isps_of(run) if not self.reasons(isp)]
        ordered = sum(abs(self.line[isp]) for isp in binding)
        delivered = sum(mine for isp in binding for mine, _ in self.shares(isp).values())
        share = Fraction(self.contract.delivery_bp, 10_000)
        if not ordered or self.contract.delivery_rule.name == "LINEAR":
            return Fraction(1), False
        ratio = Fraction(delivered, ordered)
        if self.contract.delivery_rule.name == "THRESHOLD":
            return (Fraction(0), True) if ratio < share else (Fraction(1), False)
        if ratio >= 1 - share:
            return Fraction(1), False
        slope = self.contract.delivery_slope
        return max(Fraction(0), 1 - slope * ((1 - share) - ratio)), False

    def settle_order(self, order: Order) -> tuple[int, int, int]:
        """Price, flex paid and uncapped penalty of an order."""
        hours = Fraction(self.minutes, 60)
        ordered = paid = lacking = Fraction(0)
        grace = self.contract.delivery_rule.name == "GRACE"
        for isp, w in order.ordered_w.items():
            if not w:
                continue
            mine, missing = self.shares(isp)[order.reference]
            ordered += abs(w)
            if self.reasons(isp):
                paid += mine
                continue
            lacking += missing
            paid += self.factor(self.run_of[isp])[0] * (abs(w) if grace else mine)
        rate = Fraction(self.contract.volume_rate, 1_000_000)
        penalty = round(lacking * hours * self.contract.penalty_rate / 1_000_000)
        if order.price is None:
            return round(ordered * hours * rate), round(paid * hours * rate), penalty
        return order.price, round(order.price * paid / ordered), penalty

    def open(self, isp: int) -> bool:
        moment = local(isp, self.minutes)
        if (moment.date() - EPOCH).days in self.contract.excluded_days:
            return False
        bit = moment.weekday() * 96 + (60 * moment.hour + moment.minute) // 15
        return bool(self.contract.window[bit // 256] >> bit % 256 & 1)

    def isps_between(self, first: date, last: date) -> list[int]:
        begin = datetime(first.year, first.month, first.day, tzinfo=ZONE).timestamp()
        after = last + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=ZONE).timestamp()
        return list(range(int(begin) // (60 * self.minutes), int(end) // (60 * self.minutes)))

    def entitled(self, isp: int) -> Fraction:
        contract, dealings = self.contract, self.dealings
        original = self.reserved(isp, ())
        reserved = self.reserved(isp, dealings.updates)
        down = original < 0
        base = original if contract.pays_released else reserved
        watts = Fraction(abs(base))
        if isp in dealings.declared_w:
            declared = dealings.declared_w[isp]
            watts = min(watts, Fraction(max(0, -declared if down else declared)))
        asked = self.asked(isp)
        if asked:
            offer = self.best_offer(local(isp, self.minutes).date()).get(isp, 0)
            watts *= min(Fraction(1), Fraction(max(0, -offer if down else offer), abs(asked)))
        run = self.run_of.get(isp)
        if run is not None and not self.reasons(isp) and self.factor(run)[1]:
            return Fraction(0)
        if not contract.pays_when_used_up and contract.max_activations is not None:
            for one in self.runs:
                last = self.isps_of(one)[-1]
                used = self.is_counted(one) and self.number_of(one) == contract.max_activations
                if used and isp > last and self.stretch(isp) == self.stretch(one):
                    return Fraction(0)
        return watts

    def reserved(self, isp: int, updates: Sequence[Mapping[int, int]]) -> int:
        day = (local(isp, self.minutes).date() - EPOCH).days
        inside = self.contract.first_day <= day <= self.contract.last_day
        watts = self.contract.reserved_w if inside and self.open(isp) else 0
        for update in updates:
            watts = update.get(isp, watts)
        return watts

    def asked(self, isp: int) -> int:
        request = self.dealings.requests.get(isp)
        reserved = self.reserved(isp, self.dealings.updates)
        if request is None or not request.requested:
            return 0
        if reserved < 0:
            return -min(-reserved, max(0, -request.min_w))
        return min(reserved, max(0, request.max_w))

    def best_offer(self, day: date) -> Mapping[int, int]:
        best: Mapping[int, int] = {}
        most = -1
        for offer in self.dealings.offers:
            here = {isp: w for isp, w in offer.items() if local(isp, self.minutes).date() == day}
            covered = 0
            for isp, w in here.items():
                asked = self.asked(isp)
                covered += min(abs(asked), abs(w)) if asked * w > 0 else 0
            if here and covered > most:
                best, most = offer, covered
        return best

    def capacity(self) -> int:
        total = Fraction(0)
        for isp in self.isps_between(*self.days):
            if not self.entitled(isp):
                continue
            day = local(isp, self.minutes).date()
            first = day.replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            share = {
                "hour": lambda: Fraction(self.minutes, 60),
                "ISP": lambda: Fraction(1),
                "day": lambda day=day: Fraction(
                    1, sum(self.open(one) for one in self.isps_between(day, day))
                ),
                "month": lambda first=first, last=last: Fraction(
                    1, sum(self.open(one) for one in self.isps_between(first, last))
                ),
            }[self.contract.capacity_unit.value]()
            total += self.entitled(isp) * share
        return round(total * self.contract.capacity_rate / 1_000_000)

    def figures(self) -> dict[str, object]:
        own = [
            one
            for one in self.orders
            if self.days[0] <= local(min(i for i, w in one.ordered_w.items() if w),
                                     self.minutes).date() <= self.days[1]
        ]  # fmt: skip
        money = [self.settle_order(one) for one in own]
        capacity = self.capacity()
        penalties = [penalty for _, _, penalty in money]
        if self.contract.penalty_cap_bp is not None:
            gross = capacity + sum(paid for _, paid, _ in money)
            cap = floor(Fraction(self.contract.penalty_cap_bp, 10_000) * gross)
            penalties = split(min(sum(penalties), cap), penalties)
        orders = {}
        for one, (price, paid, _), penalty in zip(own, money, penalties, strict=True):
            isps = sorted(isp for isp, w in one.ordered_w.items() if w)
            rows = [(isp, *self.shares(isp)[one.reference], self.reasons(isp)) for isp in isps]
            orders[one.reference] = (rows, price, paid, penalty, price - paid + penalty)
        net = capacity + sum(paid for _, paid, _ in money) - sum(penalties)
        return {"orders": orders, "capacity": capacity, "net": net}
