"""The proposal of non-working days, against the calendar of Austria."""

from datetime import date

import pytest

from backend.cli import main
from backend.non_working_days import as_list, propose
from settlement.clock import day_of
from settlement.day_list_file import read_days
from settlement.errors import InputError

AUSTRIA_2027 = [
    "2027-01-01", "2027-01-06", "2027-03-29", "2027-05-01", "2027-05-06", "2027-05-17",
    "2027-05-27", "2027-08-15", "2027-10-26", "2027-11-01", "2027-12-08",
    "2027-12-25", "2027-12-26",
]  # fmt: skip


def test_public_holidays_of_austria():
    assert [str(one.day) for one in propose("AT", 2027)] == AUSTRIA_2027


def test_a_subdivision_may_have_more():
    bavaria = {one.day for one in propose("DE", 2027, "BY")}
    assert bavaria > {one.day for one in propose("DE", 2027)}
    assert date(2027, 1, 6) in bavaria


def test_the_proposal_is_a_list_that_settlement_reads(tmp_path):
    path = tmp_path / "days.txt"
    path.write_text(as_list(propose("AT", 2027)), encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines()[4] == (
        "2027-05-06  # Thursday, Ascension Day"
    )
    assert read_days(path) == {day_of(date.fromisoformat(one)) for one in AUSTRIA_2027}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("XX", 2027), "country 'XX'"),
        (("AT", 1200), "year 1200"),
        (("DE", 2027, "ZZ"), "subdivision 'ZZ'; expected of DE: BB"),
    ],
)
def test_what_is_not_known_is_refused(arguments, expected):
    with pytest.raises(InputError, match=expected):
        propose(*arguments)


def test_command(capsys):
    assert main(["holidays", "--country", "AT", "--year", "2027"]) == 0
    assert capsys.readouterr().out.count("2027-") == len(AUSTRIA_2027)
    assert main(["holidays", "--country", "XX", "--year", "2027"]) == 2
    assert "country 'XX'" in capsys.readouterr().err
