"""Statements with all they were computed from, right and wrong ones, and their challenges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from settlement.activation import Activation, standing_activations
from settlement.baselines.baseline import History
from settlement.clock import MINUTES_PER_DAY
from settlement.identity import agreement_id
from settlement.meter import Readings
from settlement.settle import Settled, activations_of, settle
from settlement.statement import Pair, Period, Statement, pack_series
from settlement.terms import BaselineMethod, Terms
from tests.contracts import actors
from tests.contracts.defaults import FIRST_ISP, terms, words
from tests.contracts.settling import (
    AFTER_PERIOD_S,
    FIRST_DAY,
    LAST_DAY,
    Settlement,
    fund,
    prosumer,
    publish,
    record_all,
)
from tests.contracts.world import World

PERIOD = Period(FIRST_DAY, LAST_DAY)
LOG = (
    Activation(FIRST_ISP, 6, -2000),
    Activation(FIRST_ISP + 96, 4, -3000),
    Activation(FIRST_ISP + 96, 4, 0),
    Activation(FIRST_ISP + 192, 5, -3000),
)
"""Two standing activations and one that was cancelled between them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One agreement in one period; `values` are baseline and actual W by ISP."""

    terms: Terms
    log: tuple[Activation, ...]
    values: Mapping[int, Pair]
    period: Period = PERIOD
    end_day: int | None = None

    @property
    def identity(self) -> bytes:
        return agreement_id(self.terms)

    @property
    def pairs(self) -> list[Pair]:
        """The series of the statement."""
        activations = activations_of(self.terms, standing_activations(self.log), self.period)
        return [self.values[isp] for one in activations for isp in one.ordered_isps()]

    @property
    def words(self) -> list[int]:
        """The packed series."""
        return words_of(pack_series(self.pairs))

    def settled(self) -> Settled:
        """The statement by the Python rules; the baselines count as nominated."""
        standing = standing_activations(self.log)
        baselines, actuals = (self._readings(position) for position in (0, 1))
        history = History(actuals, frozenset(), frozenset(), frozenset())
        nominated = dict.fromkeys(standing, baselines)
        found = settle(self.terms, standing, self.period, history, nominated, self.end_day)
        assert isinstance(found, Settled), found
        return found

    @property
    def statement(self) -> Statement:
        return self.settled().statement

    def stating(self, **changes: object) -> Statement:
        """A wrong statement that differs in some of its fields."""
        return replace(self.statement, **changes)  # type: ignore[arg-type]

    def _readings(self, position: int) -> Readings:
        per_day = MINUTES_PER_DAY // self.terms.isp_minutes
        days: dict[int, list[int | None]] = {}
        for isp, pair in self.values.items():
            days.setdefault(isp // per_day, [None] * per_day)[isp % per_day] = pair[position]
        return Readings(self.terms.isp_minutes, {day: tuple(row) for day, row in days.items()})


def words_of(packed: bytes) -> list[int]:
    """Bytes as 32-byte words."""
    return [int.from_bytes(packed[at : at + 32], "big") for at in range(0, len(packed), 32)]


def nominated(number: int, **changes: object) -> Terms:
    """One of many agreements with a nominated baseline."""
    return terms(
        salt=(1000 + number).to_bytes(32, "big"),
        prosumer=prosumer(number).address,
        baseline_method=BaselineMethod.NOMINATED,
        x=0,
        y=0,
        **changes,
    )


def case(number: int = 0, **changes: object) -> Case:
    """An agreement with the standard log; it delivers a little less in each ISP."""
    isps = [isp for one in standing_activations(LOG) for isp in one.ordered_isps()]
    values = {isp: (5000 + at, 3000 + at + 37 * at) for at, isp in enumerate(isps)}
    return Case(nominated(number, **changes), LOG, values)


def run_over(stated: Sequence[tuple[Case, Statement]]) -> Settlement:
    """A run of statements, right or wrong, in the order of its tree."""
    return Settlement.over([(one.terms, told) for one, told in stated])


def evidence(
    run: Settlement, position: int, about: Case, series: Sequence[int] | None = None
) -> tuple[object, ...]:
    """Evidence and proof of a challenge; `series` instead of the right words."""
    value, told, proof = run.claim(position)
    log = [(one.first_isp, one.isps, one.ordered_w) for one in about.log]
    return (value, told, log, list(about.words if series is None else series)), proof


def evidence_of(run: Settlement, about: Case, series: Sequence[int] | None = None) -> Any:
    """The same for the only statement of an agreement."""
    return evidence(run, run.agreements.index(about.terms), about, series)


def order_all(world: World, cases: Sequence[Case]) -> None:
    """Record the agreements and write their logs."""
    record_all(world, [one.terms for one in cases])
    market = world.market.functions
    for about in cases:
        head = bytes(32)
        previous = head
        for entry in about.log:
            if entry.ordered_w:
                previous = head
                call = world.activation(
                    about.terms,
                    first_isp=entry.first_isp,
                    isps=entry.isps,
                    ordered_w=entry.ordered_w,
                )
            else:
                (_, isps, ordered_w) = _last_before(about.log, entry)
                call = market.cancelActivation(
                    words(about.terms), previous, entry.first_isp, isps, ordered_w
                )
            world.chain.send(call, actors.AGGREGATOR)
            head = world.head(about.identity)


def _last_before(log: Sequence[Activation], cancelling: Activation) -> tuple[int, int, int]:
    entry = log[log.index(cancelling) - 1]
    return entry.first_isp, entry.isps, entry.ordered_w


def stand(world: World, stated: Sequence[tuple[Case, Statement]], spare: int = 0) -> Settlement:
    """Order everything, wait for the end of the period, publish the statements.

    Args:
        world: where.
        stated: cases with what the DSO says of them.
        spare: free escrow that is left, in 1e-4 EUR.
    """
    order_all(world, list({one.identity: one for one, _ in stated}.values()))
    return publish_over(world, stated, spare)


def publish_over(
    world: World, stated: Sequence[tuple[Case, Statement]], spare: int = 0
) -> Settlement:
    """The same for agreements whose logs are written."""
    world.chain.at(AFTER_PERIOD_S)
    run = run_over(stated)
    fund(world, run.sum + spare)
    publish(world, run)
    return run


def arithmetic(world: World, handed_in: tuple[object, ...]) -> Any:
    """The call that challenges a statement's arithmetic."""
    return world.ledger.functions.challengeArithmetic(*handed_in)


def dispute_of(world: World, about: Case) -> tuple[int, int, int]:
    """Version of the recomputation, its amount, version of the hold."""
    call = world.ledger.functions.disputeOf(about.identity, about.period.first_day)
    return tuple(world.chain.read(call))
