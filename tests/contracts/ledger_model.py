"""The money rules of the ledger once more, in a few lines of Python: what a run owes to whom."""

from dataclasses import dataclass, field

from tests.contracts.defaults import CHALLENGE_WINDOW_S, DAY_S
from tests.contracts.settling import Settlement

RELEASE_S = CHALLENGE_WINDOW_S + 180 * DAY_S


@dataclass(slots=True)
class RunModel:
    """The standing version of a run; money in 1e-4 EUR."""

    settlement: Settlement
    version: int
    published_at: int
    claimed: int = 0
    released: bool = False

    @property
    def locked(self) -> int:
        return 0 if self.released else self.settlement.sum - self.claimed


@dataclass(slots=True)
class LedgerModel:
    """One aggregator and one DSO; agreements are known by their position."""

    free: int = 0
    runs: list[RunModel] = field(default_factory=list)
    credits: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    accounts: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """All that the ledger must hold."""
        return self.free + sum(run.locked for run in self.runs)

    def publish(self, settlement: Settlement, now_s: int) -> bool:
        """Publish the next run; False if the escrow is short."""
        if settlement.sum > self.free:
            return False
        self.free -= settlement.sum
        self.runs.append(RunModel(settlement, 1, now_s))
        return True

    def correct(self, period: int, settlement: Settlement, now_s: int) -> bool:
        """Replace a run; False if the escrow is short."""
        old = self.runs[period]
        if settlement.sum > self.free + old.locked:
            return False
        self.free += old.locked - settlement.sum
        self.runs[period] = RunModel(settlement, old.version + 1, now_s)
        return True

    def release(self, period: int, now_s: int) -> bool:
        """Give back what is unpaid; False if it is too early or was done."""
        run = self.runs[period]
        if run.released or now_s < run.published_at + RELEASE_S:
            return False
        self.free += run.locked
        run.released = True
        return True

    def claim(self, period: int, agreement: int, amount: int, now_s: int) -> int | None:
        """Credit a statement and return what is paid; None if the claim is refused."""
        run = self.runs[period]
        if now_s < run.published_at + CHALLENGE_WINDOW_S:
            return None
        credited, version = self.credits.get((agreement, period), (0, 0))
        if version == run.version:
            return 0
        account = self.accounts.get(agreement, 0) + amount - credited
        due = max(0, account)
        if run.released and due > self.free:
            return None
        if run.released:
            self.free -= due
        run.claimed += due
        self.credits[agreement, period] = (amount, run.version)
        self.accounts[agreement] = account - due
        self.paid[agreement] = self.paid.get(agreement, 0) + due
        return due
