"""Corrections and late release: nothing is overwritten for the past, no lock pays twice."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import CHALLENGE_WINDOW_S, DAY_S, day, utc_s
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    LAST_DAY,
    Settlement,
    agreement,
    correct,
    escrow_of,
    fund,
    open_claims,
    prosumer,
    publish,
    record_all,
    run_of,
)
from tests.contracts.world import World

ONE, TWO = agreement(1), agreement(2)
FIRST = Settlement.of([(ONE, 1000), (TWO, 500)])
RELEASE_S = CHALLENGE_WINDOW_S + 180 * DAY_S


@pytest.fixture
def published(world: World) -> World:
    """A run stands and its claims are open; the escrow holds 10,000 in all."""
    record_all(world, [ONE, TWO])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 10_000)
    publish(world, FIRST)
    open_claims(world)
    return world


def claim(world: World, run: Settlement, value: Any) -> int:
    """Hand in a claim and return what it pays."""
    call = world.ledger.functions.claim(run.claim_of(value))
    paid = world.chain.read(call)
    world.chain.send(call, actors.STRANGER)
    return paid


def account(world: World, value: Any) -> int:
    position = FIRST.agreements.index(value)
    identity = FIRST.statements[position].agreement_id
    return world.chain.read(world.ledger.functions.accountOf(identity))


def correction(world: World, run: Settlement, **changes: object) -> Any:
    return world.ledger.functions.publishCorrection(run.run_input(**changes))


def test_only_a_dso_corrects(published: World) -> None:
    call = correction(published, FIRST)
    assert published.chain.refusal(call, actors.AGGREGATOR)[0] == (
        "AccessControlUnauthorizedAccount"
    )


def test_a_dso_corrects_its_own_runs(published: World) -> None:
    assert published.chain.refusal(correction(published, FIRST), actors.OTHER_DSO) == (
        "UnknownRun",
        (actors.OTHER_DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )


def test_there_is_nothing_to_correct_without_a_run(published: World) -> None:
    call = correction(published, FIRST, period_first_day=FIRST_DAY + 1)
    assert published.chain.refusal(call, actors.DSO)[0] == "UnknownRun"


def test_a_correction_keeps_the_period(published: World) -> None:
    call = correction(published, FIRST, period_last_day=LAST_DAY - 1)
    assert published.chain.refusal(call, actors.DSO) == (
        "PeriodMismatch",
        (LAST_DAY - 1, LAST_DAY),
    )


def test_a_correction_has_the_shape_of_a_run(published: World) -> None:
    assert published.chain.refusal(correction(published, FIRST, depth=2), actors.DSO) == (
        "DepthMismatch",
        (2, 2),
    )


def test_a_correction_locks_its_whole_sum(published: World) -> None:
    claim(published, FIRST, ONE)
    assert escrow_of(published) == (8500, 500)
    higher = Settlement.of([(ONE, 1200), (TWO, 600)])
    events = published.chain.emitted(correction(published, higher), actors.DSO)
    assert events[0] == (
        "RunReleased",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1, 500),
    )
    assert events[1][0] == "RunPublished"
    assert events[1][1][4] == 2
    assert escrow_of(published) == (7200, 1800)
    run = run_of(published)
    assert (run["version"], run["sum"], run["claimed"], run["released"]) == (2, 1800, 0, False)


def test_a_correction_that_escrow_cannot_cover_is_refused(published: World) -> None:
    larger = Settlement.of([(ONE, 10_001)])
    assert published.chain.refusal(correction(published, larger), actors.DSO) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 1_000_000, 1_000_100),
    )
    correct(published, Settlement.of([(ONE, 10_000)]))


def test_claims_on_the_superseded_run_are_refused(published: World) -> None:
    correct(published, Settlement.of([(ONE, 1200), (TWO, 600)]))
    call = published.ledger.functions.claim(FIRST.claim_of(ONE))
    assert published.chain.refusal(call, actors.STRANGER)[0] == "ClaimsNotOpen"
    open_claims(published)
    assert published.chain.refusal(call, actors.STRANGER)[0] == "ProofMismatch"


def test_a_correction_pays_the_difference(published: World) -> None:
    assert claim(published, FIRST, ONE) == 1000
    higher = Settlement.of([(ONE, 1200), (TWO, 600)])
    correct(published, higher)
    open_claims(published)
    assert claim(published, higher, ONE) == 200
    assert claim(published, higher, TWO) == 600
    assert published.balance(prosumer(1).checksum) == 120_000
    assert published.balance(prosumer(2).checksum) == 60_000
    assert run_of(published)["claimed"] == 800
    assert escrow_of(published) == (7200, 1000)


def test_the_same_amount_again_pays_nothing(published: World) -> None:
    claim(published, FIRST, ONE)
    correct(published, FIRST)
    open_claims(published)
    assert claim(published, FIRST, ONE) == 0
    assert published.balance(prosumer(1).checksum) == 100_000


def test_what_was_paid_too_much_is_kept_back_later(published: World) -> None:
    claim(published, FIRST, ONE)
    lower = Settlement.of([(ONE, 300), (TWO, 500)])
    correct(published, lower)
    open_claims(published)
    assert claim(published, lower, ONE) == 0
    assert account(published, ONE) == -700
    second = next_period(published, [(ONE, 400), (TWO, 100)])
    assert claim(published, second, ONE) == 0
    assert account(published, ONE) == -300
    third = next_period(published, [(ONE, 1000)])
    assert claim(published, third, ONE) == 700
    assert account(published, ONE) == 0
    assert published.balance(prosumer(1).checksum) == (300 + 400 + 1000) * 100


def test_a_correction_of_a_correction_returns_it(published: World) -> None:
    claim(published, FIRST, ONE)
    lower = Settlement.of([(ONE, 300), (TWO, 500)])
    correct(published, lower)
    open_claims(published)
    claim(published, lower, ONE)
    correct(published, FIRST)
    open_claims(published)
    assert claim(published, FIRST, ONE) == 0
    assert account(published, ONE) == 0
    assert run_of(published)["version"] == 3


def test_a_correction_without_the_agreement_leaves_it_as_it_was(published: World) -> None:
    claim(published, FIRST, ONE)
    correct(published, Settlement.of([(TWO, 500)]))
    open_claims(published)
    assert account(published, ONE) == 0
    assert published.balance(prosumer(1).checksum) == 100_000


def test_the_rest_is_released_after_180_days(published: World) -> None:
    claim(published, FIRST, ONE)
    function = published.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    opens = run_of(published)["published_at"] + RELEASE_S
    published.chain.at(opens - 1)
    assert published.chain.refusal(function, actors.STRANGER) == (
        "ReleaseTooEarly",
        (opens - 1, opens),
    )
    published.chain.at(opens)
    assert published.chain.emitted(function, actors.STRANGER) == [
        ("RunReleased", (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY, 1, 500))
    ]
    assert escrow_of(published) == (9000, 0)
    assert run_of(published)["released"]
    assert published.chain.refusal(function, actors.STRANGER) == (
        "AlreadyReleased",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )


def test_an_unknown_run_is_not_released(published: World) -> None:
    function = published.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY + 1
    )
    assert published.chain.refusal(function, actors.STRANGER)[0] == "UnknownRun"


@pytest.fixture
def released(published: World) -> World:
    """The unpaid rest of the run went back."""
    published.chain.at(run_of(published)["published_at"] + RELEASE_S)
    function = published.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    published.chain.send(function, actors.STRANGER)
    return published


def test_a_late_claim_draws_on_free_escrow(released: World) -> None:
    assert claim(released, FIRST, TWO) == 500
    assert escrow_of(released) == (9500, 0)
    assert run_of(released)["claimed"] == 500


def test_a_late_claim_without_escrow_is_refused(released: World) -> None:
    rest = released.ledger.functions.withdraw(actors.DSO.checksum, 9_501 * 100)
    released.chain.send(rest, actors.AGGREGATOR)
    call = released.ledger.functions.claim(FIRST.claim_of(TWO))
    assert released.chain.refusal(call, actors.STRANGER) == (
        "EscrowShort",
        (actors.AGGREGATOR.address, actors.DSO.address, 49_900, 50_000),
    )


def test_a_correction_after_the_release_locks_again(released: World) -> None:
    events = released.chain.emitted(correction(released, FIRST), actors.DSO)
    assert [name for name, _ in events] == ["RunPublished"]
    assert escrow_of(released) == (8500, 1500)
    assert not run_of(released)["released"]


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


def test_periods_follow_each_other(published: World) -> None:
    second = next_period(published, [(ONE, 10)])
    assert second.statements[0].period_first_day == LAST_DAY + 1 == day(2040, 4, 1)
    assert published.chain.now_s > utc_s(2040, 5, 1)
