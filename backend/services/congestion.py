"""The DSO's view: what load a congestion point expects, and what it has to order."""

from dataclasses import dataclass

import numpy as np

from backend.services.local_day import IntArray, LocalDay, rows_by_wall_clock
from flexmanager.forecast import forecast

DAYS_BACK = 21
NEAREST_DAYS = 5
EXPORT_CAUTION = 1.0
"""The rating of a transformer is physical: plan with the most extreme of the similar days."""

IMPORT_CAUTION = 0.5
"""The import limit is an allotment: plan half way between their mean and the most extreme."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a congestion point can carry, both as magnitudes in W."""

    import_w: int
    export_w: int


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """What a DSO orders for part of a local day.

    Attributes:
        expected_w: cautious load forecast per ISP of the day.
        required_w: signed change needed per ISP, 0 outside the window.
    """

    expected_w: IntArray
    required_w: IntArray


def find_requirement(
    today: LocalDay,
    load_w: IntArray,
    load_first_isp: int,
    limits: Limits,
    sign: int,
    gate_isp: int,
    from_minute: int,
    to_minute: int,
) -> Requirement:
    """Compare the expected load of a window with the limits.

    Args:
        today: the local day.
        load_w: metered load up to the gate, without the flexibility ordered so far.
        load_first_isp: ISP index of its first value.
        limits: what the congestion point can carry.
        sign: +1 to relieve exports, -1 to relieve imports.
        gate_isp: first ISP that is not metered yet.
        from_minute: start of the window in local minutes.
        to_minute: its end.
    """
    _, history = rows_by_wall_clock(load_w, load_first_isp, today, DAYS_BACK)
    morning = load_w[today.first_isp - load_first_isp : gate_isp - load_first_isp]
    found = forecast(history, morning.astype(np.float64), NEAREST_DAYS)
    caution = EXPORT_CAUTION if sign > 0 else IMPORT_CAUTION
    extreme_w, mean_w = found.cautious_w(-sign), found.mean_w
    expected_w = mean_w + np.rint(caution * (extreme_w - mean_w)).astype(np.int64)
    minutes = today.minutes()
    inside = (minutes >= from_minute) & (minutes < to_minute)
    if sign > 0:
        needed_w = np.maximum(0, -limits.export_w - expected_w)
    else:
        needed_w = -np.maximum(0, expected_w - limits.import_w)
    return Requirement(expected_w, np.where(inside, needed_w, 0))
