"""The recomputation on chain against `settlement.settle`: the same bits on random agreements."""

from collections import Counter
from dataclasses import fields, replace
from random import Random

from settlement.activation import Activation, log_head, standing_activations
from settlement.clock import ClockRule, switch_instants_s
from settlement.settle import Settled
from settlement.statement import Period, Statement
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule
from settlement.units import POWER_W_MAX
from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, DAY_S, EVERY_HOUR, TEMPLATE_ID, words
from tests.contracts.disputing import Case, arithmetic, dispute_of, evidence_of, stand
from tests.contracts.settling import FIRST_DAY, claim, open_claims, prosumer
from tests.contracts.world import World
from tests.vectors.samples import random_terms

CASES = 160
AGREEMENTS = 16
NO_STATEMENT = Statement(bytes(32), 0, 0, bytes(32), 0, 0, 0, 0, 0)


def watts(random: Random, amount_w: int) -> int:
    """A power of the size of the agreement, a small one, or an extreme one."""
    size = random.choice([abs(amount_w), 2 * abs(amount_w), 5, POWER_W_MAX])
    return random.randint(-min(size, POWER_W_MAX), min(size, POWER_W_MAX))


def pair(random: Random, amount_w: int) -> tuple[int, int]:
    """Baseline and actual; mostly something is delivered."""
    baseline_w = watts(random, amount_w)
    if random.random() < 0.3:
        return baseline_w, watts(random, amount_w)
    moved_w = round(amount_w * random.uniform(0.4, 1.1))
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


def random_case(random: Random) -> Case:
    """Any terms; the period lies around a clock change, dates and orders reach out of it."""
    rule = random.choice(list(ClockRule))
    offset = 60 * random.randrange(-10, 12)
    switches = switch_instants_s(2040, rule, offset) if rule else (2_220_000_000,)
    first_day = random.choice(switches) // DAY_S - random.randrange(4)
    period = Period(first_day, first_day + random.choice([0, 1, 6, 40, 400]))
    start_day = first_day + random.choice([-100, 0, 2])
    size = random.choice([1, 3000, 10**6])
    rates = [0, 1, 2_500_000, random.getrandbits(32)]
    terms = random_terms(
        random,
        start_day=start_day,
        end_day=start_day + random.choice([3, 30, 900]),
        clock_rule=rule,
        utc_offset_minutes=offset,
        amount_w=random.choice([-1, 1]) * random.randint(1, size),
        delivery_rule=(kind := random.choice(list(DeliveryRule))),
        delivery_bp=0 if kind is DeliveryRule.LINEAR else random.choice([0, 500, 8000, 10_000]),
        delivery_slope=random.choice([1, 3, 65_535]) if kind is DeliveryRule.GRACE else 0,
        volume_rate=random.choice(rates),
        penalty_rate=random.choice(rates),
        capacity_rate=random.choice(rates),
        penalty_cap_bp=random.choice([0, 1, 3333, 10_000]),
        **NOMINATED_TERMS,
    )
    begin = (first_day - 1) * DAY_S // (60 * terms.isp_minutes)
    log = log_of(random, terms.amount_w, begin, random.choice([1, 5, 80]), 12)
    ordered = (isp for one in standing_activations(log) for isp in one.ordered_isps())
    values = {isp: pair(random, terms.amount_w) for isp in ordered}
    end_day = random.choice([None, None, first_day + random.randint(-1, 8)])
    return Case(terms, tuple(log), values, period, end_day)


NOMINATED_TERMS: dict[str, object] = {
    "baseline_method": BaselineMethod.NOMINATED,
    "x": 0,
    "y": 0,
    "adjustment": Adjustment.NONE,
    "adjustment_isps": 0,
    "adjustment_gap_isps": 0,
    "adjustment_cap_bp": 0,
}


def handed_in(about: Case) -> tuple[object, ...]:
    """Evidence of nothing but the period: no figure of the statement is looked at."""
    told = replace(
        NO_STATEMENT,
        period_first_day=about.period.first_day,
        period_last_day=about.period.last_day,
    )
    statement = tuple(getattr(told, field.name) for field in fields(told))
    log = [(one.first_isp, one.isps, one.ordered_w) for one in about.log]
    return (words(about.terms), statement, 0, [], []), log, about.words


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


def test_contract_and_rules_compute_the_same_statement(deployed: World) -> None:
    random = Random(1)
    met: Counter[str] = Counter()
    for _ in range(CASES):
        about = random_case(random)
        settled = about.settled()
        right = settled.statement
        end_day = about.terms.end_day
        end_day = end_day if about.end_day is None else min(end_day, about.end_day)
        call = deployed.harness.functions.recompute(handed_in(about), end_day)
        assert tuple(deployed.chain.read(call)) == (
            log_head(about.log),
            right.series_hash,
            False,
            right.capacity_isps,
            right.capacity,
            right.volume,
            right.penalty,
            right.amount,
        )
        met.update(features(about, settled))
    assert set(met) == {
        *("rule LINEAR", "rule THRESHOLD", "rule GRACE"),
        *("clock NONE", "clock EU", "clock US"),
        *("failed", "capped", "not capped", "cancelled", "terminated", "outside"),
        *("full words", "nothing"),
    }, "the samples have to meet every case, else they prove little"


def ledger_case(random: Random, number: int) -> Case:
    """Terms that the market records, with orders in March, around both clock changes."""
    rule, offset = random.choice([(ClockRule.EU, 60), (ClockRule.US, -300), (ClockRule.NONE, 0)])
    window0, window1, window2 = EVERY_HOUR
    terms = random_terms(
        random,
        aggregator=actors.AGGREGATOR.address,
        prosumer=prosumer(number).address,
        dso=actors.DSO.address,
        template_id=TEMPLATE_ID,
        start_day=FIRST_DAY + 2,
        end_day=FIRST_DAY + 60,
        clock_rule=rule,
        utc_offset_minutes=offset,
        window0=window0,
        window1=window1,
        window2=window2,
        amount_w=random.choice([-3000, 2500]),
        volume_rate=random.choice([0, 1_800_000]),
        penalty_rate=random.choice([0, 2_400_000]),
        capacity_rate=random.choice([0, 50_000]),
        max_activations=50,
        max_runtime_isps=50,
        recovery_isps=3,
        notice_isps=0,
        sign_before=2**63,
        salt=bytes([number]) * 32,
        **NOMINATED_TERMS,
    )
    isps_per_day = 24 * 60 // terms.isp_minutes
    begin = (FIRST_DAY + random.choice([3, 9, 23])) * isps_per_day
    log = log_of(random, terms.amount_w, begin, isps_per_day // 4, 8)
    ordered = (isp for one in standing_activations(log) for isp in one.ordered_isps())
    return Case(terms, tuple(log), {isp: pair(random, terms.amount_w) for isp in ordered})


def test_every_wrong_amount_is_put_right_and_paid(world: World) -> None:
    """Amount for amount: lock, escrow, bond, payments."""
    random = Random(1)
    cases = [ledger_case(random, number) for number in range(AGREEMENTS)]
    errors = [random.choice([0, 1, -1, 7000, -7000]) for _ in cases]
    stated = [
        (one, one.stating(amount=max(0, one.statement.amount + error)))
        for one, error in zip(cases, errors, strict=True)
    ]
    spare = 7000 * AGREEMENTS
    run = stand(world, stated, spare)
    growth = 0
    for about, told in stated:
        call = arithmetic(world, evidence_of(run, about))
        right = about.statement.amount
        if told.amount == right:
            assert world.chain.refusal(call, actors.CHALLENGER)[0] == "ArithmeticHolds"
            continue
        world.chain.send(call, actors.CHALLENGER)
        growth += max(0, right - told.amount)
        assert dispute_of(world, about) == (1, right, 0)
    held = (run.sum + spare) * 100 - BOND_UNITS
    assert world.held == held
    assert world.balance(actors.CHALLENGER.checksum) == BOND_UNITS
    free = world.ledger.functions.escrowOf(actors.AGGREGATOR.checksum, actors.DSO.checksum)
    assert world.chain.read(free)[0] == (spare - growth) * 100
    open_claims(world)
    for about in cases:
        assert claim(world, run, about.terms) == about.statement.amount
        assert world.balance(about.terms.prosumer) == about.statement.amount * 100
    assert world.held == held - 100 * sum(one.statement.amount for one in cases)
