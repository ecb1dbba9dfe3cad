"""Random sequences of everything that moves money: nothing appears, nothing is lost."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.contracts import actors
from tests.contracts.defaults import CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.ledger_model import RELEASE_S, LedgerModel
from tests.contracts.settling import FIRST_DAY, Settlement, agreement, prosumer, record_all
from tests.contracts.world import World

AGREEMENTS = [agreement(number) for number in range(3)]
PERIOD_DAYS = 10
PERIODS = 5
STEPS = 50
SEEDS = (2, 5, 9)
DSO, AGGREGATOR = actors.DSO.checksum, actors.AGGREGATOR.checksum
WEIGHTS = {
    "deposit": 2,
    "withdraw": 1,
    "publish": 3,
    "correct": 3,
    "claim": 8,
    "claim_on_a_superseded_run": 2,
    "release": 1,
}


@dataclass(slots=True)
class Driver:
    """The contract and the model, side by side."""

    world: World
    random: Random
    model: LedgerModel = field(default_factory=LedgerModel)
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
        chosen = self.random.sample(AGREEMENTS, self.random.randrange(1, len(AGREEMENTS) + 1))
        pairs = [(one, max(0, self.random.randrange(-500, 3000))) for one in chosen]
        return Settlement.of(pairs, first_day=first_day, last_day=first_day + PERIOD_DAYS - 1)

    def do(self, what: str, call: Any, sender: actors.Actor, allowed: bool, *errors: str) -> bool:
        """Send a call that the model allows, else see it refused."""
        if allowed:
            self.world.chain.send(call, sender)
            self.seen[what] += 1
            return True
        name, _ = self.world.chain.refusal(call, sender)
        assert name in errors
        self.seen[name] += 1
        return False

    def deposit(self) -> None:
        amount = self.random.randrange(1, 12_000)
        self.model.free += amount
        self.do("deposit", self.ledger.deposit(DSO, amount * 100), actors.AGGREGATOR, True)

    def withdraw(self) -> None:
        amount = self.random.randrange(1, 4000)
        allowed = amount <= self.model.free
        call = self.ledger.withdraw(DSO, amount * 100)
        self.model.free -= amount if allowed else 0
        self.do("withdraw", call, actors.AGGREGATOR, allowed, "EscrowShort")

    def publish(self) -> None:
        if len(self.model.runs) == PERIODS:
            return
        settlement = self.settlement(len(self.model.runs))
        call = self.ledger.publishRun(settlement.run_input())
        allowed = self.model.publish(settlement, self.now_s)
        self.do("publish", call, actors.DSO, allowed, "EscrowShort")

    def correct(self) -> None:
        period = self.some_period()
        old = self.model.runs[period].settlement
        settlement = self.settlement(period)
        call = self.ledger.publishCorrection(settlement.run_input())
        allowed = self.model.correct(period, settlement, self.now_s)
        if self.do("correct", call, actors.DSO, allowed, "EscrowShort"):
            self.superseded.append(old)

    def claim(self) -> None:
        period = self.some_period()
        run = self.model.runs[period]
        opens = run.published_at + CHALLENGE_WINDOW_S
        if self.now_s < opens and self.random.random() < 0.9:
            self.world.chain.at(opens)
        position = self.some_statement(period)
        call = self.ledger.claim(run.settlement.claim(position))
        number = AGREEMENTS.index(run.settlement.agreements[position])
        amount = run.settlement.statements[position].amount
        paid = self.model.claim(period, number, amount, self.now_s)
        if paid is not None:
            assert self.world.chain.read(call) == paid
            self.seen["paid late" if run.released and paid else "paid"] += bool(paid)
            self.seen["kept back"] += self.model.accounts[number] < 0
        allowed = paid is not None
        self.do("claim", call, actors.STRANGER, allowed, "ClaimsNotOpen", "EscrowShort")

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
        refused = ("ClaimsNotOpen", "ProofMismatch", "ProofLength", "IndexOutOfTree")
        self.do("", self.ledger.claim(old.claim(0)), actors.STRANGER, False, *refused)

    def release(self) -> None:
        period = self.some_period()
        opens = self.model.runs[period].published_at + RELEASE_S
        if self.now_s < opens and self.random.random() < 0.5:
            self.world.chain.at(opens)
        call = self.ledger.releaseUnclaimed(DSO, AGGREGATOR, FIRST_DAY + period * PERIOD_DAYS)
        allowed = self.model.release(period, self.now_s)
        self.do("release", call, actors.STRANGER, allowed, "ReleaseTooEarly", "AlreadyReleased")

    def check(self) -> None:
        """What has to hold after every step."""
        free, _ = self.world.chain.read(self.ledger.escrowOf(AGGREGATOR, DSO))
        assert free == self.model.free * 100
        assert self.world.held == self.model.held * 100, "the ledger holds what it owes"
        for period, run in enumerate(self.model.runs):
            first_day = FIRST_DAY + period * PERIOD_DAYS
            stored = self.world.chain.read(self.ledger.runOf(DSO, AGGREGATOR, first_day))
            assert stored[2:4] == (run.settlement.sum, run.claimed)
            assert run.claimed <= run.settlement.sum, "no run pays more than it locked"
        for number in range(len(AGREEMENTS)):
            self.check_agreement(number)

    def check_agreement(self, number: int) -> None:
        credits = self.model.credits.items()
        credited = sum(amount for (one, _), (amount, _) in credits if one == number)
        account, paid = self.model.accounts.get(number, 0), self.model.paid.get(number, 0)
        assert account <= 0, "what is due is paid at once"
        assert paid + account == credited, "paid is what was credited, less what is kept back"
        assert self.world.balance(prosumer(number).checksum) == paid * 100


def drive(world: World, seed: int) -> Counter[str]:
    """Run one sequence from the deployed state and return what happened in it."""
    snapshot = world.chain.tester.take_snapshot()
    record_all(world, AGREEMENTS)
    world.chain.at((FIRST_DAY + (PERIODS + 1) * PERIOD_DAYS) * DAY_S)
    driver = Driver(world, Random(seed))
    for _ in range(STEPS):
        driver.step()
        driver.check()
    world.chain.tester.revert_to_snapshot(snapshot)
    return driver.seen


def test_money_is_conserved(deployed: World) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        seen.update(drive(deployed, seed))
    met = {name for name, times in seen.items() if times}
    assert met >= {
        *("deposit", "withdraw", "publish", "correct", "claim", "release"),
        *("paid", "paid late", "kept back"),
        *("EscrowShort", "ClaimsNotOpen", "ProofMismatch", "ReleaseTooEarly", "AlreadyReleased"),
    }, "the sequences have to meet every case, else they prove little"
