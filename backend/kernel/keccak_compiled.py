"""Keccak-256 of many messages, compiled by Numba. Imported only where Numba is installed.

The permutation is written out lane by lane, so that the compiler keeps lanes in registers.
"""

import numba
import numpy as np

from backend.kernel.columns import Integers
from backend.kernel.keccak_lanes import RATE_LANES, ROUND_CONSTANTS, Lanes

_PADDING_FIRST, _PADDING_LAST = np.uint64(1), np.uint64(1 << 63)
_HASH_LANES = 4
_compile = numba.njit(cache=True, nogil=True, boundscheck=False)


@_compile
def _turn(lane: np.uint64, bits: int) -> np.uint64:
    return (lane << np.uint64(bits)) | (lane >> np.uint64(64 - bits))


@_compile
def _permute(state: Lanes, constants: Lanes) -> None:
    a0, a1, a2, a3, a4 = state[0], state[1], state[2], state[3], state[4]
    a5, a6, a7, a8, a9 = state[5], state[6], state[7], state[8], state[9]
    a10, a11, a12, a13, a14 = state[10], state[11], state[12], state[13], state[14]
    a15, a16, a17, a18, a19 = state[15], state[16], state[17], state[18], state[19]
    a20, a21, a22, a23, a24 = state[20], state[21], state[22], state[23], state[24]
    for constant in constants:
        c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
        c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
        c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
        c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
        c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
        d0 = c4 ^ _turn(c1, 1)
        d1 = c0 ^ _turn(c2, 1)
        d2 = c1 ^ _turn(c3, 1)
        d3 = c2 ^ _turn(c4, 1)
        d4 = c3 ^ _turn(c0, 1)
        b0 = a0 ^ d0
        b1 = _turn(a6 ^ d1, 44)
        b2 = _turn(a12 ^ d2, 43)
        b3 = _turn(a18 ^ d3, 21)
        b4 = _turn(a24 ^ d4, 14)
        b5 = _turn(a3 ^ d3, 28)
        b6 = _turn(a9 ^ d4, 20)
        b7 = _turn(a10 ^ d0, 3)
        b8 = _turn(a16 ^ d1, 45)
        b9 = _turn(a22 ^ d2, 61)
        b10 = _turn(a1 ^ d1, 1)
        b11 = _turn(a7 ^ d2, 6)
        b12 = _turn(a13 ^ d3, 25)
        b13 = _turn(a19 ^ d4, 8)
        b14 = _turn(a20 ^ d0, 18)
        b15 = _turn(a4 ^ d4, 27)
        b16 = _turn(a5 ^ d0, 36)
        b17 = _turn(a11 ^ d1, 10)
        b18 = _turn(a17 ^ d2, 15)
        b19 = _turn(a23 ^ d3, 56)
        b20 = _turn(a2 ^ d2, 62)
        b21 = _turn(a8 ^ d3, 55)
        b22 = _turn(a14 ^ d4, 39)
        b23 = _turn(a15 ^ d0, 41)
        b24 = _turn(a21 ^ d1, 2)
        a0 = b0 ^ (~b1 & b2)
        a1 = b1 ^ (~b2 & b3)
        a2 = b2 ^ (~b3 & b4)
        a3 = b3 ^ (~b4 & b0)
        a4 = b4 ^ (~b0 & b1)
        a5 = b5 ^ (~b6 & b7)
        a6 = b6 ^ (~b7 & b8)
        a7 = b7 ^ (~b8 & b9)
        a8 = b8 ^ (~b9 & b5)
        a9 = b9 ^ (~b5 & b6)
        a10 = b10 ^ (~b11 & b12)
        a11 = b11 ^ (~b12 & b13)
        a12 = b12 ^ (~b13 & b14)
        a13 = b13 ^ (~b14 & b10)
        a14 = b14 ^ (~b10 & b11)
        a15 = b15 ^ (~b16 & b17)
        a16 = b16 ^ (~b17 & b18)
        a17 = b17 ^ (~b18 & b19)
        a18 = b18 ^ (~b19 & b15)
        a19 = b19 ^ (~b15 & b16)
        a20 = b20 ^ (~b21 & b22)
        a21 = b21 ^ (~b22 & b23)
        a22 = b22 ^ (~b23 & b24)
        a23 = b23 ^ (~b24 & b20)
        a24 = b24 ^ (~b20 & b21)
        a0 ^= constant
    state[0], state[1], state[2], state[3], state[4] = a0, a1, a2, a3, a4
    state[5], state[6], state[7], state[8], state[9] = a5, a6, a7, a8, a9
    state[10], state[11], state[12], state[13], state[14] = a10, a11, a12, a13, a14
    state[15], state[16], state[17], state[18], state[19] = a15, a16, a17, a18, a19
    state[20], state[21], state[22], state[23], state[24] = a20, a21, a22, a23, a24


@_compile
def _hash_all(
    words: Lanes, begins: Integers, lengths: Integers, constants: Lanes, hashes: Lanes
) -> None:
    state = np.zeros(25, np.uint64)
    for row in range(len(begins)):
        state[:] = 0
        at, left = begins[row], lengths[row]
        while left >= RATE_LANES:
            for lane in range(RATE_LANES):
                state[lane] ^= words[at + lane]
            _permute(state, constants)
            at += RATE_LANES
            left -= RATE_LANES
        for lane in range(left):
            state[lane] ^= words[at + lane]
        state[left] ^= _PADDING_FIRST
        state[RATE_LANES - 1] ^= _PADDING_LAST
        _permute(state, constants)
        for lane in range(_HASH_LANES):
            hashes[row, lane] = state[lane]


def hash_words(words: Lanes, begins: Integers, lengths: Integers) -> Lanes:
    """Hash slices of a buffer of little-endian 64-bit words.

    Args:
        words: the buffer.
        begins: (n,) first word of each message.
        lengths: (n,) words of each message.

    Returns:
        (n, 4) words.
    """
    hashes = np.empty((len(begins), _HASH_LANES), np.uint64)
    _hash_all(words, begins, lengths, ROUND_CONSTANTS, hashes)
    return hashes
