"""`python -m settlement verify`: exit 0, 1 and 2, and what a prosumer reads."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from settlement.__main__ import main
from settlement.bundle.records import Bundle
from settlement.bundle.writer import write_bundle
from settlement.checker.evidence import gather
from settlement.clock import date_of
from tests.settlement.build import bundle_of
from tests.settlement.market import DOMAIN, LEDGER, MONDAY, isp_at, market
from tests.settlement.memory_chain import MemoryChain, honest_chain
from tests.settlement.node import chain_node, node
from tests.settlement.schemas import validator
from tests.settlement.tampering import line_with, statement_with, without_meter_day

ROOT = Path(__file__).parents[3]
OWED = "Everything holds. You are owed 1.2257 EUR: capacity 0.2250 + delivered 1.2518 - penalty"


def run_verify(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "settlement", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def saved(tmp_path):
    """Save a bundle as a file and return its path."""

    def save(bundle: Bundle) -> Path:
        path = tmp_path / "bundle.json"
        path.write_text(write_bundle(bundle))
        return path

    return save


def meter_file(bundle: Bundle, path: Path, change=lambda isp, value: value) -> Path:
    """The committed readings as the party's own file, in UTC."""
    lines = ["metering_point,start_utc,power_w"]
    for point, readings in gather(bundle).points.items():
        for day, values in readings.days.items():
            for at, value in enumerate(values):
                stamp = f"{date_of(day)}T{at // 4:02d}:{at % 4 * 15:02d}Z"
                lines.append(f"{point},{stamp},{change(day * 96 + at, value)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_an_honest_settlement_holds(saved, tmp_path):
    bundle = bundle_of("evening")
    own = meter_file(bundle, tmp_path / "meter.csv")
    with node(chain_node(honest_chain())) as url:
        found = run_verify(saved(bundle), "--meter", own, "--rpc", url)
    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert lines[1] == "Period 2027-03-22 to 2027-03-28"
    assert len([line for line in lines if line.startswith("  ok  ")]) == 10 + 9 + 1
    assert lines[-1].startswith(OWED)


def test_a_false_settlement_does_not_hold(saved):
    change = line_with(0, baseline_w=lambda w: (w[0] - 100, *w[1:]))
    found = run_verify(saved(change(bundle_of("evening"))))
    assert (found.returncode, found.stderr) == (1, "")
    assert "  no  The statement is what the rules give." in found.stdout
    assert "the baseline of its ISP 1 is stated as 12509 W, it is 12609 W." in found.stdout
    assert "\nDo not accept this settlement: 1 finding.\n\nWhat you can do:\n" in found.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file or directory"),
        (b"", "bundle.json, line 1: Expecting value; expected JSON"),
        (b"\xff\xfe", "bundle.json: not text, expected JSON in UTF-8"),
        (b'{"format":"flexledger-bundle/1"}', "bundle.json: chain is missing; expected a member"),
    ],
)
def test_an_unusable_bundle(tmp_path, text, told):
    path = tmp_path / "bundle.json"
    if text is not None:
        path.write_bytes(text)
    found = run_verify(path)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("Cannot check: ")
    assert found.stderr.count("\n") == 1
    assert told in found.stderr


@pytest.mark.parametrize(
    ("data", "told"), [(None, "Is a directory"), (b"\xff", "not text, expected JSON in UTF-8")]
)
def test_an_unusable_bundle_ends_with_2(tmp_path, capsys, data, told):
    path = tmp_path
    if data is not None:
        path = tmp_path / "bundle.json"
        path.write_bytes(data)
    assert main(["verify", str(path)]) == 2
    assert capsys.readouterr().err == f"Cannot check: {path}: {told}\n"


def test_the_command_line_says_how_it_is_used():
    assert run_verify("--help").returncode == 0
    missing = run_verify()
    assert missing.returncode == 2
    assert "BUNDLE" in missing.stderr


def test_unusable_meter_file_and_node(saved, tmp_path, capsys):
    path = saved(bundle_of("evening"))
    own = tmp_path / "meter.csv"
    own.write_text("start_utc,power_w\n2027-03-23T16:00Z,1,5\n")
    assert main(["verify", str(path), "--meter", str(own)]) == 2
    assert f"{own}, row 2: a row of another width; expected 2 values" in capsys.readouterr().err
    assert main(["verify", str(path), "--rpc", "127.0.0.1"]) == 2
    assert "is not an http or https address" in capsys.readouterr().err


def test_a_file_without_point_names_needs_an_agreement_with_one_point(saved, tmp_path, capsys):
    own = tmp_path / "meter.csv"
    own.write_text("start_utc,power_w\n2027-03-24T12:00Z,1\n")
    assert main(["verify", str(saved(bundle_of("evening"))), "--meter", str(own)]) == 2
    told = capsys.readouterr().err
    assert f"{own}: readings without a metering point" in told
    assert "one of meter of the flat, meter of the shop in the column metering_point" in told
    assert main(["verify", str(saved(bundle_of("quiet"))), "--meter", str(own)]) == 0


def test_a_larger_file_than_any_bundle_is_not_read(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("settlement.__main__._BUNDLE_BYTES_MAX", 100)
    path = tmp_path / "bundle.json"
    path.write_bytes(b" " * 101)
    assert main(["verify", str(path)]) == 2
    assert "larger than 100 bytes" in capsys.readouterr().err


def test_findings_of_the_ledger_and_of_the_own_file_are_told(saved, tmp_path, capsys):
    honest, changed = bundle_of("evening"), isp_at(MONDAY + 1, 17)
    own = meter_file(
        honest, tmp_path / "meter.csv", lambda isp, value: value + 500 * (isp == changed)
    )
    with node(chain_node(honest_chain())) as url:
        path = saved(without_meter_day(MONDAY - 40)(honest))
        assert main(["verify", str(path), "--meter", str(own), "--rpc", url]) == 1
    told = capsys.readouterr().out
    assert "Meter data of 2027-02-10 (UTC) is committed but not in the bundle." in told
    assert "  no  Your own meter file gives the same amount." in told
    assert "with your own readings it is" in told


def test_another_chain_is_told_and_nothing_else_is_asked(saved, capsys):
    with node(chain_node(MemoryChain(chain=1))) as url:
        assert main(["verify", str(saved(bundle_of("quiet"))), "--rpc", url]) == 1
    told = capsys.readouterr().out
    assert "The bundle is of chain 31337, this is chain 1." in told
    assert "The ledger holds" not in told


def test_many_findings_are_counted(saved, capsys):
    bundle = bundle_of("evening")
    short = replace(bundle, meter_days=bundle.meter_days[::2])
    with node(chain_node(honest_chain())) as url:
        assert main(["verify", str(saved(short)), "--rpc", url]) == 1
    told = capsys.readouterr().out
    assert " more.\n" in told
    assert told.count("committed but not in the bundle") == 5


def test_a_statement_that_waits_for_data(saved, capsys):
    assert main(["verify", str(saved(bundle_of("night")))]) == 0
    told = capsys.readouterr().out
    assert told.endswith(
        "Everything holds. The statement waits for data: "
        "2027-03-23 18:00: 1 of 4 meter readings are missing\n"
    )


@pytest.mark.parametrize(("name", "amount"), [("evening", 12257), ("night", None)])
def test_json_for_machines(saved, capsys, name, amount):
    bundle = bundle_of(name)
    assert main(["verify", str(saved(bundle)), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["holds"] is True
    assert report["amount"] == amount
    assert len(report["checks"]) == 10
    if amount is not None:
        change = statement_with(amount=lambda a: a + 1)
        assert main(["verify", str(saved(change(bundle))), "--json"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert report["holds"] is False
        assert report["amount"] == amount
        findings = [finding for check in report["checks"] for finding in check["findings"]]
        assert "The amount is stated as 1.2258 EUR; by the rules it is 1.2257 EUR." in findings


def test_the_report_for_machines_has_every_check_by_its_id(saved, tmp_path, capsys):
    bundle, days = bundle_of("evening"), tmp_path / "days.txt"
    days.write_text("2027-03-19\n")
    options = ["--json", "--non-working", str(days)]
    options += ["--meter", str(meter_file(bundle, tmp_path / "meter.csv"))]
    found = set()
    for chain, status in ((honest_chain(), 0), (MemoryChain(chain=1), 1)):
        with node(chain_node(chain)) as url:
            assert main(["verify", str(saved(bundle)), "--rpc", url, *options]) == status
        report = json.loads(capsys.readouterr().out)
        assert list(validator("report_1.schema.json").iter_errors(report)) == []
        found |= {check["id"] for check in report["checks"]}
    schema: Any = validator("report_1.schema.json").schema
    assert found == set(schema["$defs"]["check_id"]["enum"])
    page = (ROOT / "docs" / "bundle.md").read_text()
    assert all(f"`{identifier}`" in page for identifier in found)


def test_the_tolerance_is_an_option(saved, tmp_path, capsys):
    bundle, first = bundle_of("evening"), isp_at(MONDAY + 1, 17)
    own = meter_file(
        bundle, tmp_path / "meter.csv", lambda isp, value: value + 100 * (0 <= isp - first < 4)
    )
    path = str(saved(bundle))
    for tolerance, status in (("0.01", 1), ("1", 0)):
        assert main(["verify", path, "--meter", str(own), "--tolerance", tolerance]) == status
        assert "is accepted." in capsys.readouterr().out
    assert main(["verify", path, "--tolerance", "1,5"]) == 2
    assert "--tolerance: '1,5'; expected EUR with at most four decimals" in capsys.readouterr().err


def test_an_own_list_of_non_working_days(saved, tmp_path, capsys):
    path, days = str(saved(bundle_of("evening"))), tmp_path / "days.txt"
    days.write_text("2027-03-19\n")
    assert main(["verify", path, "--non-working", str(days)]) == 0
    assert "  ok  The non-working days are those of your own list." in capsys.readouterr().out
    days.write_text("2027-03-18\n")
    assert main(["verify", path, "--non-working", str(days)]) == 1
    assert "2027-03-19 counts as non-working in the bundle" in capsys.readouterr().out


def test_challenges_are_written_where_they_can_be(saved, tmp_path, capsys):
    path, out = str(saved(bundle_of("quiet"))), tmp_path / "challenge.json"
    assert main(["verify", path, "--challenge", str(out)]) == 0
    assert json.loads(out.read_text())["challenges"] == []
    assert main(["verify", path, "--challenge", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err


def test_a_party_without_a_bundle_finds_its_runs(capsys):
    own = market().agreements["evening"].identity.hex()
    given = ["--market", "0x" + DOMAIN.market.hex(), "--ledger", "0x" + LEDGER.hex()]
    with node(chain_node(honest_chain())) as url:
        assert main(["find", "0x" + own, *given, "--rpc", url]) == 0
        assert "2027-03-22 to 2027-03-28, version 1 in block 500" in capsys.readouterr().out
        assert main(["find", "0x" + "00" * 32, *given, "--rpc", url]) == 2
        assert "expected an agreement that is recorded" in capsys.readouterr().err
        assert main(["find", "0x00", *given, "--rpc", url]) == 2
        assert "AGREEMENT: 1 bytes; expected" in capsys.readouterr().err
