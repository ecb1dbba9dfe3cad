"""Floats become whole W at one border."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import RangeError
from flexmanager.rounding import to_w

W_MAX = 2**31 - 1


def test_halves_go_to_the_even_neighbour() -> None:
    values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5]
    assert to_w(values, "x").tolist() == [0, 2, 2, 0, -2, -2]


def test_result_is_64_bit_and_keeps_the_shape() -> None:
    rounded = to_w(np.full((2, 3), 1.2), "x")
    assert rounded.dtype == np.int64
    assert rounded.shape == (2, 3)


@pytest.mark.parametrize("value", [W_MAX, -W_MAX, W_MAX + 0.4])
def test_the_whole_range_is_recordable(value: float) -> None:
    assert abs(int(to_w([value], "x")[0])) == W_MAX


@pytest.mark.parametrize("value", [W_MAX + 1.0, -W_MAX - 1.0, np.nan, np.inf, -np.inf])
def test_what_is_not_recordable_is_refused_with_its_position(value: float) -> None:
    with pytest.raises(RangeError, match=r"plan of b1, position 2: .* not recordable"):
        to_w([0.0, 1.0, value], "plan of b1")


@settings(deadline=None)
@given(st.floats(-W_MAX, W_MAX))
def test_rounding_moves_by_at_most_half_a_watt(value: float) -> None:
    assert abs(int(to_w([value], "x")[0]) - value) <= 0.5
