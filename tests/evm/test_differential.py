"""Random inputs at the edges of the rules: Solidity on a node and Python compute the same.

2,000 statements, and with `scripts/test --long` 100,000: the first ones of the same sequence.
"""

import os
from collections.abc import Iterator
from random import Random

import pytest
from web3 import HTTPProvider, Web3

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule, switch_instants_s
from settlement.delivery import (
    Delivery,
    deficiency_w,
    delivered_w,
    fails_threshold,
    paid_w_sum_scaled,
)
from settlement.terms import DeliveryRule
from settlement.units import BASIS_POINTS, POWER_W_MAX, line_amount
from settlement.window import count_window_isps, window_bit
from tests.contracts.defaults import DAY_S, NOW_S, words
from tests.contracts.random_cases import (
    EVERY_FEATURE,
    YEARS,
    random_offset,
    random_rate,
    random_sample,
    watts,
)
from tests.evm import anvil
from tests.evm.many import ManyRules
from tests.evm.tools import anvil_program
from tests.vectors.samples import random_terms

COUNT = 100_000 if os.environ.get("FLEXLEDGER_LONG") == "1" else 2_000
AT_ONCE = 100
AROUND_A_CHANGE = 6
MINUTES_PER_DAY = 1440
W_MINUTES_PER_MWH = 60_000_000


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManyRules]:
    log = tmp_path_factory.mktemp("anvil") / "anvil.log"
    with anvil.running(anvil_program(), log, 31_337, NOW_S) as url:
        yield ManyRules.on(Web3(HTTPProvider(url)))


def test_statements(rules: ManyRules) -> None:
    random = Random(2)
    met: set[str] = set()
    for _ in range(COUNT // AT_ONCE):
        samples = [random_sample(random) for _ in range(AT_ONCE)]
        found = rules.ask("recompute", [one.arguments for one in samples])
        assert [one for (one,) in found] == [one.expected for one in samples]
        met = met.union(*(one.met for one in samples))
    assert met == EVERY_FEATURE


def test_delivery_of_an_isp(rules: ManyRules) -> None:
    random = Random(3)
    for _ in range(COUNT // AT_ONCE):
        powers = [[watts(random, 3000) for _ in range(3)] for _ in range(AT_ONCE)]
        asked = [(b, a, o or POWER_W_MAX) for b, a, o in powers]
        assert rules.ask("measure", asked) == [
            (abs(delivered_w(*one)), deficiency_w(*one)) for one in asked
        ]


def random_sums(random: Random, rule: DeliveryRule, delivery_bp: int) -> Delivery:
    """Sums of up to 2^16 ISPs of the largest power; delivered is at the bound, or near it."""
    ordered = random.choice([1, 2, random.randint(1, 10**6), 2**16 * POWER_W_MAX])
    bound = delivery_bp if rule is DeliveryRule.THRESHOLD else BASIS_POINTS - delivery_bp
    near = ordered * bound // BASIS_POINTS + random.randint(-1, 1)
    delivered = random.choice([0, ordered, random.randint(0, ordered), near])
    delivered = max(0, min(ordered, delivered))
    return Delivery(ordered, delivered, random.choice([ordered - delivered, 2 * ordered]))


def random_line(random: Random, scaled_w: int) -> tuple[int, int, int, int]:
    """What a line is computed from: scaled W sum, scale, ISP length, rate."""
    isp_minutes = random.choice(ISP_MINUTES_ALLOWED)
    return scaled_w, BASIS_POINTS, isp_minutes, random_rate(random, isp_minutes)


def rounding_of(scaled_w: int, scale: int, isp_minutes: int, rate: int) -> str:
    """How a line is rounded; the two in the middle are those that decide half to even."""
    quotient, remainder = divmod(scaled_w * isp_minutes * rate, W_MINUTES_PER_MWH * scale)
    if 2 * remainder == W_MINUTES_PER_MWH * scale:
        return "half way to an even one" if quotient % 2 else "half way from an even one"
    return "to the nearest" if remainder else "not at all"


def test_lines_under_each_delivery_rule(rules: ManyRules) -> None:
    random = Random(4)
    met: set[str] = set()
    for _ in range(COUNT // AT_ONCE):
        asked, paid, failed, lines = [], [], [], []
        for _ in range(AT_ONCE):
            rule = random.choice(list(DeliveryRule))
            bp = 0 if rule is DeliveryRule.LINEAR else random.choice([0, 1, 7500, 9500, 10_000])
            slope = random.choice([1, 3, 65_535]) if rule is DeliveryRule.GRACE else 0
            sums = random_sums(random, rule, bp)
            told = (sums.ordered_w_sum, sums.delivered_w_sum, sums.deficiency_w_sum)
            asked.append((told, rule, bp, slope))
            paid.append((paid_w_sum_scaled(sums, rule, bp, slope),))
            failed.append((fails_threshold(sums, rule, bp),))
            lines.append(random_line(random, *paid[-1]))
        assert rules.ask("paidScaledW", asked) == paid
        assert rules.ask("failsThreshold", [one[:3] for one in asked]) == failed
        amounts = [(line_amount(w, minutes, rate, scale),) for w, scale, minutes, rate in lines]
        assert rules.ask("line", lines) == amounts
        met |= {rounding_of(*one) for one in lines}
    assert len(met) == 4


def test_local_time_around_clock_changes(rules: ManyRules) -> None:
    random = Random(5)
    for _ in range(COUNT // AT_ONCE):
        asked, expected = [], []
        for _ in range(AT_ONCE):
            isp_minutes = random.choice(ISP_MINUTES_ALLOWED)
            rule, offset = random.choice(list(ClockRule)), random_offset(random, isp_minutes)
            clock = Clock(isp_minutes, offset, rule)
            switches = switch_instants_s(random.choice(YEARS), rule or ClockRule.EU, offset)
            first_isp = clock.isp_of(random.choice(switches)) - random.randrange(AROUND_A_CHANGE)
            asked.append((rule, offset, isp_minutes, first_isp, AROUND_A_CHANGE))
            isps = range(first_isp, first_isp + AROUND_A_CHANGE)
            local = [clock.local_minutes(isp) for isp in isps]
            expected.append(
                (
                    tuple(one // MINUTES_PER_DAY for one in local),
                    tuple(one % MINUTES_PER_DAY for one in local),
                    tuple(map(window_bit, local)),
                )
            )
        assert rules.ask("localDays", asked) == expected


def test_window_isps(rules: ManyRules) -> None:
    random = Random(6)
    for _ in range(COUNT // AT_ONCE):
        asked, expected = [], []
        for _ in range(AT_ONCE // 10):
            isp_minutes = random.choice(ISP_MINUTES_ALLOWED)
            rule, offset = random.choice(list(ClockRule)), random_offset(random, isp_minutes)
            terms = random_terms(
                random, clock_rule=rule, isp_minutes=isp_minutes, utc_offset_minutes=offset
            )
            switches = switch_instants_s(random.choice(YEARS), rule or ClockRule.EU, offset)
            first_day = random.choice(switches) // DAY_S - random.randrange(9)
            last_day = first_day + random.choice([-1, 0, 1, 8, 15, 240])
            asked.append((words(terms), first_day, last_day))
            expected.append((count_window_isps(terms.window, terms.clock, first_day, last_day),))
        assert rules.ask("windowIsps", asked) == expected
