"""Random orders: the contract takes exactly those that the Python rules take."""

from random import Random

import pytest

from settlement.activation import Activation, check_activation, log_head
from settlement.clock import ClockRule, switch_instants_s
from settlement.errors import ActivationRefused
from settlement.identity import agreement_id
from settlement.terms import Terms
from tests.contracts import actors
from tests.contracts.defaults import DAY_S, TEMPLATE_ID
from tests.contracts.world import World
from tests.vectors.samples import random_terms

SEEDS = range(12)
ORDERS = 24
_REFUSALS = {
    "amount": "AmountOutOfRange",
    "max runtime": "RuntimeOutOfRange",
    "max activations": "ActivationsUsedUp",
    "recovery": "RecoveryNotOver",
    "dates": "OutsideDates",
    "window": "OutsideWindow",
    "notice": "NoticeTooShort",
}


def agreement(random: Random) -> Terms:
    """Small limits, so that all of them are met, and dates around a clock change."""
    rule = random.choice([ClockRule.EU, ClockRule.US])
    offset = random.choice([-480, 0, 60, 120])
    switch_s = random.choice(switch_instants_s(2040, rule, offset))
    start_day = switch_s // DAY_S - random.randrange(3)
    return random_terms(
        random,
        aggregator=actors.AGGREGATOR.address,
        prosumer=actors.PROSUMER.address,
        template_id=TEMPLATE_ID,
        start_day=start_day,
        end_day=start_day + random.randrange(5),
        clock_rule=rule,
        utc_offset_minutes=offset,
        max_activations=random.randrange(1, 6),
        max_runtime_isps=random.randrange(1, 40),
        recovery_isps=random.randrange(6),
        notice_isps=random.randrange(4),
        sign_before=start_day * DAY_S,
        **_mostly_open(random),
    )


def _mostly_open(random: Random) -> dict[str, int]:
    """A window with a few holes."""
    bits = (1 << 672) - 1
    for _ in range(random.randrange(30)):
        bits &= ~(1 << random.randrange(672))
    return {
        "window0": bits & 2**256 - 1,
        "window1": bits >> 256 & 2**256 - 1,
        "window2": bits >> 512,
    }


def moment(random: Random, terms: Terms) -> int:
    """A block time around the beginning of the agreement."""
    return terms.start_day * DAY_S + random.randrange(-6 * 3600, 6 * 3600)


def order(random: Random, terms: Terms, standing: list[Activation], now_s: int) -> Activation:
    """An order near the last one or near the present, mostly of the right kind."""
    base = standing[-1].end_isp if standing else terms.clock.isp_of(now_s)
    watts = random.choice([terms.amount_w, terms.amount_w // 2 or terms.amount_w, 1, -1])
    return Activation(
        base + random.randrange(-3, 60), random.randrange(0, terms.max_runtime_isps + 3), watts
    )


def refused_by_rules(
    terms: Terms, standing: list[Activation], wanted: Activation, now_s: int
) -> str | None:
    try:
        check_activation(terms, standing, wanted, now_s=now_s)
    except ActivationRefused as refusal:
        return refusal.rule
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_contract_and_rules_take_the_same_orders(world: World, seed: int) -> None:
    random = Random(seed)
    terms = agreement(random)
    identity = world.record(terms)
    assert identity == agreement_id(terms)
    now_s = moment(random, terms)
    world.chain.at(now_s)
    standing: list[Activation] = []
    for _ in range(ORDERS):
        wanted = order(random, terms, standing, now_s)
        call = world.activation(
            terms, first_isp=wanted.first_isp, isps=wanted.isps, ordered_w=wanted.ordered_w
        )
        rule = refused_by_rules(terms, standing, wanted, world.chain.now_s)
        if rule is None:
            world.chain.send(call, actors.AGGREGATOR)
            standing.append(wanted)
            continue
        name, _ = world.chain.refusal(call, actors.AGGREGATOR)
        # The contract looks at the notice before it walks over the ISPs.
        assert name in {_REFUSALS[rule], "NoticeTooShort"}
    assert world.head(identity) == log_head(standing)
    assert world.state(identity)["activations"] == len(standing)


def test_the_samples_meet_every_limit() -> None:
    """Else the comparison would prove little."""
    met: set[str | None] = set()
    for seed in range(60):
        random = Random(seed)
        terms = agreement(random)
        standing: list[Activation] = []
        now_s = moment(random, terms)
        for _ in range(ORDERS):
            wanted = order(random, terms, standing, now_s)
            rule = refused_by_rules(terms, standing, wanted, now_s)
            met.add(rule)
            if rule is None:
                standing.append(wanted)
    assert met == {None, *_REFUSALS}
