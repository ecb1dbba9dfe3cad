"""The assets, stretches of time and orders that the tests of this folder share."""

import numpy as np

from flexmanager.assets import (
    Battery,
    ElectricVehicle,
    HeatPump,
    Photovoltaic,
    Preferences,
    Session,
)
from flexmanager.horizon import Horizon, SiteHorizon
from flexmanager.rounding import FloatArray, IntArray

FIRST_ISP = 1_621_148
"""UTC ISP index of 2016-03-27 23:00 UTC at 15 minutes, a local midnight in Berlin."""

ISP_MINUTES = 15
ISP_SECONDS = 900
DAY_ISPS = 96
HOURS = 0.25

PREFERENCES = Preferences()
BATTERY = Battery("LV1-9-Storage2", 67_000, 33_500, 33_500)
HEAT_PUMP = HeatPump("LV1-13-Load27", 2_200)
PHOTOVOLTAIC = Photovoltaic("LV1-2-SGen7", 24_500)

# A heat pump of the pilot district over five hours of a February night, W per quarter hour.
HEAT_PUMP_NIGHT_W = (
    1184, 592, 0, 0, 0, 0, 0, 664, 1324, 1548, 1768, 884, 0, 0, 0, 0, 0, 0, 0, 880,
)  # fmt: skip


def whole(values: object) -> IntArray:
    return np.asarray(values, dtype=np.int64)


def order_w(isps: int, *parts: tuple[int, int, int]) -> IntArray:
    """Return zeros with constant orders: (start, stop, W), stop excluded."""
    series = np.zeros(isps, dtype=np.int64)
    for start, stop, power_w in parts:
        series[start:stop] = power_w
    return series


def horizon(
    recorded_w: object,
    temperature_c: float = 8.0,
    price: FloatArray | float = 40.0,
    first_isp: int = FIRST_ISP,
) -> Horizon:
    recorded = whole(recorded_w)
    return Horizon(
        first_isp,
        ISP_MINUTES,
        recorded,
        np.full(len(recorded), temperature_c),
        np.broadcast_to(np.asarray(price, dtype=np.float64), recorded.shape).copy(),
    )


def site_horizon(
    recorded_w: dict[str, IntArray], isps: int, price: FloatArray | float = 40.0
) -> SiteHorizon:
    return SiteHorizon(
        FIRST_ISP,
        ISP_MINUTES,
        recorded_w,
        np.full(isps, 8.0),
        np.broadcast_to(np.asarray(price, dtype=np.float64), (isps,)).copy(),
    )


def stay(
    first: int, stop: int, delivered_wh: int, name: str = "s1", late_s: int = 0, early_s: int = 0
) -> Session:
    """Return a session over whole ISPs of the horizon, shortened at its ends by some seconds."""
    begin_s = (FIRST_ISP + first) * ISP_SECONDS
    end_s = (FIRST_ISP + stop) * ISP_SECONDS
    return Session(name, begin_s + late_s, end_s - early_s, delivered_wh)


def vehicle(*sessions: Session, rated_w: int = 4_000) -> ElectricVehicle:
    return ElectricVehicle("LV1-10-Load20", rated_w, sessions)


def uncontrolled_w(isps: int, sessions: tuple[Session, ...], rated_w: int) -> IntArray:
    """Charge each session from plug-in on as fast as it goes; whole W per ISP."""
    series = np.zeros(isps, dtype=np.int64)
    for session in sessions:
        left = session.delivered_wh / HOURS
        for isp in range(isps):
            begin_s = (FIRST_ISP + isp) * ISP_SECONDS
            there_s = min(begin_s + ISP_SECONDS, session.plug_out_utc_s) - max(
                begin_s, session.plug_in_utc_s
            )
            power_w = int(min(left, rated_w * max(there_s, 0) / ISP_SECONDS))
            series[isp] += power_w
            left -= power_w
    return series
