"""Writing the data folder: the same input gives the same bytes."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.district import loader, parse
from backend.district.calendar import FIRST_DAY, LAST_DAY, RECORDED_START_UTC_S
from backend.district.records import Asset, EvSession
from backend.district.tables import format_stamp
from scripts.district_build.grid import Grid
from scripts.district_build.sessions import SessionCounts
from scripts.district_build.sources import WHEELS


def write_district(
    folder: Path,
    grid: Grid,
    sessions: Sequence[EvSession],
    energy_wh: Mapping[str, NDArray[np.int32]],
    prices: Iterable[tuple[int, Decimal]],
    temperatures: Iterable[tuple[int, Decimal]],
    counts: SessionCounts,
) -> None:
    """Write all data files and the manifest with their hashes into `folder`."""
    series = [asset.asset_id for asset in grid.assets if asset.asset_id in energy_wh]
    files = {
        "assets.csv": _table(parse.ASSET_COLUMNS, map(_asset_cells, grid.assets)),
        "congestion_points.csv": _table(
            parse.CONGESTION_POINT_COLUMNS, (asdict(p).values() for p in grid.congestion_points)
        ),
        "day_ahead.csv": _hourly(parse.PRICES, prices),
        loader.ENERGY: _energy(series, energy_wh),
        "ev_sessions.csv": _table(parse.SESSION_COLUMNS, map(_session_cells, sessions)),
        "sites.csv": _table(parse.SITE_COLUMNS, (asdict(site).values() for site in grid.sites)),
        "temperature.csv": _hourly(parse.TEMPERATURES, temperatures),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = json.dumps(_manifest(files, counts), indent=2, sort_keys=True) + "\n"
    (folder / loader.MANIFEST).write_text(manifest, encoding="utf-8")


def _table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _hourly(table: parse.HourlyTable, values: Iterable[tuple[int, Decimal]]) -> bytes:
    return _table(table.columns, ((format_stamp(utc_s), value) for utc_s, value in values))


def _asset_cells(asset: Asset) -> list[Any]:
    return ["" if value is None else value for value in asdict(asset).values()]


def _session_cells(session: EvSession) -> list[Any]:
    stated = session.stated_departure_utc_s
    return [
        session.asset_id,
        session.session_id,
        format_stamp(session.plug_in_utc_s),
        format_stamp(session.plug_out_utc_s),
        "" if stated is None else format_stamp(stated),
        "" if session.requested_wh is None else session.requested_wh,
        session.recorded_wh,
        session.delivered_wh,
    ]


def _energy(series: Sequence[str], energy_wh: Mapping[str, NDArray[np.int32]]) -> bytes:
    """Return the archive of the series; numpy stamps its members with a fixed time."""
    archive = io.BytesIO()
    np.savez_compressed(
        archive,
        asset_ids=np.array(series),
        energy_wh=np.stack([energy_wh[asset_id] for asset_id in series]).astype("<i4"),
        first_quarter_utc_s=np.array(RECORDED_START_UTC_S, dtype="<i8"),
    )
    return archive.getvalue()


def _manifest(files: Mapping[str, bytes], counts: SessionCounts) -> dict[str, Any]:
    return {
        "format": loader.FORMAT,
        "first_day": str(FIRST_DAY),
        "last_day": str(LAST_DAY),
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
        "sessions": asdict(counts),
        "sources": {
            wheel.file: {
                "package": wheel.package,
                "version": wheel.version,
                "sha256": wheel.sha256,
            }
            for wheel in WHEELS
        },
    }
