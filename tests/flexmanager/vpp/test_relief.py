"""What is ordered at a feeder relieves its transformer, and not the other feeder."""

import numpy as np

from flexmanager.vpp.congestion import GridPoint, Limits, Outlook, PointKind, bottom_up, needed_w
from flexmanager.vpp.relief import ordered_at
from tests.flexmanager.vpp.agreements import ISPS
from tests.flexmanager.vpp.trading import FIVE_PM, REQUESTED, book, offer, option, order, request

TRANSFORMER = GridPoint("T", PointKind.TRANSFORMER, Limits(20_000, 20_000))
FEEDER = GridPoint("LV1", PointKind.FEEDER, Limits(10_000, 10_000), "T")
OTHER = GridPoint("LV4", PointKind.FEEDER, Limits(10_000, 10_000), "T")
GRID = {one.name: one for one in (TRANSFORMER, FEEDER, OTHER)}
SOME = offer(2, option(min_factor_percent=50))
BOOKS = (book(request(), SOME, order(3, SOME, None, 50)), book())


def test_an_order_counts_at_its_point_and_above():
    at_feeder = ordered_at(BOOKS, GRID, "LV1", ISPS)
    assert at_feeder[[isp - ISPS[0] for isp in REQUESTED]].tolist() == [-3_000] * 8
    assert at_feeder.sum() == -24_000
    assert ordered_at(BOOKS, GRID, "T", ISPS).tolist() == at_feeder.tolist()
    assert not ordered_at(BOOKS, GRID, "LV4", ISPS).any()
    assert ordered_at((BOOKS[0], BOOKS[0]), GRID, "T", ISPS).sum() == -48_000
    assert ordered_at(BOOKS, {}, "LV1", ISPS).tolist() == at_feeder.tolist()
    assert not ordered_at(BOOKS, {}, "T", ISPS).any()


def test_served_from_the_bottom_up_nothing_is_ordered_twice():
    """13 kW at the feeder, 22 kW at its transformer: what the feeder orders is enough for both."""
    expected_w = {"LV1": 13_000, "LV4": 9_000, "T": 22_000}
    first = FIVE_PM - ISPS[0]
    needs = {}
    for point in bottom_up(list(GRID.values())):
        load_w = np.zeros(len(ISPS), dtype=np.int64)
        load_w[first : first + 8] = expected_w[point.name]
        left = Outlook(load_w, load_w).after(ordered_at(BOOKS, GRID, point.name, ISPS))
        needs[point.name] = int(needed_w(left, point.limits)[first])
    assert needs == {"LV1": 0, "LV4": 0, "T": 0}
    assert list(needs)[-1] == "T"
