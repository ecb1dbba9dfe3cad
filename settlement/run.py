"""One settlement run: the statements of an aggregator and period under one root. Rules 0.8, 0.9.

And the commitments of meter data and nominations, which use the same tree with sums 0.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settlement.bundle.records import Neighbour
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.merkle import Proof, SumTree, build_tree
from settlement.meter import day_leaf
from settlement.settle import Settled
from settlement.statement import statement_leaf


@dataclass(frozen=True, slots=True)
class SettlementRun:
    """The complete statements in leaf order and their tree."""

    settled: tuple[Settled, ...]
    tree: SumTree

    def proof_of(self, agreement_id: bytes) -> Proof:
        """Return the proof of an agreement's statement."""
        identities = [one.statement.agreement_id for one in self.settled]
        return self.tree.proof(identities.index(agreement_id))


def build_run(settled: Iterable[Settled]) -> SettlementRun:
    """Put statements in the order of the rules and build their tree.

    Raises:
        InputError: an agreement has two statements.
    """
    ordered = tuple(sorted(settled, key=lambda one: one.statement.agreement_id))
    _refuse_double([one.statement.agreement_id for one in ordered])
    return SettlementRun(ordered, build_tree([statement_leaf(one.statement) for one in ordered]))


@dataclass(frozen=True, slots=True)
class CommittedBlob:
    """One blob under a commitment; `key` is a meter key or an agreement id."""

    key: bytes
    utc_day: int
    blob: bytes


@dataclass(frozen=True, slots=True)
class Commitment:
    """Blobs in leaf order and their tree, whose root is committed."""

    blobs: tuple[CommittedBlob, ...]
    tree: SumTree

    @property
    def root(self) -> bytes:
        """The committed root."""
        return self.tree.root[0]

    def beside(self, key: bytes, utc_day: int) -> tuple[Neighbour | None, Neighbour | None]:
        """Return the leaves below and above a key that is not committed for a day."""
        at = bisect_left([(one.key, one.utc_day) for one in self.blobs], (key, utc_day))
        return (
            self._neighbour(at - 1) if at > 0 else None,
            self._neighbour(at) if at < len(self.blobs) else None,
        )

    def _neighbour(self, index: int) -> Neighbour:
        one = self.blobs[index]
        return Neighbour(one.key, keccak256(one.blob), self.tree.proof(index))


def build_commitment(blobs: Iterable[CommittedBlob]) -> Commitment:
    """Put blobs in the order of the rules and build their tree.

    Raises:
        InputError: a key has two blobs for one day.
    """
    ordered = tuple(sorted(blobs, key=lambda one: (one.key, one.utc_day)))
    _refuse_double([(one.key, one.utc_day) for one in ordered])
    return Commitment(
        ordered, build_tree([(day_leaf(one.key, one.utc_day, one.blob), 0) for one in ordered])
    )


def _refuse_double(keys: Sequence[object]) -> None:
    if len(set(keys)) != len(keys):
        raise InputError("a key appears twice", "tree", "each key once")
