"""A party's own list of non-working days, compared where it matters."""

from settlement.checker.evidence import gather
from settlement.checker.non_working import check_non_working_days
from tests.settlement.build import bundle_of
from tests.settlement.market import EASTER_HOLIDAY, MONDAY


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
