"""Checkers in their own process: what they answer, and that nothing else gets into them."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.services.verification import CheckJob, run_checker, run_checkers
from settlement.bundle.writer import write_bundle
from settlement.clock import date_of
from settlement.document import canonical_json, parse_json
from tests.backend.defaults import DEALS, FIRST_METER_DAY, LAST_METER_DAY, POINTS
from tests.backend.meters import day_values
from tests.backend.town import Town

HOLDS, DOES_NOT_HOLD, UNUSABLE = 0, 1, 2
MakeJob = Callable[[str], CheckJob]


def write_meter(site_id: str, path: Path) -> None:
    """What the owner's own meter has kept."""
    lines = ["metering_point,start_utc,power_w"]
    for utc_day in range(FIRST_METER_DAY, LAST_METER_DAY + 1):
        for point in POINTS[site_id]:
            for at, value in enumerate(day_values(utc_day)[point]):
                stamp = f"{date_of(utc_day)}T{at // 4:02d}:{at % 4 * 15:02d}Z"
                lines.append(f"{point},{stamp},{value}")
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def job(published: Town, served: str, tmp_path: Path) -> MakeJob:
    """Write the files of a deal as its prosumer is handed them."""

    def make(deal: str) -> CheckJob:
        bundle, meter = tmp_path / f"{deal}.json", tmp_path / f"{deal}.csv"
        bundle.write_text(write_bundle(published.bundles()[deal]))
        write_meter(deal.split()[0], meter)
        return CheckJob(deal, bundle, meter, served)

    return make


def forge(job: CheckJob) -> CheckJob:
    """Add a cent to what the statement pays."""
    document = parse_json(job.bundle.read_text(), "bundle").value
    statement = document["stated"]["statement"]
    statement["volume"] += 100
    statement["amount"] += 100
    job.bundle.write_text(canonical_json(document))
    return job


def test_a_forged_bundle_is_refused_with_the_finding(job):
    result = run_checker(sys.executable, forge(job("mill night")))
    assert result.status == DOES_NOT_HOLD
    assert "Do not accept this settlement" in result.text
    assert "by the rules it is" in result.text


def test_a_bundle_that_is_none_cannot_be_checked(job):
    made = job("mill night")
    made.bundle.write_text("{}")
    result = run_checker(sys.executable, made)
    assert result.status == UNUSABLE
    assert "Cannot check" in result.text


def test_a_node_that_does_not_answer_is_not_taken_for_a_yes(job):
    made = job("mill night")
    silent = CheckJob(made.name, made.bundle, made.meter, "http://127.0.0.1:1/")
    result = run_checker(sys.executable, silent)
    assert result.status == UNUSABLE
    assert "http://127.0.0.1:1/" in result.text


def test_an_interpreter_that_is_not_there_is_an_error(job):
    with pytest.raises(FileNotFoundError):
        run_checker("/nowhere/python", job("mill night"))


def test_honest_bundles_are_confirmed_each_by_its_own_process(job):
    jobs = [job(deal.name) for deal in DEALS]
    results = list(run_checkers(sys.executable, jobs))
    assert [result.job for result in results] == jobs, "answers come in the order of the jobs"
    for result in results:
        assert result.status == HOLDS, result.text
        assert "Everything holds. You are owed" in result.text
        assert "  no  " not in result.text
        assert "Your own meter file gives the same amount." in result.text
        assert "The ledger holds the run." in result.text


def test_one_forged_bundle_among_honest_ones_is_told_apart(job):
    jobs = [job("dairy steady"), forge(job("mill night"))]
    statuses = [result.status for result in run_checkers(sys.executable, jobs)]
    assert statuses == [HOLDS, DOES_NOT_HOLD]


def test_a_module_that_lies_about_is_not_imported(job, tmp_path, monkeypatch):
    """A package of the same name says yes to everything, in the folder and on the path."""
    planted = tmp_path / "planted"
    (planted / "settlement").mkdir(parents=True)
    for name in ("settlement/__init__.py", "settlement/__main__.py", "sitecustomize.py"):
        (planted / name).write_text("import sys\nprint('planted')\nsys.exit(0)\n")
    monkeypatch.chdir(planted)
    monkeypatch.setenv("PYTHONPATH", str(planted))
    result = run_checker(sys.executable, forge(job("mill night")))
    assert result.status == DOES_NOT_HOLD
    assert "planted" not in result.text


def test_paths_may_be_relative_to_the_folder_of_the_caller(job, tmp_path, monkeypatch):
    made = job("dairy steady")
    monkeypatch.chdir(tmp_path)
    relative = CheckJob(made.name, Path(made.bundle.name), Path(made.meter.name), made.rpc)
    assert run_checker(sys.executable, relative).status == HOLDS
