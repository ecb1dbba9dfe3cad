"""The trade of one DSO with one aggregator: both books in one store, and messages between them.

Where the parties work apart, each keeps its own store and takes in what arrives; `receive` is that
half. `send` does both halves in one process.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import TradeMessageRow
from flexmanager.vpp.book import Book, Message, Trade
from flexmanager.vpp.document import from_document, to_document
from flexmanager.vpp.judge import accepted, rejections
from flexmanager.vpp.message import Header
from flexmanager.vpp.rejection import Rejection
from settlement.document import canonical_json


def random_id() -> str:
    """Return a random UUID."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class TradeDesk:
    """Where a DSO and an aggregator meet.

    Attributes:
        session: an open session of the store with both books.
        trade: what they agreed.
        new_id: makes MessageIDs.
    """

    session: Session
    trade: Trade
    new_id: Callable[[], str] = random_id
    _read: dict[str, Book] = field(default_factory=dict, init=False, repr=False, compare=False)

    def other(self, party: str) -> str:
        """Return whom a party trades with."""
        return self.trade.aggregator if party == self.trade.dso else self.trade.dso

    def header(self, sender: str, now_s: int, conversation_id: str | None = None) -> Header:
        """Return the header of a new message; without a conversation it begins one."""
        conversation_id = conversation_id or self.new_id()
        return Header(self.new_id(), conversation_id, sender, self.other(sender), now_s)

    def book(self, owner: str) -> Book:
        """Read the book of a party; what was read before is not read again.

        Raises:
            InputError: a stored message is not one.
        """
        known = self._read.get(owner, Book(self.trade))
        last = len(known.messages) - 1
        rows = self._rows(owner, max(0, last))
        if last >= 0 and (not rows or rows[0].message_id != next(reversed(known.messages))):
            # What was read is not what is stored: a transaction was undone.
            known, rows = Book(self.trade), self._rows(owner, 0)
        new = {
            row.message_id: from_document(json.loads(row.document), "stored message")
            for row in rows
            if row.message_id not in known.messages
        }
        if new:
            known = replace(known, messages={**known.messages, **new})
        self._read[owner] = known
        return known

    def _rows(self, owner: str, first: int) -> Sequence[TradeMessageRow]:
        """Return the stored messages of a book from a position on."""
        query = select(TradeMessageRow).where(
            TradeMessageRow.owner == owner,
            TradeMessageRow.other == self.other(owner),
            TradeMessageRow.position >= first,
        )
        return self.session.scalars(query.order_by(TradeMessageRow.position)).all()

    def receive(self, owner: str, message: Message, now_s: int) -> tuple[Rejection, ...]:
        """Judge a message by the book of a party and enter it there if it is accepted.

        Returns:
            Nothing if it is accepted, or was before; else every reason against it.
        """
        book = self.book(owner)
        after = accepted(book, message, now_s)
        if not isinstance(after, Book):
            return after
        if after is not book:
            self._enter(owner, message, now_s)
        return ()

    def send(self, message: Message, now_s: int) -> tuple[Rejection, ...]:
        """Give a message to the other party; it enters both books once it is accepted.

        The sender's own rules are asked first: what they refuse is not sent.

        Returns:
            Nothing if it is accepted, else every reason of the party that refuses it.
        """
        sender = message.header.sender
        own = rejections(self.book(sender), message, now_s)
        refused = own or self.receive(message.header.recipient, message, now_s)
        if not refused:
            self._enter(sender, message, now_s)
        return refused

    def _enter(self, owner: str, message: Message, now_s: int) -> None:
        other = self.other(owner)
        count = select(func.count()).select_from(TradeMessageRow)
        position = self.session.scalar(
            count.where(TradeMessageRow.owner == owner, TradeMessageRow.other == other)
        )
        self.session.add(
            TradeMessageRow(
                owner=owner,
                other=other,
                message_id=message.header.message_id,
                position=position,
                accepted_s=now_s,
                document=canonical_json(to_document(message)),
            )
        )
        self.session.flush()
