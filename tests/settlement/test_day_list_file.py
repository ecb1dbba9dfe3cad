"""Lists of days are read strictly."""

from datetime import date

import pytest

from settlement.clock import day_of
from settlement.day_list_file import read_days
from settlement.errors import InputError


def test_a_list_is_read_with_its_comments(tmp_path):
    path = tmp_path / "days.txt"
    path.write_text("# published\n2027-03-19 # Friday\n\n  2027-03-29\n", encoding="utf-8")
    assert read_days(path) == {day_of(date(2027, 3, 19)), day_of(date(2027, 3, 29))}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"2027-03-19\n19.3.2027\n", "row 2: '19.3.2027'; expected a date such as 2027-03-29"),
        (b"2027-02-30", "row 1: '2027-02-30'"),
        (b"\xff", "expected a text file in UTF-8"),
        (None, "No such file"),
    ],
)
def test_an_unusable_list_is_refused_by_its_row(tmp_path, data, told):
    path = tmp_path / "days.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_days(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
