"""What a DSO and an aggregator have accepted of each other: the state that messages refer to.

Each party keeps a book of its own. Only accepted messages enter it, in the order of acceptance, and
none ever leaves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from flexmanager.vpp.baseline import DPrognosis
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.clock import Clock
from settlement.errors import InputError
from settlement.orders.contract import Contract

Message = (
    FlexReservationUpdate | FlexRequest | DPrognosis | FlexOffer | FlexOfferRevocation | FlexOrder
)
Kind = TypeVar(
    "Kind",
    FlexReservationUpdate,
    FlexRequest,
    DPrognosis,
    FlexOffer,
    FlexOfferRevocation,
    FlexOrder,
)


@dataclass(frozen=True, slots=True)
class Trade:
    """What a DSO and an aggregator agreed before they trade.

    Attributes:
        dso: domain of the DSO.
        aggregator: domain of the aggregator.
        clock: local time and ISP length of all messages.
        congestion_points: where the aggregator is active.
        contracts: by their id.
        mutex_offers: the DSO takes offers with several options.
        release_lead_s: how long before its local day begins reserved capacity may be released.
    """

    dso: str
    aggregator: str
    clock: Clock
    congestion_points: frozenset[str]
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    mutex_offers: bool = True
    release_lead_s: int = 0

    def __post_init__(self) -> None:
        """Refuse a contract under another name or of another clock."""
        for contract_id, contract in self.contracts.items():
            if contract.contract_id != contract_id or contract.clock != self.clock:
                found = f"contract {contract.contract_id} with {contract.clock}"
                raise InputError(found, f"contract {contract_id}", f"that one with {self.clock}")


@dataclass(frozen=True, slots=True)
class Book:
    """Accepted messages by MessageID, in order of acceptance."""

    trade: Trade
    messages: Mapping[str, Message] = field(default_factory=dict)

    def having(self, message: Message) -> "Book":
        """Return the book after a message was accepted; one that is there already changes nothing.

        Raises:
            InputError: another message has its id.
        """
        identity = message.header.message_id
        if self.messages.get(identity, message) != message:
            raise InputError(f"message {identity}", "book", "an id that is not taken")
        return replace(self, messages={**self.messages, identity: message})

    def find(self, kind: type[Kind], message_id: str | None) -> Kind | None:
        """Return the message of a kind with an id, None if there is none."""
        found = self.messages.get(message_id) if message_id is not None else None
        return found if isinstance(found, kind) else None

    def all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return all messages of a kind, in order of acceptance."""
        return tuple(one for one in self.messages.values() if isinstance(one, kind))

    def is_revoked(self, offer_id: str) -> bool:
        """Tell whether an offer was taken back."""
        return any(one.offer_id == offer_id for one in self.all(FlexOfferRevocation))

    def order_for(self, offer_id: str) -> FlexOrder | None:
        """Return the order of an offer, None if it was not ordered."""
        return next((one for one in self.all(FlexOrder) if one.offer_id == offer_id), None)

    def orderable(self, now_s: int) -> tuple[FlexOffer, ...]:
        """Return the offers that can be ordered at a UTC second: neither over, revoked nor ordered.

        The one rule of it: whoever orders chooses among these, whoever is ordered accepts no other.
        """
        gone = {one.offer_id for one in self.all(FlexOfferRevocation)}
        gone.update(one.offer_id for one in self.all(FlexOrder) if one.offer_id is not None)
        offers = self.all(FlexOffer)
        return tuple(
            one for one in offers if now_s < one.expires_s and one.header.message_id not in gone
        )
