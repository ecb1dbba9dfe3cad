"""Numbers as people read them: units are written by the page, signs and digits here."""

from decimal import ROUND_HALF_EVEN, Decimal

NOTHING = "\N{EN DASH}"
"""Shown where there is no figure, which is not the same as zero."""

_CENT = Decimal("0.01")
_AMOUNT_DIGITS = 4


def number(value: float | Decimal, digits: int = 1) -> str:
    """Write a number with thousands separators and a true minus sign; never a negative zero."""
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def kilo(value: float, digits: int = 1) -> str:
    """Write W as kW (or Wh as kWh) without the unit."""
    return number(value / 1_000, digits)


def eur(amount: int) -> str:
    """Write 1e-4 EUR as EUR with two decimals, rounded half to even, without the unit."""
    cents = Decimal(amount).scaleb(-_AMOUNT_DIGITS).quantize(_CENT, ROUND_HALF_EVEN)
    return number(cents, 2)


def percent(share: float | None) -> str:
    """Write a share from 0 to 1 in percent with its sign; a dash where there is none."""
    return NOTHING if share is None else f"{number(100 * share)}\N{NO-BREAK SPACE}%"


def change(before: float, after: float) -> str:
    """Write by how much something changed, in percent of what it was; a dash if it was nothing."""
    if not before:
        return NOTHING
    share = (after - before) / before
    return ("+" if share > 0 else "") + percent(share)


def counted(count: int, noun: str) -> str:
    """Write a number of things, such as "1 offer" or "5 offers"."""
    return f"{number(count, 0)} {noun}" + ("" if count == 1 else "s")


def words(name: str) -> str:
    """Write the name of a transaction as words: "publishRun" is "publish run"."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
