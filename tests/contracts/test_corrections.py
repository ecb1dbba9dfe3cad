"""Corrections: nothing is overwritten for the past, no lock pays twice."""

from typing import Any

from tests.contracts import actors
from tests.contracts.defaults import DAY_S, day, utc_s
from tests.contracts.settling import (
    BONDED,
    FIRST_DAY,
    LAST_DAY,
    ONE,
    PAIR,
    TWO,
    Settlement,
    claim,
    correct,
    escrow_of,
    open_claims,
    prosumer,
    publish,
    run_of,
)
from tests.contracts.world import World


def account(world: World, value: Any) -> int:
    position = PAIR.agreements.index(value)
    identity = PAIR.statements[position].agreement_id
    return world.chain.read(world.ledger.functions.accountOf(identity))


def correction(world: World, run: Settlement, **changes: object) -> Any:
    return world.ledger.functions.publishCorrection(run.run_input(**changes))


def test_only_a_dso_corrects(pair: World) -> None:
    call = correction(pair, PAIR)
    assert pair.chain.refusal(call, actors.AGGREGATOR)[0] == ("AccessControlUnauthorizedAccount")


def test_a_dso_corrects_its_own_runs(pair: World) -> None:
    assert pair.chain.refusal(correction(pair, PAIR), actors.OTHER_DSO) == (
        "UnknownRun",
        (actors.OTHER_DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )


def test_there_is_nothing_to_correct_without_a_run(pair: World) -> None:
    call = correction(pair, PAIR, period_first_day=FIRST_DAY + 1)
    assert pair.chain.refusal(call, actors.DSO)[0] == "UnknownRun"


def test_a_correction_keeps_the_period(pair: World) -> None:
    call = correction(pair, PAIR, period_last_day=LAST_DAY - 1)
    assert pair.chain.refusal(call, actors.DSO) == (
        "PeriodMismatch",
        (LAST_DAY - 1, LAST_DAY),
    )


def test_a_correction_has_the_shape_of_a_run(pair: World) -> None:
    assert pair.chain.refusal(correction(pair, PAIR, depth=2), actors.DSO) == (
        "DepthMismatch",
        (2, 2),
    )


def test_a_correction_locks_its_whole_sum(pair: World) -> None:
    claim(pair, PAIR, ONE)
    assert escrow_of(pair) == (8500, 500)
    higher = Settlement.of([(ONE, 1200), (TWO, 600)])
    events = pair.chain.emitted(correction(pair, higher), actors.DSO)
    assert events[:2] == [
        ("BondFreed", (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1)),
        ("RunReleased", (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1, 500)),
    ]
    assert events[2][0] == "RunPublished"
    assert events[2][1][4] == 2
    assert escrow_of(pair) == (7200, 1800)
    run = run_of(pair)
    assert (run["version"], run["sum"], run["claimed"], run["status"]) == (2, 1800, 0, BONDED)


def test_a_correction_that_escrow_cannot_cover_is_refused(pair: World) -> None:
    larger = Settlement.of([(ONE, 10_001)])
    assert pair.chain.refusal(correction(pair, larger), actors.DSO) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 1_000_000, 1_000_100),
    )
    correct(pair, Settlement.of([(ONE, 10_000)]))


def test_claims_on_the_superseded_run_are_refused(pair: World) -> None:
    correct(pair, Settlement.of([(ONE, 1200), (TWO, 600)]))
    call = pair.ledger.functions.claim(PAIR.claim_of(ONE))
    assert pair.chain.refusal(call, actors.STRANGER)[0] == "ClaimsNotOpen"
    open_claims(pair)
    assert pair.chain.refusal(call, actors.STRANGER)[0] == "ProofMismatch"


def test_a_correction_pays_the_difference(pair: World) -> None:
    assert claim(pair, PAIR, ONE) == 1000
    higher = Settlement.of([(ONE, 1200), (TWO, 600)])
    correct(pair, higher)
    open_claims(pair)
    assert claim(pair, higher, ONE) == 200
    assert claim(pair, higher, TWO) == 600
    assert pair.balance(prosumer(1).checksum) == 120_000
    assert pair.balance(prosumer(2).checksum) == 60_000
    assert run_of(pair)["claimed"] == 800
    assert escrow_of(pair) == (7200, 1000)


def test_the_same_amount_again_pays_nothing(pair: World) -> None:
    claim(pair, PAIR, ONE)
    correct(pair, PAIR)
    open_claims(pair)
    assert claim(pair, PAIR, ONE) == 0
    assert pair.balance(prosumer(1).checksum) == 100_000


def test_what_was_paid_too_much_is_kept_back_later(pair: World) -> None:
    claim(pair, PAIR, ONE)
    lower = Settlement.of([(ONE, 300), (TWO, 500)])
    correct(pair, lower)
    open_claims(pair)
    assert claim(pair, lower, ONE) == 0
    assert account(pair, ONE) == -700
    second = next_period(pair, [(ONE, 400), (TWO, 100)])
    assert claim(pair, second, ONE) == 0
    assert account(pair, ONE) == -300
    third = next_period(pair, [(ONE, 1000)])
    assert claim(pair, third, ONE) == 700
    assert account(pair, ONE) == 0
    assert pair.balance(prosumer(1).checksum) == (300 + 400 + 1000) * 100


def test_a_correction_of_a_correction_returns_it(pair: World) -> None:
    claim(pair, PAIR, ONE)
    lower = Settlement.of([(ONE, 300), (TWO, 500)])
    correct(pair, lower)
    open_claims(pair)
    claim(pair, lower, ONE)
    correct(pair, PAIR)
    open_claims(pair)
    assert claim(pair, PAIR, ONE) == 0
    assert account(pair, ONE) == 0
    assert run_of(pair)["version"] == 3


def test_a_correction_without_the_agreement_leaves_it_as_it_was(pair: World) -> None:
    claim(pair, PAIR, ONE)
    correct(pair, Settlement.of([(TWO, 500)]))
    open_claims(pair)
    assert account(pair, ONE) == 0
    assert pair.balance(prosumer(1).checksum) == 100_000


def next_period(world: World, amounts: list[tuple[Any, int]]) -> Settlement:
    """Publish the run of the following month and open its claims."""
    function = world.ledger.functions.escrowOf(actors.AGGREGATOR.checksum, actors.DSO.checksum)
    _, first_day = world.chain.read(function)
    last_day = first_day + 29
    run = Settlement.of(amounts, first_day=first_day, last_day=last_day)
    world.chain.at(max(world.chain.now_s, (last_day + 2) * DAY_S))
    publish(world, run)
    open_claims(world)
    return run


def test_periods_follow_each_other(pair: World) -> None:
    second = next_period(pair, [(ONE, 10)])
    assert second.statements[0].period_first_day == LAST_DAY + 1 == day(2040, 4, 1)
    assert pair.chain.now_s > utc_s(2040, 5, 1)
