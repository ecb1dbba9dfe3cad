"""What each action costs, singly and in batches, beside the floor that no code can go below.

The floor of an action is its share of 21,000 gas, its calldata, and the storage words it writes
(22,100 for a word that was 0, 5,000 for another). Signatures, events, hashing and transfers come on
top. It is measured on agreements of the standard kind with 8 ISPs for each activation, and on a run
of a million statements.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from settlement.activation import Activation, log_head
from settlement.identity import agreement_id, template_of
from settlement.keccak import keccak256
from settlement.merkle import Node, Proof, build_tree, root_by_proof
from settlement.statement import Period, Statement, statement_leaf
from settlement.terms import Terms
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import FIRST_ISP, NOW_S, STANDARD, day, terms, words
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    LAST_DAY,
    RULE_SET,
    fund,
    open_claims,
    statement,
)
from tests.contracts.world import World

BATCHES = (10, 100)
RUN_DEPTH = 20
PERIOD = Period(FIRST_DAY, LAST_DAY)
SIGN_BEFORE = NOW_S + 10**8
DSO, AGGREGATOR = actors.DSO.checksum, actors.AGGREGATOR.checksum


@dataclass(frozen=True, slots=True)
class Cost:
    """Gas of one transaction that does something `count` times.

    Attributes:
        action: what it does.
        count: how often.
        gas: of the whole transaction.
        calldata: gas of the calldata.
        new_words: storage words that were 0, each time.
        changed_words: other storage words, each time.
    """

    action: str
    count: int
    gas: int
    calldata: int
    new_words: int
    changed_words: int

    @property
    def each(self) -> int:
        return round(self.gas / self.count)

    @property
    def floor(self) -> int:
        shared = (21_000 + self.calldata) / self.count
        return round(shared + 22_100 * self.new_words + 5_000 * self.changed_words)


@dataclass(frozen=True, slots=True)
class Bench:
    """A world with a hundred signed agreements."""

    world: World
    agreements: tuple[Terms, ...]

    def cost(
        self,
        action: str,
        function: Any,
        sender: Actor,
        count: int = 1,
        new_words: int = 0,
        changed_words: int = 0,
    ) -> Cost:
        receipt = self.world.chain.send(function, sender)
        sent = self.world.chain.w3.eth.get_transaction(receipt["transactionHash"])
        calldata = sum(16 if byte else 4 for byte in bytes(sent["input"]))
        return Cost(action, count, receipt["gasUsed"], calldata, new_words, changed_words)


def measure() -> Iterator[Cost]:
    """Measure every action on a chain of its own."""
    agreements = tuple(terms(salt=number.to_bytes(32, "big")) for number in range(1, 113))
    bench = Bench(World.create(), agreements)
    yield from _templates_and_assets(bench)
    yield from _agreements(bench)
    yield from _activations(bench)
    yield from _owner_and_ends(bench)
    yield from _commitments(bench)
    yield from _runs_and_claims(bench)


def _groups(bench: Bench) -> Iterator[tuple[int, tuple[Terms, ...]]]:
    """The agreements of each batch; no agreement is in two of them."""
    begin = 1
    for count in BATCHES:
        yield count, bench.agreements[begin : begin + count]
        begin += count


def _templates_and_assets(bench: Bench) -> Iterator[Cost]:
    market, messages = bench.world.market.functions, bench.world.messages
    template = words(replace(template_of(STANDARD), amount_w=-4000))
    publication = market.publishTemplate(template)
    yield bench.cost("publish a template", publication, actors.AGGREGATOR, new_words=1)
    for count in (1, *BATCHES):
        hashes = [keccak256(bytes([count, number])) for number in range(count)]
        signed = messages.assets(actors.PROSUMER, hashes, SIGN_BEFORE).signed_by(actors.PROSUMER)
        call = market.registerAssets(actors.PROSUMER.checksum, hashes, SIGN_BEFORE, signed)
        yield bench.cost("register assets", call, actors.RELAYER, count, new_words=1)


def _agreements(bench: Bench) -> Iterator[Cost]:
    market, world = bench.world.market.functions, bench.world
    single = market.recordAgreement(world.signed(bench.agreements[0]))
    yield bench.cost("record an agreement", single, actors.RELAYER, new_words=1)
    for count, group in _groups(bench):
        batch = market.recordAgreements([world.signed(one) for one in group])
        yield bench.cost("record an agreement", batch, actors.RELAYER, count, new_words=1)
    world.record(bench.agreements[-1])  # so that there are a hundred to claim together


def _activations(bench: Bench) -> Iterator[Cost]:
    market = bench.world.market.functions
    for name, first_isp, new_words in (
        ("order 8 ISPs, first", FIRST_ISP, 1),
        ("order 8 ISPs, later", FIRST_ISP + 96, 0),
    ):
        written: Mapping[str, int] = {"new_words": new_words, "changed_words": 2 - new_words}
        request = (words(bench.agreements[0]), first_isp, 8, -3000)
        yield bench.cost(name, market.activate(request), actors.AGGREGATOR, **written)
        for count, group in _groups(bench):
            batch = [(words(one), first_isp, 8, -3000) for one in group]
            call = market.activateBatch(batch)
            yield bench.cost(name, call, actors.AGGREGATOR, count, **written)
    first, second = (Activation(FIRST_ISP + 96 * one, 8, -3000) for one in range(2))
    cancel = market.cancelActivation(
        words(bench.agreements[0]), log_head([first]), second.first_isp, 8, -3000
    )
    yield bench.cost("cancel an order", cancel, actors.AGGREGATOR, changed_words=2)


def _owner_and_ends(bench: Bench) -> Iterator[Cost]:
    market, messages = bench.world.market.functions, bench.world.messages
    value = bench.agreements[0]
    identity = agreement_id(value)
    noted = messages.override(identity, FIRST_ISP, 4, SIGN_BEFORE).signed_by(actors.PROSUMER)
    relayed = market.noteOverrideBySignature(words(value), FIRST_ISP, 4, SIGN_BEFORE, noted)
    yield bench.cost("note an override, relayed", relayed, actors.RELAYER)
    notice = market.giveNotice(words(value), day(2040, 6, 1))
    yield bench.cost("give notice", notice, actors.PROSUMER, changed_words=1)
    last_day = day(2040, 4, 1)
    message = messages.termination(identity, last_day, SIGN_BEFORE)
    ending = market.terminate(
        words(value),
        last_day,
        SIGN_BEFORE,
        message.signed_by(actors.AGGREGATOR),
        message.signed_by(actors.PROSUMER),
    )
    yield bench.cost("end by both signatures", ending, actors.RELAYER, changed_words=1)


def _commitments(bench: Bench) -> Iterator[Cost]:
    ledger = bench.world.ledger.functions
    for count in (1, *BATCHES):
        roots = [keccak256(bytes([number])) for number in range(count)]
        call = ledger.commitMeterData(1000 * count, roots)
        yield bench.cost("commit a day of meter data", call, actors.MDC, count, new_words=3)
    again = ledger.commitMeterData(1000, [bytes([9]) * 32])
    yield bench.cost("commit it again", again, actors.MDC, new_words=2, changed_words=1)


def _runs_and_claims(bench: Bench) -> Iterator[Cost]:
    world, ledger = bench.world, bench.world.ledger.functions
    world.chain.at(AFTER_PERIOD_S)
    million = MillionTree.over([statement(one, 123_456) for one in bench.agreements])
    deposit = ledger.deposit(DSO, million.root[1] * 1000)
    yield bench.cost("deposit", deposit, actors.AGGREGATOR, new_words=1, changed_words=3)
    publication = ledger.publishRun(million.run_input())
    yield bench.cost("publish a run", publication, actors.DSO, new_words=3, changed_words=1)
    correction = ledger.publishCorrection(million.run_input())
    yield bench.cost("correct a run", correction, actors.DSO, changed_words=3)
    open_claims(world)
    claim = ledger.claim(million.claim(bench.agreements[0]))
    yield bench.cost("claim, first payment", claim, actors.RELAYER, new_words=2, changed_words=2)
    holder = ledger.claim(million.claim(bench.agreements[1]))
    yield bench.cost("claim", holder, actors.RELAYER, new_words=1, changed_words=3)
    for count, group in ((10, bench.agreements[2:12]), (100, bench.agreements[12:112])):
        batch = ledger.claimBatch([million.claim(one) for one in group])
        yield bench.cost("claim", batch, actors.RELAYER, count, new_words=1)
    fund(world, 1)
    world.chain.at(world.chain.now_s + 200 * 86_400)
    release = ledger.releaseUnclaimed(DSO, AGGREGATOR, FIRST_DAY)
    yield bench.cost("release what is unpaid", release, actors.STRANGER, changed_words=2)


@dataclass(frozen=True, slots=True)
class MillionTree:
    """A tree of 2^20 leaves of which only the first ones are known; the others are made up."""

    statements: tuple[Statement, ...]
    proofs: tuple[Proof, ...]
    root: Node

    @classmethod
    def over(cls, statements: list[Statement]) -> "MillionTree":
        ordered = sorted(statements, key=lambda one: one.agreement_id)
        known = build_tree([statement_leaf(one) for one in ordered])
        rest = tuple(
            (keccak256(bytes([level])), 123_456 << level) for level in range(known.depth, RUN_DEPTH)
        )
        proofs = tuple(
            Proof(index, known.proof(index).siblings + rest) for index in range(len(ordered))
        )
        root = root_by_proof(statement_leaf(ordered[0]), proofs[0])
        return cls(tuple(ordered), proofs, root)

    def run_input(self, period: Period = PERIOD) -> tuple[object, ...]:
        days = (period.first_day, period.last_day)
        return (AGGREGATOR, *days, *self.root, RUN_DEPTH, RULE_SET, 2**RUN_DEPTH)

    def claim(self, value: Terms) -> tuple[object, ...]:
        identity = agreement_id(value)
        position = [one.agreement_id for one in self.statements].index(identity)
        told, proof = self.statements[position], self.proofs[position]
        return (
            words(value),
            tuple(getattr(told, field.name) for field in fields(told)),
            (proof.index, list(proof.siblings)),
        )
