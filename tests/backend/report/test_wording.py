import pytest

from backend.report.wording import NOTHING, change, counted, eur, kilo, number, percent, words

MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567.89, 1, "1,234,567.9"),
        (-1234.5, 1, f"{MINUS}1,234.5"),
        (-0.04, 1, "0.0"),
        (0, 0, "0"),
        (-0.0, 2, "0.00"),
        (-0.5, 1, f"{MINUS}0.5"),
    ],
)
def test_number(value: float, digits: int, text: str):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.00"),
        (-49, "0.00"),
        (50, "0.00"),
        (150, "0.02"),
        (51, "0.01"),
        (-12_049, f"{MINUS}1.20"),
        (9_580_612, "958.06"),
        (12_345_678_901_234_567, "1,234,567,890,123.46"),
    ],
)
def test_eur_rounds_half_to_even(amount: int, text: str):
    assert eur(amount) == text


def test_kilo():
    assert kilo(-5_249) == f"{MINUS}5.2"


@pytest.mark.parametrize(
    ("share", "text"), [(None, NOTHING), (0.0, f"0.0{SPACE}%"), (0.9996, f"100.0{SPACE}%")]
)
def test_percent(share: float | None, text: str):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (4.0, 1.0, f"{MINUS}75.0{SPACE}%"),
        (4.0, 5.0, f"+25.0{SPACE}%"),
        (4.0, 4.0, f"0.0{SPACE}%"),
        (0.0, 0.0, NOTHING),
        (0.0, 3.0, NOTHING),
    ],
)
def test_change(before: float, after: float, text: str):
    assert change(before, after) == text


def test_counted():
    assert [counted(n, "offer") for n in (0, 1, 1_000)] == ["0 offers", "1 offer", "1,000 offers"]


def test_words():
    assert words("noteOverrideBySignature") == "note override by signature"
    assert words("deploy") == "deploy"
