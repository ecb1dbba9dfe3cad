"""Bulk import of meter CSV: what it takes, what it puts aside, and the strict reader beside it."""

import csv
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kernel.bulk.meter_csv import import_csv
from backend.kernel.bulk.meter_export import export_csv
from backend.kernel.bulk.meter_mapping import Mapping, Unit
from backend.kernel.bulk.meter_parquet import blobs_by_point, read_meter_days, write_meter_days
from settlement.clock import Clock, ClockRule
from settlement.errors import InputError
from settlement.meter import decode_blob, encode_blob
from settlement.meter_file import read_meter_file

VIENNA = Clock(15, 60, ClockRule.EU)
PLAIN = Mapping("point", "start", "w", Unit.W)


def imported(folder, text, mapping=PLAIN, clock=VIENNA, buckets=2):
    source, quarantine = folder / "meters.csv", folder / "quarantine.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = import_csv(source, mapping, clock, folder / "out", quarantine, buckets)
    values = {}
    for path in sorted((folder / "out").glob("*.parquet")):
        for point, utc_day, blob in read_meter_days(path):
            for place, w in enumerate(decode_blob(blob, clock.isp_minutes, "blob")):
                if w is not None:
                    values[point, utc_day * 1440 // clock.isp_minutes + place] = w
    with quarantine.open(newline="") as stream:
        refused = [(int(row["row"]), row["reason"]) for row in csv.DictReader(stream)]
    assert result.quarantined == len(refused)
    return result, values, refused


def isp(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp()) // 900


def test_powers_in_utc_with_offsets_and_a_missing_value(tmp_path):
    text = (
        "start,point,w\n"
        "2027-06-07T10:00Z,A,100\n"
        "2027-06-07 12:15+02:00,A,-3.5\n"
        "2027-06-07T10:30:00Z,A,\n"
        "2027-06-07T10:00Z,B,2.5\n"
    )
    result, values, refused = imported(tmp_path, text)
    assert values == {
        ("A", isp(2027, 6, 7, 10)): 100,
        ("A", isp(2027, 6, 7, 10, 15)): -4,
        ("B", isp(2027, 6, 7, 10)): 2,
    }
    assert (result.rows, result.blobs, refused) == (4, 2, [])


def test_energy_with_decimal_comma_feed_in_and_day_first(tmp_path):
    mapping = Mapping(
        "id", "t", "in", Unit.KWH, "out", local=True, day_first=True, decimal_comma=True,
        delimiter=";",
    )  # fmt: skip
    text = "id;t;in;out\nA;07.06.2027 12:00;0,25;0,0\nA;07.06.2027 12:15;0;0,100125\n"
    _, values, refused = imported(tmp_path, text, mapping)
    assert refused == []
    assert values == {
        ("A", isp(2027, 6, 7, 10)): 1000,
        ("A", isp(2027, 6, 7, 10, 15)): -400,  # 400.5 W, half to even
    }


BAD_ROWS = [
    ("A,2027-06-07T10:00Z,1,2", "4 values instead of 3"),
    ("A,2027-06-07T10:00Z", "2 values instead of 3"),
    (",2027-06-07T10:00Z,1", "no metering point in UTF-8"),
    ("A,yesterday,1", "the start is not a time of the stated form"),
    ("A,07.06.2027 10:00,1", "the start is not a time of the stated form"),
    ("A,2027-02-29T10:00Z,1", "the start is not a time of the calendar"),
    ("A,2027-13-01T10:00Z,1", "the start is not a time of the calendar"),
    ("A,2027-06-07T24:00Z,1", "the start is not a time of the calendar"),
    ("A,2027-06-07T10:00,1", "the start has no zone; Z or an offset is needed"),
    ("A,2027-06-07T10:07Z,1", "the start is in an ISP"),
    ("A,2027-06-07T10:00:30Z,1", "the start is in an ISP"),
    ("A,2027-06-07T10:00+00:10,1", "the start is in an ISP"),
    ("A,2027-06-07T10:00Z,1e3", "the value is not a decimal number"),
    ("A,2027-06-07T10:00Z,nan", "the value is not a decimal number"),
    ("A,2027-06-07T10:00Z,1.0000000001", "the value is not a decimal number"),
    ("A,2027-06-07T10:00Z,1_000", "the value is not a decimal number"),
]


def test_every_bad_row_is_put_aside_with_its_reason_and_the_rest_is_taken(tmp_path):
    rows = "".join(f"{row}\n" for row, _ in BAD_ROWS)
    text = f"point,start,w\nA,2027-06-07T09:00Z,7\n{rows}A,2027-06-07T09:15Z,8\n"
    result, values, refused = imported(tmp_path, text)
    assert sorted(values.values()) == [7, 8]
    assert result.rows == 2
    assert sorted(refused) == [(row + 3, reason) for row, (_, reason) in enumerate(BAD_ROWS)]


def test_a_power_out_of_range_is_missing_and_reported(tmp_path):
    mapping = Mapping("point", "start", "w", Unit.KW)
    text = "point,start,w\nA,2027-06-07T10:00Z,2147483.648\nA,2027-06-07T10:15Z,-2147483.647\n"
    _, values, refused = imported(tmp_path, text, mapping)
    assert values == {("A", isp(2027, 6, 7, 10, 15)): -(2**31 - 1)}
    assert refused == [(2, "the power is out of the range that can be recorded")]


def test_a_second_reading_is_put_aside_and_the_first_one_stands(tmp_path):
    text = "point,start,w\n" + "A,2027-06-07T10:00Z,1\nB,2027-06-07T10:00Z,2\n" * 2
    _, values, refused = imported(tmp_path, text)
    assert sorted(values.values()) == [1, 2]
    assert sorted(refused) == [(n, "a second reading of its ISP") for n in (4, 5)]


def test_both_clock_changes_in_local_time(tmp_path):
    local = Mapping("point", "start", "w", Unit.W, local=True)
    text = (
        "point,start,w\n"
        "A,2027-10-31 02:45,1\nA,2027-10-31 02:45,2\nA,2027-10-31 03:00,3\n"
        "B,2027-10-31 02:00,4\n"
        "C,2027-03-28 01:45,5\nC,2027-03-28 02:00,6\nC,2027-03-28 03:00,7\n"
    )
    _, values, refused = imported(tmp_path, text, local)
    assert values == {
        ("A", isp(2027, 10, 31, 0, 45)): 1,
        ("A", isp(2027, 10, 31, 1, 45)): 2,
        ("A", isp(2027, 10, 31, 2)): 3,
        ("C", isp(2027, 3, 28, 0, 45)): 5,
        ("C", isp(2027, 3, 28, 1)): 7,
    }
    assert sorted(refused) == [
        (5, "its hour is doubled, it stands once"),
        (7, "the clock was put forward over the start"),
    ]


def test_what_is_not_text_stops_nothing(tmp_path):
    text = b"point,start,w\n\xff\xfe,2027-06-07T10:00Z,1\nA,2027-06-07T10:00Z,2\n"
    _, values, refused = imported(tmp_path, text)
    assert list(values.values()) == [2]
    assert refused == [(2, "no metering point in UTF-8")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"A,2027-06-07T10:00Z,1', "unexpected end of data"),
        ('A,"2027-06-07T10:00Z"x,1', "',' expected after '\"'"),
        ("x" * 65_536, "the row is longer than 65535 characters"),
        ("x" * 300_000, "the row is longer than 65535 characters"),
        ("", "0 values instead of 3"),
    ],
    ids=["quote not closed", "text behind a quote", "too long", "far too long", "empty"],
)
def test_a_row_that_cannot_be_parted_takes_no_other_row_with_it(tmp_path, row, reason):
    text = f"point,start,w\nA,2027-06-07T09:00Z,7\n{row}\nA,2027-06-07T09:15Z,8\n"
    _, values, refused = imported(tmp_path, text)
    assert sorted(values.values()) == [7, 8]
    assert refused == [(3, reason)]


def test_quotes_line_ends_and_spaces_of_other_programs(tmp_path):
    text = (
        b"\xef\xbb\xbfpoint,start,w\r\n"
        b'"A, first ""floor""",2027-06-07T10:00Z,"1"\r\n'
        b" B , 2027-06-07T10:00Z , 2 \r\n"
        b"B,2027-06-07T10:15Z,3"
    )
    _, values, refused = imported(tmp_path, text)
    ten = isp(2027, 6, 7, 10)
    assert refused == []
    assert values == {('A, first "floor"', ten): 1, ("B", ten): 2, ("B", ten + 1): 3}


@given(st.lists(st.binary(max_size=40), max_size=20))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_stop_an_import_and_every_row_is_taken_or_put_aside(tmp_path, lines):
    lines = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]
    good = b"A,2027-06-07T10:00Z,5"
    text = b"\n".join([b"point,start,w", *lines, good]) + b"\n"
    result, values, _ = imported(tmp_path, text)
    assert values == {("A", isp(2027, 6, 7, 10)): 5}
    assert result.rows + result.quarantined == len(lines) + 1


@pytest.mark.parametrize("header", ["point,start", "point,start,w,w", ""])
def test_a_header_without_each_column_once_is_refused(tmp_path, header):
    with pytest.raises(InputError, match=r"row 1: column w stands|column point stands 0"):
        imported(tmp_path, f"{header}\n")


@pytest.mark.parametrize("delimiter", ["", ";;"])
def test_a_delimiter_is_one_character(delimiter):
    with pytest.raises(InputError, match="expected one character"):
        Mapping("point", "start", "w", Unit.W, delimiter=delimiter)


def test_a_header_that_is_not_closed_and_no_buckets_are_refused(tmp_path):
    with pytest.raises(InputError, match="row 1: unexpected end of data"):
        imported(tmp_path, 'point,start,"w\n')
    with pytest.raises(InputError, match="0 buckets"):
        imported(tmp_path, "point,start,w\n", buckets=0)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="a readable file"):
        import_csv(tmp_path / "none.csv", PLAIN, VIENNA, tmp_path, tmp_path / "quarantine.csv", 1)


@pytest.mark.parametrize("buckets", [1, 7])
def test_equal_to_the_strict_reader_over_a_clock_change_in_any_order_of_points(tmp_path, buckets):
    random = Random(buckets)
    start = datetime(2027, 10, 30, 20)
    rows = []
    for step in range(4 * 12):
        moment = start + timedelta(minutes=15 * step)
        local = VIENNA.local_minutes(int(moment.replace(tzinfo=UTC).timestamp()) // 900)
        stamp = (datetime(1970, 1, 1) + timedelta(minutes=local)).strftime("%Y-%m-%d %H:%M")
        points = random.sample(["A", "B", "C"], 3)
        rows += [f"{point},{stamp},{random.randint(-9999, 9999) / 8}" for point in points]
    text = "metering_point,start_local,power_w\n" + "\n".join(rows) + "\n"
    mapping = Mapping("metering_point", "start_local", "power_w", Unit.W, local=True)
    _, values, refused = imported(tmp_path, text, mapping, buckets=buckets)
    strict = {
        (point, day * 96 + place): w
        for point, readings in read_meter_file(tmp_path / "meters.csv", VIENNA, "").items()
        for day, of in readings.days.items()
        for place, w in enumerate(of)
        if w is not None
    }
    assert refused == []
    assert values == strict


def test_day_blobs_go_through_parquet_unchanged(tmp_path):
    days = [("A", 20_000, encode_blob([1, None] * 48)), ("B", 20_001, encode_blob([5] * 96))]
    assert write_meter_days(tmp_path / "days.parquet", days) == 2
    assert list(read_meter_days(tmp_path / "days.parquet")) == days
    assert blobs_by_point(tmp_path / "days.parquet")["B"] == {20_001: days[1][2]}
    (tmp_path / "other.parquet").write_bytes(b"no Parquet")
    with pytest.raises(InputError, match="a Parquet file of day blobs"):
        list(read_meter_days(tmp_path / "other.parquet"))


def test_exported_readings_are_read_back_by_the_import_and_by_the_strict_reader(tmp_path):
    autumn = isp(2027, 10, 31) // 96
    days = [
        ("A", autumn, encode_blob([1, None] * 48)),
        ('B, "2nd"', autumn + 1, encode_blob([-5, 0, 7, None] * 24)),
    ]
    target = tmp_path / "meters.csv"
    assert export_csv(days, 15, target) == 2 * 96
    strict = read_meter_file(target, VIENNA, "")
    mapping = Mapping("metering_point", "start_utc", "power_w", Unit.W)
    text = target.read_bytes()
    _, values, refused = imported(tmp_path, text, mapping)
    assert refused == []
    for point, day, blob in days:
        read = decode_blob(blob, 15, "blob")
        assert strict[point].days[day] == read
        assert [values.get((point, 96 * day + place)) for place in range(96)] == list(read)


def test_an_export_refuses_blobs_of_another_isp_length(tmp_path):
    with pytest.raises(InputError, match="expected 384 bytes"):
        export_csv([("A", 20_000, encode_blob([1] * 24))], 15, tmp_path / "meters.csv")
