"""One random step after the other, on the ledger and on its model."""

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from settlement.keccak import keccak256
from settlement.settle import capacity_isps
from settlement.statement import Period, Statement
from settlement.terms import Terms
from settlement.units import line_amount
from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS
from tests.contracts.ledger_model import RELEASE_S, LedgerModel
from tests.contracts.settling import (
    FIRST_DAY,
    Settlement,
    agreement,
    prosumer,
    statement,
)
from tests.contracts.world import BONDS, World

AGREEMENTS = [agreement(number) for number in range(3)]
PERIOD_DAYS = 10
PERIODS = 5
NO_SERIES, MALFORMED = keccak256(b""), keccak256(bytes(32))
DSO, AGGREGATOR = actors.DSO.checksum, actors.AGGREGATOR.checksum
WEIGHTS = {
    "deposit": 3,
    "withdraw": 2,
    "publish": 4,
    "correct": 3,
    "challenge": 8,
    "claim": 8,
    "claim_on_a_superseded_run": 1,
    "release": 2,
    "free_bond": 1,
    "withdraw_bonds": 1,
    "deposit_bond": 3,
}


def right_amount(value: Terms, told: Statement) -> int:
    """Nothing was ordered, so all there is is capacity pay."""
    isps = capacity_isps(value, told.period, 0)
    return line_amount(abs(value.amount_w) * isps, value.isp_minutes, value.capacity_rate)


@dataclass(slots=True)
class Driver:
    """The contract and the model, side by side."""

    world: World
    random: Random
    model: LedgerModel = field(default_factory=lambda: LedgerModel(bonds=BONDS))
    superseded: list[Settlement] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def ledger(self) -> Any:
        return self.world.ledger.functions

    @property
    def now_s(self) -> int:
        return self.world.chain.now_s

    def step(self) -> None:
        """Do one thing; what needs a run waits for the first one."""
        names = [name for name in WEIGHTS if self.model.runs or name in ("deposit", "publish")]
        name = self.random.choices(names, [WEIGHTS[one] for one in names])[0]
        getattr(self, name)()

    def some_period(self) -> int:
        return self.random.randrange(len(self.model.runs))

    def settlement(self, period: int) -> Settlement:
        first_day = FIRST_DAY + period * PERIOD_DAYS
        days = Period(first_day, first_day + PERIOD_DAYS - 1)
        chosen = self.random.sample(AGREEMENTS, self.random.randrange(1, len(AGREEMENTS) + 1))
        return Settlement.over([(one, self.stated(one, days)) for one in chosen])

    def stated(self, value: Terms, days: Period) -> Statement:
        """A statement that is right or wrong or malformed."""
        amount = max(0, self.random.randrange(-500, 6000))
        told = statement(value, amount, days.first_day, days.last_day)
        series_hash = MALFORMED if self.random.random() < 0.2 else NO_SERIES
        if self.random.random() < 0.3:
            told = replace(told, amount=right_amount(value, told))
        return replace(told, series_hash=series_hash)

    def do(self, what: str, call: Any, sender: actors.Actor, refused: str = "") -> bool:
        """Send a call that the model allows, else see it refused with the same error."""
        if not refused:
            self.world.chain.send(call, sender)
            self.seen[what] += 1
            return True
        name, _ = self.world.chain.refusal(call, sender)
        assert name == refused
        self.seen[name] += 1
        return False

    def deposit(self) -> None:
        amount = self.random.randrange(1, 12_000)
        self.model.deposit(amount)
        self.do("deposit", self.ledger.deposit(DSO, amount * 100), actors.AGGREGATOR)

    def withdraw(self) -> None:
        amount = self.random.choice([self.random.randrange(1, 8000), max(1, self.model.free)])
        call = self.ledger.withdraw(DSO, amount * 100)
        self.do("withdraw", call, actors.AGGREGATOR, self.model.withdraw(amount))

    def withdraw_bonds(self) -> None:
        bonds = self.random.choice([1, max(1, self.model.bonds), 5])
        refused = "" if bonds <= self.model.bonds else "BondShort"
        call = self.ledger.withdrawBond(bonds * BOND_UNITS)
        self.model.bonds -= 0 if refused else bonds
        self.do("withdraw bonds", call, actors.DSO, refused)

    def deposit_bond(self) -> None:
        self.model.bonds += 1
        self.do("deposit bond", self.ledger.depositBond(BOND_UNITS), actors.DSO)

    def publish(self) -> None:
        if len(self.model.runs) == PERIODS:
            return
        settlement = self.settlement(len(self.model.runs))
        call = self.ledger.publishRun(settlement.run_input())
        self.do("publish", call, actors.DSO, self.model.publish(settlement, self.now_s))

    def correct(self) -> None:
        period = self.some_period()
        old = self.model.runs[period].settlement
        settlement = self.settlement(period)
        call = self.ledger.publishCorrection(settlement.run_input())
        refused = self.model.correct(period, settlement, self.now_s)
        if self.do("correct", call, actors.DSO, refused):
            self.superseded.append(old)

    def challenge(self) -> None:
        period = self.random.choice([self.some_period(), len(self.model.runs) - 1])
        run = self.model.runs[period]
        position = self.random.randrange(len(run.settlement.statements))
        told, value = run.settlement.statements[position], run.settlement.agreements[position]
        malformed = told.series_hash == MALFORMED
        terms, statement, proof = run.settlement.claim(position)
        evidence = (terms, statement, [], [0] if malformed else [])
        call = self.ledger.challengeArithmetic(evidence, proof)
        right = None if malformed else right_amount(value, told)
        number = AGREEMENTS.index(value)
        refused = self.model.challenge(period, number, told.amount, right, self.now_s)
        self.do("hold" if malformed else "challenge", call, actors.CHALLENGER, refused)
        self.seen["void"] += run.void

    def claim(self) -> None:
        period = self.some_period()
        run = self.model.runs[period]
        if self.now_s < run.opens_at and self.random.random() < 0.4:
            self.world.chain.at(run.opens_at)
        position = self.some_statement(period)
        call = self.ledger.claim(run.settlement.claim(position))
        number = AGREEMENTS.index(run.settlement.agreements[position])
        amount = run.settlement.statements[position].amount
        paid = self.model.claim(period, number, amount, self.now_s)
        if isinstance(paid, int):
            assert self.world.chain.read(call) == paid
            self.seen["paid late" if run.released and paid else "paid"] += bool(paid)
            self.seen["kept back"] += self.model.accounts.get(number, 0) < 0
            self.seen["paid otherwise"] += number in run.recomputed
        refused = paid if isinstance(paid, str) else ""
        self.do("claim", call, actors.STRANGER, refused)

    def some_statement(self, period: int) -> int:
        """A position in a run, mostly of a statement that nobody has claimed."""
        run = self.model.runs[period]
        positions = range(len(run.settlement.statements))
        open_ones = [
            one
            for one in positions
            if self.model.credits.get(
                (AGREEMENTS.index(run.settlement.agreements[one]), period), (0, 0)
            )[1]
            != run.version
        ]
        return self.random.choice(
            open_ones if open_ones and self.random.random() < 0.8 else positions
        )

    def claim_on_a_superseded_run(self) -> None:
        if not self.superseded:
            return
        old = self.random.choice(self.superseded)
        period = (old.statements[0].period_first_day - FIRST_DAY) // PERIOD_DAYS
        if old.tree.root == self.model.runs[period].settlement.tree.root:
            return  # a later correction went back to it
        refused = ("ClaimsNotOpen", "RunIsVoid", "ProofMismatch", "ProofLength", "IndexOutOfTree")
        name, _ = self.world.chain.refusal(self.ledger.claim(old.claim(0)), actors.STRANGER)
        assert name in refused
        self.seen[name] += 1

    def release(self) -> None:
        period = self.some_period()
        opens = self.model.runs[period].published_at + RELEASE_S
        if self.now_s < opens and self.random.random() < 0.5:
            self.world.chain.at(opens)
        call = self.ledger.releaseUnclaimed(DSO, AGGREGATOR, FIRST_DAY + period * PERIOD_DAYS)
        self.do("release", call, actors.STRANGER, self.model.release(period, self.now_s))

    def free_bond(self) -> None:
        period = self.some_period()
        call = self.ledger.freeBond(DSO, AGGREGATOR, FIRST_DAY + period * PERIOD_DAYS)
        self.do("free bond", call, actors.STRANGER, self.model.free_bond(period, self.now_s))

    def check(self) -> None:
        """What has to hold after every step: the ledger holds what it owes, bonds included."""
        model = self.model
        free, _ = self.world.chain.read(self.ledger.escrowOf(AGGREGATOR, DSO))
        assert free == model.free * 100
        held = self.world.held + (BONDS - model.bonds_held) * BOND_UNITS
        assert held == model.held * 100
        assert model.put_in * 100 == (model.taken_back + model.paid_out) * 100 + held
        assert 0 <= sum(run.locked for run in model.runs) <= model.put_in, "locked was paid in"

    def check_all(self) -> None:
        """The same for every run and agreement."""
        assert self.world.chain.read(self.ledger.bondOf(DSO)) == self.model.bonds * BOND_UNITS
        for period, run in enumerate(self.model.runs):
            key = (DSO, AGGREGATOR, FIRST_DAY + period * PERIOD_DAYS)
            stored = self.world.chain.read(self.ledger.runOf(*key))
            assert stored[2:4] == (run.settlement.sum, run.claimed)
            assert stored[9] == run.status
            assert self.world.chain.read(self.ledger.lockedOf(*key)) == run.locked
            assert run.claimed <= run.settlement.sum + run.added, "no run pays more than its lock"
            assert not (run.void and run.claimed), "a void run pays nothing"
        for number in range(len(AGREEMENTS)):
            self.check_agreement(number)

    def check_agreement(self, number: int) -> None:
        credits = self.model.credits.items()
        credited = sum(amount for (one, _), (amount, _) in credits if one == number)
        account, paid = self.model.accounts.get(number, 0), self.model.paid.get(number, 0)
        assert account <= 0, "what is due is paid at once"
        assert paid + account == credited, "paid is what was credited, less what is kept back"
        assert self.world.balance(prosumer(number).checksum) == paid * 100
