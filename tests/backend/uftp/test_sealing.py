"""Signatures: by the library and back, and what does not hold."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from nacl.bindings import crypto_sign
from shapeshifter_uftp.transport import unseal_message

from backend.uftp.library import SignedMessage, UsefRole, from_xml, to_xml
from backend.uftp.parties import Counterparty, Identity, directory_of, take
from backend.uftp.rejection import TransportRefused
from backend.uftp.sealing import open_envelope, seal, unseal
from tests.backend.uftp.keys import DSO_KEY, DSO_PUBLIC, STRANGER_KEY, STRANGER_PUBLIC
from tests.backend.uftp.stating import DSO, message

SEALED = seal(message(), UsefRole.DSO, DSO_KEY)
KNOWN = directory_of([Counterparty(DSO, UsefRole.DSO, DSO_PUBLIC, "http://127.0.0.1:9/")])


def test_round_trip():
    envelope = open_envelope(SEALED)
    assert (envelope.sender_domain, envelope.sender_role) == (DSO, "DSO")
    found, document = unseal(envelope, DSO_PUBLIC)
    assert found == message()
    assert document.decode() == to_xml(message())


def test_library_opens_what_is_sealed_here():
    assert unseal_message(from_xml(SEALED).body, DSO_PUBLIC) == message()


def test_sealing_is_repeatable():
    assert seal(message(), UsefRole.DSO, DSO_KEY) == SEALED


def test_envelope_holds_to_the_published_schema(schema):
    schema.assertValid(etree.fromstring(SEALED))


def status(document, directory=KNOWN):
    with pytest.raises(TransportRefused) as refusal:
        take(document, directory)
    return refusal.value.status


def enveloped(body, role=UsefRole.DSO, domain=DSO):
    return to_xml(SignedMessage(sender_domain=domain, sender_role=role, body=body)).encode()


def test_signature_of_someone_else():
    assert status(seal(message(), UsefRole.DSO, STRANGER_KEY)) == 401


@given(st.integers(0, 64 * 8 - 1))
def test_signature_with_one_bit_turned(bit):
    body = bytearray(open_envelope(SEALED).sealed)
    body[bit // 8] ^= 1 << bit % 8
    assert status(enveloped(bytes(body))) == 401


@given(st.data())
def test_message_with_one_byte_changed(data):
    body = bytearray(open_envelope(SEALED).sealed)
    at = data.draw(st.integers(64, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    assert status(enveloped(bytes(body))) == 401


@pytest.mark.parametrize("length", [0, 1, 63, 64])
def test_body_too_short_for_a_signature_and_a_message(length):
    body = open_envelope(SEALED).sealed[:length]
    assert status(enveloped(body)) in (400, 401)


@pytest.mark.parametrize(
    ("role", "domain"), [(UsefRole.AGR, DSO), (UsefRole.DSO, "stranger.example")]
)
def test_sender_whose_key_is_not_known(role, domain):
    assert status(enveloped(open_envelope(SEALED).sealed, role, domain)) == 419


@pytest.mark.parametrize("public_key", ["", "AAAA", "not base64!", STRANGER_PUBLIC])
def test_key_that_is_none_of_the_sender_s(public_key):
    known = directory_of([Counterparty(DSO, UsefRole.DSO, public_key, "")])
    assert status(SEALED, known) == 401


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<SignedMessage/>",
        SEALED.replace(b'SenderRole="DSO"', b'SenderRole="MDC"'),
        SEALED.replace(b'Body="', b'Body="='),
        SEALED.replace(b'Body="', b'Body="\xc3\xa9'),
        to_xml(message()).encode(),
    ],
)
def test_no_envelope(document):
    assert status(document) == 400


def test_signed_by_a_friend_but_no_message():
    for document in (b"<Bill/>", b"", SEALED, b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'):
        assert status(enveloped(crypto_sign(document, b64decode(DSO_KEY)))) == 400


def test_identity_signs_for_delivery():
    own = Identity(DSO, UsefRole.DSO, DSO_KEY)
    assert own.outgoing(message()).document == SEALED
    assert b64encode(open_envelope(SEALED).sealed) in SEALED
