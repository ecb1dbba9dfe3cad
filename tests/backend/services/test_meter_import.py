"""Meter files of a meter data company: all of a file or nothing, and refusals with their row."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend.db.models import MeterDayRow
from backend.services.meter_import import import_meter_file
from backend.services.records import readings_of
from settlement.clock import day_of
from settlement.errors import InputError
from tests.backend import parties
from tests.backend.defaults import CLOCK
from tests.backend.town import Town

HEADER = "metering_point,start_utc,power_w"
POINT = "mill grinder"
SPRING = date(2040, 3, 25)
AUTUMN = date(2040, 10, 28)


def stored(town: Town) -> int:
    town.session.commit()
    return town.session.scalar(select(func.count()).select_from(MeterDayRow)) or 0


def file_of(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "readings.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def local_rows(*stamps: str) -> list[str]:
    return [f"{POINT},{stamp},100" for stamp in stamps]


@pytest.mark.parametrize(
    ("rows", "row", "told"),
    [
        ([f"{POINT},2040-03-20T10:00Z,a lot"], 3, "a decimal number"),
        ([f"{POINT},2040-03-20T10:00Z,27;67"], 3, "a decimal number"),
        ([f"{POINT},2040-03-20T10:07Z,100"], 3, "a full 15 minutes"),
        ([f"{POINT},2040-03-20T09:45Z,100"], 3, "one reading per ISP"),
        ([f"{POINT},2040-03-20T10:00,100"], 3, "a UTC time"),
    ],
)
def test_an_odd_row_refuses_the_file(registered, tmp_path, rows, row, told):
    path = file_of(tmp_path, f"{POINT},2040-03-20T09:45Z,100", *rows)
    with pytest.raises(InputError) as refused:
        import_meter_file(registered.session, parties.address("mdc"), path, CLOCK)
    assert str(refused.value).startswith(f"{path}, row {row}: ")
    assert told in str(refused.value)
    assert stored(registered) == 0


def test_an_hour_that_spring_lacks_refuses_the_file(registered, tmp_path):
    rows = local_rows(f"{SPRING} 01:45", f"{SPRING} 02:15")
    path = file_of(tmp_path, *rows, header="metering_point,start_local,power_w")
    with pytest.raises(InputError, match=r"row 3: .* does not exist, the clock went forward"):
        import_meter_file(registered.session, parties.address("mdc"), path, CLOCK)
    assert stored(registered) == 0


def test_a_doubled_hour_that_stands_once_refuses_the_file(registered, tmp_path):
    path = file_of(
        tmp_path, *local_rows(f"{AUTUMN} 02:15"), header="metering_point,start_local,power_w"
    )
    with pytest.raises(InputError, match=r"row 2: .* doubled"):
        import_meter_file(registered.session, parties.address("mdc"), path, CLOCK)
    assert stored(registered) == 0


def test_an_unknown_point_takes_the_days_before_it_back(registered, tmp_path):
    path = file_of(
        tmp_path, f"{POINT},2040-03-20T09:45Z,100", "brewery kettle,2040-03-21T09:45Z,100"
    )
    with pytest.raises(InputError, match="meter data of brewery kettle"):
        import_meter_file(registered.session, parties.address("mdc"), path, CLOCK)
    assert stored(registered) == 0


def test_what_is_not_in_the_file_is_missing(registered, tmp_path):
    path = file_of(tmp_path, f"{POINT},2040-03-20T09:45Z,-100", f"{POINT},2040-03-21T00:00Z,")
    assert import_meter_file(registered.session, parties.address("mdc"), path, CLOCK) == 2
    readings = readings_of(registered.session, POINT, 15)
    first = day_of(date(2040, 3, 20)) * 96
    assert readings.at(first + 39) == -100
    assert [readings.at(first + isp) for isp in (0, 38, 40, 96)] == [None] * 4
