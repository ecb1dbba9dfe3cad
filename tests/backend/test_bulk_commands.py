"""The commands of the bulk path: from a meter file over the store to the root of a run."""

import sqlite3
import sys
from pathlib import Path

import pytest

from backend import cli
from backend.bulk_commands import DONE, UNUSABLE
from backend.kernel.bulk.meter_parquet import blobs_by_point, read_meter_days
from settlement.clock import date_text
from settlement.meter import decode_blob
from tests.backend import parties
from tests.backend.defaults import HOLIDAY, LAST_METER_DAY, MONDAY, NON_WORKING_DAYS, SUNDAY
from tests.backend.town import SCOPE, Town

PARTIES = [f"--{name}=0x{getattr(SCOPE, name).hex()}" for name in ("dso", "aggregator")]
WEEK = [f"--from={date_text(MONDAY)}", f"--to={date_text(SUNDAY)}"]
MDC = f"--mdc=0x{parties.address('mdc').hex()}"


def bulk(*asked: object) -> int:
    return cli.main(["bulk", *(str(one) for one in asked)])


def stored(town: Town, folder: Path) -> str:
    """The town's store as a file; returns its address."""
    town.session.commit()
    held = town.session.connection().connection.driver_connection
    with sqlite3.connect(folder / "store.sqlite") as copy:
        held.backup(copy)
    copy.close()
    return f"sqlite:///{folder / 'store.sqlite'}"


def test_readings_become_day_blobs_and_readings_again(tmp_path, capsys):
    source = tmp_path / "meters.csv"
    source.write_text("id;t;v\nA;2027-06-07 12:00;0,25\nA;2027-06-07 12:15;much\n")
    asked = [
        *("import-csv", source, tmp_path / "out", tmp_path / "quarantine.csv"),
        *("--point=id", "--start=t", "--value=v", "--unit=kwh", "--local", "--decimal-comma"),
        *("--delimiter=;", "--utc-offset-minutes=60", "--clock=eu", "--buckets=1"),
    ]
    assert bulk(*asked) == DONE
    assert capsys.readouterr().out == "rows 1\nquarantined 1\nblobs 1\n"
    days = tmp_path / "out" / "bucket-00000.parquet"
    (blob,) = blobs_by_point(days)["A"].values()
    assert 1000 in decode_blob(blob, 15, "blob")
    assert bulk("export-csv", days, tmp_path / "again.csv") == DONE
    assert capsys.readouterr().out == "rows 96\n"
    assert "A,2027-06-07T10:00Z,1000\n" in (tmp_path / "again.csv").read_text()
    assert bulk(*asked, "--value=none") == UNUSABLE
    assert "column none stands 0 times" in capsys.readouterr().err


def test_a_stored_period_is_partitioned_and_settled(metered, tmp_path, capsys):
    store = f"--store={stored(metered, tmp_path)}"
    folder, published = tmp_path / "partitions", tmp_path / "days.txt"
    published.write_text("".join(f"{date_text(day)}\n" for day in NON_WORKING_DAYS))
    assert HOLIDAY in NON_WORKING_DAYS
    assert bulk("partition", store, *PARTIES, *WEEK, folder, "--agreements=3") == DONE
    assert capsys.readouterr().out == "partitions 2\nagreements 4\n"
    asked = ["settle", folder, tmp_path / "out", *WEEK, f"--non-working={published}"]
    assert bulk(*asked) == DONE
    told = capsys.readouterr()
    root, total = metered.settled().run.tree.root
    assert told.out.startswith(f"root 0x{root.hex()}\nsum {total / 10_000} EUR\n")
    assert "2 of 2 partitions" in told.err
    assert bulk(*asked) == DONE
    assert "2 of 2 partitions are there already" in capsys.readouterr().err
    assert bulk("partition", store, *PARTIES, *WEEK, folder) == UNUSABLE
    assert "a manifest is there already" in capsys.readouterr().err


def test_day_blobs_go_out_of_a_store_and_are_known_when_they_come_back(metered, tmp_path, capsys):
    store = f"--store={stored(metered, tmp_path)}"
    days = tmp_path / "days.parquet"
    ends = [f"--from={date_text(MONDAY)}", f"--to={date_text(LAST_METER_DAY)}"]
    assert bulk("export-days", store, MDC, *ends, days) == DONE
    assert capsys.readouterr().out == f"blobs {len(list(read_meter_days(days)))}\n"
    assert bulk("import-days", store, MDC, days) == DONE
    assert capsys.readouterr().out == "stored 0\n"


@pytest.mark.parametrize("store", ["sqlite:////none/such.sqlite", "no address"])
def test_a_store_that_is_not_there_is_told(tmp_path, capsys, store):
    asked = ["partition", f"--store={store}", *PARTIES, *WEEK, tmp_path / "out"]
    assert bulk(*asked) == UNUSABLE
    assert "Cannot go on: " in capsys.readouterr().err


def test_what_is_missing_is_named_with_its_extra(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "backend.kernel.bulk.meter_export", False)
    monkeypatch.delitem(sys.modules, "backend.kernel.bulk.meter_parquet", False)
    assert bulk("export-csv", tmp_path / "in.parquet", tmp_path / "out.csv") == UNUSABLE
    assert "pyarrow is missing; install flexledger[scale]" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["--workers=0", "--from=monday"])
def test_an_argument_that_means_nothing_is_refused(tmp_path, capsys, asked):
    with pytest.raises(SystemExit):
        bulk("settle", tmp_path, tmp_path, *WEEK, "--non-working=none", asked)
    assert asked.partition("=")[2] in capsys.readouterr().err
