"""What a checker asks the ledger. `rpc` answers over JSON-RPC; tests answer from memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from settlement.activation import Activation
from settlement.terms import Terms


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """An agreement as the ledger holds it.

    Attributes:
        recorded: False if the ledger does not know it.
        activations: standing activations.
        end_day: last local day after a termination, None without one.
        log_head: head of the activation log.
    """

    recorded: bool
    activations: int
    end_day: int | None
    log_head: bytes


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The standing version of a settlement run as the ledger holds it.

    Attributes:
        period_last_day: last local day.
        root: root of its tree.
        sum: 1e-4 EUR.
        depth: levels of its tree.
        version: from 1; above that it is a correction.
        block: that published it.
        rule_set: hash of the written rules.
        published_at_s: block time, UTC seconds.
        void: True if it pays nothing until a correction.
    """

    period_last_day: int
    root: bytes
    sum: int
    depth: int
    version: int
    block: int
    rule_set: bytes
    published_at_s: int
    void: bool


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """A version of a run as it was published; `sum` in 1e-4 EUR."""

    period_first_day: int
    period_last_day: int
    version: int
    root: bytes
    sum: int
    depth: int
    block: int


@dataclass(frozen=True, slots=True)
class CommittedRoot:
    """A root of one UTC day as it was committed; `version` counts from 0."""

    utc_day: int
    version: int
    root: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Account:
    """The money side of an agreement and one of its periods; 1e-4 EUR.

    Attributes:
        credited: what was last credited for the period.
        credited_version: by which version of the run, 0 for none.
        balance: what the agreement's account holds over all periods, never above 0.
        recomputed: the amount that a challenge put in the place of the stated one.
        recomputed_version: for which version of the run, 0 for none.
        held_version: for which version a challenge put the statement on hold, 0 for none.
    """

    credited: int
    credited_version: int
    balance: int
    recomputed: int
    recomputed_version: int
    held_version: int


class ChainView(Protocol):
    """Read access to one ledger. What is read off its logs may be refused with `CallRefused`."""

    def chain_id(self) -> int:
        """Return the id of the chain."""

    def now_s(self) -> int:
        """Return the block time of the last block, UTC seconds."""

    def agreement(self, agreement_id: bytes) -> AgreementRecord:
        """Return what is known of an agreement."""

    def run(self, dso: bytes, aggregator: bytes, period_first_day: int) -> RunRecord | None:
        """Return the standing run of a period, or None if none was published."""

    def meter_roots(
        self, mdc: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last meter data root of each day committed before a block, or None."""

    def nomination_roots(
        self, aggregator: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last nomination root of each day committed before a block, or None."""

    def activations_in(self, agreement_id: bytes, block: int) -> Sequence[Activation]:
        """Return the activations of an agreement that a block recorded."""

    def account(self, agreement_id: bytes, period_first_day: int) -> Account:
        """Return the money side of an agreement and one of its periods."""

    def challenge_window_s(self) -> int:
        """Return the seconds between the publication of a run and the first claim."""

    def accepts(self, account: bytes, digest: bytes, signature: bytes) -> bool:
        """Tell whether a smart account accepts a signature (ERC-1271)."""

    def terms_of(self, agreement_id: bytes) -> Terms | None:
        """Return the recorded terms of an agreement from the logs, or None."""

    def agreements_of(self, prosumer: bytes) -> Sequence[Terms]:
        """Return the terms of all recorded agreements of a prosumer from the logs."""

    def runs(self, dso: bytes, aggregator: bytes) -> Sequence[PublishedRun]:
        """Return all versions of all runs of an aggregator from the logs, oldest first."""

    def meter_commitments(self, mdc: bytes, utc_days: Sequence[int]) -> Sequence[CommittedRoot]:
        """Return all meter data roots of some days from the logs, oldest first."""
