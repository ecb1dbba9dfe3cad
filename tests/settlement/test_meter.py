"""Meter data: a missing reading stays missing, blobs and their commitments, sums of points."""

import pytest
from eth_abi import encode as abi_encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from settlement.commitment import CommittedBlob, build_commitment
from settlement.errors import InputError
from settlement.meter import (
    MISSING_W,
    Readings,
    day_leaf,
    decode_blob,
    elements_hash,
    encode_blob,
    meter_key,
    sum_readings,
)
from tests.settlement.defaults import word


def test_blob_is_big_endian_int32_with_missing_readings_marked():
    blob = encode_blob([1, -2, None, 2**31 - 1])
    assert blob.hex() == "00000001" + "fffffffe" + "80000000" + "7fffffff"


@pytest.mark.parametrize("value", [2**31, -(2**31), MISSING_W, 2**40])
def test_a_reading_out_of_range_is_committed_as_missing(value):
    assert encode_blob([value]) == encode_blob([None])


@given(
    st.sampled_from([5, 15, 30, 60]),
    st.randoms(use_true_random=False),
)
def test_blob_round_trip(isp_minutes, random):
    values = tuple(
        None if random.random() < 0.1 else random.randint(1 - 2**31, 2**31 - 1)
        for _ in range(1440 // isp_minutes)
    )
    assert decode_blob(encode_blob(values), isp_minutes, "here") == values


@pytest.mark.parametrize("length", [0, 383, 385, 4 * 92, 4 * 100])
def test_a_blob_is_one_utc_day(length):
    with pytest.raises(InputError, match=rf"day 7: {length} bytes; expected 384 bytes, one UTC"):
        decode_blob(bytes(length), 15, "day 7")


@pytest.mark.parametrize("name", ["", "meter 1", "Zähler Ω", "x" * 31, "x" * 32, "x" * 33])
def test_meter_key_is_the_hash_of_name_and_salt(name):
    salt = word(42)
    assert meter_key(name, salt) == keccak(abi_encode(["string", "bytes32"], [name, salt]))
    assert meter_key(name, word(43)) != meter_key(name, salt)


def test_meter_key_needs_a_whole_salt():
    with pytest.raises(InputError, match="salt has 31 bytes"):
        meter_key("meter 1", bytes(31))


def test_elements_are_hashed_in_ascending_order():
    keys = [word(3), word(1), word(2)]
    assert elements_hash(keys) == keccak(word(1) + word(2) + word(3))
    assert elements_hash([]) == keccak(b"")
    with pytest.raises(InputError, match="meter key has 20 bytes"):
        elements_hash([bytes(20)])


def test_day_leaf_is_hashed_twice():
    blob = encode_blob([5] * 96)
    encoded = abi_encode(["bytes32", "uint32", "bytes32"], [word(9), 20_000, keccak(blob)])
    assert day_leaf(word(9), 20_000, blob) == keccak(keccak(encoded))


def test_commitment_orders_by_key_and_day_and_holds_each_once():
    blobs = [CommittedBlob(word(key), day, bytes(4)) for key in (2, 1) for day in (11, 10)]
    commitment = build_commitment(blobs)
    assert [(one.key, one.utc_day) for one in commitment.blobs] == [
        (word(1), 10),
        (word(1), 11),
        (word(2), 10),
        (word(2), 11),
    ]
    assert commitment.root == build_commitment(blobs[::-1]).root
    assert commitment.tree.root[1] == 0
    with pytest.raises(InputError, match="a key appears twice"):
        build_commitment([*blobs, CommittedBlob(word(1), 10, bytes(8))])


def test_readings_by_isp_index():
    readings = Readings(60, {20_000: (*range(23), None)})
    first = 20_000 * 24
    assert readings.at(first) == 0
    assert readings.at(first + 22) == 22
    assert readings.at(first + 23) is None
    assert readings.at(first + 24) is None
    assert readings.at(first - 1) is None


def test_one_missing_reading_makes_the_sum_missing():
    one = Readings(60, {1: (5, None, 0, -7) * 6, 2: (1,) * 24})
    two = Readings(60, {1: (6, 1, 0, 8) * 6, 3: (1,) * 24})
    assert sum_readings([one, two]).days == {1: (11, None, 0, 1) * 6}
    assert sum_readings([one]) == one


@given(st.permutations(range(3)), st.integers(0, 23))
def test_sum_does_not_depend_on_the_order_of_the_points(order, gap):
    parts = [
        Readings(60, {5: tuple(None if h == gap and p == 1 else h * p for h in range(24))})
        for p in range(3)
    ]
    total = sum_readings([parts[position] for position in order])
    assert total.days[5] == tuple(None if h == gap else 3 * h for h in range(24))
