"""From the rows of a table to the records of the district."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.district import calendar
from backend.district.charging import most_wh
from backend.district.records import Asset, AssetKind, CongestionPoint, EvSession, Site
from backend.district.tables import DistrictDataError, Row, format_stamp

CONGESTION_POINT_COLUMNS = (
    "congestion_point_id",
    "transformer",
    "rated_va",
    "import_limit_w",
    "export_limit_w",
)
SITE_COLUMNS = ("site_id", "congestion_point_id", "node", "kind")
ASSET_COLUMNS = (
    "asset_id",
    "site_id",
    "kind",
    "profile",
    "rated_w",
    "capacity_wh",
    "efficiency_bp",
)
SESSION_COLUMNS = (
    "asset_id",
    "session_id",
    "plug_in_utc",
    "plug_out_utc",
    "stated_departure_utc",
    "requested_wh",
    "recorded_wh",
    "delivered_wh",
)
SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class HourlyTable:
    """A table of one value per hour.

    Attributes:
        file: its name.
        value_column: the column of the value, next to `hour_utc`.
        decimals: values are read in units of 10 to the power of -`decimals`.
    """

    file: str
    value_column: str
    decimals: int

    @property
    def columns(self) -> tuple[str, str]:
        """The columns of the table."""
        return ("hour_utc", self.value_column)


PRICES = HourlyTable("day_ahead.csv", "price_eur_per_mwh", 4)
TEMPERATURES = HourlyTable("temperature.csv", "temperature_c", 2)


def congestion_points(rows: Iterable[Row]) -> tuple[CongestionPoint, ...]:
    """Return the congestion points.

    Raises:
        DistrictDataError: a value breaks a rule.
    """
    return tuple(
        CongestionPoint(
            congestion_point_id=row.text("congestion_point_id"),
            transformer=row.text("transformer"),
            rated_va=row.integer("rated_va", 1),
            import_limit_w=row.integer("import_limit_w", 1),
            export_limit_w=row.integer("export_limit_w", 1),
        )
        for row in _unique(rows, "congestion_point_id")
    )


def sites(rows: Iterable[Row], points: Iterable[CongestionPoint]) -> tuple[Site, ...]:
    """Return the sites, each fed by one of the congestion `points`.

    Raises:
        DistrictDataError: a value breaks a rule.
    """
    known = {point.congestion_point_id for point in points}
    return tuple(
        Site(
            site_id=row.text("site_id"),
            congestion_point_id=_known(row, "congestion_point_id", known, "congestion point"),
            node=row.text("node"),
            kind=_kind(row),
        )
        for row in _unique(rows, "site_id")
    )


def assets(rows: Iterable[Row], known_sites: Iterable[Site]) -> tuple[Asset, ...]:
    """Return the assets, each at one of the known sites.

    Raises:
        DistrictDataError: a value breaks a rule.
    """
    known = {site.site_id for site in known_sites}
    return tuple(_asset(row, known) for row in _unique(rows, "asset_id"))


def sessions(rows: Iterable[Row], known_assets: Iterable[Asset]) -> tuple[EvSession, ...]:
    """Return the charging sessions of the assets of kind `ev`.

    Raises:
        DistrictDataError: a value breaks a rule, a session lies partly outside the recording, or
            it begins before the one above it at the same asset has ended.
    """
    rated_w = {
        asset.asset_id: asset.rated_w
        for asset in known_assets
        if asset.kind is AssetKind.ELECTRIC_VEHICLE
    }
    found: list[EvSession] = []
    ends: dict[str, int] = {}
    for row in _unique(rows, "session_id"):
        session = _session(row, rated_w)
        if session.plug_in_utc_s < ends.get(session.asset_id, session.plug_in_utc_s):
            raise row.error("plug_in_utc", "before the end of the asset's previous session")
        ends[session.asset_id] = session.plug_out_utc_s
        found.append(session)
    return tuple(found)


def hourly(rows: Iterable[Row], table: HourlyTable) -> NDArray[np.int64]:
    """Return the values of an hourly table that covers the recording without a gap.

    Returns:
        int64 [hour], in units of 10 to the power of -`table.decimals`; read-only.

    Raises:
        DistrictDataError: a stamp is missing, doubled or out of order, or a value breaks a rule.
    """
    hours = range(calendar.RECORDED_START_UTC_S, calendar.RECORDED_END_UTC_S, SECONDS_PER_HOUR)
    values: list[int] = []
    for row in rows:
        if len(values) == len(hours):
            raise row.error("hour_utc", f"after the last of {len(hours)} hours")
        expected = hours[len(values)]
        if row.stamp("hour_utc") != expected:
            raise row.error("hour_utc", f"gap or repeat, expected {format_stamp(expected)}")
        values.append(row.scaled(table.value_column, table.decimals))
    if len(values) != len(hours):
        raise DistrictDataError(table.file, None, f"{len(values)} hours, expected {len(hours)}")
    result = np.array(values, dtype=np.int64)
    result.flags.writeable = False
    return result


def _asset(row: Row, known_sites: set[str]) -> Asset:
    kind = _kind(row)
    battery = kind is AssetKind.BATTERY
    for column in ("capacity_wh", "efficiency_bp"):
        if battery != bool(row.texts[column]):
            raise row.error(column, "expected a value for a battery and none for other kinds")
    return Asset(
        asset_id=row.text("asset_id"),
        site_id=_known(row, "site_id", known_sites, "site"),
        kind=kind,
        profile=row.text("profile"),
        rated_w=row.integer("rated_w", 1),
        capacity_wh=row.optional("capacity_wh", lambda column: row.integer(column, 1)),
        efficiency_bp=row.optional("efficiency_bp", lambda column: row.integer(column, 1, 10_000)),
    )


def _session(row: Row, rated_w: dict[str, int]) -> EvSession:
    asset_id = _known(row, "asset_id", set(rated_w), "asset of kind ev")
    plug_in_utc_s = row.stamp("plug_in_utc")
    if plug_in_utc_s < calendar.RECORDED_START_UTC_S:
        raise row.error("plug_in_utc", f"expected not before {calendar.FIRST_DAY}")
    plug_out_utc_s = row.stamp("plug_out_utc")
    if not plug_in_utc_s < plug_out_utc_s <= calendar.RECORDED_END_UTC_S:
        raise row.error("plug_out_utc", f"expected after plug-in, until end of {calendar.LAST_DAY}")
    stated = row.optional("stated_departure_utc", row.stamp)
    if stated is not None and stated <= plug_in_utc_s:
        raise row.error("stated_departure_utc", "expected after plug-in")
    requested_wh = row.optional("requested_wh", lambda column: row.integer(column, 1))
    if (requested_wh is None) != (stated is None):
        raise row.error("requested_wh", "expected with a stated departure, and only with one")
    recorded_wh = row.integer("recorded_wh", 1)
    fits_wh = most_wh(rated_w[asset_id], plug_out_utc_s - plug_in_utc_s)
    delivered_wh = row.integer("delivered_wh", 0)
    if delivered_wh != min(recorded_wh, fits_wh):
        rule = f"expected {min(recorded_wh, fits_wh)}, the recorded energy as far as it fits"
        raise row.error("delivered_wh", rule)
    return EvSession(
        asset_id=asset_id,
        session_id=row.text("session_id"),
        plug_in_utc_s=plug_in_utc_s,
        plug_out_utc_s=plug_out_utc_s,
        stated_departure_utc_s=stated,
        requested_wh=requested_wh,
        recorded_wh=recorded_wh,
        delivered_wh=delivered_wh,
    )


def _unique(rows: Iterable[Row], column: str) -> Iterator[Row]:
    """Yield the rows, refusing an id that stood in an earlier row."""
    lines: dict[str, int] = {}
    for row in rows:
        name = row.text(column)
        if name in lines:
            raise row.error(column, f"duplicate of row {lines[name]}")
        lines[name] = row.line
        yield row


def _known(row: Row, column: str, known: set[str], what: str) -> str:
    name = row.text(column)
    if name not in known:
        raise row.error(column, f"unknown {what}")
    return name


def _kind(row: Row) -> AssetKind:
    try:
        return AssetKind(row.text("kind"))
    except ValueError:
        kinds = ", ".join(kind.value for kind in AssetKind)
        raise row.error("kind", f"unknown kind, expected one of {kinds}") from None
