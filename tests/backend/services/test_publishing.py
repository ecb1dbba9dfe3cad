"""Publishing a run: what the ledger refuses, and what ledger and store hold afterwards."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.chain.adapter import ContractRefused
from backend.chain.wallet import Wallet, address_of
from backend.db.models import RunRow, StatementRow
from backend.services.metering import commit_meter_days, take_in_day
from backend.services.runs import COMPUTED, count_complete, store_run
from backend.services.settlement_job import publish_run
from backend.services.settling import SettledPeriod
from settlement.rule_set import rule_set_1
from settlement.run import build_run
from settlement.statement import Period
from tests.backend import parties
from tests.backend.defaults import (
    BOND_AMOUNT,
    DEALS,
    ESCROW_AMOUNT,
    LAST_METER_DAY,
    MONDAY,
    NON_WORKING_DAYS,
    PAID_IN_AMOUNT,
    SUNDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.meters import day_values
from tests.backend.town import SCOPE, Town


def publish(town: Town, settled: SettledPeriod, dso: Wallet = parties.DSO) -> RunRow:
    """Store a run as computed and send it to the ledger."""
    block = town.chain.block_number() + 1
    run = store_run(town.session, settled, 1, "a test", NON_WORKING_DAYS, block)
    publish_run(town.session, town.ledger, dso, run)
    return run


def nothing_published(town: Town) -> bool:
    """Neither the ledger nor another session, after a commit, has a published run."""
    town.session.commit()
    published = town.session.scalars(select(RunRow).where(RunRow.status != COMPUTED)).all()
    return run_on_chain(town)[-2] == 0 and not published


def free_escrow(town: Town, dso: Wallet = parties.DSO) -> int:
    """The aggregator's free escrow in 1e-4 EUR."""
    found = town.ledger.contract.view("escrowOf", parties.AGGREGATOR.address, dso.address)
    return found[0] // 100


def run_on_chain(town: Town) -> tuple[object, ...]:
    return tuple(
        town.ledger.contract.view("runOf", parties.DSO.address, parties.AGGREGATOR.address, MONDAY)
    )


# Refused


def test_nobody_but_a_dso_can_publish(metered):
    with pytest.raises(ContractRefused) as refused:
        publish(metered, metered.settled(), parties.STRANGER)
    assert refused.value.name == "AccessControlUnauthorizedAccount"
    assert nothing_published(metered)
    assert free_escrow(metered) == ESCROW_AMOUNT


def test_a_period_that_is_not_over_cannot_be_published(begun):
    with pytest.raises(ContractRefused) as refused:
        publish(begun, begun.settled())
    assert refused.value.name == "PeriodNotOver"
    assert refused.value.values == (SUNDAY, MONDAY)
    assert nothing_published(begun)


def test_the_ledger_refuses_a_period_across_a_published_one(published):
    """The store refuses it first; this is what holds without it."""
    overlapping = replace(SCOPE, period=Period(SUNDAY, SUNDAY))
    with pytest.raises(ContractRefused) as refused:
        publish(published, replace(published.settled(), scope=overlapping))
    assert refused.value.name == "PeriodOverlap"


def test_a_run_beyond_the_escrow_cannot_be_published(metered):
    settled = metered.settled()
    dear = [
        replace(one, statement=replace(one.statement, amount=ESCROW_AMOUNT))
        for one in settled.run.settled
    ]
    with pytest.raises(ContractRefused) as refused:
        publish(metered, replace(settled, run=build_run(dear)))
    assert refused.value.name == "EscrowShort"
    assert refused.value.values[2:] == (100 * ESCROW_AMOUNT, 100 * ESCROW_AMOUNT * len(dear))
    assert nothing_published(metered)


def test_a_run_without_a_bond_cannot_be_published(metered):
    units = 100 * BOND_AMOUNT
    metered.ledger.contract.send(parties.DSO, "withdrawBond", units)
    with pytest.raises(ContractRefused) as refused:
        publish(metered, metered.settled())
    assert refused.value.name == "BondShort"
    assert refused.value.values == ("0x" + address_of(parties.DSO).hex(), 0, units)
    assert nothing_published(metered)
    metered.token.approve(parties.DSO, metered.ledger.address, BOND_AMOUNT)
    metered.ledger.deposit_bond(parties.DSO, BOND_AMOUNT)
    assert publish(metered, metered.settled()).version == 1


# Published


def test_the_run_is_the_same_in_store_and_ledger(published):
    stored_run, settled = published.run(), published.settled()
    root, rule_set, total, claimed, _, block, last_day, depth, version, released = run_on_chain(
        published
    )
    assert (root, total) == settled.run.tree.root
    assert (stored_run.root, stored_run.sum) == settled.run.tree.root
    assert (depth, stored_run.depth) == (2, 2), "four statements"
    assert (version, stored_run.version) == (1, 1)
    assert (last_day, stored_run.last_day, stored_run.first_day) == (SUNDAY, SUNDAY, MONDAY)
    assert stored_run.block == block
    assert stored_run.aggregator == address_of(parties.AGGREGATOR)
    assert (claimed, released) == (0, False)
    assert rule_set == rule_set_1()


def test_publishing_locks_exactly_the_sum(published):
    total = sum(one.statement.amount for one in published.settled().run.settled)
    assert total > 0
    assert published.run().sum == total
    assert free_escrow(published) == ESCROW_AMOUNT - total
    assert published.token.balance(published.ledger.address) == PAID_IN_AMOUNT
    assert free_escrow(published, parties.STRANGER) == 0


def test_publishing_is_one_transaction_whatever_the_number(metered):
    publish(metered, metered.settled())
    assert metered.chain.transactions == {"publishRun": 1}


def test_every_statement_is_stored_with_its_figures(published):
    rows = published.session.scalars(select(StatementRow)).all()
    assert len(rows) == len(DEALS)
    by_identity = {row.agreement_id: row for row in rows}
    for one in published.settled().run.settled:
        row, statement = by_identity[one.statement.agreement_id], one.statement
        assert (row.capacity, row.volume, row.penalty, row.amount) == (
            statement.capacity,
            statement.volume,
            statement.penalty,
            statement.amount,
        )
        assert row.ordered_w_isps == sum(
            abs(line.activation.ordered_w) * line.activation.isps for line in one.lines
        )
        # Over-delivery is not counted, wrong-way power makes the deficiency larger.
        assert row.delivered_w_isps <= row.ordered_w_isps
        assert row.delivered_w_isps + row.deficiency_w_isps >= row.ordered_w_isps
        assert (row.reason, row.paid, row.run_id) == ("", False, published.run().run_id)


def test_an_incomplete_statement_is_stored_with_its_reason_and_no_figures(ordered):
    hole = isp_at(WEDNESDAY, 23)
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        if hole // 96 == utc_day:
            values["mill grinder"][hole % 96] = None
        take_in_day(ordered.session, parties.address("mdc"), utc_day, values)
    commit_meter_days(ordered.session, ordered.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    settled = ordered.settled()
    run = publish(ordered, settled)
    row = ordered.session.get_one(StatementRow, (run.run_id, ordered.identity("mill night")))
    assert row.reason == "2040-03-21 23:00: 1 of 12 meter readings are missing"
    figures = (row.capacity, row.volume, row.penalty, row.amount, row.ordered_w_isps)
    assert figures == (None,) * 5, "unknown is not zero"
    assert run.sum == sum(one.statement.amount for one in settled.run.settled)
    assert len(settled.run.settled) == 3


def test_an_empty_run_locks_nothing(metered):
    run = publish(metered, replace(metered.settled(), run=build_run([])))
    assert (run.root, run.sum, run.depth) == (bytes(32), 0, 0)
    assert free_escrow(metered) == ESCROW_AMOUNT
    assert count_complete(metered.session, run) == 0
