"""A party's own meter file: every odd row is named with file, row and what was expected."""

import pytest

from settlement.clock import Clock, ClockRule
from settlement.errors import InputError
from settlement.meter import Readings
from settlement.meter_file import read_meter_file
from tests.settlement.defaults import AUTUMN_2027, SPRING_2027, VIENNA, isp_utc

HOURLY = Clock(60, 60, ClockRule.EU)
FIRST = "2027-06-07T15:00Z"


@pytest.fixture
def read(tmp_path):
    """Write a file and read it; the answer or the error's message."""

    def write_and_read(text: str | bytes, clock: Clock = VIENNA) -> dict[str, Readings]:
        path = tmp_path / "meter.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_meter_file(path, clock, "the meter")

    return write_and_read


def values(found: dict[str, Readings], point: str = "the meter") -> dict[int, int]:
    """Readings that are there, by ISP index."""
    readings = found[point]
    per_day = 1440 // readings.isp_minutes
    return {
        day * per_day + position: value
        for day, one in readings.days.items()
        for position, value in enumerate(one)
        if value is not None
    }


def test_power_by_utc(read):
    found = read(f"start_utc,power_w\n{FIRST},1500\n2027-06-07T15:15:00+00:00,-20\n")
    first = isp_utc(2027, 6, 7, 15)
    assert values(found) == {first: 1500, first + 1: -20}
    assert len(found["the meter"].days[first // 96]) == 96


def test_other_zones_and_orders_of_rows_and_columns(read):
    text = f"power_w,start_utc,remark\n2,2027-06-07T17:15+02:00,x\n1,{FIRST},y\n"
    first = isp_utc(2027, 6, 7, 15)
    assert values(read(text)) == {first: 1, first + 1: 2}


@pytest.mark.parametrize(
    ("clock", "text", "watts"),
    [
        (VIENNA, "energy_wh\n{},250", 1000),
        (VIENNA, "energy_wh\n{},0.125", 0),  # half a watt to the even 0
        (VIENNA, "energy_wh\n{},0.375", 2),
        (VIENNA, "energy_wh\n{},-0.375", -2),
        (HOURLY, "energy_wh\n{},250.5", 250),
        (VIENNA, "import_wh,export_wh\n{},100,350", -1000),
        (VIENNA, "power_w\n{},2.5", 2),
        (VIENNA, "power_w\n{}, 3.5 ", 4),
        (VIENNA, "power_w\n{},-2.5", -2),
        (VIENNA, "power_w\n{},+7", 7),
    ],
)
def test_energy_becomes_whole_watts_half_to_even(read, clock, text, watts):
    found = read("start_utc," + text.format(FIRST), clock)
    assert list(values(found).values()) == [watts]


def test_byte_order_mark_and_line_ends_of_spreadsheets_are_accepted(read):
    text = f"start_utc,power_w\r\n{FIRST},5\r\n".encode("utf-8-sig")
    assert list(values(read(text)).values()) == [5]


def test_several_metering_points(read):
    text = f"metering_point,start_utc,power_w\na,{FIRST},1\nb,{FIRST},2\n,{FIRST},3\n"
    found = read(text)
    assert {name: list(values(found, name).values()) for name in found} == {
        "a": [1],
        "b": [2],
        "the meter": [3],
    }


def test_a_gap_and_an_empty_value_are_missing_and_never_zero(read):
    text = f"start_utc,power_w\n{FIRST},0\n2027-06-07T15:15Z,\n2027-06-07T15:45Z,4\n"
    readings = read(text)["the meter"]
    first = isp_utc(2027, 6, 7, 15)
    assert [readings.at(first + step) for step in range(5)] == [0, None, None, 4, None]
    assert readings.at(first - 96) is None


def test_import_without_export_is_missing(read):
    text = f"start_utc,import_wh,export_wh\n{FIRST},5,\n2027-06-07T15:15Z,,5\n"
    assert values(read(text)) == {}


def local_rows(day: str, starts: list[str], first_value: int = 1) -> str:
    lines = [f"{day} {start},{first_value + at}" for at, start in enumerate(starts)]
    return "start_local,power_w\n" + "\n".join(lines) + "\n"


def test_local_times_on_the_short_day(read):
    found = values(read(local_rows("2027-03-28", ["01:45", "03:00"])))
    isps = VIENNA.day_isps(SPRING_2027)
    assert found == {isps[7]: 1, isps[8]: 2}


def test_local_times_of_the_doubled_hour_are_read_in_order(read):
    hour = ["02:00", "02:15", "02:30", "02:45"]
    found = values(read(local_rows("2027-10-31", ["01:45", *hour, *hour, "03:00"])))
    isps = VIENNA.day_isps(AUTUMN_2027)
    assert found == {isps[7 + at]: 1 + at for at in range(10)}


def test_a_doubled_hour_that_is_missing_as_a_whole_is_a_gap(read):
    found = values(read(local_rows("2027-10-31", ["01:45", "03:00"])))
    isps = VIENNA.day_isps(AUTUMN_2027)
    assert found == {isps[7]: 1, isps[16]: 2}


HOUR = ["02:00", "02:15", "02:30", "02:45"]
UTC_EXPECTED = "a UTC time such as 2027-03-28T01:00Z on a full 15 minutes"
LOCAL_EXPECTED = "a local time such as 2027-03-28 03:00 on a full 15 minutes"
NUMBER_EXPECTED = "a decimal number, or nothing"
COLUMNS_EXPECTED = "start_utc or start_local, and power_w, energy_wh, or import_wh and export_wh"


@pytest.mark.parametrize(
    ("text", "where", "what", "expected"),
    [
        ("", "row 1", "columns none", COLUMNS_EXPECTED),
        (f"{FIRST},5\n", "row 1", f"columns {FIRST}, 5", COLUMNS_EXPECTED),
        ("start_utc,watts\n", "row 1", "columns start_utc, watts", COLUMNS_EXPECTED),
        ("start_utc,start_local,power_w\n", "row 1", "columns start_utc, start", COLUMNS_EXPECTED),
        ("start_utc,import_wh\n", "row 1", "columns start_utc, import_wh", COLUMNS_EXPECTED),
        ("start_utc,power_w,power_w\n", "row 1", "column power_w stands twice", "each column once"),
        ("start_utc,power_w\n", "", "no readings", "at least one row under the header"),
        (f"start_utc,power_w\n{FIRST}\n", "row 2", "another width", "2 values"),
        (f"start_utc,power_w\n{FIRST},5,6\n", "row 2", "another width", "2 values"),
        (
            f"start_utc,power_w\n{FIRST},5\n{FIRST},5\n",
            *("row 3", "a second reading for 2027-06-07 17:00", "one reading per ISP"),
        ),
        ("start_utc,power_w\n2027-06-07T15:05Z,5", "row 2", "inside an ISP", UTC_EXPECTED),
        ("start_utc,power_w\n2027-06-07T15:00:30Z,5", "row 2", "inside an ISP", UTC_EXPECTED),
        ("start_utc,power_w\n2027-06-07T15:00,5", "row 2", "without a zone", UTC_EXPECTED),
        ("start_utc,power_w\n7 June,5", "row 2", "start_utc '7 June'", UTC_EXPECTED),
        ("start_utc,power_w\n,5", "row 2", "start_utc ''", UTC_EXPECTED),
        ("start_utc,power_w\n0001-01-01T00:00+05:00,5", "row 2", "start_utc '0001", UTC_EXPECTED),
        (f"start_utc,power_w\n{FIRST},off", "row 2", "power_w 'off'", NUMBER_EXPECTED),
        (f'start_utc,power_w\n{FIRST},"1,5"', "row 2", "power_w '1,5'", NUMBER_EXPECTED),
        (f"start_utc,power_w\n{FIRST},nan", "row 2", "power_w 'nan'", NUMBER_EXPECTED),
        (f"start_utc,power_w\n{FIRST},inf", "row 2", "power_w 'inf'", NUMBER_EXPECTED),
        (f"start_utc,power_w\n{FIRST},1e9", "row 2", "power_w '1e9'", NUMBER_EXPECTED),
        (f"start_utc,power_w\n{FIRST},1/2", "row 2", "power_w '1/2'", NUMBER_EXPECTED),
        (f"start_utc,power_w\n{FIRST},{'9' * 41}", "row 2", "power_w '999", NUMBER_EXPECTED),
        (
            f"start_utc,import_wh,export_wh\n{FIRST},1,x",
            *("row 2", "export_wh 'x'", NUMBER_EXPECTED),
        ),
        (
            local_rows("2027-03-28", ["01:45", "02:00"]),
            *("row 3", "2027-03-28 02:00 does not exist, the clock went forward", LOCAL_EXPECTED),
        ),
        (
            local_rows("2027-10-31", ["01:45", *HOUR, "03:00"]),
            *("row 3", "2027-10-31 02:00 stands once", "both readings in time order, or start_"),
        ),
        (
            local_rows("2027-10-31", [*HOUR, *HOUR, "02:00"]),
            *("row 10", "a second reading for 2027-10-31 02:00", "one reading per ISP"),
        ),
        (local_rows("2027-06-07", ["17:00", "17:00"]), "row 3", "a second reading", "one reading"),
        (local_rows("2027-06-07", ["17:05"]), "row 2", "start_local '2027", LOCAL_EXPECTED),
        (local_rows("2027-06-07", ["17:00:00.5"]), "row 2", "start_local '2027", LOCAL_EXPECTED),
        (local_rows("2027-06-07", ["17:00Z"]), "row 2", "start_local '2027", LOCAL_EXPECTED),
        (local_rows("07.06.2027", ["17:00"]), "row 2", "start_local '07.06", LOCAL_EXPECTED),
        (b"start_utc,power_w\n\xff\xfe,5", "", "not text", "a CSV file in UTF-8"),
        (f'start_utc,power_w\n{FIRST},"{"5" * 140_000}', "", "field larger", "rows of a CSV file"),
    ],
)
def test_odd_rows_are_named(read, text, where, what, expected):
    with pytest.raises(InputError) as caught:
        read(text)
    error = caught.value
    assert "meter.csv" in error.where
    assert error.where.endswith(f", {where}") if where[-1:].isdigit() else where in error.where
    assert what in error.what
    assert expected in error.expected
    assert len(str(error)) < 400


def test_a_row_after_a_value_over_two_lines_has_the_number_of_its_line(read):
    text = f'start_utc,power_w,remark\n{FIRST},5,"two\nlines"\n2027-06-07T15:15Z,x,\n'
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.where.endswith("row 4")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: No such file or directory; expected a read"):
        read_meter_file(tmp_path / "none.csv", VIENNA, "the meter")
    with pytest.raises(InputError, match="a readable file"):
        read_meter_file(tmp_path, VIENNA, "the meter")
