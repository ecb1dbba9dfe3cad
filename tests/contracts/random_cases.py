"""Random statements at the edges of the rules, with what both sides have to say of them."""

from dataclasses import dataclass, fields, replace
from random import Random

from settlement.activation import Activation, log_head, standing_activations
from settlement.clock import ISP_MINUTES_ALLOWED, ClockRule, switch_instants_s
from settlement.keccak import keccak256
from settlement.settle import Settled
from settlement.statement import Period, Statement
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.units import POWER_W_MAX
from tests.contracts.defaults import DAY_S, words
from tests.contracts.disputing import Case
from tests.vectors.samples import random_terms

HALF_WAY = 30_000_000
"""W minutes times a rate: an odd number of W at the rate of this over the ISP length is half way
between two amounts."""

UNREADABLE_W = 0x80000000
YEARS = (1971, 2000, 2027, 2040, 2100, 2400, 9000)
OFFSETS_MINUTES = (-720, -210, -60, 0, 60, 345, 840)

NOMINATED_TERMS: dict[str, object] = {
    "baseline_method": BaselineMethod.NOMINATED,
    "x": 0,
    "y": 0,
    "adjustment": Adjustment.NONE,
    "adjustment_isps": 0,
    "adjustment_gap_isps": 0,
    "adjustment_cap_bp": 0,
}
_NO_STATEMENT = Statement(bytes(32), 0, 0, bytes(32), 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is handed in for one recomputation, and what has to come out.

    Attributes:
        arguments: of `RulesHarness.recompute`.
        expected: log head, series hash, malformed, and the figures of the statement.
        met: the cases of the rules that it meets.
    """

    arguments: tuple[object, ...]
    expected: tuple[object, ...]
    met: frozenset[str]


def random_sample(random: Random) -> Sample:
    """A statement with the series it needs, or now and then with one that is malformed."""
    about = random_case(random)
    settled = about.settled()
    series = about.words
    malformed = random.random() < 0.05
    if malformed:
        series = spoiled(random, series)
    told = settled.statement
    figures = (told.capacity_isps, told.capacity, told.volume, told.penalty, told.amount)
    packed = b"".join(word.to_bytes(32, "big") for word in series)
    return Sample(
        (handed_in(about, series), last_day_of(about)),
        (log_head(about.log), keccak256(packed), malformed, *((0,) * 5 if malformed else figures)),
        frozenset({"malformed"} if malformed else features(about, settled)),
    )


def random_offset(random: Random, isp_minutes: int) -> int:
    """A winter offset in minutes, a multiple of the ISP length."""
    return random.choice([one for one in OFFSETS_MINUTES if one % isp_minutes == 0])


def random_rate(random: Random, isp_minutes: int) -> int:
    """Rates that pay nothing, the least, half an amount for an odd W, something, or the most."""
    half_way = HALF_WAY // isp_minutes
    return random.choice([0, 1, half_way, 2_500_000, random.getrandbits(32), 2**32 - 1])


def random_case(random: Random) -> Case:
    """Any terms; the period lies around a clock change, dates and orders reach out of it."""
    rule = random.choice(list(ClockRule))
    isp_minutes = random.choice(ISP_MINUTES_ALLOWED)
    offset = random_offset(random, isp_minutes)
    changing = rule or ClockRule.EU
    switch_s = random.choice(switch_instants_s(random.choice(YEARS), changing, offset))
    first_day = switch_s // DAY_S - random.randrange(4)
    period = Period(first_day, first_day + random.choice([0, 1, 2, 6]))
    start_day = max(0, first_day + random.choice([-100, -1, 0, 2]))
    terms = random_terms(
        random,
        start_day=start_day,
        end_day=start_day + random.choice([3, 30, 900]),
        clock_rule=rule,
        isp_minutes=isp_minutes,
        utc_offset_minutes=offset,
        amount_w=random.choice([-1, 1]) * random.randint(1, random.choice([1, 3000, POWER_W_MAX])),
        delivery_rule=(kind := random.choice(list(DeliveryRule))),
        delivery_bp=0 if kind is DeliveryRule.LINEAR else random.choice([0, 500, 8000, 10_000]),
        delivery_slope=random.choice([1, 3, 65_535]) if kind is DeliveryRule.GRACE else 0,
        volume_rate=random_rate(random, isp_minutes),
        penalty_rate=random_rate(random, isp_minutes),
        capacity_rate=random_rate(random, isp_minutes),
        penalty_cap_bp=random.choice([0, 1, 3333, 10_000]),
        **NOMINATED_TERMS,
    )
    return case_under(random, terms, period)


def case_under(random: Random, terms: Terms, period: Period) -> Case:
    """A log that begins a day before the period, a series, and now and then an early end."""
    begin = (period.first_day - 1) * DAY_S // (60 * terms.isp_minutes)
    log = log_of(random, terms.amount_w, begin, random.choice([1, 5, 80]), 12)
    ordered = (isp for one in standing_activations(log) for isp in one.ordered_isps())
    values = {isp: pair(random, terms.amount_w) for isp in ordered}
    end_day = random.choice([None, None, period.first_day + random.randint(-1, 8)])
    return Case(terms, tuple(log), values, period, end_day)


def watts(random: Random, amount_w: int) -> int:
    """A power of the size of the agreement, a small one, or an extreme one."""
    size = min(random.choice([abs(amount_w), 2 * abs(amount_w), 5, POWER_W_MAX]), POWER_W_MAX)
    return random.choice([random.randint(-size, size), random.randint(-size, size), size, -size])


def pair(random: Random, amount_w: int) -> tuple[int, int]:
    """Baseline and actual; mostly something is delivered."""
    baseline_w = watts(random, amount_w)
    if random.random() < 0.3:
        return baseline_w, watts(random, amount_w)
    moved_w = round(amount_w * random.choice([random.uniform(0.4, 1.1), 0.95, 1]))
    return baseline_w, max(-POWER_W_MAX, min(POWER_W_MAX, baseline_w + moved_w))


def log_of(random: Random, amount_w: int, isp: int, gap: int, longest: int) -> list[Activation]:
    """Orders in time order; some are cancelled, and the next may begin before those."""
    log: list[Activation] = []
    for _ in range(random.randrange(7)):
        ordered_w = random.randint(1, abs(amount_w)) * (1 if amount_w > 0 else -1)
        order = Activation(isp + gap + random.randrange(60), random.randint(1, longest), ordered_w)
        log.append(order)
        if random.random() < 0.25:
            log.append(replace(order, ordered_w=0))
        else:
            isp = order.end_isp
    return log


def spoiled(random: Random, series: list[int]) -> list[int]:
    """A series that no statement can have: a word too many, one too few, or no power in it."""
    if not series or random.random() < 0.3:
        return [*series, 0]
    if random.random() < 0.3:
        return series[:-1]
    unreadable = UNREADABLE_W << 32 * random.choice([6, 7])
    return [unreadable | series[0] % 2 ** (32 * 6), *series[1:]]


def handed_in(about: Case, series: list[int]) -> tuple[object, ...]:
    """Evidence of nothing but the period: no figure of the statement is looked at."""
    told = replace(
        _NO_STATEMENT,
        period_first_day=about.period.first_day,
        period_last_day=about.period.last_day,
    )
    statement = tuple(getattr(told, field.name) for field in fields(told))
    log = [(one.first_isp, one.isps, one.ordered_w) for one in about.log]
    return words(about.terms), statement, log, series


def last_day_of(about: Case) -> int:
    """The last day of an agreement, by its terms or an early end."""
    end_day = about.terms.end_day
    return end_day if about.end_day is None else min(end_day, about.end_day)


EVERY_FEATURE = {
    *("rule LINEAR", "rule THRESHOLD", "rule GRACE"),
    *("clock NONE", "clock EU", "clock US"),
    *("failed", "capped", "not capped", "cancelled", "terminated", "outside"),
    *("full words", "nothing", "malformed"),
}


def features(about: Case, settled: Settled) -> set[str]:
    """What a case has met; else the comparison would prove little."""
    lines, statement = settled.lines, settled.statement
    met = {f"rule {about.terms.delivery_rule.name}", f"clock {about.terms.clock_rule.name}"}
    met |= {"failed"} if any(not one.counted_for_capacity for one in lines) else set()
    met |= {"capped"} if statement.penalty < sum(one.penalty for one in lines) else set()
    met |= {"not capped"} if 0 < statement.penalty == sum(one.penalty for one in lines) else set()
    met |= {"cancelled"} if any(one.ordered_w == 0 for one in about.log) else set()
    met |= {"terminated"} if about.end_day is not None else set()
    met |= {"outside"} if len(lines) < len(standing_activations(about.log)) else set()
    met |= {"full words"} if lines and len(about.pairs) % 4 == 0 else set()
    return met | ({"nothing"} if not lines else set())
