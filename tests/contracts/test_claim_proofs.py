"""Claims that are refused: too early, for another run, or not proven."""

from typing import Any

import pytest

from settlement.merkle import SumTree, parent
from settlement.statement import statement_leaf
from tests.contracts import actors
from tests.contracts.defaults import CHALLENGE_WINDOW_S, terms
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    FIVE,
    FIVE_AGREEMENTS,
    LAST_DAY,
    Settlement,
    fund,
    open_claims,
    publish,
    record_all,
    run_of,
)
from tests.contracts.world import World

PAIR = FIVE_AGREEMENTS[:2]
WRAPPING = (2**64 - 1, 2)


def claiming(world: World, claim: tuple[object, ...]) -> Any:
    return world.ledger.functions.claim(claim)


def test_claims_wait_for_the_challenge_window(published: World) -> None:
    opens = run_of(published)["published_at"] + CHALLENGE_WINDOW_S
    call = claiming(published, FIVE.claim(0))
    published.chain.at(opens - 1)
    assert published.chain.refusal(call, actors.STRANGER) == ("ClaimsNotOpen", (opens - 1, opens))
    published.chain.at(opens)
    published.chain.read(call)


def test_a_statement_needs_a_run(claimable: World) -> None:
    call = claiming(claimable, FIVE.claim(0, period_first_day=FIRST_DAY + 1))
    assert claimable.chain.refusal(call, actors.STRANGER) == (
        "UnknownRun",
        (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY + 1),
    )


def test_a_statement_of_another_period_end_is_refused(claimable: World) -> None:
    call = claiming(claimable, FIVE.claim(0, period_last_day=LAST_DAY - 1))
    assert claimable.chain.refusal(call, actors.STRANGER) == (
        "PeriodMismatch",
        (LAST_DAY - 1, LAST_DAY),
    )


def test_terms_and_statement_belong_together(claimable: World) -> None:
    first, second = FIVE.claim(0), FIVE.claim(1)
    mixed = (first[0], *second[1:])
    assert claimable.chain.refusal(claiming(claimable, mixed), actors.STRANGER) == (
        "AgreementMismatch",
        (FIVE.statements[1].agreement_id, FIVE.statements[0].agreement_id),
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
    [{"amount": 10**9}, {"capacity": 77}, {"series_hash": bytes(32)}, {"penalty": 7}],
    ids=lambda one: next(iter(one)),
)
def test_every_part_of_a_statement_is_proven(claimable: World, change: dict[str, object]) -> None:
    call = claiming(claimable, FIVE.claim(2, **change))
    name, (root, _, run_root, run_sum) = claimable.chain.refusal(call, actors.STRANGER)
    assert (name, run_root, run_sum) == ("ProofMismatch", *FIVE.tree.root)
    assert root != run_root


def test_a_proof_has_a_sibling_for_each_level(claimable: World) -> None:
    value, told, (index, siblings) = FIVE.claim(0)
    for odd in (siblings[:-1], [*siblings, (bytes(32), 0)], []):
        call = claiming(claimable, (value, told, (index, odd)))
        assert claimable.chain.refusal(call, actors.STRANGER) == ("ProofLength", (len(odd), 3))


def test_the_index_lies_in_the_tree(claimable: World) -> None:
    value, told, (index, siblings) = FIVE.claim(0)
    for beyond in (index + 8, 2**256 - 8 + index):
        call = claiming(claimable, (value, told, (beyond, siblings)))
        assert claimable.chain.refusal(call, actors.STRANGER) == ("IndexOutOfTree", (beyond, 3))


def test_the_siblings_sums_are_proven(claimable: World) -> None:
    value, told, (index, siblings) = FIVE.claim(0)
    (first, first_sum), (second, second_sum), *rest = siblings
    shifted = [(first, first_sum + 1), (second, second_sum - 1), *rest]
    call = claiming(claimable, (value, told, (index, shifted)))
    name, (_, total, _, run_sum) = claimable.chain.refusal(call, actors.STRANGER)
    assert (name, total) == ("ProofMismatch", run_sum)


def test_a_node_is_not_a_leaf(claimable: World) -> None:
    """A proof that starts one level up has a sibling too few."""
    value, told, (index, siblings) = FIVE.claim(0)
    call = claiming(claimable, (value, told, (index >> 1, siblings[1:])))
    assert claimable.chain.refusal(call, actors.STRANGER)[0] == "ProofLength"


@pytest.mark.parametrize("error", [-1, 1])
def test_a_run_that_locks_another_sum_than_its_tree_pays_nothing(world: World, error: int) -> None:
    """Else a DSO could publish a root whose claims exceed what it locked."""
    record_all(world, FIVE_AGREEMENTS)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, FIVE.sum + 1)
    publish(world, FIVE, sum=FIVE.sum + error)
    open_claims(world)
    root, total = FIVE.tree.root
    for position in range(len(FIVE_AGREEMENTS)):
        call = claiming(world, FIVE.claim(position))
        assert world.chain.refusal(call, actors.STRANGER) == (
            "ProofMismatch",
            (root, total, root, total + error),
        )


def test_a_sum_does_not_wrap_around(world: World) -> None:
    """Two amounts add up to 2^64 and a little, and the run locks the little."""
    both = [Settlement.of([(one, amount)]) for one, amount in zip(PAIR, WRAPPING, strict=True)]
    both.sort(key=lambda one: one.statements[0].agreement_id)
    leaves = tuple(statement_leaf(one.statements[0]) for one in both)
    root, total = parent(*leaves)
    assert total == sum(WRAPPING) == 2**64 + 1
    run = Settlement(
        tuple(one.agreements[0] for one in both),
        tuple(one.statements[0] for one in both),
        SumTree((leaves, ((root, total),))),
    )
    record_all(world, PAIR)
    world.chain.at(AFTER_PERIOD_S)
    fund(world, 1)
    publish(world, run, sum=1)
    open_claims(world)
    for position in range(2):
        call = claiming(world, run.claim(position))
        assert world.chain.refusal(call, actors.STRANGER) == (
            "ProofMismatch",
            (root, total, root, 1),
        )
