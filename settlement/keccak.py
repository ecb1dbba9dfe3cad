"""Keccak-256, the hash of the ledger. The one place that imports a hash library."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte keccak-256 of `data` (the pre-standard padding that Ethereum uses)."""
    return keccak.new(data=data, digest_bits=256).digest()
