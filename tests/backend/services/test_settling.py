"""Settling a period: from the store the same as by hand."""

from dataclasses import replace

import pytest

from backend.services import settling
from backend.services.settling import RunScope, settle_agreement, settle_period
from settlement.run import build_run
from settlement.settle import Settled
from settlement.statement import Period
from tests.backend import parties
from tests.backend.defaults import (
    DEALS,
    HOLIDAY,
    MONDAY,
    NON_WORKING_DAYS,
    PERIOD,
    SUNDAY,
    THURSDAY,
    WEDNESDAY,
)
from tests.backend.meters import day_values
from tests.backend.services.by_hand import NAMES, activations_of, by_hand
from tests.backend.town import SCOPE


def scope_of(first_day: int, last_day: int) -> RunScope:
    return replace(SCOPE, period=Period(first_day, last_day))


@pytest.mark.parametrize("deal", NAMES)
def test_an_agreement_settles_as_by_hand(metered, deal):
    expected = by_hand(metered, deal)
    assert isinstance(expected, Settled)
    assert len(expected.lines) == len(activations_of(deal))
    found = settle_agreement(metered.session, metered.row(deal), PERIOD, NON_WORKING_DAYS)
    assert found == expected


def test_the_run_is_made_of_the_agreements_settled_by_hand(metered):
    expected = build_run([by_hand(metered, deal) for deal in NAMES])
    settled = metered.settled()
    assert settled.run == expected
    assert settled.incomplete == ()
    assert settled.run.tree.root[1] == sum(one.statement.amount for one in expected.settled)


def test_the_figures_of_the_week_are_those_of_an_accountant(metered):
    """The mill is held ready with 4 kW for four hours a night; it was called for three hours.

    Capacity: 28 h x 4 kW x 5 EUR per MW and hour = 0.56 EUR. Delivered, over-delivery unpaid:
    47,754 W x 15 min = 11.9385 kWh at 200 EUR per MWh = 2.3877 EUR. Missing: 246 W x 15 min =
    0.0615 kWh at 100 EUR per MWh = 0.00615 EUR, rounded half to even.
    """
    settled = settle_agreement(metered.session, metered.row("mill night"), PERIOD, NON_WORKING_DAYS)
    (line,) = settled.lines
    assert line.actual_w[0] == day_values(WEDNESDAY)["mill grinder"][4 * 22]
    delivery = line.delivery
    assert (delivery.ordered_w_sum, delivery.delivered_w_sum) == (48_000, 47_754)
    assert delivery.deficiency_w_sum == 246
    statement = settled.statement
    assert (statement.capacity_isps, statement.capacity) == (4 * 28, 5_600)
    assert (statement.volume, statement.penalty) == (23_877, 62)
    assert statement.amount == 5_600 + 23_877 - 62


def test_the_order_of_the_agreements_does_not_matter(metered, monkeypatch):
    root = metered.settled().run.tree.root
    listed = settling.agreements_between
    monkeypatch.setattr(
        settling, "agreements_between", lambda *given: list(reversed(listed(*given)))
    )
    assert metered.settled().run.tree.root == root


def test_settling_twice_gives_the_same(metered):
    assert metered.settled() == metered.settled()


def test_the_dairy_loses_capacity_pay_for_what_it_failed(metered):
    settled = settle_agreement(
        metered.session, metered.row("dairy steady"), PERIOD, NON_WORKING_DAYS
    )
    assert [line.counted_for_capacity for line in settled.lines] == [True, False]
    assert [line.volume > 0 for line in settled.lines] == [True, False]
    assert settled.statement.capacity_isps == 7 * 16 - 4


def test_the_published_holidays_count(metered):
    """The bakery's baseline reads working days; one holiday less makes another baseline."""
    without = settle_period(metered.session, SCOPE, [])
    assert HOLIDAY in NON_WORKING_DAYS
    assert without.run.tree.root != metered.settled().run.tree.root


def test_a_period_without_activations_pays_capacity_alone(metered):
    settled = settle_period(metered.session, scope_of(MONDAY, MONDAY), NON_WORKING_DAYS)
    assert settled.incomplete == ()
    for one in settled.run.settled:
        assert one.lines == ()
        assert one.statement.amount == one.statement.capacity > 0


def test_a_period_outside_all_dates_has_no_statements(metered):
    for first, last in ((MONDAY - 7, MONDAY - 1), (SUNDAY + 1, SUNDAY + 7)):
        settled = settle_period(metered.session, scope_of(first, last), NON_WORKING_DAYS)
        assert settled.run.tree.root == (bytes(32), 0)
        assert settled.agreement_ids == ()


def test_a_period_that_touches_the_dates_has_all_statements(metered):
    for first, last in ((MONDAY - 7, MONDAY), (SUNDAY, SUNDAY + 7)):
        settled = settle_period(metered.session, scope_of(first, last), NON_WORKING_DAYS)
        assert len(settled.run.settled) == len(DEALS)


@pytest.mark.parametrize("party", ["dso", "aggregator"])
def test_a_run_has_the_agreements_of_its_parties_alone(metered, party):
    """Another DSO or aggregator has no agreement here, whatever else is recorded."""
    other = replace(SCOPE, **{party: parties.address("stranger")})
    assert settle_period(metered.session, other, NON_WORKING_DAYS).agreement_ids == ()
    row = metered.row("mill night")
    setattr(row, party, parties.address("stranger"))
    moved = settle_period(metered.session, other, NON_WORKING_DAYS)
    assert moved.agreement_ids == (row.agreement_id,)
    assert row.agreement_id not in metered.settled().agreement_ids


def test_an_activation_belongs_to_the_period_of_its_first_isp(metered):
    """The mill's night from Wednesday to Thursday is Wednesday's."""
    for day, lines in ((WEDNESDAY, 1), (THURSDAY, 0)):
        found = settle_agreement(
            metered.session, metered.row("mill night"), Period(day, day), NON_WORKING_DAYS
        )
        assert len(found.lines) == lines


def test_nothing_recorded_is_an_empty_run(offering):
    settled = offering.settled()
    assert settled.run.settled == ()
    assert settled.run.tree.root == (bytes(32), 0)
