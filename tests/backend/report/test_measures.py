from dataclasses import replace

import numpy as np
import pytest

from backend.demo.outcome import PointOutcome
from backend.report.congested_days import zoom_days
from backend.report.measures import (
    EXPORT,
    IMPORT,
    add_up,
    by_agreement,
    directions,
    load_moved,
    month_days,
    site_moved,
)
from tests.backend.report import month

DAYS = month_days(month.outcome())


def test_days_follow_the_clock_change():
    assert [day.columns for day in DAYS] == [month.SATURDAY, month.SUNDAY, month.MONDAY]
    assert DAYS[1].minutes[7:9].tolist() == [105, 180]
    assert str(DAYS[1].date) == "2027-03-28"


def test_the_autumn_day_has_a_hundred_quarter_hours():
    (day,) = month_days(month.outcome(first_date="2027-10-31", last_date="2027-10-31", points=()))
    assert len(day.minutes) == 100
    assert day.minutes[11:13].tolist() == [165, 120]


def test_both_directions_by_hand():
    incoming, outgoing = directions(month.congested())
    assert (incoming.name, incoming.limit_w) == (IMPORT, 10_000)
    assert (incoming.peak_before_w, incoming.peak_after_w) == (12_000, 11_000)
    assert (incoming.over_before_kwh, incoming.over_after_kwh) == (4.0, 1.5)
    assert (incoming.hours_before, incoming.hours_after) == (2.0, 2.5)
    assert (incoming.unordered_kwh, incoming.added_kwh) == (0.5, 0.5)
    assert (outgoing.name, outgoing.peak_before_w, outgoing.peak_after_w) == (EXPORT, 10_000, 8_000)
    assert (outgoing.over_before_kwh, outgoing.over_after_kwh, outgoing.hours_after) == (4, 0, 0)
    assert incoming.exceeded
    assert outgoing.exceeded


def test_a_load_at_its_limit_does_not_exceed_it():
    load_w = month.series(10_000)
    point = replace(month.congested(), before_w=load_w, after_w=load_w)
    assert [one.exceeded for one in directions(point)] == [False, False]
    assert directions(point)[1].peak_before_w == 0


def test_an_order_in_the_other_direction_does_not_count_as_relief():
    point = replace(month.congested(), ordered_w=month.series(0, (month.EVENING, 2_000)))
    assert directions(point)[0].unordered_kwh == directions(point)[0].over_after_kwh == 1.5


def test_the_worst_day_of_each_direction_is_looked_at():
    zooms = zoom_days(month.congested(), DAYS)
    assert [zoom.day for zoom in zooms] == [DAYS[0], DAYS[2]]
    assert [zoom.over_kwh for zoom in zooms] == [{IMPORT: 4.0}, {EXPORT: 4.0}]


def test_one_worst_day_for_both_directions_is_joined_by_the_next_worst():
    load_w = month.series(
        0, (slice(10, 14), 13_000), (slice(20, 24), -13_000), (slice(100, 101), 10_400)
    )
    zooms = zoom_days(replace(month.congested(), before_w=load_w), DAYS)
    assert [zoom.day for zoom in zooms] == [DAYS[0], DAYS[1]]
    assert zooms[0].over_kwh == {IMPORT: 3.0, EXPORT: 5.0}
    assert zooms[1].over_kwh == {IMPORT: 0.1}


def test_without_overload_the_days_that_come_closest_are_looked_at():
    load_w = month.series(0, (slice(5, 6), 9_000), (slice(200, 201), -7_500))
    zooms = zoom_days(replace(month.congested(), before_w=load_w), DAYS)
    assert [zoom.day for zoom in zooms] == [DAYS[0], DAYS[2]]
    assert [zoom.over_kwh for zoom in zooms] == [{}, {}]


def test_the_choice_of_days_does_not_depend_on_what_became_of_them():
    point = month.congested()
    spoilt = replace(point, after_w=month.series(0, (month.SUNDAY, 50_000)))
    assert zoom_days(spoilt, DAYS) == zoom_days(point, DAYS)


def test_what_a_site_moved_counts_in_the_ordered_direction():
    day = month.site_day()
    assert site_moved(day).ordered_kwh == 2.0
    assert site_moved(day).actual_kwh == 0.5
    wrong_way = replace(day, actual_w=day.recorded_w + 1_000)
    assert site_moved(wrong_way).actual_kwh == -1.0
    more = replace(wrong_way, target_w=day.baseline_w + 2_000)
    assert (site_moved(more).ordered_kwh, site_moved(more).actual_kwh) == (2.0, 1.0)


@pytest.mark.parametrize(("sign", "ordered_kwh", "actual_kwh"), [(-1, 4.0, 3.0), (1, 4.0, 4.0)])
def test_what_the_load_moved_counts_in_the_ordered_direction(
    sign: int, ordered_kwh: float, actual_kwh: float
):
    moved = load_moved(month.congested(), sign)
    assert (moved.ordered_kwh, moved.actual_kwh) == (ordered_kwh, actual_kwh)


def test_sums_of_statements():
    sums = add_up(month.STATEMENTS)
    assert (sums.activations, sums.overridden) == (25, 1)
    assert (sums.capacity, sums.volume, sums.penalty) == (102_709, 274_055, 62_049)
    assert sums.amount == sums.capacity + sums.volume - sums.penalty
    assert sums.delivered_share == pytest.approx(99.46 / 119.44)
    assert add_up(()).delivered_share is None


def test_statements_are_grouped_in_order_of_appearance():
    one, two, three = month.STATEMENTS
    assert by_agreement((three, one, two)) == {
        "midday increase": (three,),
        "evening reduction": (one, two),
    }


def test_excess_is_that_of_the_outcome():
    generator = np.random.default_rng(7)
    before_w, after_w = generator.integers(-20_000, 20_000, (2, month.QUARTERS))
    point = PointOutcome("P", 9_000, 7_000, before_w, after_w, month.series(0))
    incoming, outgoing = directions(point)
    assert (incoming.over_before_kwh, outgoing.over_before_kwh) == point.excess_kwh(before_w)
    assert incoming.unordered_kwh == pytest.approx(incoming.over_after_kwh)
    assert outgoing.added_kwh >= outgoing.over_after_kwh - outgoing.over_before_kwh
