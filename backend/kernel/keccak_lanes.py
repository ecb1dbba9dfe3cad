"""Keccak-256 of many short messages in NumPy: the permutation on all of them side by side.

The state is 25 lanes of 64 bits, lane 5 y + x; here every lane is an array over messages.
"""

import numpy as np
from numpy.typing import NDArray

from backend.kernel.columns import Bytes

Lanes = NDArray[np.uint64]

ROUNDS, RATE_LANES = 24, 17
BLOCK_MESSAGES = 1024
"""Messages that are hashed side by side: their state stays in the cache of a core."""


def _round_constants() -> Lanes:
    constants, register = [], 1
    for _ in range(ROUNDS):
        value = 0
        for power in range(7):
            value |= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(value)
    return np.array(constants, np.uint64)


def _rotations() -> tuple[NDArray[np.intp], Lanes]:
    """Return for each lane after the steps rho and pi where it came from and its rotation."""
    source, rotation = np.zeros(25, np.intp), np.zeros(25, np.uint64)
    x, y = 1, 0
    for step in range(24):
        target = 5 * ((2 * x + 3 * y) % 5) + y
        source[target] = 5 * y + x
        rotation[target] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return source, rotation


ROUND_CONSTANTS = _round_constants()
SOURCE, ROTATION = _rotations()
_LEFT = ROTATION[:, None]
_RIGHT = (np.uint64(64) - _LEFT) & np.uint64(63)


def hash_single_blocks(messages: Bytes) -> Bytes:
    """Hash the rows of (n, bytes), fewer than 136 bytes each. Returns (n, 32)."""
    count, size = messages.shape
    hashes = np.empty((count, 32), np.uint8)
    for begin in range(0, count, BLOCK_MESSAGES):
        part = messages[begin : begin + BLOCK_MESSAGES]
        block = np.zeros((len(part), 8 * RATE_LANES), np.uint8)
        block[:, :size] = part
        block[:, size] = 0x01
        block[:, -1] |= 0x80
        state = np.zeros((25, len(part)), np.uint64)
        state[:RATE_LANES] = block.view("<u8").T
        permute(state)
        hashes[begin : begin + len(part)] = np.ascontiguousarray(state[:4].T, "<u8").view(np.uint8)
    return hashes


def permute(state: Lanes) -> None:
    """Apply Keccak-f[1600] to (25, n) lanes, in place."""
    planes = state.reshape(5, 5, -1)
    moved, turned = np.empty_like(state), np.empty_like(state)
    inverted, rows = moved.reshape(5, 5, -1), turned.reshape(5, 5, -1)
    one, sixty_three = np.uint64(1), np.uint64(63)
    for constant in ROUND_CONSTANTS:
        parity = np.bitwise_xor.reduce(planes, axis=0)
        effect = (parity << one) | (parity >> sixty_three)
        effect = np.roll(effect, -1, axis=0)
        effect ^= np.roll(parity, 1, axis=0)
        planes ^= effect
        np.take(state, SOURCE, axis=0, out=moved)
        np.left_shift(moved, _LEFT, out=turned)
        np.right_shift(moved, _RIGHT, out=moved)
        turned |= moved  # a rotation by 0 is x | x
        np.bitwise_not(turned, out=moved)
        np.bitwise_and(inverted[:, 1:4], rows[:, 2:5], out=planes[:, :3])
        np.bitwise_and(inverted[:, 4], rows[:, 0], out=planes[:, 3])
        np.bitwise_and(inverted[:, 0], rows[:, 1], out=planes[:, 4])
        planes ^= rows
        state[0] ^= constant
