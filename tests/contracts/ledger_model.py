"""The money rules of the ledger once more, in a few lines of Python: what a run owes to whom."""

from dataclasses import dataclass, field

from tests.contracts.defaults import CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.settling import BONDED, RELEASED, UNBONDED, VOID, VOID_RELEASED, Settlement

RELEASE_S = CHALLENGE_WINDOW_S + 180 * DAY_S
_AFTER_RELEASE = {UNBONDED: RELEASED, BONDED: RELEASED, VOID: VOID_RELEASED}


@dataclass(slots=True)
class RunModel:
    """The standing version of a run; money in 1e-4 EUR, agreements by their number."""

    settlement: Settlement
    version: int
    published_at: int
    claimed: int = 0
    status: int = BONDED
    added: int = 0
    recomputed: dict[int, int] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)

    @property
    def opens_at(self) -> int:
        return self.published_at + CHALLENGE_WINDOW_S

    @property
    def void(self) -> bool:
        return self.status in (VOID, VOID_RELEASED)

    @property
    def released(self) -> bool:
        return self.status in (RELEASED, VOID_RELEASED)

    @property
    def locked(self) -> int:
        return 0 if self.released else self.settlement.sum + self.added - self.claimed


@dataclass(slots=True)
class LedgerModel:
    """One aggregator and one DSO. What is refused is answered by the name of the error."""

    free: int = 0
    bonds: int = 0
    runs: list[RunModel] = field(default_factory=list)
    credits: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    accounts: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    put_in: int = 0
    taken_back: int = 0

    @property
    def held(self) -> int:
        """All that the ledger must hold besides bonds."""
        return self.free + sum(run.locked for run in self.runs)

    @property
    def bonds_held(self) -> int:
        """The bonds that the ledger must hold, tied and free."""
        return self.bonds + sum(run.status == BONDED for run in self.runs)

    @property
    def paid_out(self) -> int:
        """All that prosumers have got."""
        return sum(self.paid.values())

    def deposit(self, amount: int) -> None:
        """Put escrow in."""
        self.free += amount
        self.put_in += amount

    def withdraw(self, amount: int) -> str:
        """Take free escrow back."""
        if amount > self.free:
            return "EscrowShort"
        self.free -= amount
        self.taken_back += amount
        return ""

    def publish(self, settlement: Settlement, now_s: int) -> str:
        """Publish the next run."""
        if settlement.sum > self.free:
            return "EscrowShort"
        if self.bonds == 0:
            return "BondShort"
        self.free -= settlement.sum
        self.bonds -= 1
        self.runs.append(RunModel(settlement, 1, now_s))
        return ""

    def correct(self, period: int, settlement: Settlement, now_s: int) -> str:
        """Replace a run."""
        old = self.runs[period]
        if settlement.sum > self.free + old.locked:
            return "EscrowShort"
        if self.bonds + (old.status == BONDED) == 0:
            return "BondShort"
        self.free += old.locked - settlement.sum
        self.bonds += (old.status == BONDED) - 1
        self.runs[period] = RunModel(settlement, old.version + 1, now_s)
        return ""

    def release(self, period: int, now_s: int) -> str:
        """Give back what is unpaid."""
        run = self.runs[period]
        if run.released:
            return "AlreadyReleased"
        if now_s < run.published_at + RELEASE_S:
            return "ReleaseTooEarly"
        self.free += run.locked
        self.bonds += run.status == BONDED
        run.status = _AFTER_RELEASE[run.status]
        return ""

    def free_bond(self, period: int, now_s: int) -> str:
        """Free the bond of a run."""
        run = self.runs[period]
        if run.status != BONDED:
            return "BondNotTied"
        if now_s < run.opens_at:
            return "BondStillTied"
        run.status = UNBONDED
        self.bonds += 1
        return ""

    def challenge(
        self, period: int, agreement: int, stated: int, right: int | None, now_s: int
    ) -> str:
        """Recompute a statement; `right` is None where its series is malformed."""
        run = self.runs[period]
        if now_s >= run.opens_at:
            return "ChallengeTooLate"
        if run.void:
            return "RunIsVoid"
        if right is None and agreement in run.held:
            return "StatementOnHold"
        if right is None:
            run.held.add(agreement)
            return ""
        if right == run.recomputed.get(agreement, stated):
            return "ArithmeticHolds"
        run.recomputed[agreement] = right
        run.status = UNBONDED
        growth = max(0, right - stated)
        if growth > self.free:
            run.status = VOID
        else:
            self.free -= growth
            run.added += growth
        return ""

    def claim(self, period: int, agreement: int, stated: int, now_s: int) -> int | str:
        """Credit a statement and return what is paid."""
        run = self.runs[period]
        if now_s < run.opens_at:
            return "ClaimsNotOpen"
        if run.void:
            return "RunIsVoid"
        credited, version = self.credits.get((agreement, period), (0, 0))
        if version == run.version:
            return 0
        if agreement in run.held:
            return "StatementOnHold"
        amount = run.recomputed.get(agreement, stated)
        account = self.accounts.get(agreement, 0) + amount - credited
        due = max(0, account)
        if run.released and due > self.free:
            return "EscrowShort"
        if run.released:
            self.free -= due
        run.claimed += due
        self.credits[agreement, period] = (amount, run.version)
        self.accounts[agreement] = account - due
        self.paid[agreement] = self.paid.get(agreement, 0) + due
        return due
