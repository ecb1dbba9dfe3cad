"""The DSO's view: what load a congestion point expects for the rest of a day."""

from dataclasses import dataclass

import numpy as np

from backend.services.local_day import IntArray, LocalDay, rows_by_wall_clock
from flexmanager.forecast import Forecast, forecast
from flexmanager.vpp.congestion import Outlook

DAYS_BACK = 21


@dataclass(frozen=True, slots=True)
class Caution:
    """How far a DSO plans from what it expects, on one side.

    Attributes:
        share: of the way from the mean of the days like today to their extreme, 0 to 1.
        spread_isps: by how many ISPs a peak may come earlier or later than on those days.
    """

    share: float
    spread_isps: int = 0


@dataclass(frozen=True, slots=True)
class Foresight:
    """How a DSO looks ahead: which days it learns from, and how cautiously it plans.

    Attributes:
        nearest_days: how many days like today.
        memory, persistence: of the likeness and of the latest deviation, as for `forecast`.
        imports: towards the highest load.
        exports: towards the lowest load.
    """

    nearest_days: int
    memory: float
    persistence: float
    imports: Caution
    exports: Caution


def find_outlook(
    today: LocalDay,
    load_w: IntArray,
    load_first_isp: int,
    gate_isp: int,
    foresight: Foresight,
) -> Outlook:
    """Forecast the load of a day from the recorded days most like its hours so far.

    Args:
        today: the local day.
        load_w: metered load up to the gate, without the flexibility ordered so far.
        load_first_isp: ISP index of its first value.
        gate_isp: first ISP that is not metered yet.
        foresight: how to look ahead.

    Returns:
        The cautious loads on both sides; in each ISP the most extreme of those within the spread.
    """
    found = find_forecast(today, load_w, load_first_isp, gate_isp, foresight)

    def towards(extreme_w: IntArray, caution: Caution) -> IntArray:
        moved_w: IntArray = np.rint(caution.share * (extreme_w - found.mean_w)).astype(np.int64)
        return _around(found.mean_w + moved_w, caution.spread_isps)

    low_w = towards(found.cautious_w(-1), foresight.exports).min(axis=1)
    high_w = towards(found.cautious_w(1), foresight.imports).max(axis=1)
    return Outlook(low_w, high_w)


def find_forecast(
    today: LocalDay,
    load_w: IntArray,
    load_first_isp: int,
    gate_isp: int,
    foresight: Foresight,
) -> Forecast:
    """Forecast the load of a day as `find_outlook` does, before any caution."""
    _, history = rows_by_wall_clock(load_w, load_first_isp, today, DAYS_BACK)
    morning = load_w[today.first_isp - load_first_isp : gate_isp - load_first_isp]
    return forecast(
        history,
        morning.astype(np.float64),
        foresight.nearest_days,
        memory=foresight.memory,
        persistence=foresight.persistence,
    )


def _around(series_w: IntArray, isps: int) -> IntArray:
    """Return each value with its neighbours, shape (n, 2 isps + 1); the ends repeat."""
    padded_w = np.pad(series_w, isps, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded_w, 2 * isps + 1)
