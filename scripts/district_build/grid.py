"""Sites, assets and congestion points from the SimBench grid tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from backend.district.records import Asset, AssetKind, CongestionPoint, Site
from backend.district.rules import FIXED_LOAD
from scripts.district_build.sources import BuildError, read_table

FOLDER = "simbench/networks/1-complete_data-mixed-all-2-sw"
W_PER_MW = 1_000_000

# Our assumption, not the source's: the share of the medium-voltage feeder allotted to the point.
IMPORT_LIMIT_W = {"LV1": 60_000, "LV4": 80_000}

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
        *(_asset(row, _kind_of(row.profile), row.pLoad) for row in loads.itertuples()),
        *(_asset(row, AssetKind.PHOTOVOLTAIC, row.pRES) for row in plants.itertuples()),
        *(_battery(row) for row in stores.itertuples()),
    ]
    node_by_site = {
        _site_id(node): node for table in (loads, plants, stores) for node in table["node"]
    }
    points = _congestion_points(simbench)
    sites = _sites(node_by_site, assets)
    order = {site.site_id: position for position, site in enumerate(sites)}
    ordered = tuple(sorted(assets, key=lambda asset: order[asset.site_id]))
    return Grid(points, sites, ordered)


def read_simbench(simbench: Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Return columns of a table of scenario 2, the future grid with storages, all voltage levels.

    Raises:
        BuildError: the wheel has no such table or the table lacks a column.
    """
    return read_table(simbench, f"{FOLDER}/{name}.csv", columns, sep=";")


def _elements(simbench: Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Return the rows of one element table that belong to the district."""
    table = read_simbench(simbench, name, ["id", "node", "profile", "subnet", *columns])
    return table[table["subnet"].isin(_subnets())]


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


def _asset(row: Any, kind: AssetKind, rated_mw: float) -> Asset:
    site_id = _site_id(row.node)
    return Asset(
        asset_id=_asset_id(row.id, site_id),
        site_id=site_id,
        kind=kind,
        profile=row.profile,
        rated_w=round(rated_mw * W_PER_MW),
        capacity_wh=None,
        efficiency_bp=None,
    )


def _battery(row: Any) -> Asset:
    site_id = _site_id(row.node)
    return Asset(
        asset_id=_asset_id(row.id, site_id),
        site_id=site_id,
        kind=AssetKind.BATTERY,
        profile=row.profile,
        rated_w=round(row.sR * W_PER_MW),
        capacity_wh=round(row.eStore * W_PER_MW),
        efficiency_bp=round(row.etaStore * 10_000),
    )


def _sites(node_by_site: dict[str, str], assets: Iterable[Asset]) -> tuple[Site, ...]:
    kinds: dict[str, set[AssetKind]] = {site_id: set() for site_id in node_by_site}
    for asset in assets:
        kinds[asset.site_id].add(asset.kind)
    sites = [
        Site(site_id, site_id.split("-")[0], node, tuple(sorted(kinds[site_id] & set(FIXED_LOAD))))
        for site_id, node in node_by_site.items()
    ]
    return tuple(sorted(sites, key=lambda s: (s.congestion_point_id, int(s.site_id.split("-")[1]))))


def _congestion_points(simbench: Path) -> tuple[CongestionPoint, ...]:
    transformers = read_simbench(simbench, "Transformer", ["id", "type", "subnet"])
    types = read_simbench(simbench, "TransformerType", ["id", "sR"]).set_index("id")["sR"]
    points = []
    for name, import_limit_w in sorted(IMPORT_LIMIT_W.items()):
        found = transformers[transformers["subnet"] == f"{name}.101"]
        if len(found) != 1:
            raise BuildError(f"subnet {name}.101: {len(found)} transformers, expected 1")
        rated_va = round(float(types[found["type"].iloc[0]]) * W_PER_MW)
        transformer = found["id"].iloc[0]
        points.append(CongestionPoint(name, transformer, rated_va, import_limit_w, rated_va))
    return tuple(points)
