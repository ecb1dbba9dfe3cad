"""Attempts to cheat: refused by honest checkers and ledgers, told where one lets them pass."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backend.chain.log_history import LogHistory
from backend.demo.stage import Parties, Stage
from backend.demo.tampering import AcceptedForgery, tamper_with_bundles, tamper_with_claims
from backend.services.verification import CheckJob
from settlement.bundle.writer import write_bundle
from tests.backend import parties
from tests.backend.defaults import CHALLENGE_WINDOW_S
from tests.backend.town import Town

HEADER = "metering_point,start_utc,power_w\n"


@pytest.fixture
def jobs(published: Town, served: str, tmp_path: Path) -> list[CheckJob]:
    """The bundles of the small market; their owners' meters have kept nothing."""
    made = []
    for deal, bundle in published.bundles().items():
        path, meter = tmp_path / f"{deal}.json", tmp_path / f"{deal}.csv"
        path.write_text(write_bundle(bundle))
        meter.write_text(HEADER + f"{bundle.metering_points[0].name},2040-03-01T00:00Z,1\n")
        made.append(CheckJob(deal, path, meter, served))
    return made


@pytest.fixture
def stage(published: Town) -> Stage:
    """The small market as the demonstration sees one; claims are open."""
    published.chain.advance_to(published.chain.now_s() + CHALLENGE_WINDOW_S)
    wallets = Parties(parties.ADMIN, parties.AGGREGATOR, parties.DSO, parties.MDC, parties.RELAYER)
    return Stage(
        published.chain,
        LogHistory(published.chain.web3),
        published.market,
        published.ledger,
        published.token,
        wallets,
        published.session,
    )


def answering(path: Path, status: int) -> str:
    """A checker that answers the same to everything."""
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_an_honest_checker_refuses_all_three(jobs):
    refusals = tamper_with_bundles(jobs, sys.executable)
    assert [one.altered.split(":")[0] for one in refusals] == ["statement", "meter series", "proof"]
    assert {one.by for one in refusals} == {"the prosumer's checker"}
    assert len({one.reason for one in refusals}) == 3


def test_the_honest_bundles_are_left_as_they_are(jobs):
    before = [job.bundle.read_text() for job in jobs]
    tamper_with_bundles(jobs, sys.executable)
    assert [job.bundle.read_text() for job in jobs] == before


@pytest.mark.parametrize("status", [0, 2, 70])
def test_a_checker_that_does_not_say_no_is_told(jobs, tmp_path, status):
    """An answer that the input could not be used is no refusal either."""
    with pytest.raises(AcceptedForgery, match=f"statement: 10 EUR .* exit status {status}"):
        tamper_with_bundles(jobs, answering(tmp_path / "checker", status))


def test_an_honest_ledger_refuses_both_claims(stage, published):
    refusals = tamper_with_claims(stage, published.settled())
    assert [(one.by, one.reason) for one in refusals] == [("the ledger", "ProofMismatch")] * 2
    for owner in parties.OWNERS.values():
        assert stage.token.contract.view("balanceOf", owner.address) == 0


def test_a_ledger_that_pays_a_forgery_is_told(stage, published):
    class Generous:
        def claim(self, *_: object) -> None:
            """Take whatever comes."""

    with pytest.raises(AcceptedForgery, match="the ledger paid it"):
        tamper_with_claims(replace(stage, ledger=Generous()), published.settled())
