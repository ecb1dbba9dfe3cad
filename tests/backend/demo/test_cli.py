"""The command: exit status 0 for a month that adds up, 1 where anybody disagrees."""

import re
import sqlite3
import stat
from pathlib import Path

import pytest

from backend import cli
from backend.demo.checking import Mismatch
from backend.demo.tampering import AcceptedForgery
from settlement.units import format_eur
from tests.backend.demo.short import shortened

DONE, MISMATCH, USAGE = 0, 1, 2


def script(path: Path, text: str) -> Path:
    """An executable that stands in the place of a checker's Python."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_checker_that_does_not_confirm_ends_the_demonstration(tmp_path, capsys):
    """Everything goes well but for a checker that finds fault."""
    checker = script(tmp_path / "python", 'echo "  no  I do not agree"; exit 1')
    out = tmp_path / "out"
    with shortened():
        assert cli.main(["demo", "--out", str(out), "--checker", str(checker)]) == MISMATCH
    told = capsys.readouterr()
    assert re.match(r"MISMATCH: the checker of \S+ answered:\n  no  I do not agree\n", told.err)
    assert "checkers confirm" not in told.out
    assert "paid" not in told.out
    assert not (out / "report.html").exists()
    with sqlite3.connect(out / "flexledger.sqlite") as store:
        assert store.execute("SELECT COUNT(*), SUM(paid) FROM statement").fetchone()[1] == 0
        assert store.execute("SELECT COUNT(*) FROM run").fetchone() == (1,)
    store.close()


@pytest.mark.parametrize("error", [Mismatch("two figures"), AcceptedForgery("a forged proof")])
def test_a_disagreement_is_told_and_is_the_exit_status(tmp_path, monkeypatch, capsys, error):
    def disagree(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "run_demo", disagree)
    assert cli.main(["demo", "--out", str(tmp_path)]) == MISMATCH
    assert capsys.readouterr().err == f"MISMATCH: {error}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_month_that_adds_up_is_told_and_reported(finished, tmp_path, monkeypatch, capsys):
    given = []

    def replay(out: Path, checker: str, say: object) -> object:
        given.append((out, checker, say))
        return finished.outcome

    monkeypatch.setattr(cli, "run_demo", replay)
    checker = str(script(tmp_path / "some-python", "exit 0"))
    assert cli.main(["demo", "--out", str(tmp_path), "--checker", checker]) == DONE
    assert [one[:2] for one in given] == [(tmp_path, checker)]
    told = capsys.readouterr().out
    assert f"{format_eur(finished.outcome.paid)} EUR" in told
    assert f"{finished.outcome.checked} checkers, 0 incomplete" in told
    assert f"Report: {tmp_path / 'report.html'}" in told
    assert "<html" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["settle"],
        ["unknown"],
        ["demo", "--days", "3"],
        ["demo", "x"],
        ["demo", "--checker", "no-such-python"],
    ],
)
def test_what_the_command_does_not_know_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == USAGE
    assert "usage: flexledger" in capsys.readouterr().err


def test_the_checker_is_a_command_of_its_own(tmp_path, capsys):
    assert cli.main(["verify", str(tmp_path / "nothing.json")]) == USAGE
    assert "nothing.json" in capsys.readouterr().err


def test_the_checker_confirms_what_the_demonstration_left_behind(finished, capsys):
    bundle = next(iter(sorted((finished.out / "bundles").rglob(f"{'?' * 64}.json"))))
    assert cli.main(["verify", str(bundle)]) == DONE
    assert "Everything holds." in capsys.readouterr().out
