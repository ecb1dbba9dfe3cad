"""What a checker asks the ledger. `rpc` answers over JSON-RPC; tests answer from memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from settlement.activation import Activation


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
    """A settlement run as the ledger holds it; `sum` in 1e-4 EUR."""

    period_last_day: int
    root: bytes
    sum: int
    depth: int
    version: int
    block: int
    rule_set: bytes


class ChainView(Protocol):
    """Read access to one ledger."""

    def chain_id(self) -> int:
        """Return the id of the chain."""

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
