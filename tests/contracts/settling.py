"""Runs as a DSO publishes them and claims on them, with trees built by the Python side."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from settlement.identity import agreement_id
from settlement.merkle import SumTree, build_tree
from settlement.statement import Statement, statement_leaf
from settlement.terms import Terms
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import CHALLENGE_WINDOW_S, STANDARD, day, terms, utc_s, words
from tests.contracts.world import World

FIRST_DAY, LAST_DAY = day(2040, 3, 1), day(2040, 3, 31)
AFTER_PERIOD_S = utc_s(2040, 4, 2)
RULE_SET = STANDARD.rule_set
BONDED, UNBONDED, RELEASED, VOID, VOID_RELEASED = range(5)
"""The states of a run."""


def agreement(number: int) -> Terms:
    """One of many agreements of the standard kind."""
    return terms(salt=number.to_bytes(32, "big"), prosumer=prosumer(number).address)


def prosumer(number: int) -> Actor:
    """The prosumer of an agreement."""
    return Actor(f"prosumer {number}")


def statement(
    value: Terms, amount: int, first_day: int = FIRST_DAY, last_day: int = LAST_DAY
) -> Statement:
    """A statement over an amount that is all capacity pay."""
    return Statement(
        agreement_id(value), first_day, last_day, bytes([1]) * 32, 96, amount, 0, 0, amount
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """A run's statements in the order of its tree."""

    agreements: tuple[Terms, ...]
    statements: tuple[Statement, ...]
    tree: SumTree

    @classmethod
    def of(cls, amounts: Sequence[tuple[Terms, int]], **period: int) -> "Settlement":
        """Build the tree over agreements and their amounts."""
        return cls.over([(value, statement(value, amount, **period)) for value, amount in amounts])

    @classmethod
    def over(cls, stated: Sequence[tuple[Terms, Statement]]) -> "Settlement":
        """Build the tree over agreements and their statements."""
        ordered = sorted(stated, key=lambda one: one[1].agreement_id)
        statements = tuple(one for _, one in ordered)
        tree = build_tree([statement_leaf(one) for one in statements])
        return cls(tuple(value for value, _ in ordered), statements, tree)

    @property
    def sum(self) -> int:
        """The root sum in 1e-4 EUR."""
        return self.tree.root[1]

    def run_input(self, **changes: object) -> tuple[object, ...]:
        """What the DSO publishes."""
        first = self.statements[0] if self.statements else None
        values: dict[str, object] = {
            "aggregator": actors.AGGREGATOR.checksum,
            "period_first_day": first.period_first_day if first else FIRST_DAY,
            "period_last_day": first.period_last_day if first else LAST_DAY,
            "root": self.tree.root[0],
            "sum": self.sum,
            "depth": self.tree.depth,
            "rule_set": RULE_SET,
            "statements": len(self.statements),
        }
        unknown = changes.keys() - values.keys()
        assert not unknown, f"no such parts of a run: {unknown}"
        return tuple((values | changes).values())

    def claim(self, position: int, **changes: object) -> tuple[object, ...]:
        """The claim on one statement; changes go into the statement."""
        proof = self.tree.proof(position)
        told = replace(self.statements[position], **changes)  # type: ignore[arg-type]
        return (
            words(self.agreements[position]),
            tuple(getattr(told, field.name) for field in fields(told)),
            (proof.index, list(proof.siblings)),
        )

    def claim_of(self, value: Terms) -> tuple[object, ...]:
        """The claim of one agreement."""
        return self.claim(self.agreements.index(value))


FIVE_AGREEMENTS = [agreement(number) for number in range(5)]
FIVE_AMOUNTS = [500, 0, 123_456, 1, 99_999]
FIVE = Settlement.of(list(zip(FIVE_AGREEMENTS, FIVE_AMOUNTS, strict=True)))
"""A run of five statements."""

ONE, TWO = FIVE_AGREEMENTS[1:3]
PAIR = Settlement.of([(ONE, 1000), (TWO, 500)])
"""A run of two statements, for corrections."""


def record_all(world: World, agreements: Sequence[Terms]) -> None:
    """Record agreements whose prosumers are those of `agreement`."""
    signed = []
    for value in agreements:
        holder = next(
            one
            for one in (*map(prosumer, range(32)), actors.PROSUMER)
            if one.address == value.prosumer
        )
        signed.append(world.signed(value, prosumer=holder))
    world.chain.send(world.market.functions.recordAgreements(signed), actors.RELAYER)


def fund(world: World, amount: int, dso: Actor = actors.DSO) -> None:
    """Pay in 1e-4 EUR for a DSO's runs."""
    call = world.ledger.functions.deposit(dso.checksum, amount * 100)
    world.chain.send(call, actors.AGGREGATOR)


def publish(world: World, settlement: Settlement, **changes: object) -> None:
    """Publish a run."""
    call = world.ledger.functions.publishRun(settlement.run_input(**changes))
    world.chain.send(call, actors.DSO)


def correct(world: World, settlement: Settlement, **changes: object) -> None:
    """Publish a correction."""
    call = world.ledger.functions.publishCorrection(settlement.run_input(**changes))
    world.chain.send(call, actors.DSO)


def open_claims(world: World) -> None:
    """Let the challenge window of what was just published pass."""
    published = world.chain.w3.eth.get_block("latest")["timestamp"]
    world.chain.at(published + CHALLENGE_WINDOW_S)


def run_of(world: World, first_day: int = FIRST_DAY) -> dict[str, Any]:
    """A stored run by field name."""
    names = (
        "root",
        "rule_set",
        "sum",
        "claimed",
        "published_at",
        "block_number",
        "period_last_day",
        "depth",
        "version",
        "status",
    )
    function = world.ledger.functions.runOf(
        actors.DSO.checksum, actors.AGGREGATOR.checksum, first_day
    )
    return dict(zip(names, world.chain.read(function), strict=True))


def escrow_of(world: World) -> tuple[int, int]:
    """Free and locked escrow in 1e-4 EUR; locked is what else the ledger holds, without bonds."""
    function = world.ledger.functions.escrowOf(actors.AGGREGATOR.checksum, actors.DSO.checksum)
    free, _ = world.chain.read(function)
    locked = world.held - free
    assert free % 100 == locked % 100 == 0
    return free // 100, locked // 100


def claim(world: World, run: Settlement, value: Terms) -> int:
    """Hand in an agreement's claim and return what it pays."""
    call = world.ledger.functions.claim(run.claim_of(value))
    paid: int = world.chain.read(call)
    world.chain.send(call, actors.STRANGER)
    return paid
