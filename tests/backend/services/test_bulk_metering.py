"""Day blobs in Parquet: out of the store and in again unchanged, or refused as a whole."""

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from backend.db.models import MeterDayRow
from backend.kernel.bulk.meter_parquet import read_meter_days, write_meter_days
from backend.services import bulk_metering
from backend.services.bulk_metering import export_meter_days, import_meter_days
from backend.services.metering import take_in_day
from backend.services.records import meter_blobs_of
from settlement.errors import InputError
from settlement.meter import encode_blob
from tests.backend import parties
from tests.backend.defaults import FIRST_METER_DAY, LAST_METER_DAY, MONDAY, POINTS, TUESDAY
from tests.backend.meters import day_values
from tests.backend.town import Town

MDC = parties.address("mdc")
NAMES = [name for names in POINTS.values() for name in names]
BLOB = encode_blob([5] * 96)


def export(town: Town, path: Path) -> int:
    return export_meter_days(town.session, MDC, FIRST_METER_DAY, LAST_METER_DAY, path)


def held(town: Town) -> dict[str, dict[int, bytes]]:
    return {name: meter_blobs_of(town.session, name) for name in NAMES}


@pytest.mark.parametrize("at_once", [7, 10_000])
def test_what_goes_out_comes_in_unchanged(metered, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(bulk_metering, "DAYS_AT_ONCE", at_once)
    before = held(metered)
    written = export(metered, tmp_path / "days.parquet")
    assert written == sum(len(days) for days in before.values())
    metered.session.execute(delete(MeterDayRow))
    assert import_meter_days(metered.session, MDC, tmp_path / "days.parquet") == written
    assert held(metered) == before
    assert import_meter_days(metered.session, MDC, tmp_path / "days.parquet") == 0


def test_the_latest_version_goes_out_and_days_outside_stay(metered, tmp_path):
    values = day_values(TUESDAY)
    values["mill grinder"][8] = -1
    take_in_day(metered.session, MDC, TUESDAY, values)
    path = tmp_path / "days.parquet"
    assert export_meter_days(metered.session, MDC, MONDAY, TUESDAY, path) == 2 * len(NAMES)
    days = {(point, day): blob for point, day, blob in read_meter_days(path)}
    assert days["mill grinder", TUESDAY] == encode_blob(values["mill grinder"])
    assert {day for _, day in days} == {MONDAY, TUESDAY}


def test_another_company_has_nothing_here(metered, tmp_path):
    stranger = parties.address("stranger")
    path = tmp_path / "days.parquet"
    assert export_meter_days(metered.session, stranger, MONDAY, TUESDAY, path) == 0
    export(metered, path)
    with pytest.raises(InputError, match="metering point of another company"):
        import_meter_days(metered.session, stranger, path)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([("mill grinder", 20_000, BLOB)] * 2, "each once"),
        ([("mill grinder", 20_001, BLOB), ("mill grinder", 20_000, BLOB)], "rows that ascend"),
        ([("mill grinder", 20_000, BLOB), ("nobody's", 20_000, BLOB)], "unknown metering point"),
        ([("mill grinder", 20_000, BLOB[:-4])], "expected 384 bytes"),
    ],
)
def test_one_bad_day_refuses_the_file(registered, tmp_path, monkeypatch, days, told):
    monkeypatch.setattr(bulk_metering, "DAYS_AT_ONCE", 1)
    path = tmp_path / "days.parquet"
    write_meter_days(path, days)
    with pytest.raises(InputError, match=told):
        import_meter_days(registered.session, MDC, path)
    assert registered.session.scalar(select(func.count()).select_from(MeterDayRow)) == 0
