"""Corrections: late data makes a new version of a run, and every version stays readable."""

import pytest

from backend.db.models import AgreementRow
from backend.services.claiming import claim_all, proven_statements
from backend.services.history import history_of
from backend.services.metering import commit_meter_days
from backend.services.records import read_terms
from backend.services.runs import DELIVERED, settled_of
from backend.services.settlement_job import bundle_path, correct_run
from backend.services.settling import SettledPeriod
from settlement.bundle.reader import read_bundle
from settlement.errors import InputError
from tests.backend import parties
from tests.backend.defaults import (
    CHALLENGE_WINDOW_S,
    DEALS,
    MONDAY,
    PERIOD,
    SUNDAY,
)
from tests.backend.services.checking import checks_of, findings
from tests.backend.services.jobs import AGGREGATOR, correct, kill, left_behind, settle
from tests.backend.services.week import DEAL, REASON, fill_hole, meter_with_hole
from tests.backend.town import Town


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def office(metered, tmp_path, said):
    return metered.office(tmp_path, said.append)


@pytest.fixture
def waiting(ordered, tmp_path, said):
    """The week is settled without the mill, which lacks a reading."""
    meter_with_hole(ordered)
    office = ordered.office(tmp_path, said.append)
    settle(office)
    return office


@pytest.mark.parametrize("kill_at", range(1, 10))
def test_a_correction_killed_at_any_step_is_made_once(ordered, waiting, kill_at):
    fill_hole(ordered)
    kill(waiting, kill_at, correct)
    correct(waiting)
    runs, statements, messages, files, published = left_behind(waiting)
    assert published == [1, 2]
    assert [run[:2] for run in runs] == [(1, DELIVERED), (2, DELIVERED)]
    assert (len(statements), len(messages), len(files)) == (8, 10, 8)


# Corrections


def test_a_correction_needs_a_run(office):
    with pytest.raises(InputError, match="period 2040-03-19 to 2040-03-25: no run"):
        correct(office)


def test_without_a_change_there_is_no_correction(office, said):
    settle(office)
    commit_meter_days(office.session, office.ledger, parties.MDC, MONDAY, SUNDAY)
    said.clear()
    run = correct(office)
    assert run.version == 1
    assert said == [
        "run 2040-03-19 to 2040-03-25, version 1, stands: what is committed now gives the same root"
    ]


def test_a_correction_holds_every_statement_again(ordered, tmp_path, served):
    meter_with_hole(ordered)
    office = ordered.office(tmp_path, lambda _: None)
    first = settle(office)
    before = {one.statement for one in settled_of(ordered.session, first).run.settled}
    assert len(before) == len(DEALS) - 1
    fill_hole(ordered)
    second = correct(office)
    assert (second.version, second.cause) == (2, "meter data committed for 2040-03-21")
    after = {one.statement for one in settled_of(ordered.session, second).run.settled}
    assert before < after
    assert len(after) == len(DEALS)
    added = after - before
    assert second.sum == first.sum + sum(one.amount for one in added)
    record = ordered.ledger.run_of(first.dso, AGGREGATOR, MONDAY)
    assert (record.version, record.root, record.sum) == (2, second.root, second.sum)
    for deal in DEALS:
        path = bundle_path(tmp_path, second, ordered.identity(deal.name))
        bundle = read_bundle(path.read_text(), path.name)
        assert findings(checks_of(ordered, bundle, served, deal.site_id)) == [], deal


def test_what_a_run_was_made_of_can_be_read_for_good(ordered, tmp_path):
    """A later version of a day does not touch what an earlier run used."""
    meter_with_hole(ordered)
    office = ordered.office(tmp_path, lambda _: None)
    first = settle(office)
    before = settled_of(ordered.session, first)
    fill_hole(ordered)
    correct(office)
    assert settled_of(ordered.session, first) == before
    (waiting,) = before.incomplete
    assert waiting.agreement_id == ordered.identity(DEAL)


def test_another_list_of_non_working_days_is_a_cause(office):
    settle(office)
    run = correct_run(office, AGGREGATOR, PERIOD, [], "the list was wrong")
    assert run.cause == "the list was wrong; another list of non-working days"
    assert run.version == 2


# History


def test_the_history_tells_what_changed_and_why(ordered, waiting):
    fill_hole(ordered)
    correct(waiting)
    correct_run(waiting, AGGREGATOR, PERIOD, [], "the list was wrong")
    mill = history_of(ordered.session, ordered.identity(DEAL))
    amount = mill[1].amount
    assert [(one.version, one.amount, one.reason, one.change) for one in mill] == [
        (1, None, REASON, None),
        (2, amount, "", None),
        (3, mill[2].amount, "", mill[2].amount - amount),
    ]
    assert [one.cause for one in mill] == [
        "the period is over",
        "meter data committed for 2040-03-21",
        "the list was wrong; another list of non-working days",
    ]
    assert [one.status for one in mill] == [DELIVERED] * 3
    assert mill[0].block < mill[1].block < mill[2].block
    bakery = history_of(ordered.session, ordered.identity("bakery evening"), PERIOD)
    assert [one.change for one in bakery][:2] == [None, 0]
    assert bakery[2].change == bakery[2].amount - bakery[1].amount != 0


def test_an_agreement_without_runs_has_no_history(metered):
    assert history_of(metered.session, metered.identity(DEAL)) == ()


# Money


def test_the_accounts_pay_the_difference_alone(ordered, waiting):
    """The mill is paid by the correction; the others are paid once."""
    first = settled_of(ordered.session, ordered.run())
    claim(ordered, first)
    fill_hole(ordered)
    correct(waiting)
    second = settled_of(ordered.session, ordered.run())
    claim(ordered, second)
    owed: dict[bytes, int] = {}
    for one in second.run.settled:
        owner = ordered.session.get_one(AgreementRow, one.statement.agreement_id)
        prosumer = read_terms(owner.terms).prosumer
        owed[prosumer] = owed.get(prosumer, 0) + one.statement.amount
    assert len(second.run.settled) == len(DEALS)
    assert {owner: ordered.token.balance(owner) for owner in owed} == owed
    history = history_of(ordered.session, ordered.identity(DEAL))
    assert [one.paid for one in history] == [False, True]


def claim(town: Town, settled: SettledPeriod) -> None:
    town.chain.advance_to(town.chain.now_s() + CHALLENGE_WINDOW_S + 1)
    proven = proven_statements(town.session, settled)
    claim_all(town.session, town.ledger, parties.RELAYER, town.run(), proven, print)
