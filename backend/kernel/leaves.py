"""Series hashes and leaves of many statements. Rules 0.7 and 0.8."""

import numpy as np

from backend.kernel.columns import BLOB_DTYPE, HASH_BYTES, Bytes, Integers, Powers
from backend.kernel.hashing import hash_rows, hash_slices
from settlement.statement import Period
from settlement.words import WORD_BYTES

_PAIR_BYTES, _PAIRS_PER_WORD = 8, 4
_STATEMENT_WORDS = 9


def series_hashes(pairs_w: Powers, offsets: Integers) -> Bytes:
    """Hash the packed series of many statements.

    Args:
        pairs_w: (ISPs, 2), baseline and actual of all statements, one after the other.
        offsets: (n + 1,), where the pairs of each statement begin.

    Returns:
        (n, 32) bytes.
    """
    counts = np.diff(offsets)
    words = -(-counts // _PAIRS_PER_WORD)
    ends = np.cumsum(words)
    begins = (ends - words) * WORD_BYTES
    if not (counts % _PAIRS_PER_WORD).any():
        packed = pairs_w.astype(BLOB_DTYPE)
    else:
        packed = np.zeros((int(words.sum()) * _PAIRS_PER_WORD, 2), BLOB_DTYPE)
        padding = begins // _PAIR_BYTES - offsets[:-1]
        packed[np.arange(len(pairs_w)) + np.repeat(padding, counts)] = pairs_w
    return hash_slices(packed.reshape(-1).view(np.uint8), begins, words * WORD_BYTES)


def leaf_hashes(
    agreement_id: Bytes,
    period: Period,
    series_hash: Bytes,
    capacity_isps: Integers,
    money: tuple[Integers, Integers, Integers, Integers],
) -> Bytes:
    """Hash statements twice: the hash of each leaf.

    Args:
        agreement_id: (n, 32) bytes.
        period: the run's period.
        series_hash: (n, 32) bytes.
        capacity_isps: (n,).
        money: capacity, volume, penalty and amount, (n,) 1e-4 EUR each.

    Returns:
        (n, 32) bytes.
    """
    count = len(agreement_id)
    encoded = np.zeros((count, _STATEMENT_WORDS, WORD_BYTES), np.uint8)
    encoded[:, 0], encoded[:, 3] = agreement_id, series_hash
    days = (np.full(count, day) for day in (period.first_day, period.last_day))
    for word, values in zip((1, 2, 4, 5, 6, 7, 8), (*days, capacity_isps, *money), strict=True):
        write_word(encoded[:, word], values)
    inner = hash_rows(encoded.reshape(count, _STATEMENT_WORDS * WORD_BYTES))
    return hash_rows(inner)


def write_word(word: Bytes, values: Integers) -> None:
    """Write numbers that are not negative into the last 8 bytes of (n, 32) words."""
    word[:, HASH_BYTES - 8 :] = values.astype(">u8").view(np.uint8).reshape(-1, 8)
