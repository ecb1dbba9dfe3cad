"""Keccak-256 of many messages in one call.

Numba, if it is installed, hashes without a Python call per message. Without it, messages of one
block go through NumPy, all at once, and longer ones through the hash library, one by one: each is
the faster of the two for its length.
"""

import numpy as np

from backend.kernel.columns import HASH_BYTES, Bytes, Integers
from backend.kernel.compiler import has_numba
from backend.kernel.keccak_lanes import hash_single_blocks
from settlement.keccak import keccak256

RATE_BYTES = 136
"""Bytes that one permutation takes in."""

_WORD_BYTES = 8


def permutations(lengths: Integers) -> int:
    """Count the permutations that hashing messages of these lengths takes."""
    return int((lengths // RATE_BYTES + 1).sum())


def hash_rows(messages: Bytes) -> Bytes:
    """Hash the rows of (n, bytes); the bytes are a multiple of 8. Returns (n, 32)."""
    rows, size = messages.shape
    begins = np.arange(rows, dtype=np.int64) * size
    return hash_slices(messages.reshape(-1), begins, np.full(rows, size, np.int64))


def hash_slices(data: Bytes, begins: Integers, lengths: Integers) -> Bytes:
    """Hash slices of a buffer.

    Args:
        data: the buffer.
        begins: (n,) first byte of each message, multiples of 8.
        lengths: (n,) bytes of each message, multiples of 8.

    Returns:
        (n, 32) bytes.
    """
    assert not ((begins | lengths) % _WORD_BYTES).any(), "messages are whole 64-bit words"
    if has_numba():
        from backend.kernel.keccak_compiled import hash_words

        words = data[: data.size // _WORD_BYTES * _WORD_BYTES].view("<u8")
        return hash_words(words, begins // _WORD_BYTES, lengths // _WORD_BYTES).view(np.uint8)
    hashes = np.empty((len(begins), HASH_BYTES), np.uint8)
    short = lengths < RATE_BYTES
    for size in np.unique(lengths[short]):
        rows = np.flatnonzero(lengths == size)
        hashes[rows] = hash_single_blocks(data[begins[rows, None] + np.arange(size)])
    for row in np.flatnonzero(~short):
        message = data[begins[row] : begins[row] + lengths[row]].tobytes()
        hashes[row] = np.frombuffer(keccak256(message), np.uint8)
    return hashes
