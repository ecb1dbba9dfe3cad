"""Signatures: a message travels in an envelope, behind 64 bytes of ed25519. Nothing is encrypted.

Keys are base64, as the library's `shapeshifter-keypair` prints them.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from backend.uftp.document import Message, parse_envelope, parse_message
from backend.uftp.library import PayloadMessage, SignedMessage, UsefRole, seal_message, to_xml
from backend.uftp.rejection import TransportRefused
from settlement.errors import InputError

BAD_DOCUMENT, BAD_SIGNATURE = 400, 401
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed message whose signature has not been checked.

    Attributes:
        sender_domain: who claims to have signed.
        sender_role: AGR, CRO or DSO.
        sealed: signature and message: the bytes to keep as evidence.
    """

    sender_domain: str
    sender_role: str
    sealed: bytes


def seal(message: PayloadMessage, role: UsefRole, signing_key: str) -> bytes:
    """Sign a message and return the XML of its envelope.

    Args:
        message: with its header.
        role: of the sender.
        signing_key: private key, base64.
    """
    sealed = seal_message(message, signing_key)
    signed = SignedMessage(sender_domain=str(message.sender_domain), sender_role=role, body=sealed)
    return to_xml(signed).encode()


def open_envelope(document: bytes) -> Envelope:
    """Read an envelope.

    Raises:
        TransportRefused: it is none.
    """
    try:
        found = parse_envelope(document)
        sealed = b64decode(found["Body"], validate=True)
    except (InputError, binascii.Error) as error:
        raise TransportRefused(BAD_DOCUMENT, str(error)) from None
    return Envelope(found["SenderDomain"], found["SenderRole"], sealed)


def unseal(envelope: Envelope, public_key: str) -> tuple[Message, bytes]:
    """Check the signature, then the message, in this order.

    Args:
        envelope: as received.
        public_key: of the claimed sender, base64.

    Returns:
        The message and the bytes of its XML.

    Raises:
        TransportRefused: the signature is not this sender's, or what was signed is no message.
    """
    try:
        document = crypto_sign_open(envelope.sealed, b64decode(public_key))
    except (CryptoError, ValueError):
        raise TransportRefused(BAD_SIGNATURE, "the signature does not hold") from None
    try:
        return parse_message(document), document
    except InputError as error:
        raise TransportRefused(BAD_DOCUMENT, str(error)) from None
