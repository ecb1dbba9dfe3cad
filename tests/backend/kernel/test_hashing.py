"""Every way of hashing many messages against the one hash of the ledger."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kernel import hashing
from settlement.keccak import keccak256

WAYS = [
    pytest.param(
        True, id="compiled", marks=pytest.mark.skipif(not hashing.has_numba(), reason="no Numba")
    ),
    pytest.param(False, id="NumPy and the library"),
]
BUFFER = np.random.default_rng(5).integers(0, 256, 4096, np.uint8)


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(hashing, "has_numba", lambda: request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size", [0, 8, 32, 128, 136, 144, 264, 272, 288, 640, 1088])
def test_rows_around_every_block_border(size):
    rows = BUFFER[: 3 * size].reshape(3, size)
    found = hashing.hash_rows(rows)
    assert [one.tobytes() for one in found] == [keccak256(row.tobytes()) for row in rows]


@pytest.mark.usefixtures("way")
@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 250)), max_size=30))
@settings(deadline=None, max_examples=50)
def test_slices_of_mixed_lengths(slices):
    begins = np.array([8 * begin for begin, _ in slices], np.int64)
    lengths = np.array([8 * length for _, length in slices], np.int64)
    found = hashing.hash_slices(BUFFER, begins, lengths)
    expected = [
        keccak256(BUFFER[8 * begin : 8 * (begin + length)].tobytes()) for begin, length in slices
    ]
    assert [one.tobytes() for one in found] == expected


@pytest.mark.usefixtures("way")
def test_more_messages_than_go_side_by_side():
    rows = np.arange(2100 * 8, dtype=np.uint64).view(np.uint8).reshape(2100, 64)
    found = hashing.hash_rows(rows)
    assert [found[row].tobytes() for row in (0, 1023, 1024, 2099)] == [
        keccak256(rows[row].tobytes()) for row in (0, 1023, 1024, 2099)
    ]


def test_permutations_count_the_padding():
    assert hashing.permutations(np.array([0, 128, 135, 136, 288])) == 1 + 1 + 1 + 2 + 3
