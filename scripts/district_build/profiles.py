"""Energy series of the assets from the SimBench profile tables."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.district.calendar import SECONDS_PER_QUARTER, ZONE, local_midnight_utc_s
from backend.district.district import QUARTERS_PER_HOUR
from backend.district.records import Asset, AssetKind
from scripts.district_build.grid import read_simbench
from scripts.district_build.sources import BuildError

YEAR_START_UTC_S = local_midnight_utc_s(date(2016, 1, 1))
YEAR_END_UTC_S = local_midnight_utc_s(date(2017, 1, 1))

# Batteries: the source's schedule only ever charges, 43 to 90 times the capacity without one
# discharge. Cars: real sessions take the place of the source's standard profile.
WITHOUT_PROFILE = (AssetKind.BATTERY, AssetKind.ELECTRIC_VEHICLE)


def read_energy(
    simbench: Path, assets: Iterable[Asset], start_utc_s: int, end_utc_s: int
) -> dict[str, NDArray[np.int32]]:
    """Read the series of all assets but batteries and electric vehicles.

    Args:
        simbench: path of the wheel.
        assets: the assets of the district.
        start_utc_s: UTC second of the first quarter.
        end_utc_s: UTC second at which the last quarter ends.

    Returns:
        int32 series by asset id, Wh per quarter [quarter], generation negative.

    Raises:
        BuildError: a table is not what the build was written for.
    """
    window = slice(
        (start_utc_s - YEAR_START_UTC_S) // SECONDS_PER_QUARTER,
        (end_utc_s - YEAR_START_UTC_S) // SECONDS_PER_QUARTER,
    )
    with_profile = [asset for asset in assets if asset.kind not in WITHOUT_PROFILE]
    plants = [asset for asset in with_profile if asset.kind is AssetKind.PHOTOVOLTAIC]
    loads = [asset for asset in with_profile if asset.kind is not AssetKind.PHOTOVOLTAIC]
    generated = _profiles(simbench, "RESProfile", plants, "")
    consumed = _profiles(simbench, "LoadProfile", loads, "_pload")
    series = {a.asset_id: register_wh(consumed[a.profile][window] * a.rated_w) for a in loads}
    series |= {a.asset_id: -register_wh(generated[a.profile][window] * a.rated_w) for a in plants}
    return series


def register_wh(power_w: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return whole Wh per quarter from the mean power of each quarter [W].

    The running register is rounded, not each quarter: no sum over quarters is ever more than 1 Wh
    off, however long.
    """
    register = np.rint(np.cumsum(power_w / QUARTERS_PER_HOUR))
    return np.diff(register, prepend=0.0).astype(np.int32)


def _profiles(
    simbench: Path, name: str, assets: Iterable[Asset], suffix: str
) -> dict[str, NDArray[np.float64]]:
    """Return the profiles of `assets` over the year, as a share of the rated power [quarter]."""
    profiles = sorted({asset.profile for asset in assets})
    rows = read_simbench(simbench, name, ["time", *(profile + suffix for profile in profiles)])
    check_stamps(name, [row[0] for row in rows])
    try:
        values = np.array([[float(cell) for cell in row[1:]] for row in rows])
    except ValueError as error:
        raise BuildError(f"{name}: {error}") from None
    if not np.isfinite(values).all():
        raise BuildError(f"{name}: a value is not a finite number")
    return dict(zip(profiles, values.T, strict=True))


def check_stamps(name: str, stamps: list[str]) -> None:
    """Check that rows are the quarters of the German local year 2016, without gap or repeat.

    The stamps are bare local time, so the two passes through the doubled autumn hour look alike;
    their order tells them apart.

    Raises:
        BuildError: a stamp is not the expected one, or rows are missing or too many.
    """
    expected = [
        datetime.fromtimestamp(utc_s, UTC).astimezone(ZONE).strftime("%d.%m.%Y %H:%M")
        for utc_s in range(YEAR_START_UTC_S, YEAR_END_UTC_S, SECONDS_PER_QUARTER)
    ]
    for row, (found, wanted) in enumerate(zip(stamps, expected, strict=False), start=2):
        if found != wanted:
            raise BuildError(f"{name} row {row}: stamp {found}, expected {wanted}")
    if len(stamps) != len(expected):
        raise BuildError(f"{name}: {len(stamps)} rows, expected {len(expected)}")
