"""Commitments of meter data and nominations, rule 0.10: the tree of a run with sums 0.

And which of the committed days a settlement reads.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from settlement.activation import Activation
from settlement.baselines.baseline import LOOK_BACK_DAYS
from settlement.keccak import keccak256
from settlement.merkle import Proof, SumTree, build_tree, refuse_double
from settlement.meter import day_leaf
from settlement.statement import Period
from settlement.terms import BaselineMethod, Terms


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A leaf beside the place where another one is missing, opened as far as its key."""

    key: bytes
    blob_hash: bytes
    proof: Proof


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
    refuse_double([(one.key, one.utc_day) for one in ordered])
    return Commitment(
        ordered, build_tree([(day_leaf(one.key, one.utc_day, one.blob), 0) for one in ordered])
    )


def needed_utc_days(terms: Terms, log: Iterable[Activation], period: Period) -> tuple[int, int]:
    """Return the first and last UTC day that the settlement of a period may read.

    Two more days before the look-back cover ISPs that lie on another date in UTC, and adjustment
    windows before midnight. Without activations the range is empty.

    Args:
        terms: the agreement.
        log: its activation log; cancelled entries are counted too.
        period: local days, inclusive.
    """
    clock = terms.clock
    activations = [one for one in log if period.holds(clock.local_day(one.first_isp))]
    if not activations:
        return period.first_day, period.first_day - 1
    first = clock.utc_day(min(one.first_isp for one in activations))
    last = clock.utc_day(max(one.end_isp for one in activations) - 1)
    nominated = terms.baseline_method is BaselineMethod.NOMINATED
    return (first if nominated else first - LOOK_BACK_DAYS - 2), last
