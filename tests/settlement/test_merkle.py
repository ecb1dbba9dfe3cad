"""The sum tree: its sum cannot be raised, no leaf moved, no inner node passed off as a leaf."""

from dataclasses import replace

import pytest
from eth_abi import encode as abi_encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InputError
from settlement.merkle import EMPTY, Proof, build_tree, parent, proves, root_by_proof
from tests.settlement.defaults import word

leaf = st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**40))
leaves = st.lists(leaf, min_size=1, max_size=20)


def by_the_rule(nodes):
    """Root of rule 0.8, level by level with the library of the ABI."""
    while len(nodes) & (len(nodes) - 1):
        nodes = [*nodes, (bytes(32), 0)]
    while len(nodes) > 1:
        nodes = [
            (
                keccak(
                    abi_encode(
                        ["bytes32", "uint256", "bytes32", "uint256"],
                        [*nodes[at], *nodes[at + 1]],
                    )
                ),
                nodes[at][1] + nodes[at + 1][1],
            )
            for at in range(0, len(nodes), 2)
        ]
    return nodes[0]


def test_small_trees():
    one, two, three = ((word(number), number) for number in (1, 2, 3))
    assert build_tree([]).root == EMPTY == (bytes(32), 0)
    assert build_tree([]).depth == 0
    assert build_tree([one]).root == one
    assert build_tree([one]).depth == 0
    assert build_tree([one, two]).root == parent(one, two)
    padded = build_tree([one, two, three])
    assert padded.root == parent(parent(one, two), parent(three, EMPTY))
    assert padded.root[1] == 6
    assert padded.depth == 2
    assert padded.proof(2) == Proof(2, (EMPTY, parent(one, two)))
    assert parent(one, two) != parent(two, one)


@given(leaves)
def test_root_is_that_of_the_rule_and_its_sum_that_of_the_leaves(some):
    tree = build_tree(some)
    assert tree.root == by_the_rule(some)
    assert tree.root[1] == sum(amount for _, amount in some)
    assert 2**tree.depth >= len(some) > 2**tree.depth // 2


@given(leaves)
def test_every_leaf_is_proven_at_its_place_only(some):
    tree = build_tree(some)
    for index, one in enumerate(some):
        proof = tree.proof(index)
        assert proves(one, proof, tree.root, tree.depth)
        assert root_by_proof(one, proof) == tree.root
        for other in range(2**tree.depth):
            if other != index:
                # Only equal neighbours could be exchanged, and then nothing is gained.
                moved = proves(one, replace(proof, index=other), tree.root, tree.depth)
                assert not moved or tree.levels[0][other] == one


@given(leaves, st.data())
def test_any_change_breaks_a_proof(some, data):
    tree = build_tree(some)
    index = data.draw(st.integers(0, len(some) - 1))
    proof, (leaf_hash, amount) = tree.proof(index), some[index]
    bent = bytes([leaf_hash[0] ^ 1]) + leaf_hash[1:]
    assert not proves((bent, amount), proof, tree.root, tree.depth)
    assert not proves((leaf_hash, amount + 1), proof, tree.root, tree.depth)
    assert not proves(some[index], proof, (tree.root[0], tree.root[1] + 1), tree.depth)
    for level, (node_hash, node_sum) in enumerate(proof.siblings):
        bent = bytes([node_hash[0] ^ 1]) + node_hash[1:]
        for changed in ((bent, node_sum), (node_hash, node_sum + 1)):
            siblings = (*proof.siblings[:level], changed, *proof.siblings[level + 1 :])
            assert not proves(some[index], Proof(index, siblings), tree.root, tree.depth)


@given(st.lists(leaf, min_size=3, max_size=20), st.data())
def test_a_sum_cannot_be_moved_from_one_sibling_to_another(some, data):
    # The root sum would stay the same; the hashes of the nodes bind each sum on its own.
    tree = build_tree(some)
    index = data.draw(st.integers(0, len(some) - 1))
    proof = tree.proof(index)
    (first_hash, first_sum), (second_hash, second_sum), *rest = proof.siblings
    moved = Proof(index, ((first_hash, first_sum + 1), (second_hash, second_sum - 1), *rest))
    if second_sum:
        assert not proves(some[index], moved, tree.root, tree.depth)
    raised = (some[index][0], some[index][1] + 1)
    if first_sum:
        lowered = Proof(index, ((first_hash, first_sum - 1), *proof.siblings[1:]))
        assert not proves(raised, lowered, tree.root, tree.depth)


@given(st.lists(leaf, min_size=2, max_size=16))
def test_an_inner_node_is_not_a_leaf(some):
    tree = build_tree(some)
    for level in range(1, tree.depth + 1):
        for index, node in enumerate(tree.levels[level]):
            siblings = tuple(
                tree.levels[up][(index >> up - level) ^ 1] for up in range(level, tree.depth)
            )
            shorter = Proof(index, siblings)
            assert root_by_proof(node, shorter) == tree.root
            assert not proves(node, shorter, tree.root, tree.depth)


def test_a_proof_of_another_shape_is_refused():
    some = [(word(number), number) for number in range(1, 5)]
    tree = build_tree(some)
    proof = tree.proof(1)
    assert not proves(some[1], replace(proof, index=1 + 4), tree.root, tree.depth)
    assert not proves(some[1], replace(proof, index=-3), tree.root, tree.depth)
    assert not proves(some[1], proof, tree.root, tree.depth + 1)
    assert not proves(some[1], Proof(1, proof.siblings[:-1]), tree.root, tree.depth)
    assert not proves(some[1], Proof(1, (*proof.siblings, EMPTY)), tree.root, tree.depth)


def test_a_root_sum_fits_the_ledger():
    half = (word(1), 2**63)
    assert build_tree([half, (word(2), 2**63 - 1)]).root[1] == 2**64 - 1
    with pytest.raises(InputError, match=r"a sum of 18446744073709551616; expected below 2\^64"):
        build_tree([half, half])
