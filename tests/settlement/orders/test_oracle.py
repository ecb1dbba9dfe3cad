"""`settle_contract` against the second implementation, over midnight, months and clock changes."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from settlement.clock import Clock, ClockRule, date_of, day_of
from settlement.orders.capacity import Dealings, RequestedIsp
from settlement.orders.contract import CapacityUnit, Contract, CountPer
from settlement.orders.order import Order
from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from settlement.terms import DeliveryRule
from settlement.window import weekly_window
from tests.settlement.orders.oracle import Oracle
from tests.settlement.orders.parties import declared, readings_at

CHUNKS, CASES_PER_CHUNK = 6, 50
DAYS = [date(2027, 3, 27), date(2027, 10, 30), date(2027, 5, 30), date(2027, 12, 31)]
"""First days of stretches over both clock changes, a month's end and a year's."""


def random_contract(random: Random, first: date) -> Contract:
    clock = Clock(random.choice([15, 30, 60]), 60, ClockRule.EU)
    rule = random.choice(list(DeliveryRule))
    begin = random.randrange(0, 96) * 15
    length = random.choice([120, 240, 720])
    return Contract(
        "C",
        clock,
        day_of(first) - random.choice([0, 1, 30]),
        day_of(first) + random.choice([1, 2, 30]),
        weekly_window(range(7), begin, (begin + length) % 1440),
        random.choice([-3000, -1777, 0, 2000]),
        random.randrange(0, 3_000_000),
        random.randrange(0, 3_000_000),
        random.randrange(0, 5_000_000),
        random.choice(list(CapacityUnit)),
        frozenset(random.sample([day_of(first) - 1, day_of(first) + 1], random.randrange(2))),
        random.choice([None, 2, 4]),
        random.choice([0, 0, 1, 3]),
        random.choice([None, 1, 2]),
        random.choice(list(CountPer)),
        random.random() < 0.5,
        rule,
        0 if rule is DeliveryRule.LINEAR else random.choice([500, 5000, 8000]),
        random.choice([1, 3]) if rule is DeliveryRule.GRACE else 0,
        random.choice([None, 10_000, 2500]),
        random.random() < 0.3,
        random.random() < 0.6,
    )


def random_orders(random: Random, contract: Contract, isps: list[int]) -> list[Order]:
    """Orders that overlap, touch, leave gaps and turn around, one direction to an ISP."""
    direction: dict[int, int] = {}
    orders = []
    for number in range(random.randrange(1, 7)):
        start, sign = random.choice(isps), random.choice([-1, -1, -1, 1])
        powers = {}
        for isp in range(start, start + random.randrange(1, 7)):
            if isp in isps and direction.setdefault(isp, sign) == sign and random.random() < 0.9:
                powers[isp] = sign * random.choice([0, 1, 7, 1000, 2999])
        if any(powers.values()):
            price = random.choice([None, None, random.randrange(0, 20_000)])
            orders.append(Order(str(number), powers, price, random.random() < 0.3))
    return orders


def random_dealings(random: Random, contract: Contract, isps: list[int]) -> Dealings:
    def some(likely):
        return [isp for isp in isps if random.random() < likely]

    update = {isp: contract.reserved_in(isp) * random.choice([0, 1, 2]) // 2 for isp in some(0.2)}
    sign = -1 if contract.reserved_w < 0 else 1
    offers = []
    for day in {contract.clock.local_day(isp) for isp in isps}:
        own = [isp for isp in isps if contract.clock.local_day(isp) == day]
        for _ in range(random.randrange(3)):
            offers.append(
                {isp: sign * random.randrange(0, 4000) for isp in own[:: random.choice([1, 2])]}
            )
    return Dealings(
        (update,),
        {isp: sign * random.randrange(-500, 4000) for isp in some(0.2)},
        {
            isp: RequestedIsp(
                random.random() < 0.7, -random.randrange(4000), random.randrange(4000)
            )
            for isp in some(0.5)
        },
        offers,
    )


def figures_of(result: SettledContract) -> dict[str, object]:
    orders = {
        one.order.reference: (
            [
                (row.isp, abs(row.delivered_w), row.deficiency_w, {why.name for why in row.excess})
                for row in one.isps
            ],
            one.price,
            one.flex_paid,
            one.deficiency_penalty,
            one.penalty,
        )
        for one in result.orders
    }
    return {"orders": orders, "capacity": result.totals.capacity, "net": result.totals.net}


def kinds_of(contract: Contract, result: SettledContract) -> set[str]:
    """What a case exercised, to be sure that the comparison is about something."""
    kinds = {why.name for one in result.orders for row in one.isps for why in row.excess}
    if result.orders:
        kinds.add(contract.delivery_rule.name)
    if result.totals.capacity:
        kinds.add(contract.capacity_unit.name)
    if any(one.deficiency_penalty < one.uncapped_penalty for one in result.orders):
        kinds.add("capped")
    seen = Counter(row.isp for one in result.orders for row in one.isps)
    if max(seen.values(), default=0) > 1:
        kinds.add("overlapping")
    return kinds


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return Counter()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_both_implementations_agree(chunk, seen):
    for number in range(chunk * CASES_PER_CHUNK, (chunk + 1) * CASES_PER_CHUNK):
        random = Random(number)
        first = random.choice(DAYS)
        contract = random_contract(random, first)
        clock = contract.clock
        known = [isp for day in range(3) for isp in clock.day_isps(day_of(first) + day)]
        live = [
            isp for isp in known if contract.first_day <= clock.local_day(isp) <= contract.last_day
        ]
        middle = clock.day_isps(day_of(first) + 1)[0]
        near = [isp for isp in live if abs(isp - middle) < 20]
        orders = random_orders(random, contract, near)
        baseline = {isp: random.randrange(-5000, 9000) for isp in known}
        moves = [-4000, -3000, -2900, -500, 0, 10, 1000, 2999]
        actual = {isp: w + random.choice(moves) for isp, w in baseline.items()}
        dealings = random_dealings(random, contract, live)
        start = random.randrange(2)
        period = Period(day_of(first) + start, day_of(first) + start + random.randrange(2))
        result = settle_contract(
            contract,
            orders,
            period,
            declared(baseline, clock.isp_minutes),
            readings_at(actual, clock.isp_minutes),
            dealings,
        )
        assert isinstance(result, SettledContract)
        days = (date_of(period.first_day), date_of(period.last_day))
        expected = Oracle(contract, orders, days, baseline, actual, dealings).figures()
        assert figures_of(result) == expected, f"case {number}"
        seen.update(kinds_of(contract, result))


def test_the_cases_cover_every_rule(seen):
    if sum(seen.values()) < CHUNKS * CASES_PER_CHUNK:
        pytest.skip("needs all the cases")
    rules = [
        *("RUNTIME", "RECOVERY", "COUNT"),
        *("LINEAR", "THRESHOLD", "GRACE"),
        *("HOUR", "ISP", "DAY", "MONTH"),
        *("capped", "overlapping"),
    ]
    assert {rule: seen[rule] for rule in rules if seen[rule] < 8} == {}


def test_the_days_are_what_they_are_said_to_be():
    clock = Clock(15, 60, ClockRule.EU)
    assert [clock.has_clock_change(day_of(day + timedelta(days=1))) for day in DAYS] == [
        True,
        True,
        False,
        False,
    ]
