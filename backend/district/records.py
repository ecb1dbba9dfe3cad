"""The records of the pilot district: what stands where, and what was measured.

Signs and units follow the whole project: energy in Wh per quarter hour and power in W, consumption
positive, generation negative; a stamp is a UTC second; a price is in 1e-4 EUR per MWh. A quarter is
named by its start. None stands for "not known", never for zero.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from backend.district import calendar


class AssetKind(StrEnum):
    """What an asset is; the first three are the fixed load of a connection."""

    HOUSEHOLD = "household"
    BUSINESS = "business"
    FARM = "farm"
    HEAT_PUMP = "heat_pump"
    ELECTRIC_VEHICLE = "ev"
    PHOTOVOLTAIC = "pv"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class CongestionPoint:
    """A transformer that feeds sites, with the power that may pass in each direction.

    Attributes:
        congestion_point_id: the name used in the market, such as `LV1`.
        transformer: the name of the transformer in the source.
        rated_va: the rating of the transformer [VA].
        import_limit_w: the most that may flow towards the sites [W, > 0]; an assumption.
        export_limit_w: the most that may flow back [W, > 0]; the rating at unit power factor.
    """

    congestion_point_id: str
    transformer: str
    rated_va: int
    import_limit_w: int
    export_limit_w: int


@dataclass(frozen=True, slots=True)
class Site:
    """A connection: one meter behind a congestion point.

    Attributes:
        site_id: such as `LV1-10`.
        congestion_point_id: the congestion point that feeds it.
        node: the node of the grid model in the source.
        kind: the kind of its fixed load: household, business or farm.
    """

    site_id: str
    congestion_point_id: str
    node: str
    kind: AssetKind


@dataclass(frozen=True, slots=True)
class Asset:
    """A device or load at a site.

    Attributes:
        asset_id: such as `LV1-10-Load1`.
        site_id: the site it belongs to.
        kind: what it is.
        profile: the standard profile of the source behind its series.
        rated_w: rated active power [W, > 0].
        capacity_wh: energy content [Wh] of a full battery, None for all others.
        efficiency_bp: efficiency [basis points] of a battery as its source states it, None for
            all others.
    """

    asset_id: str
    site_id: str
    kind: AssetKind
    profile: str
    rated_w: int
    capacity_wh: int | None
    efficiency_bp: int | None


@dataclass(frozen=True, slots=True)
class EvSession:
    """One stay of a car at a charging point.

    Attributes:
        asset_id: the charging point (an asset of kind `ev`).
        session_id: unique in the district.
        plug_in_utc_s: UTC second of the arrival.
        plug_out_utc_s: UTC second of the true departure.
        stated_departure_utc_s: the departure the driver announced on arrival, None if none.
        requested_wh: the energy the driver asked for, None if none was stated.
        recorded_wh: the energy the source recorded.
        delivered_wh: the energy charged here: `recorded_wh`, or less where the rating of this
            charging point does not suffice for it before the true departure.
    """

    asset_id: str
    session_id: str
    plug_in_utc_s: int
    plug_out_utc_s: int
    stated_departure_utc_s: int | None
    requested_wh: int | None
    recorded_wh: int
    delivered_wh: int

    @property
    def capped(self) -> bool:
        """Whether less is charged here than the source recorded."""
        return self.delivered_wh < self.recorded_wh

    def moved(self, weeks: int) -> "EvSession":
        """Return the session with all stamps moved by whole `weeks`."""
        stated = self.stated_departure_utc_s
        return replace(
            self,
            plug_in_utc_s=calendar.shift_utc_s(self.plug_in_utc_s, weeks),
            plug_out_utc_s=calendar.shift_utc_s(self.plug_out_utc_s, weeks),
            stated_departure_utc_s=None if stated is None else calendar.shift_utc_s(stated, weeks),
        )
