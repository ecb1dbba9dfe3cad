"""Rounding half to even, line arithmetic, and how money is written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InputError
from settlement.units import (
    POWER_W_MAX,
    divide_half_even,
    fits_power,
    format_eur,
    line_amount,
    parse_eur,
    parse_integer,
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, 0),
        (7, 2, 4),  # 3.5 to the even 4
        (5, 2, 2),  # 2.5 to the even 2
        (1, 2, 0),
        (3, 2, 2),
        (-1, 2, 0),  # -0.5 to the even 0
        (-3, 2, -2),  # -1.5 to the even -2
        (-5, 2, -2),  # -2.5 to the even -2
        (-7, 2, -4),
        (7, 3, 2),
        (8, 3, 3),
        (-7, 3, -2),
        (-8, 3, -3),
        (49, 100, 0),
        (51, 100, 1),
        (-51, 100, -1),
    ],
)
def test_half_even(numerator, denominator, expected):
    assert divide_half_even(numerator, denominator) == expected


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_half_even_is_pythons_rounding_of_the_exact_fraction(numerator, denominator):
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_even_is_symmetric_in_sign(numerator, denominator):
    assert divide_half_even(-numerator, denominator) == -divide_half_even(numerator, denominator)


@pytest.mark.parametrize("denominator", [0, -1])
def test_division_by_other_than_a_positive_number_is_a_mistake_of_the_caller(denominator):
    with pytest.raises(AssertionError):
        divide_half_even(1, denominator)


def test_line_of_a_worked_example():
    # 7800 W over quarters of an hour are 1.95 kWh; at 180 EUR per MWh 0.351 EUR.
    assert line_amount(7800, 15, 1_800_000) == 3510
    assert line_amount(4700, 15, 2_400_000) == 2820


@pytest.mark.parametrize(
    ("isp_minutes", "w_sum"), [(5, 12_000_000), (15, 4_000_000), (30, 2_000_000), (60, 1_000_000)]
)
def test_one_mwh_costs_its_rate_at_every_isp_length(isp_minutes, w_sum):
    assert line_amount(w_sum, isp_minutes, 123_456) == 123_456


def test_line_is_rounded_once_half_to_even():
    # 1 W over 15 minutes at 200 EUR per MWh is exactly 0.5 of 1e-4 EUR.
    assert [line_amount(w, 15, 2_000_000) for w in (1, 2, 3, 4, 5)] == [0, 1, 2, 2, 2]


def test_scale_keeps_a_share_of_a_watt_until_the_line():
    # 0.5 W, 1.5 W, 2.5 W at a rate that makes one W one unit.
    assert [line_amount(w, 15, 4_000_000, scale=2) for w in (1, 3, 5)] == [0, 2, 2]
    assert line_amount(78_000_000, 15, 1_800_000, scale=10_000) == 3510


def test_largest_numbers_are_exact():
    w_sum, rate = POWER_W_MAX * 65_535, 2**32 - 1
    exact = Fraction(w_sum * 60 * rate, 60_000_000)
    assert line_amount(w_sum, 60, rate) == round(exact)


@pytest.mark.parametrize(
    ("value_w", "fits"),
    [(0, True), (2**31 - 1, True), (2**31, False), (1 - 2**31, True), (-(2**31), False)],
)
def test_recordable_powers(value_w, fits):
    assert fits_power(value_w) is fits


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.0000"),
        (1, "0.0001"),
        (-1, "-0.0001"),
        (-710, "-0.0710"),
        (10_000, "1.0000"),
        (-12_345_678, "-1234.5678"),
    ],
)
def test_format_eur(amount, text):
    assert format_eur(amount) == text


@pytest.mark.parametrize("value", ["1", 1.0, True, None, -1, 11, [1]])
def test_parse_integer_refuses(value):
    with pytest.raises(InputError) as caught:
        parse_integer(value, "file.json, row 3", 0, 10)
    assert caught.value.where == "file.json, row 3"
    assert caught.value.expected == "a whole number from 0 to 10"


def test_parse_integer_takes_both_bounds():
    assert [parse_integer(value, "here", 0, 10) for value in (0, 10)] == [0, 10]


@pytest.mark.parametrize(
    ("text", "amount"), [("0", 0), ("0.01", 100), ("12.3456", 123_456), ("007.5", 75_000)]
)
def test_eur_are_read_exactly(text, amount):
    assert parse_eur(text, "here") == amount


@pytest.mark.parametrize("text", ["", "-1", "1.", ".5", "1.00001", "1e3", "1,5", " 1", "1\n", "٣"])
def test_what_is_no_amount_in_eur_is_refused(text):
    with pytest.raises(InputError, match=r"here: .* expected EUR with at most four decimals"):
        parse_eur(text, "here")
