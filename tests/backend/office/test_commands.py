"""What the commands of an office refuse, and how they tell it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import cli
from backend.chain.adapter import ContractRefused
from backend.chain.connecting import connect_contracts
from backend.chain.keystore import read_keystore
from backend.chain.rpc_server import serve
from backend.db.store import close_store, open_store
from backend.office import commands
from backend.office.file import read_office_file
from settlement.clock import Clock, ClockRule
from settlement.errors import ChainError, InputError
from settlement.words import hex_of
from tests.backend import parties
from tests.backend.office.desk import office_file
from tests.backend.town import Town

DONE, REFUSED, UNUSABLE = 0, 1, 2
PERIOD = ["--from", "2040-03-19", "--to", "2040-03-25"]
NOBODY = hex_of(bytes(20))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with an empty store and a list without days."""
    sessions = open_store(f"sqlite:///{tmp_path / 'market.sqlite'}")
    (tmp_path / "days.txt").write_text("")
    yield tmp_path
    close_store(sessions)


def settle(folder: Path, *more: str) -> int:
    days = ["--non-working", str(folder / "days.txt")]
    return cli.main(["settle", str(folder / "dso.toml"), *PERIOD, *days, *more])


# The office file


def test_an_office_file_is_read_with_paths_beside_it(folder):
    path = office_file(folder, "dso", parties.DSO, utc_offset_minutes=-300, clock_rule="US")
    found = read_office_file(path)
    assert found.store == f"sqlite:///{folder / 'market.sqlite'}"
    assert (found.bundles, found.keystore) == (folder / "bundles", folder / "dso.json")
    assert found.clock == Clock(15, -300, ClockRule.US)


def test_a_store_may_be_an_address(folder):
    path = office_file(folder, "dso", parties.DSO, store="postgresql://somewhere/market")
    assert read_office_file(path).store == "postgresql://somewhere/market"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"market": "0x12"}, "dso.toml.market: 1 bytes; expected 0x and hexadecimal digits, 20"),
        ({"clock_rule": "AU"}, "dso.toml.clock_rule: 'AU'; expected NONE or EU or US"),
        ({"utc_offset_minutes": 20}, "dso.toml.utc_offset_minutes: 20; expected a multiple of 15"),
        ({"utc_offset_minutes": 6000}, "expected a whole number from -840 to 840"),
        ({"bundle": "here"}, "dso.toml: unknown member 'bundle'; expected only store, bundles"),
        ({"store": 7}, "dso.toml.store: 7; expected printable text"),
    ],
)
def test_an_odd_member_of_an_office_file_is_refused_by_its_place(folder, capsys, members, told):
    office_file(folder, "dso", parties.DSO, **members)
    assert settle(folder) == UNUSABLE
    assert told in capsys.readouterr().err


def test_an_office_file_that_lacks_a_member_or_is_none(folder, capsys):
    path = office_file(folder, "dso", parties.DSO)
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    assert settle(folder) == UNUSABLE
    assert "dso.toml: store is missing; expected a member store" in capsys.readouterr().err
    path.write_text("store = ")
    assert settle(folder) == UNUSABLE
    assert "expected TOML" in capsys.readouterr().err
    path.unlink()
    assert settle(folder) == UNUSABLE
    assert "No such file or directory; expected a readable file" in capsys.readouterr().err


# Store, key, node


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("other.sqlite", "no such file; expected the address of a store"),
        ("days.txt", "expected the address of a store"),
        ("nonsense://", "expected the address of a store"),
    ],
)
def test_a_store_is_not_made_by_mistake(folder, capsys, store, told):
    office_file(folder, "dso", parties.DSO, store=store)
    before = sorted(folder.iterdir())
    assert settle(folder) == UNUSABLE
    assert told in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


def test_another_database_is_no_store(folder, capsys):
    office_file(folder, "dso", parties.DSO, store="other.sqlite")
    (folder / "other.sqlite").touch()
    assert settle(folder) == UNUSABLE
    assert "no table activation; expected the address of a store" in capsys.readouterr().err


def test_a_node_that_does_not_answer(folder, capsys):
    office_file(folder, "dso", parties.DSO)
    assert settle(folder) == UNUSABLE
    assert "http://127.0.0.1:1 does not answer: ConnectionError" in capsys.readouterr().err


def test_a_key_opens_with_its_password_alone(folder):
    office = read_office_file(office_file(folder, "dso", parties.DSO))
    assert read_keystore(office.keystore, office.password) == parties.DSO
    office.password.write_text("battery staple")
    with pytest.raises(InputError, match="expected an encrypted key") as refused:
        read_keystore(office.keystore, office.password)
    assert "battery" not in str(refused.value)


@pytest.mark.parametrize("key", ["", "[]", "{}", '{"version": 3}', '{"version": 4}', "0x12"])
def test_what_is_no_encrypted_key_is_refused_and_not_repeated(folder, key):
    office = read_office_file(office_file(folder, "dso", parties.DSO))
    office.keystore.write_text(key)
    with pytest.raises(InputError, match="expected an encrypted key"):
        read_keystore(office.keystore, office.password)
    office.keystore.unlink()
    with pytest.raises(InputError, match="No such file or directory"):
        read_keystore(office.keystore, office.password)


def test_contracts_have_to_be_those_of_one_market(deployed: Town, served: str):
    market, ledger = deployed.market.address, deployed.ledger.address
    found_market, found_ledger = connect_contracts(served, market, ledger)
    assert (found_market.address, found_ledger.address) == (market, ledger)
    for wrong_market, wrong_ledger, told in (
        (bytes(20), ledger, "no contract at 0x0000000000000000000000000000000000000000"),
        (market, parties.address("dso"), "no contract at 0x"),
        (market, market, "does not answer as a ledger does"),
        (ledger, ledger, "the ledger is of market"),
    ):
        with pytest.raises(InputError, match=told):
            connect_contracts(served, wrong_market, wrong_ledger)


@pytest.mark.parametrize("url", ["nowhere", "http://127.0.0.1:1", ""])
def test_an_address_without_a_node(url):
    with pytest.raises(ChainError, match="does not answer"):
        connect_contracts(url, bytes(20), bytes(20))


# Arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["settle", "dso.toml"],
        ["settle", "dso.toml", "--from", "19.3.2040", "--to", "2040-03-25", "--non-working", "x"],
        ["correct", "dso.toml", *PERIOD, "--non-working", "x"],
        ["claim", "dso.toml", *PERIOD],
        ["meter-import", "mdc.toml"],
        ["history", "dso.toml"],
        ["messages", "dso.toml"],
    ],
)
def test_what_a_command_lacks_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == UNUSABLE
    assert "usage: flexledger" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["history", "0x12"], "AGREEMENT: 1 bytes"),
        (["messages", "--party", "me"], "--party: 'me'"),
    ],
)
def test_what_is_no_id_is_refused(folder, capsys, arguments, told):
    path = office_file(folder, "dso", parties.DSO)
    assert cli.main([arguments[0], str(path), *arguments[1:]]) == UNUSABLE
    assert told in capsys.readouterr().err


def test_nothing_to_show_is_said(folder, capsys):
    path = str(office_file(folder, "dso", parties.DSO))
    assert cli.main(["history", path, hex_of(bytes(32))]) == DONE
    assert cli.main(["messages", path, "--party", NOBODY]) == DONE
    assert capsys.readouterr().out == "no statement yet\nno message yet\n"
    assert cli.main(["history", path, hex_of(bytes(32)), "--json"]) == DONE
    assert cli.main(["messages", path, "--party", NOBODY, "--json"]) == DONE
    assert capsys.readouterr().out == "[]\n[]\n"


# What one aggregator is refused for


def test_one_refusal_does_not_hold_up_the_others(deployed: Town, folder, capsys, monkeypatch):
    names = ("aggregator", "stranger", "relayer")
    asked = []

    def settled(_office: object, aggregator: bytes, *_: object) -> str:
        asked.append(aggregator)
        if len(asked) == 1:
            raise ContractRefused("EscrowShort", (1, 2))
        if len(asked) == 2:
            raise InputError("no agreement", "period", "one")
        return "a run"

    monkeypatch.setattr(commands, "aggregators_of", lambda *_: [parties.address(n) for n in names])
    monkeypatch.setattr(commands, "settle_run", settled)
    monkeypatch.setattr(commands, "_summarise", lambda _, run: commands._say(run))
    with serve(deployed.chain.web3) as url:
        market, ledger = hex_of(deployed.market.address), hex_of(deployed.ledger.address)
        office_file(folder, "dso", parties.DSO, rpc=url, market=market, ledger=ledger)
        assert settle(folder) == UNUSABLE
        assert asked == [parties.address(name) for name in names]
        told = capsys.readouterr()
        assert "The ledger refused: EscrowShort(1, 2)" in told.err
        assert "Cannot do it: period: no agreement; expected one" in told.err
        assert told.out.endswith("a run\n")
        assert settle(folder, "--aggregator", hex_of(parties.address("dso"))) == DONE
        assert asked[3:] == [parties.address("dso")]


def test_a_period_without_agreements_is_said(deployed: Town, served: str, folder, capsys):
    market, ledger = hex_of(deployed.market.address), hex_of(deployed.ledger.address)
    office_file(folder, "dso", parties.DSO, rpc=served, market=market, ledger=ledger)
    assert settle(folder) == DONE
    assert capsys.readouterr().out == "no aggregator has an agreement in the period\n"


def test_a_period_that_was_not_settled_cannot_be_claimed(deployed: Town, served, folder, capsys):
    market, ledger = hex_of(deployed.market.address), hex_of(deployed.ledger.address)
    path = office_file(folder, "dso", parties.DSO, rpc=served, market=market, ledger=ledger)
    assert cli.main(["claim", str(path), *PERIOD, "--aggregator", NOBODY]) == UNUSABLE
    told = capsys.readouterr().err
    assert "period 2040-03-19 to 2040-03-25: no run; expected a period that was settled" in told
