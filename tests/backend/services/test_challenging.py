"""A challenge that the checker writes is one that the ledger takes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from backend.chain.adapter import ContractRefused
from backend.chain.ledger import PublishedRun
from backend.db.models import RunRow
from backend.services.bundling import Bundler
from backend.services.metering import commit_meter_days, nominate
from settlement.__main__ import main
from settlement.bundle.records import Bundle
from settlement.bundle.writer import write_bundle
from settlement.chain.view import Account
from settlement.rule_set import rule_set_1
from settlement.run import build_run
from settlement.settle import Line, Settled
from settlement.statement import series_hash
from tests.backend import parties
from tests.backend.defaults import (
    ISPS_PER_DAY,
    LAST_METER_DAY,
    MONDAY,
    NON_WORKING_DAYS,
    ORDERS,
    THURSDAY,
)
from tests.backend.services.checking import chain_view
from tests.backend.stages import take_in
from tests.backend.town import Town

DEAL = "dairy steady"


def publish_false(town: Town, falsify: Callable[[Settled], Settled], deal: str = DEAL) -> Bundle:
    """Publish a run with a falsified statement; return the bundle that the DSO hands out."""
    honest, identity = town.settled(), town.identity(deal)
    run = build_run(
        falsify(one) if one.statement.agreement_id == identity else one
        for one in honest.run.settled
    )
    (root, total), depth = run.tree.root, run.tree.depth
    aggregator = parties.address("aggregator")
    published = PublishedRun(
        aggregator, honest.period, root, total, depth, rule_set_1(), len(run.settled)
    )
    block = town.ledger.publish_run(parties.DSO, published).block
    row = RunRow(root=root, sum=total, depth=depth, version=1, block=block)
    period = replace(honest, run=run)
    bundler = Bundler(town.session, town.market, town.ledger, period, row, NON_WORKING_DAYS)
    return bundler.bundle(town.row(deal))


def challenge(bundle: Bundle, url: str, folder: Path, capsys: Any) -> tuple[str, dict[str, Any]]:
    """Let the checker report and write its challenges."""
    path, out = folder / "bundle.json", folder / "challenge.json"
    path.write_text(write_bundle(bundle))
    assert main(["verify", str(path), "--rpc", url, "--challenge", str(out)]) == 1
    return capsys.readouterr().out, json.loads(out.read_text())


def numbers(value: Any, key: str = "") -> Any:
    """Words as numbers where the contract's interface takes numbers, as this library wants them."""
    if isinstance(value, dict):
        return {name: numbers(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [numbers(inner, key) for inner in value]
    return int(value, 16) if key in ("series", "window0", "window1", "window2") else value


def send(town: Town, told: dict[str, Any]) -> None:
    contract = town.ledger.contract
    arguments = [checksummed(one) for one in numbers(told["arguments"])]
    contract.send(parties.RELAYER, told["function"], *arguments)


def checksummed(argument: dict[str, Any]) -> dict[str, Any]:
    """Addresses in the spelling that this library wants."""
    if "terms" in argument:
        terms = argument["terms"]
        for party in ("aggregator", "prosumer", "dso", "mdc"):
            terms[party] = Web3.to_checksum_address(terms[party])
    return argument


def dearer(settled: Settled) -> Settled:
    """The DSO keeps 10 cents of the capacity pay."""
    statement = settled.statement
    less = replace(statement, capacity=statement.capacity - 1000, amount=statement.amount - 1000)
    return replace(settled, statement=less)


def other_reading(settled: Settled) -> Settled:
    """The DSO states another reading for the second ordered ISP, and hashes what it states."""
    first, *rest = settled.lines
    actual_w = (first.actual_w[0], first.actual_w[1] + 77, *first.actual_w[2:])
    lines: tuple[Line, ...] = (replace(first, actual_w=actual_w), *rest)
    hashed = series_hash(pair for line in lines for pair in line.pairs)
    return Settled(replace(settled.statement, series_hash=hashed), lines)


def test_a_wrong_amount_is_challenged_and_put_right(metered, served, tmp_path, capsys):
    right = {one.statement.agreement_id: one for one in metered.settled().run.settled}
    identity = metered.identity(DEAL)
    bundle = publish_false(metered, dearer)
    told, written = challenge(bundle, served, tmp_path, capsys)
    assert "You can challenge the statement (challengeArithmetic)" in told
    assert "A challenge has to be recorded until 2040-" in told
    assert written["to"] == "0x" + metered.ledger.address.hex()
    (one,) = written["challenges"]
    send(metered, one)
    account: Account = chain_view(metered, served).account(identity, MONDAY)
    assert account.recomputed_version == 1
    assert account.recomputed == right[identity].statement.amount


def test_a_reading_that_was_not_committed_puts_the_statement_on_hold(
    metered, served, tmp_path, capsys
):
    bundle = publish_false(metered, other_reading)
    told, written = challenge(bundle, served, tmp_path, capsys)
    assert "You can challenge the statement (challengeActual): At 2040-" in told
    (one,) = [one for one in written["challenges"] if one["function"] == "challengeActual"]
    send(metered, one)
    account = chain_view(metered, served).account(metered.identity(DEAL), MONDAY)
    assert account.held_version == 1


def other_baseline(settled: Settled) -> Settled:
    """The DSO states another baseline for the first ordered ISP, and hashes what it states."""
    first, *rest = settled.lines
    values_w = first.baseline.values_w
    assert values_w is not None
    baseline = replace(first.baseline, values_w=(values_w[0] - 9, *values_w[1:]))
    lines: tuple[Line, ...] = (replace(first, baseline=baseline), *rest)
    hashed = series_hash(pair for line in lines for pair in line.pairs)
    return Settled(replace(settled.statement, series_hash=hashed), lines)


def test_a_baseline_that_was_not_nominated_puts_the_statement_on_hold(
    begun, served, tmp_path, capsys
):
    deal = "bakery midday"
    (activation,) = [entry for name, entry in ORDERS if name == deal]
    flat = {begun.identity(deal): [14_000] * ISPS_PER_DAY}
    for _ in range(2):
        nominate(begun.session, begun.ledger, parties.AGGREGATOR, THURSDAY, flat)
    begun.order(begun.wanted(deal, activation))
    begun.chain.advance_to((LAST_METER_DAY + 2) * 86_400)
    take_in(begun, MONDAY, LAST_METER_DAY)
    commit_meter_days(begun.session, begun.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    bundle = publish_false(begun, other_baseline, deal)
    told, written = challenge(bundle, served, tmp_path, capsys)
    assert "(challengeBaseline): At 2040-" in told
    (one,) = [one for one in written["challenges"] if one["function"] == "challengeBaseline"]
    assert len(one["arguments"][2]["blobs"]) == 2
    send(begun, one)
    assert chain_view(begun, served).account(begun.identity(deal), MONDAY).held_version == 1


def test_what_the_checker_does_not_offer_the_ledger_refuses(metered, served, tmp_path, capsys):
    """The challenge of a right statement is refused, so nobody is sent to pay gas for nothing."""
    bundle = publish_false(metered, lambda settled: settled)
    path, out = tmp_path / "bundle.json", tmp_path / "challenge.json"
    path.write_text(write_bundle(bundle))
    assert main(["verify", str(path), "--rpc", served, "--challenge", str(out)]) == 0
    assert "What you can do" not in capsys.readouterr().out
    assert json.loads(out.read_text())["challenges"] == []
    wrong = replace(
        bundle,
        stated=replace(bundle.stated, statement=dearer_statement(bundle)),
    )
    path.write_text(write_bundle(wrong))
    assert main(["verify", str(path), "--rpc", served, "--challenge", str(out)]) == 1
    assert "Nothing here can be challenged on the ledger" in capsys.readouterr().out
    assert json.loads(out.read_text())["challenges"] == []


def dearer_statement(bundle: Bundle) -> Any:
    assert bundle.stated is not None
    return replace(bundle.stated.statement, amount=bundle.stated.statement.amount - 1000)


@pytest.mark.parametrize("falsify", [dearer, other_reading])
def test_a_challenge_of_another_statement_is_refused(metered, served, tmp_path, capsys, falsify):
    bundle = publish_false(metered, falsify)
    _, written = challenge(bundle, served, tmp_path, capsys)
    (one, *_) = written["challenges"]
    one["arguments"][0]["statement"]["amount"] += 1
    with pytest.raises(ContractRefused, match="ProofMismatch"):
        send(metered, one)
