"""The recomputation on chain against `settlement.settle`: the same bits on random agreements."""

from random import Random

from settlement.activation import standing_activations
from settlement.clock import ClockRule
from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, EVERY_HOUR, TEMPLATE_ID
from tests.contracts.disputing import Case, arithmetic, dispute_of, evidence_of, stand
from tests.contracts.random_cases import (
    EVERY_FEATURE,
    NOMINATED_TERMS,
    log_of,
    pair,
    random_sample,
)
from tests.contracts.settling import FIRST_DAY, claim, open_claims, prosumer
from tests.contracts.world import World
from tests.vectors.samples import random_terms

CASES = 160
AGREEMENTS = 16


def test_contract_and_rules_compute_the_same_statement(deployed: World) -> None:
    random = Random(1)
    met: set[str] = set()
    for _ in range(CASES):
        sample = random_sample(random)
        call = deployed.harness.functions.recompute(*sample.arguments)
        assert tuple(deployed.chain.read(call)) == sample.expected
        met |= sample.met
    assert met == EVERY_FEATURE, "the samples have to meet every case, else they prove little"


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
