"""Who takes part, and taking a message from one of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from backend.uftp.document import Message
from backend.uftp.fields import Header
from backend.uftp.library import PayloadMessage, UsefRole
from backend.uftp.memory import Outgoing, Taken
from backend.uftp.rejection import TransportRefused
from backend.uftp.sealing import open_envelope, seal, unseal

UNKNOWN_KEY = 419


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """This party.

    Attributes:
        domain: Internet domain.
        role: AGR or DSO.
        signing_key: private key, base64.
        now: the time.
    """

    domain: str
    role: UsefRole
    signing_key: str
    now: Callable[[], datetime] = utc_now

    def header(self, recipient_domain: str, conversation_id: str | None = None) -> Header:
        """Return the header of a new message, of a new conversation if none is given."""
        conversation_id = conversation_id or str(uuid4())
        return Header(self.domain, recipient_domain, str(uuid4()), conversation_id, self.now())

    def outgoing(self, message: PayloadMessage) -> Outgoing:
        """Sign a message for delivery."""
        document = seal(message, self.role, self.signing_key)
        return Outgoing(str(message.recipient_domain), document)


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Another party.

    Attributes:
        domain: Internet domain.
        role: AGR or DSO.
        public_key: base64.
        endpoint: URL that takes its messages.
    """

    domain: str
    role: UsefRole
    public_key: str
    endpoint: str


Directory = Mapping[tuple[str, str], Counterparty]
"""The known parties by domain and role. The protocol also allows for a look-up in DNS."""


def directory_of(parties: Sequence[Counterparty]) -> Directory:
    """Return the directory of some parties."""
    return {(one.domain, one.role.value): one for one in parties}


def take(document: bytes, directory: Directory) -> tuple[Message, Taken]:
    """Take a message whose signature holds from a known party.

    Args:
        document: XML of the envelope.
        directory: the known parties.

    Returns:
        The message, and what to remember of it; its sender is who signed.

    Raises:
        TransportRefused: with the HTTP status that tells why.
    """
    envelope = open_envelope(document)
    sender = directory.get((envelope.sender_domain, envelope.sender_role))
    if sender is None:
        who = f"{envelope.sender_role} {envelope.sender_domain}"
        raise TransportRefused(UNKNOWN_KEY, f"no key of {who:.80}")
    message, signed = unseal(envelope, sender.public_key)
    return message, Taken(sender.domain, str(message.message_id), signed, envelope.sealed)
