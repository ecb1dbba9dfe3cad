"""The district as a whole: its records with their series, and the move into the future."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backend.district import calendar
from backend.district.records import Asset, CongestionPoint, EvSession, Site

QUARTERS_PER_HOUR = 4


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """The recorded district, or the same moved by whole weeks.

    Attributes:
        congestion_points: in the order of their ids.
        sites: in the order of the source.
        assets: all assets; batteries have a nameplate and no series.
        sessions: by asset, then by plug-in; sessions of one asset never overlap.
        series_asset_ids: the assets with a series, one per row of `energy_wh`.
        energy_wh: int32 [asset with series, quarter], Wh per quarter hour; read-only.
        day_ahead_price: int64 [hour], 1e-4 EUR per MWh; hour 0 begins with the first quarter.
        temperature_centi_celsius: int64 [hour], hundredths of a degree Celsius; same hours.
        weeks_moved: whole weeks between this district and the recording.
    """

    congestion_points: tuple[CongestionPoint, ...]
    sites: tuple[Site, ...]
    assets: tuple[Asset, ...]
    sessions: tuple[EvSession, ...]
    series_asset_ids: tuple[str, ...]
    energy_wh: NDArray[np.int32]
    day_ahead_price: NDArray[np.int64]
    temperature_centi_celsius: NDArray[np.int64]
    weeks_moved: int = 0

    @property
    def first_quarter_utc_s(self) -> int:
        """The UTC second at which the first quarter begins, a local midnight."""
        return calendar.shift_utc_s(calendar.RECORDED_START_UTC_S, self.weeks_moved)

    @property
    def quarters(self) -> int:
        """How many quarter hours every series has."""
        return len(self.energy_wh[0])

    @property
    def first_day(self) -> date:
        """The first local day."""
        return calendar.shift_day(calendar.FIRST_DAY, self.weeks_moved)

    @property
    def last_day(self) -> date:
        """The last local day, inclusive."""
        return calendar.shift_day(calendar.LAST_DAY, self.weeks_moved)

    @property
    def non_working_days(self) -> tuple[date, ...]:
        """The recorded public holidays, moved with the data."""
        recorded = calendar.recorded_non_working_days()
        return tuple(calendar.shift_day(day, self.weeks_moved) for day in recorded)

    def quarters_of_day(self, day: date) -> slice:
        """Return the columns of the local `day`: 96 of them, 92 on the clock change.

        Raises:
            ValueError: the day lies outside the district's days.
        """
        if not self.first_day <= day <= self.last_day:
            raise ValueError(f"day {day}: expected {self.first_day} to {self.last_day}")
        elapsed_s = calendar.local_midnight_utc_s(day) - self.first_quarter_utc_s
        start = elapsed_s // calendar.SECONDS_PER_QUARTER
        return slice(start, start + calendar.quarters_of_day(day))

    def assets_of(self, site_id: str) -> tuple[Asset, ...]:
        """Return the assets of a site.

        Raises:
            KeyError: the district has no such site.
        """
        found = tuple(asset for asset in self.assets if asset.site_id == site_id)
        if not found:
            raise KeyError(f"site {site_id!r}: not in the district")
        return found

    def sessions_of(self, asset_id: str) -> tuple[EvSession, ...]:
        """Return the charging sessions of an asset by plug-in; none for other kinds."""
        return tuple(session for session in self.sessions if session.asset_id == asset_id)

    def asset_wh(self, asset_id: str) -> NDArray[np.int32]:
        """Return the series of one asset, Wh per quarter [quarter].

        Raises:
            KeyError: the asset is unknown or has no series (a battery).
        """
        if asset_id not in self.series_asset_ids:
            raise KeyError(f"asset {asset_id!r}: has no series in the district")
        series: NDArray[np.int32] = self.energy_wh[self.series_asset_ids.index(asset_id)]
        return series

    def asset_w(self, asset_id: str) -> NDArray[np.int32]:
        """Return the mean power of one asset per quarter [W, quarter].

        Raises:
            KeyError: the asset is unknown or has no series (a battery).
        """
        return self.asset_wh(asset_id) * np.int32(QUARTERS_PER_HOUR)

    def site_w(self, site_id: str) -> NDArray[np.int32]:
        """Return the net mean power of a site per quarter [W, quarter], as its meter shows it.

        Raises:
            KeyError: the district has no such site.
        """
        return self._sum_w({asset.asset_id for asset in self.assets_of(site_id)})

    def congestion_point_w(self, congestion_point_id: str) -> NDArray[np.int32]:
        """Return the net mean power through a congestion point per quarter [W, quarter].

        Raises:
            KeyError: the district has no such congestion point.
        """
        if congestion_point_id not in {c.congestion_point_id for c in self.congestion_points}:
            raise KeyError(f"congestion point {congestion_point_id!r}: not in the district")
        fed = {s.site_id for s in self.sites if s.congestion_point_id == congestion_point_id}
        return self._sum_w({asset.asset_id for asset in self.assets if asset.site_id in fed})

    def moved(self, weeks: int) -> "District":
        """Return the district with every stamp moved by whole `weeks`; the series are shared.

        Raises:
            ValueError: the move would take the recorded clock change off a clock-change Sunday, so
                that the local wall clock would not be kept; `calendar.weeks_ahead` gives one.
        """
        total = self.weeks_moved + weeks
        if not calendar.keeps_clock(total):
            landed = calendar.shift_day(calendar.CLOCK_CHANGE_DAY, total)
            raise ValueError(
                f"weeks {weeks}: puts the recorded clock change of {calendar.CLOCK_CHANGE_DAY} on "
                f"{landed}, expected {calendar.spring_change_day(landed.year)}"
            )
        return replace(
            self,
            sessions=tuple(session.moved(weeks) for session in self.sessions),
            weeks_moved=total,
        )

    def _sum_w(self, asset_ids: set[str]) -> NDArray[np.int32]:
        rows = [row for row, name in enumerate(self.series_asset_ids) if name in asset_ids]
        total: NDArray[np.int32] = self.energy_wh[rows].sum(axis=0, dtype=np.int32)
        return total * np.int32(QUARTERS_PER_HOUR)
