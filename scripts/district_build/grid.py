"""Sites, assets and congestion points from the SimBench grid tables."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from backend.district.records import Asset, AssetKind, CongestionPoint, Site
from backend.district.rules import FIXED_LOAD
from scripts.district_build.sources import BuildError, read_table

FOLDER = "simbench/networks/1-complete_data-mixed-all-2-sw"
MILLION = 1_000_000

# Our assumption, not the source's: the share of the medium-voltage feeder allotted to the point.
IMPORT_LIMIT_W = {"LV1": 45_000, "LV4": 60_000}

# Longest head first where one begins with another.
KIND_BY_PROFILE_HEAD = {
    "H0": AssetKind.HOUSEHOLD,
    "G": AssetKind.BUSINESS,
    "L": AssetKind.FARM,
    "HLS": AssetKind.ELECTRIC_VEHICLE,
    "APLS": AssetKind.ELECTRIC_VEHICLE,
    "Air": AssetKind.HEAT_PUMP,
    "Soil": AssetKind.HEAT_PUMP,
}


@dataclass(frozen=True, slots=True)
class Grid:
    """What stands where in the district.

    Attributes:
        congestion_points: by id.
        sites: by congestion point and node number.
        assets: by site; loads before photovoltaics before batteries.
    """

    congestion_points: tuple[CongestionPoint, ...]
    sites: tuple[Site, ...]
    assets: tuple[Asset, ...]


def read_grid(simbench: Path) -> Grid:
    """Read the low-voltage grids of the district from the SimBench wheel.

    Raises:
        BuildError: a table is not what the build was written for.
    """
    loads = _elements(simbench, "Load", ["pLoad"])
    plants = _elements(simbench, "RES", ["pRES"])
    stores = _elements(simbench, "Storage", ["sR", "eStore", "etaStore"])
    assets = [
        *(_asset(row, _kind_of(row["profile"]), row["pLoad"]) for row in loads),
        *(_asset(row, AssetKind.PHOTOVOLTAIC, row["pRES"]) for row in plants),
        *(_battery(row) for row in stores),
    ]
    node_by_site = {_site_id(row["node"]): row["node"] for row in (*loads, *plants, *stores)}
    points = _congestion_points(simbench)
    sites = _sites(node_by_site, assets)
    by_site = sorted(assets, key=lambda asset: _site_order(asset.site_id))
    return Grid(points, sites, tuple(by_site))


def read_simbench(simbench: Path, name: str, columns: list[str]) -> list[tuple[str, ...]]:
    """Return columns of a table of scenario 2, the future grid with storages, all voltage levels.

    Raises:
        BuildError: the wheel has no such table or the table lacks a column.
    """
    return read_table(simbench, f"{FOLDER}/{name}.csv", columns, delimiter=";")


def _elements(simbench: Path, name: str, columns: list[str]) -> list[dict[str, str]]:
    """Return the rows of one element table that belong to the district, by column."""
    names = ["id", "node", "profile", "subnet", *columns]
    rows = (dict(zip(names, cells, strict=True)) for cells in read_simbench(simbench, name, names))
    return [row for row in rows if row["subnet"] in _subnets()]


def _subnets() -> list[str]:
    return [f"{point}.101" for point in IMPORT_LIMIT_W]


def _site_id(node: str) -> str:
    """Return `LV1-10` for the node `LV1.101 Bus 10`."""
    return node.replace(".101 Bus ", "-")


def _asset_id(element: str, site_id: str) -> str:
    """Return `LV1-10-Load1` for the element `LV1.101 Load 1` at site `LV1-10`."""
    return f"{site_id}-{element.split(' ', 1)[1].replace(' ', '')}"


def _kind_of(profile: str) -> AssetKind:
    heads = [head for head in KIND_BY_PROFILE_HEAD if profile.startswith(head)]
    if not heads:
        raise BuildError(f"profile {profile}: no kind known")
    return KIND_BY_PROFILE_HEAD[max(heads, key=len)]


def _asset(row: dict[str, str], kind: AssetKind, rated_mw: str) -> Asset:
    site_id = _site_id(row["node"])
    return Asset(
        asset_id=_asset_id(row["id"], site_id),
        site_id=site_id,
        kind=kind,
        profile=row["profile"],
        rated_w=_whole(rated_mw, MILLION),
        capacity_wh=None,
        efficiency_bp=None,
    )


def _battery(row: dict[str, str]) -> Asset:
    return replace(
        _asset(row, AssetKind.BATTERY, row["sR"]),
        capacity_wh=_whole(row["eStore"], MILLION),
        efficiency_bp=_whole(row["etaStore"], 10_000),
    )


def _whole(text: str, factor: int) -> int:
    """Return a number of the source times `factor`, which has to be whole."""
    value = Decimal(text) * factor
    if value != value.to_integral_value():
        raise BuildError(f"value {text}: expected a multiple of 1/{factor}")
    return int(value)


def _sites(node_by_site: dict[str, str], assets: Iterable[Asset]) -> tuple[Site, ...]:
    kinds: dict[str, set[AssetKind]] = {site_id: set() for site_id in node_by_site}
    for asset in assets:
        kinds[asset.site_id].add(asset.kind)
    sites = []
    for site_id, node in sorted(node_by_site.items(), key=lambda item: _site_order(item[0])):
        fixed = kinds[site_id] & FIXED_LOAD
        if len(fixed) != 1:
            raise BuildError(f"site {site_id}: {len(fixed)} kinds of fixed load, expected 1")
        sites.append(Site(site_id, _site_order(site_id)[0], node, fixed.pop()))
    return tuple(sites)


def _site_order(site_id: str) -> tuple[str, int]:
    """Return the congestion point and the node number of a site."""
    congestion_point_id, _, number = site_id.partition("-")
    return congestion_point_id, int(number)


def _congestion_points(simbench: Path) -> tuple[CongestionPoint, ...]:
    transformers = read_simbench(simbench, "Transformer", ["subnet", "id", "type"])
    types = read_simbench(simbench, "TransformerType", ["id", "sR"])
    rated_mva = {cells[0]: cells[1] for cells in types}
    points = []
    for name, import_limit_w in sorted(IMPORT_LIMIT_W.items()):
        found = [cells[1:] for cells in transformers if cells[0] == f"{name}.101"]
        if len(found) != 1:
            raise BuildError(f"subnet {name}.101: {len(found)} transformers, expected 1")
        transformer, kind = found[0]
        rated_va = _whole(rated_mva[kind], MILLION)
        points.append(CongestionPoint(name, transformer, rated_va, import_limit_w, rated_va))
    return tuple(points)
