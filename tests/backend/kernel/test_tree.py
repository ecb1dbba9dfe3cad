"""The tree in columns against the reference's, whole and from partitions of every kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel.tree import Level, Partial, fold, levels_of, proof_of, reduce_leaves
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.merkle import EMPTY, build_tree

LEAVES_MAX = 70


def leaves_of(amounts):
    nodes = [(keccak256(bytes([number, 7])), amount) for number, amount in enumerate(amounts)]
    hashes = np.frombuffer(b"".join(one for one, _ in nodes), np.uint8).reshape(-1, 32)
    return nodes, Level(hashes, np.array(amounts, np.uint64))


def partials_of(level, cuts):
    ends = [*sorted(cuts), len(level.sums)]
    begins = [0, *ends[:-1]]
    return [
        reduce_leaves(Level(level.hashes[begin:end], level.sums[begin:end]), begin)
        for begin, end in zip(begins, ends, strict=True)
    ]


amounts = st.lists(st.integers(0, 2**56), max_size=LEAVES_MAX)


@given(amounts, st.lists(st.integers(0, LEAVES_MAX), max_size=6))
@settings(deadline=None, max_examples=300)
def test_any_partitioning_folds_into_the_root_of_the_reference(amounts, cuts):
    nodes, level = leaves_of(amounts)
    partials = partials_of(level, [min(cut, len(nodes)) for cut in cuts])
    assert fold(partials) == build_tree(nodes).root


@given(amounts)
@settings(deadline=None)
def test_levels_and_proofs_are_those_of_the_reference(amounts):
    nodes, level = leaves_of(amounts)
    tree, levels = build_tree(nodes), levels_of(level)
    root = levels[-1]
    assert (root.hashes[0].tobytes(), int(root.sums[0])) == tree.root
    for index in range(len(nodes)):
        assert proof_of(levels, index) == tree.proof(index)


def test_no_leaves_give_the_empty_root():
    assert fold([]) == fold([Partial(0, 0, ())]) == EMPTY


@pytest.mark.parametrize("first", [1, 5])
def test_a_gap_between_partials_is_refused(first):
    _, level = leaves_of([1, 2, 3])
    with pytest.raises(InputError, match="from 3 on"):
        fold([reduce_leaves(level, 0), reduce_leaves(level, 3 + first)])


def test_a_sum_beyond_the_ledger_is_refused_in_one_partition_and_over_two():
    _, level = leaves_of([2**63, 2**63])
    with pytest.raises(InputError, match="below 2\\^64"):
        reduce_leaves(level, 0)
    with pytest.raises(InputError, match="below 2\\^64"):
        levels_of(level)
    with pytest.raises(InputError, match="below 2\\^64"):
        fold(partials_of(level, [1]))
