"""A week settled and corrected by commands alone, on a node, and checked by every prosumer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend import cli
from backend.db.store import close_store, open_store
from settlement.clock import date_text
from settlement.words import hex_of
from tests.backend import parties
from tests.backend.defaults import (
    CHALLENGE_WINDOW_S,
    DAY_S,
    DEALS,
    HOLIDAY,
    LAST_METER_DAY,
    MONDAY,
    NEGOTIATION_S,
)
from tests.backend.office.desk import meter_file, office_file
from tests.backend.services.week import DEAL, HOLE, POINT, REASON
from tests.backend.stages import STEPS
from tests.backend.town import Town
from tests.evm import anvil
from tests.evm.small_month import Stage
from tests.evm.tools import anvil_program

CHAIN_ID = 31_337
DONE, REFUSED = 0, 1
PERIOD = ["--from", "2040-03-19", "--to", "2040-03-25"]


@dataclass(frozen=True, slots=True)
class Desks:
    """A folder with the office files of the DSO and of the meter data company, and the node."""

    folder: Path
    url: str
    agreements: dict[str, str]
    stage: Stage

    @property
    def dso(self) -> str:
        return str(self.folder / "dso.toml")

    @property
    def mdc(self) -> str:
        return str(self.folder / "mdc.toml")

    @property
    def days(self) -> list[str]:
        return ["--non-working", str(self.folder / "days.txt")]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """The week is over with all its orders; its meter data is not there yet."""
    folder = tmp_path_factory.mktemp("office")
    sessions = open_store(f"sqlite:///{folder / 'market.sqlite'}")
    log = folder / "anvil.log"
    with anvil.running(anvil_program(), log, CHAIN_ID, NEGOTIATION_S - DAY_S) as url:
        with sessions() as session:
            stage = Stage.deploy(anvil.connected(url))
            town = Town(stage.chain, stage.market, stage.ledger, stage.token, session)
            stage.move_to(NEGOTIATION_S)
            for name, step in STEPS:
                step(town)
                session.commit()
                if name == "ordered":
                    break
            agreements = {deal.name: hex_of(town.identity(deal.name)) for deal in DEALS}
        place = {
            "rpc": url,
            "market": hex_of(stage.market.address),
            "ledger": hex_of(stage.ledger.address),
        }
        office_file(folder, "dso", parties.DSO, **place)
        office_file(folder, "mdc", parties.MDC, **place)
        (folder / "days.txt").write_text(f"{date_text(HOLIDAY)}  # agreed\n")
        yield Desks(folder, url, agreements, stage)
    close_store(sessions)


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def test_from_meter_files_to_a_correction(desks: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    week = range(MONDAY, LAST_METER_DAY + 1)
    with_hole = meter_file(desks.folder / "week.csv", week, (POINT, HOLE))
    complete = meter_file(desks.folder / "late.csv", week)

    assert run("meter-import", desks.mdc, str(with_hole)) == DONE
    told = capsys.readouterr().out
    assert f"{with_hole}: 28 days of metering points are new or changed" in told
    assert "7 UTC days are committed: 2040-03-19 to 2040-03-25" in told
    assert run("meter-import", desks.mdc, str(with_hole)) == DONE
    assert "0 UTC days are committed" in capsys.readouterr().out

    assert run("settle", desks.dso, *PERIOD, *desks.days) == DONE
    told = capsys.readouterr().out
    assert f"aggregator {hex_of(parties.address('aggregator'))}" in told
    assert "3 statements, 1 incomplete" in told
    assert "4 of 4 bundles are written" in told
    assert run("settle", desks.dso, *PERIOD, *desks.days) == DONE
    assert "nothing to do" in capsys.readouterr().out
    assert run("correct", desks.dso, *PERIOD, *desks.days, *aggregator()) == DONE
    assert "version 1, stands" in capsys.readouterr().out
    assert_every_bundle_holds(desks, 1)

    assert run("meter-import", desks.mdc, str(complete)) == DONE
    assert "1 UTC days are committed: 2040-03-21 to 2040-03-21" in capsys.readouterr().out
    assert run("correct", desks.dso, *PERIOD, *desks.days, *aggregator()) == DONE
    assert "version 2 stands in block" in capsys.readouterr().out
    assert_every_bundle_holds(desks, 2)
    capsys.readouterr()

    assert run("history", desks.dso, desks.agreements[DEAL]) == DONE
    told = capsys.readouterr().out
    assert told.startswith("2040-03-19 to 2040-03-25\n  version 1, in block ")
    assert f"waits for data: {REASON}\n    cause: the period is over\n  version 2" in told
    assert "cause: meter data committed for 2040-03-21" in told
    assert run("history", desks.dso, desks.agreements[DEAL], "--json") == DONE
    first, second = json.loads(capsys.readouterr().out)
    assert (first["amount"], first["reason"]) == (None, REASON)
    assert second["amount"] > 0

    for party in ("aggregator", "dso"):
        assert run("messages", desks.dso, "--party", hex_of(parties.address(party))) == DONE
        told = capsys.readouterr().out
        assert told.count("Settlement 2040-03-19 to 2040-03-25, version") == 2
    owner = hex_of(parties.address("owner of mill"))
    assert run("claim", desks.dso, *PERIOD, *aggregator()) == REFUSED
    told = capsys.readouterr()
    assert told.err.count("The ledger refused the claim of 0x") == len(DEALS)
    assert "ClaimsNotOpen" in told.err
    assert "0 of 4 statements of version 2 are paid" in told.out
    desks.stage.move_to(desks.stage.chain.now_s() + CHALLENGE_WINDOW_S + 60)
    assert run("claim", desks.dso, *PERIOD, *aggregator()) == DONE
    assert "4 of 4 statements of version 2 are paid" in capsys.readouterr().out
    assert desks.stage.token.balance(parties.address("owner of mill")) == second["amount"]
    assert run("claim", desks.dso, *PERIOD, *aggregator()) == DONE
    capsys.readouterr()
    assert run("messages", desks.dso, "--party", owner, "--json") == DONE
    assert [one["run"]["version"] for one in json.loads(capsys.readouterr().out)] == [1, 2]


def aggregator() -> tuple[str, str]:
    return "--aggregator", hex_of(parties.address("aggregator"))


def assert_every_bundle_holds(desks: Desks, version: int) -> None:
    bundles = sorted((desks.folder / "bundles").glob(f"*_v{version}/*.json"))
    assert [path.stem for path in bundles] == sorted(one[2:] for one in desks.agreements.values())
    for path in bundles:
        assert run("verify", str(path), "--rpc", desks.url) == DONE
