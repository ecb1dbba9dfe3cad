"""The rehearsal for people: a fifth in trouble, the page, the command and what it refuses."""

import argparse
from functools import cache

import pytest

from backend.demo.watch_day import WatchDay, watch_day
from backend.report.vpp_watch import render
from backend.watch_command import DONE, UNUSABLE, add_watch_command
from flexmanager.watch.journal import journal
from settlement.errors import InputError
from tests.backend.report.parsed import parsed


@cache
def day() -> WatchDay:
    return watch_day(40, 0.2, 1)


def test_the_repair_delivers_more_at_less_penalty():
    one = day()
    assert one.troubled == 8
    assert one.alone.delivered_share < one.repaired.delivered_share
    assert (one.repaired.planned_w == one.alone.planned_w).all()


def test_the_page_shows_the_event_and_every_line_of_the_journal():
    page = parsed(render(day()))
    assert any("Delivered without repair" in one.text for one in page.all("dl"))
    (table,) = page.all("table")
    assert len(table.all("tr")) == 1 + len(journal(day().repaired.watched))


@pytest.mark.parametrize("given", [(0, 0.2, 1), (2_001, 0.2, 1), (10, 1.1, 1), (10, 0.2, -1)])
def test_numbers_out_of_range_are_refused(given):
    with pytest.raises(InputError):
        watch_day(*given)


def test_the_command_writes_journal_and_page(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    add_watch_command(parser.add_subparsers())
    page = tmp_path / "new" / "watch.html"
    options = parser.parse_args(["watch-day", "--agreements", "12", "--out", str(page)])
    assert options.run(options) == DONE
    assert "Delivered with repair" in capsys.readouterr().out
    assert "<svg" in page.read_text(encoding="utf-8")
    options = parser.parse_args(["watch-day", "--agreements", "0"])
    assert options.run(options) == UNUSABLE
    assert "agreements: 0; expected 1 to 2000" in capsys.readouterr().err
