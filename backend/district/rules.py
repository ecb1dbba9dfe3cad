"""Rules that hold between the files of the district."""

import numpy as np

from backend.district.charging import uncontrolled_wh
from backend.district.district import QUARTERS_PER_HOUR, District
from backend.district.records import Asset, AssetKind
from backend.district.tables import DistrictDataError

# A register rounded to whole Wh may put up to 1 Wh of a neighbouring quarter into a quarter.
ROUNDING_WH = 1

FIXED_LOAD = frozenset({AssetKind.HOUSEHOLD, AssetKind.BUSINESS, AssetKind.FARM})


def check_series(district: District) -> None:
    """Check the series against assets, sites and sessions.

    Raises:
        DistrictDataError: a series has no asset or an asset other than a battery has no series; a
            value has the wrong sign or exceeds the rating; the series of a charging point is not
            the uncontrolled charging of its sessions; a site's kind is not that of its fixed load.
    """
    with_series = tuple(a.asset_id for a in district.assets if a.kind is not AssetKind.BATTERY)
    if district.series_asset_ids != with_series:
        odd = sorted(set(district.series_asset_ids) ^ set(with_series))
        rule = f"series and assets other than batteries differ (or their order does): {odd}"
        raise DistrictDataError("energy.npz", None, rule)
    for asset in district.assets:
        if asset.kind is not AssetKind.BATTERY:
            _check_range(district, asset)
        if asset.kind is AssetKind.ELECTRIC_VEHICLE:
            _check_charging(district, asset)
    _check_kinds(district)


def _check_kinds(district: District) -> None:
    found: dict[str, set[AssetKind]] = {site.site_id: set() for site in district.sites}
    for asset in district.assets:
        found[asset.site_id].add(asset.kind)
    for site in district.sites:
        fixed = found[site.site_id] & FIXED_LOAD
        if fixed != {site.kind}:
            rule = (
                f"site {site.site_id}: kind {site.kind}, fixed load of its assets {sorted(fixed)}"
            )
            raise DistrictDataError("sites.csv", None, rule)


def _check_range(district: District, asset: Asset) -> None:
    energy_wh = district.asset_wh(asset.asset_id)
    generated_wh = -energy_wh if asset.kind is AssetKind.PHOTOVOLTAIC else energy_wh
    most_wh = -(-asset.rated_w // QUARTERS_PER_HOUR) + ROUNDING_WH
    wrong = np.flatnonzero((generated_wh < 0) | (generated_wh > most_wh))
    if wrong.size:
        first = int(wrong[0])
        sign = "-" if asset.kind is AssetKind.PHOTOVOLTAIC else ""
        rule = (
            f"asset {asset.asset_id} quarter {first}: {int(energy_wh[first])} Wh, "
            f"expected 0 to {sign}{most_wh}"
        )
        raise DistrictDataError("energy.npz", None, rule)


def _check_charging(district: District, asset: Asset) -> None:
    found_wh = district.asset_wh(asset.asset_id)
    expected_wh = uncontrolled_wh(
        district.sessions_of(asset.asset_id),
        asset.rated_w,
        district.first_quarter_utc_s,
        district.quarters,
    )
    wrong = np.flatnonzero(found_wh != expected_wh)
    if wrong.size:
        first = int(wrong[0])
        rule = (
            f"asset {asset.asset_id} quarter {first}: {int(found_wh[first])} Wh, expected "
            f"{int(expected_wh[first])} from its sessions"
        )
        raise DistrictDataError("energy.npz", None, rule)
