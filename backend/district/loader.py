"""Reading the district from its data folder; everything is checked before it is returned."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.district import calendar, parse, rules
from backend.district.district import District
from backend.district.tables import DistrictDataError, Row, read_rows

DATA_FOLDER = Path(__file__).parent / "data"
MANIFEST = "manifest.json"
ENERGY = "energy.npz"
FORMAT = 1

# All that numpy raises on an archive that is empty, cut, damaged, pickled or of other arrays.
UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)

FILES = (
    "assets.csv",
    "congestion_points.csv",
    "day_ahead.csv",
    ENERGY,
    "ev_sessions.csv",
    "sites.csv",
    "temperature.csv",
)


def load_district(folder: Path = DATA_FOLDER) -> District:
    """Read and check the recorded district.

    Args:
        folder: a folder as `scripts/build_district` writes it; the one in this package by default.

    Returns:
        The district at the stamps of the recording.

    Raises:
        DistrictDataError: a file is missing, differs from its hash in the manifest, or breaks a
            rule; the error names the file, the row and the rule.
    """
    files = _verified(folder)

    def rows(file: str, columns: tuple[str, ...]) -> Iterable[Row]:
        return read_rows(file, files[file], columns)

    points = parse.congestion_points(rows("congestion_points.csv", parse.CONGESTION_POINT_COLUMNS))
    sites = parse.sites(rows("sites.csv", parse.SITE_COLUMNS), points)
    assets = parse.assets(rows("assets.csv", parse.ASSET_COLUMNS), sites)
    series_asset_ids, energy_wh = _energy(files[ENERGY])
    district = District(
        congestion_points=points,
        sites=sites,
        assets=assets,
        sessions=parse.sessions(rows("ev_sessions.csv", parse.SESSION_COLUMNS), assets),
        series_asset_ids=series_asset_ids,
        energy_wh=energy_wh,
        day_ahead_price=_hourly(files, parse.PRICES),
        temperature_centi_celsius=_hourly(files, parse.TEMPERATURES),
    )
    rules.check_series(district)
    return district


def _hourly(files: Mapping[str, bytes], table: parse.HourlyTable) -> NDArray[np.int64]:
    return parse.hourly(read_rows(table.file, files[table.file], table.columns), table)


def _verified(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files, each equal to its hash in the manifest."""
    expected = _manifest(folder)
    files = {}
    for name in FILES:
        try:
            content = (folder / name).read_bytes()
        except FileNotFoundError:
            raise DistrictDataError(name, None, f"no such file in {folder}") from None
        found = hashlib.sha256(content).hexdigest()
        if found != expected[name]:
            raise DistrictDataError(name, None, f"sha256 {found}, expected {expected[name]}")
        files[name] = content
    return files


def _manifest(folder: Path) -> dict[str, str]:
    """Return the expected sha256 of every file."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DistrictDataError(MANIFEST, None, f"no such file in {folder}") from None
    except ValueError as error:
        raise DistrictDataError(MANIFEST, None, f"not JSON in UTF-8: {error}") from None
    if not isinstance(manifest, Mapping) or manifest.get("format") != FORMAT:
        raise DistrictDataError(MANIFEST, None, f"expected an object with format {FORMAT}")
    days = (manifest.get("first_day"), manifest.get("last_day"))
    if days != (str(calendar.FIRST_DAY), str(calendar.LAST_DAY)):
        rule = f"days {days}: expected {calendar.FIRST_DAY} to {calendar.LAST_DAY}"
        raise DistrictDataError(MANIFEST, None, rule)
    entries = manifest.get("files")
    if not isinstance(entries, Mapping) or sorted(entries) != sorted(FILES):
        raise DistrictDataError(MANIFEST, None, f"files: expected entries for {', '.join(FILES)}")
    hashes = {}
    for name, entry in entries.items():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("sha256"), str):
            raise DistrictDataError(MANIFEST, None, f"files: {name}: expected a sha256")
        hashes[name] = entry["sha256"]
    return hashes


def _energy(content: bytes) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the ids and the read-only series of `energy.npz`."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            asset_ids = arrays["asset_ids"]
            energy_wh = arrays["energy_wh"]
            first_quarter_utc_s = arrays["first_quarter_utc_s"]
    except UNREADABLE as error:
        raise DistrictDataError(ENERGY, None, f"not the expected arrays: {error}") from None
    if asset_ids.ndim != 1 or asset_ids.dtype.kind != "U":
        raise DistrictDataError(ENERGY, None, "asset_ids: expected one row of text")
    expected = calendar.RECORDED_START_UTC_S
    if first_quarter_utc_s.shape != () or int(first_quarter_utc_s) != expected:
        rule = f"first_quarter_utc_s {first_quarter_utc_s}: expected {expected}"
        raise DistrictDataError(ENERGY, None, rule)
    shape = (len(asset_ids), calendar.RECORDED_QUARTERS)
    if energy_wh.shape != shape or energy_wh.dtype != np.dtype("<i4"):
        rule = f"energy_wh {energy_wh.dtype} {energy_wh.shape}: expected int32 {shape}"
        raise DistrictDataError(ENERGY, None, rule)
    energy_wh.flags.writeable = False
    return tuple(str(name) for name in asset_ids), energy_wh
