"""Power in whole W, money in whole 1e-4 EUR, rates in 1e-4 EUR per MWh (or per MW and hour).

A line of a statement is an exact rational, rounded once, half to even. This is the only
rounding of money in the project.
"""

import re
from collections.abc import Sequence

from settlement.errors import InputError

POWER_W_MAX = 2**31 - 1
AMOUNT_PER_EUR = 10_000
TOKEN_UNITS_PER_AMOUNT = 100
"""The settlement token has six decimals: 1e-4 EUR are 100 of its units."""

BASIS_POINTS = 10_000
_W_MINUTES_PER_MWH = 60_000_000


def divide_half_even(numerator: int, denominator: int) -> int:
    """Divide exactly and round half to even, also below zero (floor-based).

    Args:
        numerator: any integer.
        denominator: a positive integer.
    """
    assert denominator > 0, "the rules divide by positive numbers only"
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def line_amount(w_sum: int, isp_minutes: int, rate: int, scale: int = 1) -> int:
    """Money of one line, rule 0.5.

    Args:
        w_sum: sum of W over ISPs, times `scale`; not negative.
        isp_minutes: length of the ISPs.
        rate: 1e-4 EUR per MWh, or per MW and hour.
        scale: a factor that `w_sum` still carries, so that nothing is rounded before the line.

    Returns:
        1e-4 EUR, rounded half to even.
    """
    return divide_half_even(w_sum * isp_minutes * rate, _W_MINUTES_PER_MWH * scale)


def capped_penalty(penalty: int, cap_bp: int, gross: int) -> int:
    """Limit a penalty to a share of what was earned, rounded down; all in 1e-4 EUR.

    Args:
        penalty: before the cap.
        cap_bp: the share in basis points.
        gross: capacity and volume of the period.
    """
    return min(penalty, cap_bp * gross // BASIS_POINTS)


def split_by_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total pro rata into whole numbers that add up to it.

    Args:
        total: what is split, not negative.
        weights: magnitudes; left-over units go to the largest remainders, among equal ones to the
            earlier weight. Where all are 0 nobody gets anything.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    # A stable sort leaves the earlier weight first among equal remainders.
    by_remainder = sorted(range(len(weights)), key=lambda position: -remainders[position])
    for position in by_remainder[: total - sum(parts)]:
        parts[position] += 1
    return parts


def fits_power(value_w: int) -> bool:
    """Tell whether a power can be recorded: within +-(2^31 - 1) W."""
    return -POWER_W_MAX <= value_w <= POWER_W_MAX


def format_eur(amount: int) -> str:
    """Write 1e-4 EUR as EUR with four decimals, such as "-0.0710"."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), AMOUNT_PER_EUR)
    return f"{sign}{whole}.{part:04d}"


def parse_eur(text: str, where: str) -> int:
    """Read EUR such as "0.01" as 1e-4 EUR.

    Raises:
        InputError: negative, more than four decimals, or no number.
    """
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", text, re.ASCII):
        raise InputError(f"{text!r:.40}", where, "EUR with at most four decimals, such as 0.01")
    whole, _, part = text.partition(".")
    return int(whole) * AMOUNT_PER_EUR + int(part.ljust(4, "0"))


def parse_integer(value: object, where: str, lowest: int, highest: int) -> int:
    """Take an integer of a document; refuse text, fractions, truth values and excess."""
    expected = f"a whole number from {lowest} to {highest}"
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise InputError(f"{value!r:.60}", where, expected)
    return value
