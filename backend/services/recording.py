"""Recording chosen activations before they are delivered: what is refused is never dispatched."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.chain.adapter import ContractRefused
from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet
from backend.services.activating import BATCH, order_activations
from settlement.errors import ActivationRefused


@dataclass(frozen=True, slots=True)
class Refused:
    """An activation that was not recorded, and why."""

    wanted: WantedActivation
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of chosen activations: only those that were taken may be dispatched."""

    taken: tuple[WantedActivation, ...]
    refused: tuple[Refused, ...]


def record_activations(
    session: Session,
    market: Market,
    aggregator: Wallet,
    order_id: int,
    wanted: Sequence[WantedActivation],
    now_s: int,
) -> Recorded:
    """Record activations in batches, and without those that the rules or the ledger refuse.

    A batch is recorded as a whole or not at all. One that is refused is halved until what is to
    blame stands alone; the rest is recorded. Arguments as for `order_activations`.
    """
    taken: list[WantedActivation] = []
    refused: list[Refused] = []
    waiting = [list(wanted[at : at + BATCH]) for at in range(0, len(wanted), BATCH)]
    while waiting:
        batch = waiting.pop(0)
        try:
            order_activations(session, market, aggregator, order_id, batch, now_s)
        except (ActivationRefused, ContractRefused) as error:
            if len(batch) == 1:
                refused.append(Refused(batch[0], str(error)))
                continue
            half = len(batch) // 2
            waiting[:0] = [batch[:half], batch[half:]]
        else:
            taken += batch
    return Recorded(tuple(taken), tuple(refused))
