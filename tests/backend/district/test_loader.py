"""What the loader refuses, one planted fault at a time."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.district import DistrictDataError, load_district
from backend.district.loader import MANIFEST

Replace = Callable[[str, bytes], None]


def refusal(folder: Path) -> DistrictDataError:
    with pytest.raises(DistrictDataError) as caught:
        load_district(folder)
    return caught.value


def change(folder: Path, replace_file: Replace, file: str, row: int, old: str, new: str) -> None:
    """Replace `old` by `new` in one row, the header being row 1."""
    lines = (folder / file).read_text().splitlines(keepends=True)
    assert old in lines[row - 1], lines[row - 1]
    lines[row - 1] = lines[row - 1].replace(old, new, 1)
    replace_file(file, "".join(lines).encode())


def test_an_untouched_copy_loads(folder: Path):
    assert len(load_district(folder).sites) == 52


BAD_ROWS = [
    ("sites.csv", 1, "node", "nodes", "column node is missing"),
    ("sites.csv", 1, "kind", "kind,colour", "header .*colour.*expected"),
    ("sites.csv", 3, "LV1-2,", "LV1-1,", "column site_id: 'LV1-1': duplicate of row 2"),
    ("sites.csv", 3, ",LV1,", ",LV7,", "congestion_point_id: 'LV7': unknown congestion point"),
    ("sites.csv", 3, ",farm", ",castle", "column kind: 'castle': unknown kind"),
    ("sites.csv", 3, ",farm", "", "3 cells, expected 4"),
    ("sites.csv", 3, "LV1-2,", ",", "column site_id: '': expected text"),
    ("assets.csv", 2, "LV1-1,", "LV1-99,", "column site_id: 'LV1-99': unknown site"),
    ("assets.csv", 2, "13700", "13.7 kW", "rated_w: '13.7 kW': expected a whole number"),
    ("assets.csv", 2, "13700", "0", "rated_w: '0': expected 1 to"),
    ("assets.csv", 2, "13700,,", "13700,500,", "column capacity_wh: '500': expected a value for a"),
    ("congestion_points.csv", 2, "160000", "", "rated_va: '': expected a whole number"),
    ("congestion_points.csv", 2, ",45000", ",-45000", "import_limit_w: '-45000': expected 1 to"),
    ("day_ahead.csv", 5, "T02", "T03", "hour_utc: .* gap or repeat, expected 2016-02-01T02:00:00Z"),
    ("day_ahead.csv", 5, "16-02-01", "16-2-1", "expected a UTC stamp YYYY-MM-DDTHH:MM:SSZ"),
    ("day_ahead.csv", 2, "16.31", "cheap", "price_eur_per_mwh: 'cheap': expected a decimal number"),
    ("day_ahead.csv", 2, "16.31", "16.31000001", "at most 4 decimals"),
    ("temperature.csv", 2, "6.62", "nan", "temperature_c: 'nan': expected"),
    ("temperature.csv", 2, "6.62", "6.625", "at most 2 decimals"),
    ("ev_sessions.csv", 2, "LV1-5-Load25", "LV1-1-Load8", "unknown asset of kind ev"),
    ("ev_sessions.csv", 3, "CA-317-002", "CA-317-001", "session_id: .* duplicate of row 2"),
    ("ev_sessions.csv", 2, "02-01T08", "01-01T08", "plug_in_utc: .* expected not before 2016-02"),
    ("ev_sessions.csv", 2, "02-01T18:13", "02-01T08:13", "plug_out_utc: .* expected after plug-in"),
    ("ev_sessions.csv", 2, "01T18:13:05Z", "01T18:13:05+01:00", "expected a UTC stamp"),
    ("ev_sessions.csv", 2, "01T17:58:29", "01T07:58:29", "stated_departure_utc: .* after plug-in"),
    ("ev_sessions.csv", 2, ",14000,", ",,", "requested_wh: '': expected with a stated departure"),
    ("ev_sessions.csv", 2, "13435,13435", "13435,13434", "delivered_wh: '13434': expected 13435"),
    ("ev_sessions.csv", 3, "02T07:42", "01T12:42", "before the end of the asset's previous"),
]


@pytest.mark.parametrize(("file", "row", "old", "new", "rule"), BAD_ROWS)
def test_a_bad_row_is_named(folder, replace_file, file, row, old, new, rule):
    change(folder, replace_file, file, row, old, new)
    error = refusal(folder)
    assert (error.file, error.row) == (file, row)
    assert re.search(rule, error.rule), error.rule
    assert str(error).startswith(f"{file} row {row}: ")


def test_a_missing_hour_is_a_gap(folder: Path, replace_file: Replace):
    lines = (folder / "temperature.csv").read_text().splitlines(keepends=True)
    replace_file("temperature.csv", "".join(lines[:99] + lines[100:]).encode())
    error = refusal(folder)
    assert (error.file, error.row) == ("temperature.csv", 100)
    assert "gap or repeat" in error.rule


@pytest.mark.parametrize("keep", [slice(None, -1), slice(1, 1)])
def test_a_table_that_ends_early_is_refused(folder: Path, replace_file: Replace, keep: slice):
    lines = (folder / "day_ahead.csv").read_text().splitlines(keepends=True)
    replace_file("day_ahead.csv", "".join(lines[:1] + lines[1:][keep]).encode())
    error = refusal(folder)
    assert (error.file, error.row) == ("day_ahead.csv", None)
    assert re.search("2182 hours, expected 2183|no rows, expected at least one", error.rule)


def test_hours_after_the_end_are_refused(folder: Path, replace_file: Replace):
    content = (folder / "day_ahead.csv").read_bytes() + b"2016-05-01T22:00:00Z,1.00\n"
    replace_file("day_ahead.csv", content)
    error = refusal(folder)
    assert (error.file, error.row) == ("day_ahead.csv", 2185)
    assert "after the last of 2183 hours" in error.rule


def test_a_file_that_differs_from_its_hash_is_refused(folder: Path):
    with (folder / "sites.csv").open("a") as stream:
        stream.write("\n")
    error = refusal(folder)
    assert error.file == "sites.csv"
    assert re.fullmatch("sha256 [0-9a-f]{64}, expected [0-9a-f]{64}", error.rule)


@pytest.mark.parametrize("name", ["energy.npz", "assets.csv", MANIFEST])
def test_a_missing_file_is_named(folder: Path, name: str):
    (folder / name).unlink()
    error = refusal(folder)
    assert error.file == name
    assert "no such file" in error.rule


def test_bytes_that_are_not_text_are_refused(folder: Path, replace_file: Replace):
    replace_file("sites.csv", b"\xff\xfe")
    assert "byte 0 is not UTF-8" in refusal(folder).rule


def test_an_open_quote_is_refused(folder: Path, replace_file: Replace):
    replace_file("sites.csv", (folder / "sites.csv").read_bytes() + b'"LV1-20')
    assert "not a CSV row" in refusal(folder).rule


MANIFESTS = [
    ("not json", "not JSON"),
    ("[]", "expected an object with format 1"),
    ('{"format": 2}', "expected an object with format 1"),
    ('{"format": 1, "first_day": "2016-02-08"}', "expected 2016-02-01 to 2016-05-01"),
]


@pytest.mark.parametrize(("text", "rule"), MANIFESTS)
def test_a_bad_manifest_is_refused(folder: Path, text: str, rule: str):
    (folder / MANIFEST).write_text(text)
    error = refusal(folder)
    assert error.file == MANIFEST
    assert rule in error.rule


def test_a_manifest_without_a_file_is_refused(folder: Path):
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["sites.csv"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert "files: expected entries for assets.csv" in refusal(folder).rule


def test_a_manifest_without_a_hash_is_refused(folder: Path):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["sites.csv"] = {"bytes": 1}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert "files: sites.csv: expected a sha256" in refusal(folder).rule


def plant_energy(folder: Path, replace_file: Replace, **changes: np.ndarray) -> None:
    with np.load(folder / "energy.npz") as archive:
        arrays = dict(archive) | changes
    content = io.BytesIO()
    np.savez(content, **arrays)
    replace_file("energy.npz", content.getvalue())


@pytest.fixture
def energy(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "energy.npz") as archive:
        return dict(archive)


@pytest.mark.parametrize(
    ("asset", "quarter", "wh", "rule"),
    [
        ("LV1-1-Load8", 7, -1, "asset LV1-1-Load8 quarter 7: -1 Wh, expected 0 to 3426"),
        ("LV1-1-Load8", 7, 3_427, "quarter 7: 3427 Wh, expected 0 to 3426"),
        ("LV1-1-SGen6", 9, 5, "asset LV1-1-SGen6 quarter 9: 5 Wh, expected 0 to -29301"),
        ("LV1-5-Load25", 0, 5, "asset LV1-5-Load25 quarter 0: 5 Wh, expected 0 from its sessions"),
    ],
)
def test_a_value_out_of_range_is_named(folder, replace_file, energy, asset, quarter, wh, rule):
    energy["energy_wh"][energy["asset_ids"].tolist().index(asset), quarter] = wh
    plant_energy(folder, replace_file, energy_wh=energy["energy_wh"])
    error = refusal(folder)
    assert error.file == "energy.npz"
    assert rule in error.rule


def test_a_missing_series_is_named(folder: Path, replace_file: Replace, energy):
    plant_energy(
        folder,
        replace_file,
        energy_wh=energy["energy_wh"][1:],
        asset_ids=energy["asset_ids"][1:],
    )
    assert "['LV1-1-Load8']" in refusal(folder).rule


def test_a_short_series_is_refused(folder: Path, replace_file: Replace, energy):
    plant_energy(folder, replace_file, energy_wh=energy["energy_wh"][:, 1:])
    assert "expected int32 (100, 8732)" in refusal(folder).rule


def test_fractions_are_refused(folder: Path, replace_file: Replace, energy):
    plant_energy(folder, replace_file, energy_wh=energy["energy_wh"].astype(float))
    assert "energy_wh float64" in refusal(folder).rule


def test_another_start_is_refused(folder: Path, replace_file: Replace, energy):
    plant_energy(folder, replace_file, first_quarter_utc_s=energy["first_quarter_utc_s"] + 900)
    assert "first_quarter_utc_s" in refusal(folder).rule


def test_pickled_objects_are_refused(folder: Path, replace_file: Replace, energy):
    plant_energy(folder, replace_file, asset_ids=energy["asset_ids"].astype(object))
    assert "not the expected arrays" in refusal(folder).rule


def test_an_archive_without_an_array_is_refused(folder: Path, replace_file: Replace):
    content = io.BytesIO()
    np.savez(content, asset_ids=np.array(["a"]))
    replace_file("energy.npz", content.getvalue())
    assert "not the expected arrays" in refusal(folder).rule


@pytest.mark.parametrize("keep", [0, 100, 5_000])
def test_a_cut_archive_is_refused(folder: Path, replace_file: Replace, keep: int):
    replace_file("energy.npz", (folder / "energy.npz").read_bytes()[:keep])
    assert "not the expected arrays" in refusal(folder).rule


@pytest.mark.parametrize("position", [200, 5_000, 400_000, -40])
def test_a_damaged_archive_is_refused(folder: Path, replace_file: Replace, position: int):
    content = bytearray((folder / "energy.npz").read_bytes())
    content[position] ^= 0xFF
    replace_file("energy.npz", bytes(content))
    assert "not the expected arrays" in refusal(folder).rule


def test_a_single_array_is_refused(folder: Path, replace_file: Replace):
    content = io.BytesIO()
    np.save(content, np.zeros((100, 8_732), dtype=np.int32))
    replace_file("energy.npz", content.getvalue())
    assert "not the expected arrays" in refusal(folder).rule


def test_a_site_of_another_kind_than_its_load_is_refused(folder: Path, replace_file: Replace):
    change(folder, replace_file, "sites.csv", 3, ",farm", ",business")
    error = refusal(folder)
    assert (error.file, error.row) == ("sites.csv", None)
    assert "site LV1-2: kind business" in error.rule
