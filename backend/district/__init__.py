"""The pilot district: recorded sites, assets, charging sessions, prices and temperatures."""

from backend.district.district import District
from backend.district.loader import load_district
from backend.district.records import (
    Asset,
    AssetKind,
    CongestionPoint,
    EvSession,
    Site,
)
from backend.district.tables import DistrictDataError

__all__ = [
    "Asset",
    "AssetKind",
    "CongestionPoint",
    "District",
    "DistrictDataError",
    "EvSession",
    "Site",
    "load_district",
]
