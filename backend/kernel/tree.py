"""The Merkle sum tree of millions of leaves, whole or from partitions. Rule 0.8.

A partition knows its leaves and, once all partitions are counted, the index of its first one. It
reduces them to a `Partial`: the largest whole subtrees of the run's tree that it covers. Partials
fold into the root, whatever the partitioning; padding comes in at the very end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.kernel.columns import HASH_BYTES, Bytes
from backend.kernel.hashing import hash_rows
from settlement.errors import InputError
from settlement.merkle import EMPTY, ROOT_SUM_BITS, Node, Proof, parent

Sums = NDArray[np.uint64]
_WORD, _SUM = 32, 8


@dataclass(frozen=True, slots=True)
class Subtree:
    """A node of the run's tree with its place: the `index`-th of its level, leaves are level 0."""

    level: int
    index: int
    node: Node


@dataclass(frozen=True, slots=True)
class Partial:
    """Consecutive leaves, reduced as far as they go without their neighbours.

    Attributes:
        first_leaf: index of the first leaf in the run.
        leaves: how many.
        subtrees: from left to right.
    """

    first_leaf: int
    leaves: int
    subtrees: tuple[Subtree, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Nodes side by side: (n, 32) bytes and (n,) sums in 1e-4 EUR."""

    hashes: Bytes
    sums: Sums


def level_above(level: Level) -> Level:
    """Return the parents of an even number of nodes."""
    pairs = len(level.sums) // 2
    encoded = np.zeros((pairs, 2, 2, _WORD), np.uint8)
    encoded[:, :, 0] = level.hashes.reshape(pairs, 2, HASH_BYTES)
    sums = level.sums.astype(">u8").view(np.uint8).reshape(pairs, 2, _SUM)
    encoded[:, :, 1, _WORD - _SUM :] = sums
    return Level(
        hash_rows(encoded.reshape(pairs, 4 * _WORD)), level.sums.reshape(pairs, 2).sum(axis=1)
    )


def reduce_leaves(level: Level, first_leaf: int) -> Partial:
    """Reduce consecutive leaves.

    Args:
        level: the leaves.
        first_leaf: index of the first one in the run.

    Raises:
        InputError: their sum does not fit the ledger.
    """
    count = len(level.sums)
    _check_sum(total_of(level.sums))
    left: list[Subtree] = []
    right: list[Subtree] = []
    first, height = first_leaf, 0
    while len(level.sums):
        if first % 2:
            left.append(Subtree(height, first, node_at(level, 0)))
            level, first = Level(level.hashes[1:], level.sums[1:]), first + 1
        if len(level.sums) % 2:
            right.append(Subtree(height, first + len(level.sums) - 1, node_at(level, -1)))
            level = Level(level.hashes[:-1], level.sums[:-1])
        level, first, height = level_above(level), first // 2, height + 1
    return Partial(first_leaf, count, (*left, *reversed(right)))


def fold(partials: Iterable[Partial]) -> Node:
    """Return the root over partials that follow each other.

    Raises:
        InputError: they leave a gap or overlap, or their sum does not fit the ledger.
    """
    stack: list[Subtree] = []
    leaves = 0
    for partial in partials:
        if partial.first_leaf != leaves:
            raise InputError(f"leaves from {partial.first_leaf}", "tree", f"from {leaves} on")
        leaves += partial.leaves
        for subtree in partial.subtrees:
            stack.append(subtree)
            while len(stack) > 1 and _are_siblings(*stack[-2:]):
                _join(stack)
    _check_sum(sum(one.node[1] for one in stack))
    if not stack:
        return EMPTY
    depth = depth_of(leaves)
    while stack[-1].level < depth:
        last = stack[-1]
        if last.index % 2 == 0:
            stack.append(Subtree(last.level, last.index + 1, padding(last.level)))
        _join(stack)
    return stack[0].node


def _are_siblings(left: Subtree, right: Subtree) -> bool:
    return left.level == right.level and left.index ^ 1 == right.index


def _join(stack: list[Subtree]) -> None:
    right, left = stack.pop(), stack.pop()
    assert _are_siblings(left, right), "partials are consecutive, so subtrees meet their sibling"
    stack.append(Subtree(left.level + 1, left.index // 2, parent(left.node, right.node)))


def levels_of(leaves: Level) -> list[Level]:
    """Return all levels of the tree over leaves, padded, leaves first: what proofs are read from.

    Raises:
        InputError: the sum does not fit the ledger.
    """
    _check_sum(total_of(leaves.sums))
    levels = []
    level = leaves if len(leaves.sums) else _with_padding(leaves, 0)
    for height in range(depth_of(len(level.sums))):
        if len(level.sums) % 2:
            level = _with_padding(level, height)
        levels.append(level)
        level = level_above(level)
    return [*levels, level]


def _with_padding(level: Level, height: int) -> Level:
    node_hash, node_sum = padding(height)
    hashes = np.concatenate([level.hashes, np.frombuffer(node_hash, np.uint8)[None]])
    return Level(hashes, np.append(level.sums, np.uint64(node_sum)))


def proof_of(levels: list[Level], index: int) -> Proof:
    """Return the proof of the leaf at `index`."""
    siblings = (node_at(level, index >> height ^ 1) for height, level in enumerate(levels[:-1]))
    return Proof(index, tuple(siblings))


def node_at(level: Level, position: int) -> Node:
    """Return one node of a level."""
    return level.hashes[position].tobytes(), int(level.sums[position])


@lru_cache(maxsize=64)
def padding(height: int) -> Node:
    """Return the root of a tree of 2^height empty leaves."""
    return EMPTY if height == 0 else parent(padding(height - 1), padding(height - 1))


def depth_of(leaves: int) -> int:
    """Return the depth of a run with this many leaves."""
    return (max(1, leaves) - 1).bit_length()


def total_of(sums: Sums) -> int:
    """Add up sums of any size."""
    halves = np.uint64(32), np.uint64(2**32 - 1)
    return (int((sums >> halves[0]).sum()) << 32) + int((sums & halves[1]).sum())


def _check_sum(total: int) -> None:
    if total >> ROOT_SUM_BITS:
        raise InputError(f"a sum of {total}", "tree", f"below 2^{ROOT_SUM_BITS}")
