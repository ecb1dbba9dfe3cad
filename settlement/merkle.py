"""The Merkle sum tree of a settlement run, and of the commitments (with sums 0). Rule 0.8.

A node hashes both child hashes and both child sums, so that its sum cannot be changed without
changing its hash: claims by proof can never exceed the root sum. Leaves are padded with (0, 0) to
a power of two; index bit 0 means left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.words import bytes32_word, uint_word

Node = tuple[bytes, int]
"""Hash and sum (1e-4 EUR, or 0 in a commitment)."""

EMPTY: Node = (bytes(32), 0)
ROOT_SUM_BITS = 64


def parent(left: Node, right: Node) -> Node:
    """Return the node above two nodes."""
    encoded = (
        bytes32_word(left[0], "left hash")
        + uint_word(left[1], 256, "left sum")
        + bytes32_word(right[0], "right hash")
        + uint_word(right[1], 256, "right sum")
    )
    return keccak256(encoded), left[1] + right[1]


@dataclass(frozen=True, slots=True)
class Proof:
    """The way from a leaf to the root: its index and one sibling per level, lowest first."""

    index: int
    siblings: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SumTree:
    """All levels of a tree, leaves first."""

    levels: tuple[tuple[Node, ...], ...]

    @property
    def root(self) -> Node:
        """The root's hash and sum; (0, 0) for a tree without leaves."""
        return self.levels[-1][0]

    @property
    def depth(self) -> int:
        """Number of siblings in every proof."""
        return len(self.levels) - 1

    def proof(self, index: int) -> Proof:
        """Return the proof of the leaf at `index`."""
        siblings = tuple(self.levels[level][index >> level ^ 1] for level in range(self.depth))
        return Proof(index, siblings)


def build_tree(leaves: Sequence[Node]) -> SumTree:
    """Build the tree over leaves that the caller has put in order.

    Raises:
        InputError: the sum of the leaves does not fit the ledger.
    """
    width = 1 << (max(1, len(leaves)) - 1).bit_length()
    level = (*leaves, *(EMPTY,) * (width - len(leaves)))
    levels = [level]
    while len(level) > 1:
        level = tuple(parent(level[i], level[i + 1]) for i in range(0, len(level), 2))
        levels.append(level)
    if level[0][1] >> ROOT_SUM_BITS:
        raise InputError(f"a sum of {level[0][1]}", "tree", f"below 2^{ROOT_SUM_BITS}")
    return SumTree(tuple(levels))


def root_by_proof(leaf: Node, proof: Proof) -> Node:
    """Return the root that a leaf and its proof lead to; the caller compares it."""
    node, index = leaf, proof.index
    for sibling in proof.siblings:
        node = parent(sibling, node) if index & 1 else parent(node, sibling)
        index >>= 1
    return node


def proves(leaf: Node, proof: Proof, root: Node, depth: int) -> bool:
    """Tell whether a proof of exactly `depth` siblings leads from the leaf to the root."""
    right_shape = len(proof.siblings) == depth and 0 <= proof.index < 1 << depth
    return right_shape and root_by_proof(leaf, proof) == root


def refuse_double(keys: Sequence[object]) -> None:
    """Refuse keys of leaves that are not distinct: a tree holds each key once.

    Raises:
        InputError: a key appears twice.
    """
    if len(set(keys)) != len(keys):
        raise InputError("a key appears twice", "tree", "each key once")
