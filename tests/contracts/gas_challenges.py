"""What challenges cost: statements of few and of many ordered ISPs in a run of a million."""

from collections.abc import Iterator
from dataclasses import replace

from settlement.activation import Activation
from settlement.statement import Period
from tests.contracts import actors
from tests.contracts.defaults import DAY_S, EVERY_HOUR, FIRST_ISP, day
from tests.contracts.disputing import Case, arithmetic, evidence_of, nominated, order_all, run_over
from tests.contracts.gas import Bench, Cost, MillionTree
from tests.contracts.settling import fund

SHAPES = {8: (1, 8), 96: (12, 8), 2976: (31, 96)}
"""Ordered ISPs: so many activations of so many ISPs."""

PERIOD = Period(day(2040, 3, 5), day(2040, 5, 31))


def measure_challenges(bench: Bench) -> Iterator[Cost]:
    """Challenge one statement of each size twice, each time in a new version and for its bond."""
    cases = {isps: _case(number, *shape) for number, (isps, shape) in enumerate(SHAPES.items())}
    order_all(bench.world, list(cases.values()))
    bench.world.chain.at((PERIOD.last_day + 2) * DAY_S)
    fund(bench.world, 10**13)
    purse = bench.world.token.functions.mint(actors.CHALLENGER.checksum, 1)
    bench.world.chain.send(purse, actors.ADMIN)
    for isps, about in cases.items():
        yield from _both_ways(bench, isps, about)


def _case(number: int, activations: int, isps: int) -> Case:
    window0, window1, window2 = EVERY_HOUR
    terms = nominated(
        number,
        window0=window0,
        window1=window1,
        window2=window2,
        max_activations=activations,
        max_runtime_isps=isps,
        recovery_isps=1,
    )
    gap = max(96, isps + 1)
    log = tuple(Activation(FIRST_ISP + gap * one, isps, -2000) for one in range(activations))
    ordered = (isp for one in log for isp in one.ordered_isps())
    return Case(terms, log, {isp: (5000, 3000 + isp % 700) for isp in ordered}, PERIOD)


def _both_ways(bench: Bench, isps: int, about: Case) -> Iterator[Cost]:
    right = about.statement
    # The second time the word of the agreement is there, and the lock has to grow.
    for name, changed_by, changed_words in (("too high", 1000, 3), ("too low", -1000, 5)):
        told = replace(right, amount=right.amount + changed_by)
        million = MillionTree.over([told])
        world, ledger = bench.world, bench.world.ledger.functions
        publish = ledger.publishRun if isps == 8 and changed_by > 0 else ledger.publishCorrection
        world.chain.send(publish(million.run_input(PERIOD)), actors.DSO)
        evidence, _ = evidence_of(run_over([(about, told)]), about)
        *_, proof = million.claim(about.terms)
        yield bench.cost(
            f"challenge {isps} ISPs, {name}",
            arithmetic(world, (evidence, proof)),
            actors.CHALLENGER,
            new_words=1,
            changed_words=changed_words,
        )
