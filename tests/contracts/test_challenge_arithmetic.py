"""Ground 1: a statement is recomputed on chain, and the result stands in for it."""

from dataclasses import replace

import pytest

from settlement.activation import log_head
from settlement.keccak import keccak256
from settlement.meter import MISSING_W
from settlement.statement import Statement
from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.disputing import (
    Case,
    arithmetic,
    case,
    dispute_of,
    evidence,
    evidence_of,
    order_all,
    publish_over,
    run_over,
)
from tests.contracts.settling import (
    BONDED,
    FIRST_DAY,
    UNBONDED,
    VOID,
    VOID_RELEASED,
    claim,
    correct,
    escrow_of,
    open_claims,
    prosumer,
    run_of,
)
from tests.contracts.world import Stages, World

ABOUT, OTHER = case(0), case(1)
RIGHT = ABOUT.statement
LOWER = ABOUT.stating(volume=RIGHT.volume - 600, amount=RIGHT.amount - 600)
HIGHER = ABOUT.stating(volume=RIGHT.volume + 600, amount=RIGHT.amount + 600)
KEY = (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY)


@pytest.fixture
def world(stages: Stages) -> World:
    """The agreements are recorded and their logs written."""
    return stages.at(__name__, lambda world: order_all(world, [ABOUT, OTHER]))


def pack_hash(words: list[int]) -> bytes:
    return keccak256(b"".join(word.to_bytes(32, "big") for word in words))


def both(stated: Statement) -> list[tuple[Case, Statement]]:
    """The disputed statement beside a right one."""
    return [(ABOUT, stated), (OTHER, OTHER.statement)]


def test_a_challenge_after_the_window_is_refused(world: World) -> None:
    run = publish_over(world, both(LOWER))
    open_claims(world)
    closed = run_of(world)["published_at"] + CHALLENGE_WINDOW_S
    call = arithmetic(world, evidence_of(run, ABOUT))
    assert world.chain.refusal(call, actors.CHALLENGER) == ("ChallengeTooLate", (closed, closed))


def test_the_last_second_of_the_window_counts(world: World) -> None:
    run = publish_over(world, both(LOWER), spare=600)
    world.chain.at(run_of(world)["published_at"] + CHALLENGE_WINDOW_S - 1)
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)


def test_a_statement_that_is_in_no_run_is_refused(world: World) -> None:
    run = publish_over(world, both(RIGHT))
    invented = run_over(both(LOWER))
    call = arithmetic(world, evidence_of(invented, ABOUT))
    name, (_, _, root, total) = world.chain.refusal(call, actors.CHALLENGER)
    assert (name, root, total) == ("ProofMismatch", *run.tree.root)


def test_terms_of_another_agreement_are_refused(world: World) -> None:
    run = publish_over(world, both(LOWER))
    (_, *rest), proof = evidence_of(run, ABOUT)
    (other_terms, *_), _ = evidence_of(run, OTHER)
    call = arithmetic(world, ((other_terms, *rest), proof))
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "AgreementMismatch",
        (ABOUT.identity, OTHER.identity),
    )


@pytest.mark.parametrize("left_out", range(4))
def test_every_entry_of_the_log_is_handed_in(world: World, left_out: int) -> None:
    run = publish_over(world, both(LOWER))
    (value, told, log, series), proof = evidence_of(run, ABOUT)
    del log[left_out]
    rest = [one for place, one in enumerate(ABOUT.log) if place != left_out]
    call = arithmetic(world, ((value, told, log, series), proof))
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "LogMismatch",
        (ABOUT.identity, log_head(rest), log_head(ABOUT.log)),
    )


def test_the_series_is_the_one_of_the_statement(world: World) -> None:
    run = publish_over(world, both(LOWER))
    other = [ABOUT.words[0] + 1, *ABOUT.words[1:]]
    call = arithmetic(world, evidence_of(run, ABOUT, other))
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "SeriesMismatch",
        (ABOUT.identity, pack_hash(other), RIGHT.series_hash),
    )


@pytest.mark.parametrize(
    "change",
    [{}, {"capacity_isps": 1}, {"capacity": RIGHT.capacity + 5, "volume": RIGHT.volume - 5}],
    ids=["right", "isps", "split"],
)
def test_a_right_amount_holds(world: World, change: dict[str, int]) -> None:
    """Other figures of the statement are wrong without anybody being paid wrong."""
    run = publish_over(world, both(ABOUT.stating(**change)))
    call = arithmetic(world, evidence_of(run, ABOUT))
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "ArithmeticHolds",
        (ABOUT.identity, RIGHT.amount),
    )


def test_a_second_challenge_finds_nothing_wrong(world: World) -> None:
    run = publish_over(world, both(LOWER), spare=600)
    call = arithmetic(world, evidence_of(run, ABOUT))
    world.chain.send(call, actors.CHALLENGER)
    assert world.chain.refusal(call, actors.STRANGER)[0] == "ArithmeticHolds"


def test_a_higher_amount_grows_the_lock_and_takes_the_bond(world: World) -> None:
    run = publish_over(world, both(LOWER), spare=1000)
    call = arithmetic(world, evidence_of(run, ABOUT))
    events = world.chain.emitted(call, actors.CHALLENGER)
    changed = (1, LOWER.amount, RIGHT.amount, 600)
    assert events[0] == ("StatementRecomputed", (ABOUT.identity, *KEY, *changed))
    assert events[1] == ("BondTaken", (*KEY, 1, actors.CHALLENGER.address, BOND_UNITS))
    assert world.balance(actors.CHALLENGER.checksum) == BOND_UNITS
    assert world.held + BOND_UNITS == (run.sum + 1000) * 100
    locked = world.ledger.functions.lockedOf(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    assert world.chain.read(locked) == run.sum + 600
    assert dispute_of(world, ABOUT) == (1, RIGHT.amount, 0)
    assert run_of(world)["status"] == UNBONDED


def test_a_claim_pays_what_stands(world: World) -> None:
    run = publish_over(world, both(LOWER), spare=600)
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)
    open_claims(world)
    assert claim(world, run, ABOUT.terms) == RIGHT.amount
    assert claim(world, run, OTHER.terms) == OTHER.statement.amount
    assert world.balance(prosumer(0).checksum) == RIGHT.amount * 100
    assert world.held + BOND_UNITS == 0


def test_a_lower_amount_leaves_the_lock(world: World) -> None:
    run = publish_over(world, both(HIGHER), spare=50)
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)
    assert world.held + BOND_UNITS == (run.sum + 50) * 100
    open_claims(world)
    assert claim(world, run, ABOUT.terms) == RIGHT.amount
    released = world.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    world.chain.at(world.chain.now_s + 180 * DAY_S)
    ((_, told),) = world.chain.emitted(released, actors.STRANGER)
    assert told[-1] == run.sum - RIGHT.amount


def test_a_run_has_one_bond(world: World) -> None:
    low = replace(OTHER.statement, amount=OTHER.statement.amount - 1)
    run = publish_over(world, [(ABOUT, LOWER), (OTHER, low)], spare=601)
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)
    events = world.chain.emitted(arithmetic(world, evidence_of(run, OTHER)), actors.STRANGER)
    assert [name for name, _ in events] == ["StatementRecomputed"]
    assert world.balance(actors.STRANGER.checksum) == 0


@pytest.fixture
def void(world: World) -> World:
    """The escrow was one short of what a recomputed statement needs."""
    run = publish_over(world, both(LOWER), spare=599)
    events = world.chain.emitted(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)
    assert events[0] == ("RunVoided", (*KEY, 1, 59_900, 60_000))
    assert events[1] == (
        "StatementRecomputed",
        (ABOUT.identity, *KEY, 1, LOWER.amount, RIGHT.amount, 0),
    )
    assert events[2][0] == "BondTaken"
    return world


def test_a_void_run_pays_nothing_and_keeps_its_lock(void: World) -> None:
    run = run_over(both(LOWER))
    assert run_of(void)["status"] == VOID
    again = arithmetic(void, evidence_of(run, OTHER))
    assert void.chain.refusal(again, actors.CHALLENGER) == ("RunIsVoid", KEY)
    open_claims(void)
    for about in (ABOUT, OTHER):
        call = void.ledger.functions.claim(run.claim_of(about.terms))
        assert void.chain.refusal(call, actors.STRANGER) == ("RunIsVoid", KEY)
    assert void.held + BOND_UNITS == (run.sum + 599) * 100


def test_a_void_run_lets_go_of_its_lock_at_last(void: World) -> None:
    open_claims(void)
    void.chain.at(void.chain.now_s + 180 * DAY_S)
    call = void.ledger.functions.releaseUnclaimed(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, FIRST_DAY
    )
    void.chain.send(call, actors.STRANGER)
    assert run_of(void)["status"] == VOID_RELEASED
    assert void.chain.refusal(call, actors.STRANGER) == ("AlreadyReleased", KEY)
    claimed = void.ledger.functions.claim(run_over(both(LOWER)).claim_of(OTHER.terms))
    assert void.chain.refusal(claimed, actors.STRANGER) == ("RunIsVoid", KEY)


def test_a_correction_heals_a_void_run(void: World) -> None:
    right = run_over(both(RIGHT))
    call = void.ledger.functions.deposit(actors.DSO.checksum, 100)
    void.chain.send(call, actors.AGGREGATOR)
    correct(void, right)
    assert run_of(void)["status"] == BONDED
    open_claims(void)
    assert claim(void, right, ABOUT.terms) == RIGHT.amount
    assert claim(void, right, OTHER.terms) == OTHER.statement.amount
    assert void.held + BOND_UNITS == 0


def test_a_correction_ends_what_stood_in(world: World) -> None:
    run = publish_over(world, both(LOWER), spare=600)
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT)), actors.CHALLENGER)
    lower_still = run_over(both(ABOUT.stating(amount=5)))
    correct(world, lower_still)
    assert escrow_of(world)[0] == run.sum + 600 - lower_still.sum
    events = world.chain.emitted(
        arithmetic(world, evidence_of(lower_still, ABOUT)), actors.STRANGER
    )
    assert events[0][1][4:] == (2, 5, RIGHT.amount, RIGHT.amount - 5)
    assert world.balance(actors.STRANGER.checksum) == BOND_UNITS


def lacking(words: list[int], word: int, value: int) -> list[int]:
    """The same words with one of the eight values of one of them missing."""
    shift = 32 * (7 - value)
    changed = words[word] & ~(0xFFFFFFFF << shift) | (MISSING_W % 2**32) << shift
    return [*words[:word], changed, *words[word + 1 :]]


MALFORMED = {
    "a word too many": [*ABOUT.words, 0],
    "a word too few": ABOUT.words[:-1],
    "no words": [],
    "padding": [*ABOUT.words[:-1], ABOUT.words[-1] | 1],
    "a missing baseline": lacking(ABOUT.words, 0, 0),
    "a missing actual": lacking(ABOUT.words, 2, 5),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_series_puts_the_statement_on_hold(world: World, kind: str) -> None:
    words = MALFORMED[kind]
    run = publish_over(world, both(ABOUT.stating(series_hash=pack_hash(words))))
    call = arithmetic(world, evidence_of(run, ABOUT, words))
    assert world.chain.emitted(call, actors.CHALLENGER) == [
        ("StatementHeld", (ABOUT.identity, *KEY, 1, 0))
    ]
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "StatementOnHold",
        (ABOUT.identity, FIRST_DAY, 1),
    )
    assert world.balance(actors.CHALLENGER.checksum) == 0
    assert run_of(world)["status"] == BONDED
    open_claims(world)
    claimed = world.ledger.functions.claim(run.claim_of(ABOUT.terms))
    assert world.chain.refusal(claimed, actors.STRANGER) == (
        "StatementOnHold",
        (ABOUT.identity, FIRST_DAY, 1),
    )
    assert claim(world, run, OTHER.terms) == OTHER.statement.amount


def test_a_correction_ends_a_hold(world: World) -> None:
    words = [*ABOUT.words, 0]
    run = publish_over(world, both(ABOUT.stating(series_hash=pack_hash(words))))
    world.chain.send(arithmetic(world, evidence_of(run, ABOUT, words)), actors.CHALLENGER)
    right = run_over(both(RIGHT))
    correct(world, right)
    open_claims(world)
    assert claim(world, right, ABOUT.terms) == RIGHT.amount


def test_statements_that_contradict_each_other_do_not_drain_the_escrow(world: World) -> None:
    """Two leaves of one agreement with different series, recomputed by turns."""
    isp = ABOUT.log[0].first_isp
    weaker = replace(ABOUT, values={**ABOUT.values, isp: (5000, 5000)})
    assert weaker.statement.amount < RIGHT.amount
    first, second = ABOUT.stating(amount=0), replace(weaker.statement, amount=1)
    run = publish_over(world, [(ABOUT, first), (weaker, second)], spare=3 * RIGHT.amount)
    turns = [
        evidence(run, run.statements.index(told), about)
        for told, about in ((first, ABOUT), (second, weaker))
    ]
    free = []
    for turn in (0, 1, 0, 1, 0):
        world.chain.send(arithmetic(world, turns[turn]), actors.CHALLENGER)
        call = world.ledger.functions.escrowOf(actors.AGGREGATOR.checksum, actors.DSO.checksum)
        free.append(world.chain.read(call)[0])
    assert free == [2 * RIGHT.amount * 100] * 5
    assert dispute_of(world, ABOUT)[1] == RIGHT.amount
    open_claims(world)
    for position in (0, 1):
        world.chain.send(world.ledger.functions.claim(run.claim(position)), actors.STRANGER)
    assert world.balance(prosumer(0).checksum) == RIGHT.amount * 100


def test_what_is_tried_at_the_referee_costs_nothing(world: World) -> None:
    run = publish_over(world, both(LOWER))
    evidence_alone, _ = evidence_of(run, ABOUT)
    found = world.chain.read(world.referee.functions.recompute(evidence_alone))
    assert tuple(found) == (
        log_head(ABOUT.log),
        RIGHT.series_hash,
        False,
        RIGHT.capacity_isps,
        RIGHT.capacity,
        RIGHT.volume,
        RIGHT.penalty,
        RIGHT.amount,
    )
