"""Periodic settlement as a job: which periods it takes, and that it is done exactly once."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.chain.adapter import ContractRefused
from backend.db.models import RunRow, StatementRow
from backend.services import settlement_job
from backend.services.runs import COMPUTED, DELIVERED, recommitted_days, settled_of
from backend.services.settlement_job import Office, bundle_path, settle_run
from settlement.bundle.reader import read_bundle
from settlement.errors import InputError
from settlement.statement import Period
from tests.backend import parties
from tests.backend.defaults import (
    BOND_AMOUNT,
    DEALS,
    ESCROW_AMOUNT,
    MONDAY,
    NON_WORKING_DAYS,
    PERIOD,
    SUNDAY,
    TUESDAY,
)
from tests.backend.services.jobs import (
    AGGREGATOR,
    STEPS,
    correct,
    count_steps,
    kill,
    left_behind,
    settle,
)
from tests.backend.services.week import fill_hole, meter_with_hole
from tests.backend.town import Town


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def office(metered: Town, tmp_path: Path, said: list[str]) -> Office:
    return metered.office(tmp_path, said.append)


# Periods


@pytest.mark.parametrize(
    ("period", "what"),
    [
        (Period(SUNDAY, MONDAY), "-5 days; expected 1 to 31 days"),
        (Period(MONDAY - 31, MONDAY), "32 days; expected 1 to 31 days"),
        (Period(MONDAY - 9, MONDAY - 3), "no agreement; expected one that these parties have"),
        (Period(MONDAY, SUNDAY + 1), "its last day is not over; expected a period that is over"),
    ],
)
def test_a_period_that_cannot_be_settled_is_refused(office, period, what):
    before = left_behind(office)
    with pytest.raises(InputError) as refused:
        settle(office, period)
    assert what in str(refused.value)
    assert str(refused.value).startswith("period 2040-0")
    assert left_behind(office) == before


@pytest.mark.parametrize(
    "period", [Period(SUNDAY, SUNDAY), Period(MONDAY, TUESDAY), Period(MONDAY - 2, SUNDAY)]
)
def test_a_period_that_overlaps_is_refused_with_the_days(office, period):
    settle(office)
    with pytest.raises(InputError) as refused:
        settle(office, period)
    assert "2040-03-19 to 2040-03-25 is settled already; expected that period again, or one from " \
        "2040-03-26 on" in str(refused.value)  # fmt: skip


def test_a_week_may_be_settled_in_parts(office, metered):
    """Each part ties a bond of its own."""
    metered.token.mint(parties.ADMIN, parties.address("dso"), BOND_AMOUNT)
    metered.token.approve(parties.DSO, metered.ledger.address, BOND_AMOUNT)
    metered.ledger.deposit_bond(parties.DSO, BOND_AMOUNT)
    periods = Period(MONDAY, TUESDAY), Period(TUESDAY + 1, SUNDAY)
    first, second = (settle(office, period) for period in periods)
    assert [(run.version, run.status) for run in (first, second)] == [(1, DELIVERED)] * 2
    statements = office.session.scalars(select(StatementRow)).all()
    assert len(statements) == 2 * len(DEALS)


# Once


def test_a_finished_settlement_is_left_as_it_is(office, said):
    settle(office)
    before, block = left_behind(office), office.ledger.contract.chain.block_number()
    said.clear()
    run = settle(office)
    assert said == [
        f"run 2040-03-19 to 2040-03-25, version 1, was published in block {run.block}: "
        "nothing to do"
    ]
    assert left_behind(office) == before
    assert office.ledger.contract.chain.block_number() == block


def test_progress_tells_each_step(office, said):
    settle(office)
    run = "run 2040-03-19 to 2040-03-25, version 1,"
    assert said[0] == f"{run} is computed: 4 statements, 0 incomplete"
    assert said[1].startswith(f"{run} is published in block ")
    assert said[2:] == ["a message to every party is stored", "4 of 4 bundles are written"]


@pytest.mark.parametrize("kill_at", range(1, STEPS + 1))
def test_a_settlement_killed_at_any_step_ends_as_if_it_had_not_been(metered, tmp_path, kill_at):
    office = metered.office(tmp_path, lambda _: None)
    kill(office, kill_at, settle)
    settle(office)
    runs, statements, messages, files, published = left_behind(office)
    assert published == [1], "published once"
    assert [run[:2] for run in runs] == [(1, DELIVERED)]
    expected = metered.settled().run
    assert runs[0][2:4] == expected.tree.root
    assert [one[1:] for one in statements] == sorted(
        (one.statement.agreement_id, one.statement.amount) for one in expected.settled
    )
    assert len(messages) == 5, "three owners, the aggregator, the DSO"
    assert len(files) == len(DEALS)
    for deal in DEALS:
        path = bundle_path(tmp_path, metered.run(), metered.identity(deal.name))
        assert read_bundle(path.read_text(), path.name) == metered.bundles()[deal.name]


def test_there_are_as_many_steps_as_are_killed(office, monkeypatch):
    passed = count_steps(office, monkeypatch)
    settle(office)
    assert len(passed) == STEPS


# What the ledger has, and what came in the meantime


def test_another_run_on_the_ledger_is_told(office, monkeypatch):
    kill(office, 3, settle)
    run = office.session.scalars(select(RunRow)).one()
    assert run.status == COMPUTED
    true_root, run.root = run.root, bytes(31) + b"\1"
    settlement_job.publish_run(office.session, office.ledger, parties.DSO, run)
    run.root = true_root
    office.session.commit()
    with pytest.raises(InputError, match=r"version 1 with root 0x0+1 is on the ledger"):
        settle(office)
    assert run.status == COMPUTED


def test_data_committed_before_publication_is_used(ordered, tmp_path, monkeypatch, said):
    meter_with_hole(ordered)
    office = ordered.office(tmp_path, said.append)
    kill(office, 3, settle)
    fill_hole(ordered)
    run = settle(office)
    assert "meter data was committed in the meantime: computing again" in said
    assert run.version == 1
    assert settled_of(ordered.session, run).incomplete == ()
    assert recommitted_days(ordered.session, run) == ()


def test_data_committed_while_it_is_published_is_told(ordered, tmp_path, monkeypatch, said):
    meter_with_hole(ordered)
    office = ordered.office(tmp_path, said.append)
    real = settlement_job.publish_run

    def slow(*given: object) -> None:
        fill_hole(ordered)
        real(*given)

    monkeypatch.setattr(settlement_job, "publish_run", slow)
    run = settle(office)
    assert "meter data was committed while it was published: have it corrected" in said
    assert len(settled_of(ordered.session, run).incomplete) == 1
    monkeypatch.undo()
    assert settled_of(ordered.session, correct(office)).incomplete == ()


def test_a_refused_run_can_be_sent_again(office, metered):
    units = office.ledger.contract.view("escrowOf", parties.AGGREGATOR.address, parties.DSO.address)
    office.ledger.contract.send(parties.AGGREGATOR, "withdraw", parties.DSO.address, units[0])
    with pytest.raises(ContractRefused, match="EscrowShort"):
        settle(office)
    assert office.session.scalars(select(RunRow)).one().status == COMPUTED
    metered.token.approve(parties.AGGREGATOR, metered.ledger.address, ESCROW_AMOUNT)
    metered.ledger.deposit(parties.AGGREGATOR, parties.DSO, ESCROW_AMOUNT)
    assert settle(office).status == DELIVERED


def test_stored_data_that_gives_another_root_is_told(office):
    run = settle(office)
    run.root = bytes(32)
    with pytest.raises(InputError, match="the stored data gives another root"):
        settled_of(office.session, run)


def test_runs_of_two_aggregators_are_apart(office):
    with pytest.raises(InputError, match="no agreement"):
        settle_run(office, parties.address("stranger"), PERIOD, NON_WORKING_DAYS, 2**40)
    other = replace(office, dso=parties.STRANGER)
    with pytest.raises(InputError, match="no agreement"):
        settle_run(other, AGGREGATOR, PERIOD, NON_WORKING_DAYS, 2**40)
