"""The state of market and ledger from event logs and block times alone, without one call."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from settlement.activation import EMPTY_HEAD, Activation, next_head
from tests.contracts.defaults import BOND_UNITS
from tests.contracts.settling import BONDED, RELEASED, UNBONDED, VOID, VOID_RELEASED

RECORDED, TERMINATED = 1, 2
Key = tuple[bytes, bytes, int]
"""DSO, aggregator and first day of a run."""


@dataclass(slots=True)
class AgreementLog:
    """What the events say of an agreement."""

    status: int = RECORDED
    last_day: int = 0
    head: bytes = EMPTY_HEAD
    ends: list[int] = field(default_factory=list)
    just_cancelled: bool = False

    def order(self, first_isp: int, isps: int, ordered_w: int) -> None:
        self.head = next_head(self.head, Activation(first_isp, isps, ordered_w))
        self.ends.append(first_isp + isps)
        self.just_cancelled = False

    def cancel(self, first_isp: int, isps: int) -> None:
        self.head = next_head(self.head, Activation(first_isp, isps, 0))
        self.ends.pop()
        self.just_cancelled = True

    def state(self) -> tuple[object, ...]:
        """As the market tells it: after a cancellation only one end is kept."""
        last = self.ends[-1] if self.ends else 0
        previous = 0 if self.just_cancelled or len(self.ends) < 2 else self.ends[-2]
        return self.status, len(self.ends), last, previous, self.last_day, self.just_cancelled


@dataclass(slots=True)
class RunLog:
    """What the events say of the standing version of a run."""

    root: bytes
    rule_set: bytes
    sum: int
    published_at: int
    block: int
    last_day: int
    depth: int
    version: int
    claimed: int = 0
    added: int = 0
    status: int = BONDED

    def stored(self) -> tuple[object, ...]:
        return (
            self.root,
            self.rule_set,
            self.sum,
            self.claimed,
            self.published_at,
            self.block,
            self.last_day,
            self.depth,
            self.version,
            self.status,
        )

    @property
    def locked(self) -> int:
        if self.status in (RELEASED, VOID_RELEASED):
            return 0
        return self.sum + self.added - self.claimed


@dataclass(slots=True)
class Rebuilt:
    """Everything that the views of both contracts show, folded from events in their order."""

    templates: dict[bytes, bytes] = field(default_factory=dict)
    assets: dict[bytes, bytes] = field(default_factory=dict)
    agreements: dict[bytes, AgreementLog] = field(default_factory=dict)
    commitments: dict[tuple[int, bytes, int], list[tuple[bytes, int, int]]] = field(
        default_factory=dict
    )
    free: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    next_day: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    bonds: dict[bytes, int] = field(default_factory=dict)
    runs: dict[Key, RunLog] = field(default_factory=dict)
    credits: dict[tuple[bytes, int], tuple[int, int]] = field(default_factory=dict)
    disputes: dict[tuple[bytes, int], tuple[int, int, int]] = field(default_factory=dict)
    accounts: dict[bytes, int] = field(default_factory=dict)
    roles: set[tuple[bytes, bytes]] = field(default_factory=set)
    paused: bool = False

    @classmethod
    def of(cls, events: Iterable[tuple[str, tuple[Any, ...], int, int]]) -> "Rebuilt":
        """Fold events: name, arguments, block number, block time."""
        state = cls()
        for name, values, block, time_s in events:
            fold = getattr(state, f"_{name}", None)
            if name in _WITH_BLOCK:
                fold(*values, block, time_s)  # type: ignore[misc]
            elif fold is not None:
                fold(*values)
        return state

    def _TemplatePublished(self, template: bytes, aggregator: bytes, _: object) -> None:
        self.templates[template] = aggregator

    def _TemplateWithdrawn(self, template: bytes, _: bytes) -> None:
        self.templates[template] = bytes(20)

    def _AssetRegistered(self, asset: bytes, owner: bytes) -> None:
        self.assets[asset] = owner

    def _AgreementRecorded(self, identity: bytes, *_: object) -> None:
        self.agreements[identity] = AgreementLog()

    def _AgreementTerminated(self, identity: bytes, _: bytes, last_day: int) -> None:
        self.agreements[identity].status = TERMINATED
        self.agreements[identity].last_day = last_day

    def _Activated(self, identity: bytes, first_isp: int, isps: int, ordered_w: int) -> None:
        self.agreements[identity].order(first_isp, isps, ordered_w)

    def _ActivationCancelled(self, identity: bytes, first_isp: int, isps: int, _: int) -> None:
        self.agreements[identity].cancel(first_isp, isps)

    def _Committed(
        self, kind: int, who: bytes, day: int, _: int, root: bytes, block: int, time_s: int
    ) -> None:
        self.commitments.setdefault((kind, who, day), []).append((root, block, time_s))

    def _Deposited(self, aggregator: bytes, dso: bytes, units: int) -> None:
        self.free[aggregator, dso] = self.free.get((aggregator, dso), 0) + units

    def _Withdrawn(self, aggregator: bytes, dso: bytes, units: int) -> None:
        self.free[aggregator, dso] -= units

    def _BondDeposited(self, dso: bytes, units: int) -> None:
        self.bonds[dso] = self.bonds.get(dso, 0) + units

    def _BondWithdrawn(self, dso: bytes, units: int) -> None:
        self.bonds[dso] -= units

    def _BondFreed(self, dso: bytes, aggregator: bytes, first_day: int, _: int) -> None:
        self.bonds[dso] += BOND_UNITS
        self.runs[dso, aggregator, first_day].status = UNBONDED

    def _BondTaken(self, dso: bytes, aggregator: bytes, first_day: int, *_: object) -> None:
        run = self.runs[dso, aggregator, first_day]
        run.status = UNBONDED if run.status == BONDED else run.status

    def _RunPublished(
        self,
        dso: bytes,
        aggregator: bytes,
        first_day: int,
        last_day: int,
        version: int,
        root: bytes,
        total: int,
        depth: int,
        rule_set: bytes,
        _: int,
        block: int,
        time_s: int,
    ) -> None:
        self.free[aggregator, dso] = self.free.get((aggregator, dso), 0) - 100 * total
        self.bonds[dso] -= BOND_UNITS
        if version == 1:
            self.next_day[aggregator, dso] = last_day + 1
        self.runs[dso, aggregator, first_day] = RunLog(
            root, rule_set, total, time_s, block, last_day, depth, version
        )

    def _RunReleased(
        self, dso: bytes, aggregator: bytes, first_day: int, _: int, unpaid: int
    ) -> None:
        run = self.runs[dso, aggregator, first_day]
        run.status = VOID_RELEASED if run.status == VOID else RELEASED
        self.free[aggregator, dso] += 100 * unpaid

    def _RunVoided(self, dso: bytes, aggregator: bytes, first_day: int, *_: object) -> None:
        self.runs[dso, aggregator, first_day].status = VOID

    def _StatementRecomputed(
        self,
        identity: bytes,
        dso: bytes,
        aggregator: bytes,
        first_day: int,
        version: int,
        _: int,
        amount: int,
        added: int,
    ) -> None:
        self.runs[dso, aggregator, first_day].added += added
        self.free[aggregator, dso] -= 100 * added
        held = self.disputes.get((identity, first_day), (0, 0, 0))[2]
        self.disputes[identity, first_day] = (version, amount, held)

    def _StatementHeld(
        self, identity: bytes, _: bytes, __: bytes, first_day: int, version: int, ___: int
    ) -> None:
        recomputed = self.disputes.get((identity, first_day), (0, 0, 0))[:2]
        self.disputes[identity, first_day] = (*recomputed, version)

    def _Claimed(
        self,
        identity: bytes,
        dso: bytes,
        aggregator: bytes,
        first_day: int,
        version: int,
        amount: int,
        paid: int,
        account: int,
    ) -> None:
        run = self.runs[dso, aggregator, first_day]
        if run.status in (RELEASED, VOID_RELEASED):
            self.free[aggregator, dso] -= 100 * paid
        run.claimed += paid
        self.credits[identity, first_day] = (amount, version)
        self.accounts[identity] = account

    def _RoleGranted(self, role: bytes, account: bytes, _: bytes) -> None:
        self.roles.add((role, account))

    def _RoleRevoked(self, role: bytes, account: bytes, _: bytes) -> None:
        self.roles.discard((role, account))

    def _Paused(self, _: bytes) -> None:
        self.paused = True

    def _Unpaused(self, _: bytes) -> None:
        self.paused = False


_WITH_BLOCK = ("Committed", "RunPublished")
