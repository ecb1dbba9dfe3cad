"""Claims: a proven statement is credited once and paid to its prosumer."""

from typing import Any

import pytest

from tests.contracts import actors
from tests.contracts.defaults import CHALLENGE_WINDOW_S, STANDARD, terms
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    LAST_DAY,
    Settlement,
    agreement,
    escrow_of,
    fund,
    open_claims,
    prosumer,
    publish,
    record_all,
    run_of,
)
from tests.contracts.world import World

AGREEMENTS = [agreement(number) for number in range(5)]
AMOUNTS = [500, 0, 123_456, 1, 99_999]
RUN = Settlement.of(list(zip(AGREEMENTS, AMOUNTS, strict=True)))


@pytest.fixture
def published(world: World) -> World:
    """A run over five statements stands, nobody has claimed."""
    record_all(world, AGREEMENTS)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, RUN.sum)
    publish(world, RUN)
    return world


@pytest.fixture
def claimable(published: World) -> World:
    """The challenge window has passed."""
    open_claims(published)
    return published


def claiming(world: World, claim: tuple[object, ...]) -> Any:
    return world.ledger.functions.claim(claim)


def account_of(world: World, position: int) -> int:
    identity = RUN.statements[position].agreement_id
    return world.chain.read(world.ledger.functions.accountOf(identity))


def test_claims_wait_for_the_challenge_window(published: World) -> None:
    opens = run_of(published)["published_at"] + CHALLENGE_WINDOW_S
    call = claiming(published, RUN.claim(0))
    published.chain.at(opens - 1)
    assert published.chain.refusal(call, actors.STRANGER) == ("ClaimsNotOpen", (opens - 1, opens))
    published.chain.at(opens)
    published.chain.read(call)


def test_a_statement_needs_a_run(claimable: World) -> None:
    call = claiming(claimable, RUN.claim(0, period_first_day=FIRST_DAY + 1))
    assert claimable.chain.refusal(call, actors.STRANGER) == (
        "UnknownRun",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY + 1),
    )


def test_a_statement_of_another_period_end_is_refused(claimable: World) -> None:
    call = claiming(claimable, RUN.claim(0, period_last_day=LAST_DAY - 1))
    assert claimable.chain.refusal(call, actors.STRANGER) == (
        "PeriodMismatch",
        (LAST_DAY - 1, LAST_DAY),
    )


def test_terms_and_statement_belong_together(claimable: World) -> None:
    first, second = RUN.claim(0), RUN.claim(1)
    mixed = (first[0], *second[1:])
    assert claimable.chain.refusal(claiming(claimable, mixed), actors.STRANGER) == (
        "AgreementMismatch",
        (RUN.statements[1].agreement_id, RUN.statements[0].agreement_id),
    )


def test_an_agreement_that_was_never_recorded_is_not_paid(world: World) -> None:
    invented = terms(prosumer=actors.STRANGER.address)
    run = Settlement.of([(invented, 1000)])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 1000)
    publish(world, run)
    open_claims(world)
    assert world.chain.refusal(claiming(world, run.claim(0)), actors.STRANGER) == (
        "AgreementNotRecorded",
        (run.statements[0].agreement_id,),
    )


@pytest.mark.parametrize(
    "change",
    [{"amount": 10**9}, {"capacity": 1}, {"series_hash": bytes(32)}, {"penalty": 7}],
    ids=lambda one: next(iter(one)),
)
def test_every_part_of_a_statement_is_proven(claimable: World, change: dict[str, object]) -> None:
    call = claiming(claimable, RUN.claim(2, **change))
    name, (root, _, run_root, run_sum) = claimable.chain.refusal(call, actors.STRANGER)
    assert (name, run_root, run_sum) == ("ProofMismatch", *RUN.tree.root)
    assert root != run_root


def test_a_proof_has_a_sibling_for_each_level(claimable: World) -> None:
    value, told, index, hashes, sums = RUN.claim(0)
    for odd_hashes, odd_sums in (
        (hashes[:-1], sums[:-1]),
        ([*hashes, bytes(32)], [*sums, 0]),
        (hashes, sums[:-1]),
        ([], []),
    ):
        call = claiming(claimable, (value, told, index, odd_hashes, odd_sums))
        assert claimable.chain.refusal(call, actors.STRANGER) == (
            "ProofLength",
            (len(odd_hashes), len(odd_sums), 3),
        )


def test_the_index_lies_in_the_tree(claimable: World) -> None:
    value, told, index, hashes, sums = RUN.claim(0)
    for beyond in (index + 8, 2**256 - 8 + index):
        call = claiming(claimable, (value, told, beyond, hashes, sums))
        assert claimable.chain.refusal(call, actors.STRANGER) == ("IndexOutOfTree", (beyond, 3))


def test_the_siblings_sums_are_proven(claimable: World) -> None:
    value, told, index, hashes, sums = RUN.claim(0)
    shifted = [sums[0] + 1, sums[1] - 1, *sums[2:]]
    assert sum(shifted) == sum(sums)
    call = claiming(claimable, (value, told, index, hashes, shifted))
    name, (_, total, _, run_sum) = claimable.chain.refusal(call, actors.STRANGER)
    assert (name, total) == ("ProofMismatch", run_sum)


def test_a_node_is_not_a_leaf(claimable: World) -> None:
    """A proof that starts one level up has a sibling too few."""
    value, told, index, hashes, sums = RUN.claim(0)
    call = claiming(claimable, (value, told, index >> 1, hashes[1:], sums[1:]))
    assert claimable.chain.refusal(call, actors.STRANGER)[0] == "ProofLength"


def test_a_claim_pays_the_prosumer_whoever_hands_it_in(claimable: World) -> None:
    position = RUN.agreements.index(AGREEMENTS[2])
    identity = RUN.statements[position].agreement_id
    call = claiming(claimable, RUN.claim(position))
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
    assert escrow_of(claimable) == (0, RUN.sum - 123_456)
    credited = claimable.chain.read(claimable.ledger.functions.creditOf(identity, FIRST_DAY))
    assert tuple(credited) == (123_456, 1)
    assert account_of(claimable, position) == 0


def test_a_second_claim_changes_nothing(claimable: World) -> None:
    call = claiming(claimable, RUN.claim_of(AGREEMENTS[2]))
    claimable.chain.send(call, actors.STRANGER)
    before = run_of(claimable), escrow_of(claimable)
    assert claimable.chain.read(call) == 0
    assert claimable.chain.emitted(call, actors.STRANGER) == []
    assert (run_of(claimable), escrow_of(claimable)) == before
    assert claimable.balance(prosumer(2).checksum) == 12_345_600


def test_a_statement_of_nothing_is_credited_without_a_payment(claimable: World) -> None:
    events = claimable.chain.emitted(
        claiming(claimable, RUN.claim_of(AGREEMENTS[1])), actors.STRANGER
    )
    assert [name for name, _ in events] == ["Claimed"]
    assert claimable.balance(prosumer(1).checksum) == 0


def test_all_claims_together_pay_exactly_the_sum(claimable: World) -> None:
    claims = [RUN.claim(position) for position in range(len(AGREEMENTS))]
    claimable.chain.send(claimable.ledger.functions.claimBatch(claims), actors.STRANGER)
    for number, amount in enumerate(AMOUNTS):
        assert claimable.balance(prosumer(number).checksum) == amount * 100
    assert run_of(claimable)["claimed"] == RUN.sum
    assert escrow_of(claimable) == (0, 0)
    assert claimable.balance(claimable.ledger.address) == 0


def test_a_claim_that_was_made_before_does_not_stop_a_batch(claimable: World) -> None:
    claims = [RUN.claim(position) for position in (0, 1, 0)]
    claimable.chain.send(claiming(claimable, RUN.claim(1)), actors.STRANGER)
    claimable.chain.send(claimable.ledger.functions.claimBatch(claims), actors.STRANGER)
    paid = RUN.statements[0].amount + RUN.statements[1].amount
    assert run_of(claimable)["claimed"] == paid


def test_one_bad_claim_stops_a_batch(claimable: World) -> None:
    claims = [RUN.claim(0), RUN.claim(1, amount=77)]
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
    record_all(world, AGREEMENTS[:2])
    twice = Settlement.of([(AGREEMENTS[0], 100), (AGREEMENTS[0], 40), (AGREEMENTS[1], 60)])
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
    record_all(world, AGREEMENTS[:1])
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 1, actors.OTHER_DSO)
    forged = Settlement.of([(AGREEMENTS[0], 1)])
    publication = world.ledger.functions.publishRun(forged.run_input())
    world.chain.send(publication, actors.OTHER_DSO)
    open_claims(world)
    assert world.chain.refusal(claiming(world, forged.claim(0)), actors.STRANGER) == (
        "UnknownRun",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY),
    )
