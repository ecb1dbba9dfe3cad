"""Who signed a digest. The one place that imports an elliptic curve library."""

from coincurve import PublicKey

from settlement.keccak import keccak256

_SIGNATURE_BYTES = 65
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def recover_signer(digest: bytes, signature: bytes) -> bytes | None:
    """Return the 20-byte address whose key signed a digest, or None for an unusable signature.

    Args:
        digest: 32 bytes.
        signature: r, s and v (27 or 28), 65 bytes. An s in the upper half of the curve order is
            refused, as the ledger does.
    """
    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    compact = signature[:64] + bytes([signature[64] - 27])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception:  # the library raises bare exceptions of several kinds
        return None
    return address_of(key.format(compressed=False))


def address_of(public_key: bytes) -> bytes:
    """Return the address of an uncompressed public key (65 bytes)."""
    return keccak256(public_key[1:])[-20:]
