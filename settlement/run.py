"""One settlement run: the statements of an aggregator and period under one root. Rules 0.8, 0.9."""

from collections.abc import Iterable
from dataclasses import dataclass

from settlement.merkle import Proof, SumTree, build_tree, refuse_double
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
    refuse_double([one.statement.agreement_id for one in ordered])
    return SettlementRun(ordered, build_tree([statement_leaf(one.statement) for one in ordered]))
