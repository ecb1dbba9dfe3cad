"""Claims: a proven statement is credited once and paid to its prosumer."""

from typing import Any

from tests.contracts import actors
from tests.contracts.defaults import STANDARD
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    FIVE,
    FIVE_AGREEMENTS,
    FIVE_AMOUNTS,
    Settlement,
    escrow_of,
    fund,
    open_claims,
    prosumer,
    publish,
    record_all,
    run_of,
)
from tests.contracts.world import World


def claiming(world: World, claim: tuple[object, ...]) -> Any:
    return world.ledger.functions.claim(claim)


def account_of(world: World, position: int) -> int:
    identity = FIVE.statements[position].agreement_id
    return world.chain.read(world.ledger.functions.accountOf(identity))


def test_a_claim_pays_the_prosumer_whoever_hands_it_in(claimable: World) -> None:
    position = FIVE.agreements.index(FIVE_AGREEMENTS[2])
    identity = FIVE.statements[position].agreement_id
    call = claiming(claimable, FIVE.claim(position))
    assert claimable.chain.read(call) == 123_456
    ledger = bytes.fromhex(claimable.ledger.address[2:])
    assert claimable.chain.emitted(call, actors.STRANGER) == [
        (
            "Claimed",
            (
                identity,
                actors.DSO.address,
                actors.AGGREGATOR.address,
                FIRST_DAY,
                1,
                123_456,
                123_456,
                0,
            ),
        ),
        ("Transfer", (ledger, prosumer(2).address, 12_345_600)),
    ]
    assert claimable.balance(prosumer(2).checksum) == 12_345_600
    assert run_of(claimable)["claimed"] == 123_456
    assert escrow_of(claimable) == (0, FIVE.sum - 123_456)
    credited = claimable.chain.read(claimable.ledger.functions.creditOf(identity, FIRST_DAY))
    assert tuple(credited) == (123_456, 1)
    assert account_of(claimable, position) == 0


def test_a_second_claim_changes_nothing(claimable: World) -> None:
    call = claiming(claimable, FIVE.claim_of(FIVE_AGREEMENTS[2]))
    claimable.chain.send(call, actors.STRANGER)
    before = run_of(claimable), escrow_of(claimable)
    assert claimable.chain.read(call) == 0
    assert claimable.chain.emitted(call, actors.STRANGER) == []
    assert (run_of(claimable), escrow_of(claimable)) == before
    assert claimable.balance(prosumer(2).checksum) == 12_345_600


def test_a_statement_of_nothing_is_credited_without_a_payment(claimable: World) -> None:
    events = claimable.chain.emitted(
        claiming(claimable, FIVE.claim_of(FIVE_AGREEMENTS[1])), actors.STRANGER
    )
    assert [name for name, _ in events] == ["Claimed"]
    assert claimable.balance(prosumer(1).checksum) == 0


def test_all_claims_together_pay_exactly_the_sum(claimable: World) -> None:
    claims = [FIVE.claim(position) for position in range(len(FIVE_AGREEMENTS))]
    claimable.chain.send(claimable.ledger.functions.claimBatch(claims), actors.STRANGER)
    for number, amount in enumerate(FIVE_AMOUNTS):
        assert claimable.balance(prosumer(number).checksum) == amount * 100
    assert run_of(claimable)["claimed"] == FIVE.sum
    assert escrow_of(claimable) == (0, 0)
    assert claimable.held == 0


def test_a_claim_that_was_made_before_does_not_stop_a_batch(claimable: World) -> None:
    claims = [FIVE.claim(position) for position in (0, 1, 0)]
    claimable.chain.send(claiming(claimable, FIVE.claim(1)), actors.STRANGER)
    claimable.chain.send(claimable.ledger.functions.claimBatch(claims), actors.STRANGER)
    paid = FIVE.statements[0].amount + FIVE.statements[1].amount
    assert run_of(claimable)["claimed"] == paid


def test_one_bad_claim_stops_a_batch(claimable: World) -> None:
    claims = [FIVE.claim(0), FIVE.claim(1, amount=77)]
    call = claimable.ledger.functions.claimBatch(claims)
    assert claimable.chain.refusal(call, actors.STRANGER)[0] == "ProofMismatch"


def test_a_run_of_one_statement_has_an_empty_proof(world: World) -> None:
    world.record()
    run = Settlement.of([(STANDARD, 700)])
    assert run.tree.depth == 0
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 700)
    publish(world, run)
    open_claims(world)
    world.chain.send(claiming(world, run.claim(0)), actors.STRANGER)
    assert world.balance(actors.PROSUMER.checksum) == 70_000


def test_nothing_is_claimed_from_an_empty_run(world: World) -> None:
    world.record()
    world.chain.at(AFTER_PERIOD_S)
    publish(world, Settlement.of([]))
    open_claims(world)
    alone = Settlement.of([(STANDARD, 0)])
    call = claiming(world, alone.claim(0))
    assert world.chain.refusal(call, actors.STRANGER)[0] == "ProofMismatch"


def test_a_statement_twice_in_a_tree_counts_once(world: World) -> None:
    """A DSO that lists an agreement twice lets it be paid by one of its leaves only."""
    record_all(world, FIVE_AGREEMENTS[:2])
    twice = Settlement.of(
        [(FIVE_AGREEMENTS[0], 100), (FIVE_AGREEMENTS[0], 40), (FIVE_AGREEMENTS[1], 60)]
    )
    world.chain.at(AFTER_PERIOD_S)
    fund(world, twice.sum)
    publish(world, twice)
    open_claims(world)
    for position in (0, 1, 2, 0, 1):
        world.chain.send(claiming(world, twice.claim(position)), actors.STRANGER)
    assert world.balance(prosumer(0).checksum) in {10_000, 4_000}
    assert world.balance(prosumer(1).checksum) == 6_000


def test_terms_name_the_dso_whose_runs_count(world: World) -> None:
    """The run of another DSO cannot pay an agreement, even with a tree that holds it."""
    record_all(world, FIVE_AGREEMENTS[:1])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 1, actors.OTHER_DSO)
    forged = Settlement.of([(FIVE_AGREEMENTS[0], 1)])
    publication = world.ledger.functions.publishRun(forged.run_input())
    world.chain.send(publication, actors.OTHER_DSO)
    open_claims(world)
    assert world.chain.refusal(claiming(world, forged.claim(0)), actors.STRANGER) == (
        "UnknownRun",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )
