"""A party's own list of non-working days: read strictly, compared where it matters."""

import pytest

from settlement.checker.evidence import gather
from settlement.checker.non_working import check_non_working_days, read_days
from settlement.errors import InputError
from tests.settlement.build import bundle_of
from tests.settlement.market import EASTER_HOLIDAY, MONDAY


def test_a_list_is_read_with_its_comments(tmp_path):
    path = tmp_path / "days.txt"
    path.write_text("# published\n2027-03-19 # Friday\n\n  2027-03-29\n", encoding="utf-8")
    assert read_days(path) == {EASTER_HOLIDAY, MONDAY + 7}


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


def findings(name: str, own: set[int]) -> tuple[str, ...]:
    bundle = bundle_of(name)
    return check_non_working_days(bundle, gather(bundle), own).findings


def test_the_same_list_holds():
    assert findings("evening", {EASTER_HOLIDAY}) == ()


def test_both_directions_are_told():
    assert findings("evening", {MONDAY}) == (
        "2027-03-19 counts as non-working in the bundle, and not in your list.",
        "2027-03-22 counts as working in the bundle, and not in your list.",
    )


def test_days_that_no_baseline_reads_do_not_matter():
    saturday, long_ago, later = MONDAY - 2, MONDAY - 100, MONDAY + 30
    assert findings("evening", {EASTER_HOLIDAY, saturday, long_ago, later}) == ()
    assert findings("quiet", set()) == findings("midday", set()) == ()
