"""An indexer needs nothing but the logs: the state folded from them is what the views show."""

from collections.abc import Iterator
from typing import Any

from settlement.keccak import keccak256
from tests.contracts import actors
from tests.contracts.committing import (
    METERED,
    commit,
    meter_commitments,
    nominations,
)
from tests.contracts.defaults import DAY_S, NOW_S, day, words
from tests.contracts.disputing import (
    arithmetic,
    case,
    evidence_of,
    order_all,
    publish_over,
    run_over,
)
from tests.contracts.rebuilding import Rebuilt
from tests.contracts.settling import claim, correct, fund, open_claims
from tests.contracts.world import World

HEALTHY, NOT_PAID_IN_FULL, ENDED = case(1), case(2), case(3)
SIGN_BEFORE = NOW_S + 10**8


def history(world: World) -> None:
    """A little of everything."""
    market, ledger = world.market.functions, world.ledger.functions
    hashes = [keccak256(bytes([number])) for number in range(3)]
    signed = world.messages.assets(actors.PROSUMER, hashes, SIGN_BEFORE).signed_by(actors.PROSUMER)
    registration = market.registerAssets(actors.PROSUMER.checksum, hashes, SIGN_BEFORE, signed)
    world.chain.send(registration, actors.RELAYER)
    commit(world, "commitMeterData", meter_commitments())
    commit(world, "commitNominations", nominations(HEALTHY))
    commit(world, "commitNominations", nominations(HEALTHY, 5))
    order_all(world, [METERED, HEALTHY, NOT_PAID_IN_FULL, ENDED])
    notice = market.giveNotice(words(ENDED.terms), day(2040, 5, 1))
    world.chain.send(notice, actors.AGGREGATOR)
    low = NOT_PAID_IN_FULL.stating(amount=5)
    wrong = METERED.stating(series_hash=METERED.statement.series_hash, amount=77)
    stated = [(METERED, wrong), (HEALTHY, HEALTHY.statement), (NOT_PAID_IN_FULL, low)]
    run = publish_over(world, stated, spare=NOT_PAID_IN_FULL.statement.amount + 10)
    challenge = arithmetic(world, evidence_of(run, NOT_PAID_IN_FULL))
    world.chain.send(challenge, actors.CHALLENGER)
    open_claims(world)
    claim(world, run, HEALTHY.terms)
    claim(world, run, NOT_PAID_IN_FULL.terms)
    dearer = run_over([(HEALTHY, HEALTHY.stating(amount=9)), *stated[:1]])
    correct(world, dearer)
    void = arithmetic(world, evidence_of(dearer, METERED))
    world.chain.send(ledger.withdraw(actors.DSO.checksum, free_units(world)), actors.AGGREGATOR)
    world.chain.send(void, actors.CHALLENGER)
    fund(world, 10**6)
    correct(world, run_over(stated[1:2]))
    later(world)


def free_units(world: World) -> int:
    call = world.ledger.functions.escrowOf(actors.AGGREGATOR.checksum, actors.DSO.checksum)
    return world.chain.read(call)[0]


def later(world: World) -> None:
    """Release, a late claim, roles, the pause, templates and bonds."""
    market, ledger = world.market.functions, world.ledger.functions
    world.chain.at(world.chain.now_s + 200 * DAY_S)
    key = (actors.DSO.checksum, actors.AGGREGATOR.checksum, HEALTHY.period.first_day)
    world.chain.send(ledger.releaseUnclaimed(*key), actors.STRANGER)
    claim(world, run_over([(HEALTHY, HEALTHY.statement)]), HEALTHY.terms)
    role = world.chain.read(ledger.MDC_ROLE())
    world.chain.send(ledger.revokeRole(role, actors.MDC.checksum), actors.ADMIN)
    world.chain.send(ledger.withdrawBond(12345), actors.DSO)
    world.chain.send(market.withdrawTemplate(HEALTHY.terms.template_id), actors.AGGREGATOR)
    world.chain.send(ledger.pause(), actors.GUARDIAN)


def events(world: World) -> Iterator[tuple[str, tuple[Any, ...], int, int]]:
    """All logs of both contracts, block by block."""
    w3 = world.chain.w3
    contracts = {world.market.address, world.ledger.address}
    for number in range(w3.eth.block_number + 1):
        block = w3.eth.get_block(number)
        for sent in block["transactions"]:
            for log in w3.eth.get_transaction_receipt(sent)["logs"]:
                if (
                    log["address"] in contracts
                    and bytes(log["topics"][0]) in world.chain.decoder.events
                ):
                    yield *world.chain.decoder.event(log), number, block["timestamp"]


def test_the_logs_tell_the_whole_state(world: World) -> None:
    history(world)
    found = Rebuilt.of(events(world))
    for check in (check_market, check_commitments, check_money, check_statements, check_roles):
        check(world, found)


def check_market(world: World, found: Rebuilt) -> None:
    market = world.market.functions
    for template, aggregator in found.templates.items():
        assert told_address(world, market.templateAggregator(template)) == aggregator
    for asset, owner in found.assets.items():
        assert told_address(world, market.assetOwner(asset)) == owner
    assert len(found.agreements) == 4
    for identity, log in found.agreements.items():
        assert world.head(identity) == log.head
        assert tuple(world.state(identity).values()) == log.state()


def told_address(world: World, call: Any) -> bytes:
    return bytes.fromhex(world.chain.read(call)[2:])


def check_commitments(world: World, found: Rebuilt) -> None:
    ledger = world.ledger.functions
    assert {kind for kind, _, _ in found.commitments} == {0, 1}
    for (kind, who, utc_day), versions in found.commitments.items():
        place = (kind, who, utc_day)
        assert world.chain.read(ledger.commitmentCount(*place)) == len(versions)
        for index, (root, block, time_s) in enumerate(versions):
            assert world.chain.read(ledger.commitmentAt(*place, index)) == [root, block]
            assert world.chain.read(ledger.committedAt(*place, index)) == time_s


def check_money(world: World, found: Rebuilt) -> None:
    ledger = world.ledger.functions
    held = 0
    for (aggregator, dso), free in found.free.items():
        told = world.chain.read(ledger.escrowOf(aggregator, dso))
        assert told == (free, found.next_day[aggregator, dso])
        held += free
    for dso, units in found.bonds.items():
        assert world.chain.read(ledger.bondOf(dso)) == units
        held += units
    for key, run in found.runs.items():
        assert world.chain.read(ledger.runOf(*key)) == run.stored()
        assert world.chain.read(ledger.lockedOf(*key)) == run.locked
        held += 100 * run.locked
    assert held == world.balance(world.ledger.address)


def check_statements(world: World, found: Rebuilt) -> None:
    ledger = world.ledger.functions
    assert found.credits
    assert found.disputes
    for place, credited in found.credits.items():
        assert tuple(world.chain.read(ledger.creditOf(*place))) == credited
    for place, dispute in found.disputes.items():
        assert tuple(world.chain.read(ledger.disputeOf(*place))) == dispute
    for identity, account in found.accounts.items():
        assert world.chain.read(ledger.accountOf(identity)) == account


def check_roles(world: World, found: Rebuilt) -> None:
    ledger = world.ledger.functions
    roles = {role for role, _ in found.roles} | {world.chain.read(ledger.MDC_ROLE())}
    assert len(roles) == 4
    for role in roles:
        for actor in actors.ALL:
            told = world.chain.read(ledger.hasRole(role, actor.checksum))
            assert told == ((role, actor.address) in found.roles)
    assert world.chain.read(ledger.paused()) == found.paused
