from dataclasses import replace

import numpy as np
import pytest

from backend.report.lines import drawn_limits_w, stepped
from backend.report.measures import EXPORT, IMPORT
from tests.backend.report import month


def test_each_isp_has_a_start_and_an_end():
    x, y = stepped(np.array([0, 15]), np.array([4, 7]))
    assert x.tolist() == [0, 15, 15, 30]
    assert y.tolist() == [4, 4, 7, 7]


@pytest.mark.parametrize("later", [180, 60], ids=["lost hour", "doubled hour"])
def test_the_line_breaks_where_the_clock_changes(later: int):
    x, y = stepped(np.array([105, later]), np.array([4, 7]))
    np.testing.assert_equal(x, [105, 120, np.nan, later, later + 15])
    np.testing.assert_equal(y, [4, 4, np.nan, 7, 7])


def test_a_missing_value_leaves_a_gap_and_no_zero():
    _, y = stepped(np.array([0, 15, 30]), np.array([4.0, np.nan, 7.0]))
    np.testing.assert_equal(y, [4, 4, np.nan, np.nan, 7, 7])


def test_the_clock_change_day_keeps_all_its_quarter_hours():
    day = month.site_day()
    x, y = stepped(day.minutes, day.actual_w)
    assert np.isnan(x).sum() == np.isnan(y).sum() == 1
    assert np.nanmin(x) == 0
    assert np.nanmax(x) == 1440


def test_limits_in_reach_are_drawn():
    assert drawn_limits_w(month.congested()) == {IMPORT: 10_000, EXPORT: -8_000}
    assert drawn_limits_w(month.calm()) == {IMPORT: 80_000}


def test_a_limit_of_zero_keeps_its_direction():
    point = replace(month.congested(), import_limit_w=10**6, export_limit_w=0)
    assert drawn_limits_w(point) == {EXPORT: 0}
