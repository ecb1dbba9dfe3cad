"""The DSO's view: what load a congestion point expects, and what it has to order."""

from dataclasses import dataclass

import numpy as np

from backend.services.local_day import IntArray, LocalDay, rows_by_wall_clock
from flexmanager.forecast import forecast
from flexmanager.vpp.congestion import Limits, Outlook, needed_w

DAYS_BACK = 21
NEAREST_DAYS = 5
EXPORT_CAUTION = 1.0
"""The rating of a transformer is physical: plan with the most extreme of the similar days."""

IMPORT_CAUTION = 0.5
"""The import limit is an allotment: plan half way between their mean and the most extreme."""


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """What a DSO orders for part of a local day.

    Attributes:
        expected_w: cautious load forecast per ISP of the day.
        required_w: signed change needed per ISP, 0 outside the window.
    """

    expected_w: IntArray
    required_w: IntArray


def find_outlook(
    today: LocalDay, load_w: IntArray, load_first_isp: int, gate_isp: int, spread_isps: int = 0
) -> Outlook:
    """Forecast the load of a day from the recorded days most like its morning.

    Args:
        today: the local day.
        load_w: metered load up to the gate, without the flexibility ordered so far.
        load_first_isp: ISP index of its first value.
        gate_isp: first ISP that is not metered yet.
        spread_isps: by how many ISPs a peak may come earlier or later than on those days.

    Returns:
        The mean of those days, moved towards their extremes by as much caution as the limit on
        that side deserves; in each ISP the most extreme of those within the spread.
    """
    _, history = rows_by_wall_clock(load_w, load_first_isp, today, DAYS_BACK)
    morning = load_w[today.first_isp - load_first_isp : gate_isp - load_first_isp]
    found = forecast(history, morning.astype(np.float64), NEAREST_DAYS)

    def towards(extreme_w: IntArray, caution: float) -> IntArray:
        moved: IntArray = np.rint(caution * (extreme_w - found.mean_w)).astype(np.int64)
        return found.mean_w + moved

    low_w = towards(found.cautious_w(-1), EXPORT_CAUTION)
    high_w = towards(found.cautious_w(1), IMPORT_CAUTION)
    around_low_w, around_high_w = _around(low_w, spread_isps), _around(high_w, spread_isps)
    return Outlook(around_low_w.min(axis=1), around_high_w.max(axis=1))


def _around(series_w: IntArray, isps: int) -> IntArray:
    """Return each value with its neighbours, shape (n, 2 isps + 1); the ends repeat."""
    padded_w = np.pad(series_w, isps, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded_w, 2 * isps + 1)


def find_requirement(
    today: LocalDay,
    load_w: IntArray,
    load_first_isp: int,
    limits: Limits,
    sign: int,
    gate_isp: int,
    from_minute: int,
    to_minute: int,
    spread_isps: int = 0,
) -> Requirement:
    """Compare the expected load of a window with the limits.

    Args:
        today: the local day.
        load_w: metered load up to the gate, without the flexibility ordered so far.
        load_first_isp: ISP index of its first value.
        limits: what the congestion point can carry, any margin taken off.
        sign: +1 to relieve exports, -1 to relieve imports.
        gate_isp: first ISP that is not metered yet.
        from_minute: start of the window in local minutes.
        to_minute: its end.
        spread_isps: by how many ISPs a peak may come earlier or later than it did before.
    """
    outlook = find_outlook(today, load_w, load_first_isp, gate_isp, spread_isps)
    change_w, minutes = needed_w(outlook, limits), today.minutes()
    ordered = (minutes >= from_minute) & (minutes < to_minute) & (change_w * sign > 0)
    expected_w = outlook.low_w if sign > 0 else outlook.high_w
    return Requirement(expected_w, np.where(ordered, change_w, 0))
