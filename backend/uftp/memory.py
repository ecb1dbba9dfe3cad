"""What a party remembers: messages taken, periods settled, and messages still to be delivered.

A file of its own, so that a restart forgets nothing and delivers what was left. The sealed bytes
are kept as evidence: they hold the sender's signature.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from settlement.statement import Period

_TABLES = """
CREATE TABLE IF NOT EXISTS message (
    sender TEXT NOT NULL, message_id TEXT NOT NULL, accepted INTEGER NOT NULL,
    sha256 TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (sender, message_id)
) STRICT;
CREATE TABLE IF NOT EXISTS settled (
    sender TEXT NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
    PRIMARY KEY (sender, first_day, last_day)
) STRICT;
CREATE TABLE IF NOT EXISTS outgoing (
    number INTEGER PRIMARY KEY, recipient TEXT NOT NULL, document BLOB NOT NULL, refusal TEXT
) STRICT;
"""


class Seen(Enum):
    """Whether a message has been here before."""

    NEW = "new, or rejected before and sent again"
    SAME = "accepted before with the same content"
    OTHER = "other content under the same MessageID"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message to remember.

    Attributes:
        sender: domain.
        message_id: a UUID; its letters' case makes no difference.
        document: the XML that was signed.
        sealed: the same behind its signature.
    """

    sender: str
    message_id: str
    document: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An envelope to deliver.

    Attributes:
        recipient: domain.
        document: XML of the envelope.
    """

    recipient: str
    document: bytes


class Memory:
    """The memory of one party.

    Args:
        path: file, made if it is not there; None keeps everything in memory.

    Attributes:
        delivering: held by whoever delivers what waits, so that no message goes out twice.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.delivering = threading.Lock()
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def seen(self, message: Taken) -> Seen:
        """Tell whether a message was here before, and whether it said the same."""
        rows = self._query(
            "SELECT sha256, accepted FROM message WHERE sender = ? AND message_id = ?",
            *_key(message),
        )
        if not rows:
            return Seen.NEW
        digest, accepted = rows[0]
        if digest != _digest(message):
            return Seen.OTHER
        return Seen.SAME if accepted else Seen.NEW

    def keep(
        self,
        message: Taken,
        accepted: bool,
        settled: Period | None = None,
        outgoing: Outgoing | None = None,
    ) -> None:
        """Remember a message with all that follows from it, or nothing of it.

        Args:
            message: taken now; one that was rejected before may be taken again.
            accepted: whether it was accepted as a whole.
            settled: the period that is settled by it.
            outgoing: the message to deliver now, such as its answer.
        """
        row = (*_key(message), accepted, _digest(message), message.sealed)
        with self._lock, self._connection:
            self._connection.execute("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", row)
            if settled is not None:
                days = (message.sender, settled.first_day, settled.last_day)
                self._connection.execute("INSERT OR IGNORE INTO settled VALUES (?, ?, ?)", days)
            if outgoing is not None:
                self._queue(outgoing)

    def queue(self, outgoing: Outgoing) -> None:
        """Remember a message to deliver that follows from nothing kept."""
        with self._lock, self._connection:
            self._queue(outgoing)

    def waiting(self) -> dict[int, Outgoing]:
        """Return the messages still to be delivered by their numbers, oldest first."""
        rows = self._query(
            "SELECT number, recipient, document FROM outgoing WHERE refusal IS NULL ORDER BY number"
        )
        return {number: Outgoing(recipient, document) for number, recipient, document in rows}

    def delivered(self, number: int) -> None:
        """Forget a message that was delivered."""
        self._change("DELETE FROM outgoing WHERE number = ?", number)

    def refused(self, number: int, why: str) -> None:
        """Note that a message was refused for good: it is kept and not tried again."""
        self._change("UPDATE outgoing SET refusal = ? WHERE number = ?", why, number)

    def refusals(self) -> list[str]:
        """Return why messages could not be delivered, for whoever looks after the exchange."""
        rows = self._query(
            "SELECT recipient, refusal FROM outgoing WHERE refusal IS NOT NULL ORDER BY number"
        )
        return [f"{recipient}: {refusal}" for recipient, refusal in rows]

    def settled(self, sender: str) -> Sequence[Period]:
        """Return the periods for which a settlement of a DSO was accepted."""
        rows = self._query(
            "SELECT first_day, last_day FROM settled WHERE sender = ? ORDER BY first_day", sender
        )
        return [Period(*row) for row in rows]

    def reopen(self, sender: str, period: Period) -> None:
        """Let a period be settled again: both parties agreed on a correction, by hand."""
        self._change(
            "DELETE FROM settled WHERE sender = ? AND first_day = ? AND last_day = ?",
            *(sender, period.first_day, period.last_day),
        )

    def sealed(self, sender: str, message_id: str) -> bytes | None:
        """Return the signed bytes of a remembered message."""
        rows = self._query(
            "SELECT sealed FROM message WHERE sender = ? AND message_id = ?",
            *(sender, message_id.lower()),
        )
        return bytes(rows[0][0]) if rows else None

    def _query(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _change(self, statement: str, *values: object) -> None:
        with self._lock, self._connection:
            self._connection.execute(statement, values)

    def _queue(self, outgoing: Outgoing) -> None:
        self._connection.execute(
            "INSERT INTO outgoing (recipient, document) VALUES (?, ?)",
            (outgoing.recipient, outgoing.document),
        )


def _key(message: Taken) -> tuple[str, str]:
    return message.sender, message.message_id.lower()


def _digest(message: Taken) -> str:
    return sha256(message.document).hexdigest()
