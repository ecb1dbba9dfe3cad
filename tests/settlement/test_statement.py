"""Statements and runs: series, encoding, leaves, the order of a run."""

from dataclasses import astuple, replace

import pytest
from eth_abi import encode as abi_encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InputError
from settlement.merkle import proves
from settlement.run import build_run
from settlement.settle import Settled
from settlement.statement import (
    Period,
    Statement,
    encode_statement,
    pack_series,
    recordable,
    series_hash,
    statement_leaf,
)
from tests.settlement.defaults import word

EXAMPLE = Statement(word(7), 20_000, 20_006, word(8), 60, 900, 3510, 2820, 1590)
STATEMENT_TYPES = ["bytes32", "uint32", "uint32", "bytes32", "uint32", *["uint64"] * 4]


def test_four_pairs_to_a_word_baseline_first():
    assert pack_series([(1, -1), (2**31 - 1, 1 - 2**31), (3, 4), (5, 6)]).hex() == (
        "00000001ffffffff" + "7fffffff80000001" + "0000000300000004" + "0000000500000006"
    )


@pytest.mark.parametrize(("pairs", "words"), [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_only_the_last_word_is_padded(pairs, words):
    packed = pack_series([(-1, -1)] * pairs)
    assert len(packed) == 32 * words
    assert packed == b"\xff" * (8 * pairs) + bytes(32 * words - 8 * pairs)


def test_series_hash():
    assert series_hash([]) == keccak(b"")
    assert series_hash([(1, 2)]) == keccak(bytes.fromhex("0000000100000002" + "00" * 24))


@given(st.lists(st.tuples(st.integers(1 - 2**31, 2**31 - 1), st.integers(-5, 5)), max_size=9))
def test_series_is_read_back(pairs):
    packed = pack_series(pairs)
    values = [
        int.from_bytes(packed[at : at + 4], "big", signed=True) for at in range(0, len(packed), 4)
    ]
    assert [tuple(values[at : at + 2]) for at in range(0, 2 * len(pairs), 2)] == pairs
    assert recordable(pairs)


@pytest.mark.parametrize("value", [2**31, -(2**31)])
def test_a_power_that_the_ledger_cannot_hold_is_told(value):
    assert not recordable([(0, 0), (0, value)])
    assert not recordable([(value, 0)])
    assert recordable([])


def test_encoding_and_leaf():
    encoded = abi_encode(STATEMENT_TYPES, list(astuple(EXAMPLE)))
    assert encode_statement(EXAMPLE) == encoded
    assert statement_leaf(EXAMPLE) == (keccak(keccak(encoded)), 1590)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": -1}, "amount is -1"),
        ({"capacity": 2**64}, "capacity is 18446744073709551616; expected an unsigned integer"),
        ({"capacity_isps": 2**32}, "capacity_isps is 4294967296"),
        ({"series_hash": b""}, "series_hash has 0 bytes"),
    ],
)
def test_encoding_refuses_what_does_not_fit(changes, told):
    with pytest.raises(InputError, match=told):
        encode_statement(replace(EXAMPLE, **changes))


def test_period_holds_both_its_ends():
    period = Period(10, 12)
    assert [period.holds(day) for day in range(9, 14)] == [False, True, True, True, False]
    assert EXAMPLE.period == Period(20_000, 20_006)


@given(st.permutations(range(1, 8)))
def test_a_run_is_the_same_in_every_order(order):
    settled = [
        Settled(replace(EXAMPLE, agreement_id=word(number << 200), amount=number), ())
        for number in order
    ]
    run = build_run(settled)
    identities = [one.statement.agreement_id for one in run.settled]
    assert identities == sorted(identities)
    assert run.tree.root[1] == sum(range(1, 8))
    assert run.tree.root == build_run(settled[::-1]).tree.root
    for one in settled:
        proof = run.proof_of(one.statement.agreement_id)
        assert proves(statement_leaf(one.statement), proof, run.tree.root, run.tree.depth)


def test_identities_are_ordered_as_unsigned_numbers():
    high = Settled(replace(EXAMPLE, agreement_id=b"\xff" + bytes(31)), ())
    low = Settled(replace(EXAMPLE, agreement_id=b"\x01" + bytes(31)), ())
    assert build_run([high, low]).settled == (low, high)


def test_two_statements_of_one_agreement_are_refused():
    with pytest.raises(InputError, match="a key appears twice; expected each key once"):
        build_run([Settled(EXAMPLE, ()), Settled(replace(EXAMPLE, amount=1), ())])


def test_a_run_without_statements_is_empty():
    assert build_run([]).tree.root == (bytes(32), 0)
