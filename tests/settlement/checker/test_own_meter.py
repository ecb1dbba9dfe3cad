"""The party's own meter file in the place of the committed data: tolerance, gaps, other points."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from settlement.bundle.records import Bundle
from settlement.checker.evidence import Evidence, gather
from settlement.checker.own_meter import TOLERANCE, check_own_meter
from settlement.checker.report import Check
from settlement.meter import Readings
from tests.settlement.build import bundle_of
from tests.settlement.market import MONDAY, isp_at

FLAT, SHOP, FARM = "meter of the flat", "meter of the shop", "meter of the farm"
FIRST_ISP = isp_at(MONDAY + 1, 17)


def own_readings(evidence: Evidence, point: str, change: Callable[[int, int | None], int | None]):
    """The committed readings of a point, changed ISP by ISP."""
    return Readings(
        15,
        {
            day: tuple(change(day * 96 + at, value) for at, value in enumerate(values))
            for day, values in evidence.points[point].days.items()
        },
    )


def compare(
    name: str,
    changes: dict[str, Callable[[int, int | None], int | None]],
    tolerance: int = TOLERANCE,
) -> Check:
    bundle: Bundle = bundle_of(name)
    evidence = gather(bundle)
    own = {point: own_readings(evidence, point, change) for point, change in changes.items()}
    return check_own_meter(bundle, evidence, own, tolerance)


ACCEPTED = "A difference of up to 0.0100 EUR is accepted."


def covers(point: str, isps: int, of: int, differing: str = "") -> str:
    """The note about a metering point."""
    rest = "; the committed ones were used for the others" if isps < of else ""
    return f"Your file has {isps} of the {of} ISPs of {point} that are read{rest}{differing}."


READ = 128
"""ISPs that "evening" reads: 12 ordered ones and 16 of adjustment windows, and like days' ones."""


def same(_isp: int, value: int | None) -> int | None:
    return value


def more(watts: int) -> Callable[[int, int | None], int | None]:
    """That many W more in the four ISPs of the first activation."""
    return lambda isp, value: (
        value + watts if value is not None and 0 <= isp - FIRST_ISP < 4 else value
    )


def test_the_same_readings_give_the_same_amount():
    check = compare("evening", {FLAT: same, SHOP: same})
    notes = (covers(FLAT, READ, READ), covers(SHOP, READ, READ), ACCEPTED)
    assert check == Check("own-meter", "Your own meter file gives the same amount.", (), notes)


def test_the_tolerance_is_one_cent_inclusive():
    assert TOLERANCE == 100
    # Two of the four ISPs delivered more than ordered and still do. In the others 100 W less are
    # 0.05 kWh: 0.009 EUR less volume and 0.012 EUR more penalty.
    check = compare("evening", {FLAT: more(100), SHOP: same})
    told = "The statement says 1.2257 EUR; with your own readings it is 1.2047 EUR."
    assert check.findings == (told,)
    assert check.notes[0] == covers(FLAT, READ, READ, "; 4 differ, by up to 100 W")
    assert not compare("evening", {FLAT: more(100), SHOP: same}, tolerance=210).findings
    assert compare("evening", {FLAT: more(100), SHOP: same}, tolerance=209).findings


def test_a_small_difference_is_noted_and_accepted():
    check = compare("evening", {FLAT: more(2), SHOP: same})
    assert check.findings == ()
    assert check.notes[0] == covers(FLAT, READ, READ, "; 4 differ, by up to 2 W")


@pytest.mark.parametrize("watts", [100, -100])
def test_a_difference_in_favour_of_the_party_is_told_as_well(watts):
    check = compare("evening", {FLAT: more(watts), SHOP: same})
    assert len(check.findings) == 1


def test_isps_that_the_file_lacks_are_taken_from_the_committed_data_and_noted():
    gap = {FIRST_ISP, FIRST_ISP + 1, FIRST_ISP - 96}
    check = compare("evening", {FLAT: lambda isp, value: None if isp in gap else value, SHOP: same})
    assert check.findings == ()
    assert check.notes[0] == covers(FLAT, READ - 3, READ)


def test_a_point_that_the_file_lacks_is_noted():
    check = compare("evening", {FLAT: same})
    assert check.findings == ()
    assert check.notes == (covers(FLAT, READ, READ), covers(SHOP, 0, READ), ACCEPTED)


def test_readings_that_the_settlement_does_not_read_do_not_matter():
    unread = isp_at(MONDAY + 1, 3)
    check = compare("evening", {FLAT: lambda isp, w: 10**6 if isp == unread else w, SHOP: same})
    assert check == compare("evening", {FLAT: same, SHOP: same})


def test_a_point_of_another_agreement_is_told():
    bundle = bundle_of("evening")
    evidence = gather(bundle)
    own = {point: evidence.points[point] for point in evidence.points}
    check = check_own_meter(bundle, evidence, {**own, FARM: Readings(15, {})})
    assert check.findings == (
        f"Your file has readings of {FARM}, which is not a metering point of the agreement.",
    )


def test_days_beyond_the_bundle_are_not_used():
    bundle = bundle_of("evening")
    evidence = gather(bundle)
    longer = {
        point: Readings(15, {**readings.days, MONDAY + 200: (10**6,) * 96})
        for point, readings in evidence.points.items()
    }
    assert check_own_meter(bundle, evidence, longer) == compare("evening", {FLAT: same, SHOP: same})


def test_own_readings_that_complete_the_statement_are_told():
    check = compare("night", {FARM: lambda _isp, value: 5000 if value is None else value})
    assert len(check.findings) == 1
    assert check.findings[0].startswith("With your own readings the statement is complete: 0.")
    assert check.notes == (covers(FARM, 24, 24, "; 1 differ, by up to 5000 W"), ACCEPTED)


def test_a_statement_that_waits_for_data_waits_with_the_same_readings_too():
    check = compare("night", {FARM: same})
    assert check.findings == ()
    assert check.notes == (
        covers(FARM, 23, 24),
        "2027-03-23 18:00: 1 of 4 meter readings are missing",
        ACCEPTED,
    )


def test_readings_that_cannot_be_recorded_make_the_statement_lack_data():
    check = compare("evening", {FLAT: more(2**31), SHOP: same})
    assert check.findings == ("With your own readings the statement lacks data.",)
    assert "out of the range that can be recorded" in check.notes[-2]


def test_a_bundle_without_metering_points_is_not_compared():
    bundle = replace(bundle_of("quiet"), metering_points=())
    check = check_own_meter(bundle, gather(bundle), {FLAT: Readings(15, {})})
    assert check.findings == (
        f"Your file has readings of {FLAT}, which is not a metering point of the agreement.",
    )
