"""Bundles where data is missing, late or not committed: honest ones hold, others are not made."""

import pytest

from backend.db.models import MeterDayRow
from backend.services.metering import commit_meter_days, nominate, take_in_day
from settlement.checker.chain_check import check_against_chain
from settlement.checker.own_meter import check_own_meter
from settlement.checker.plausibility import check_bundle
from settlement.errors import InputError
from settlement.settle import Incomplete
from tests.backend import parties
from tests.backend.defaults import (
    ISPS_PER_DAY,
    LAST_METER_DAY,
    MONDAY,
    ORDERS,
    THURSDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.meters import day_values, own_readings
from tests.backend.services.checking import NAMES, chain_view, checks_of, findings
from tests.backend.stages import take_in
from tests.backend.town import Town

HOLE = isp_at(WEDNESDAY, 23)


# Incomplete statements


@pytest.fixture
def with_hole(ordered: Town) -> Town:
    """The mill lacks a reading of its activation; the week is published all the same."""
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        if HOLE // ISPS_PER_DAY == utc_day:
            values["mill grinder"][HOLE % ISPS_PER_DAY] = None
        take_in_day(ordered.session, parties.address("mdc"), utc_day, values)
    commit_meter_days(ordered.session, ordered.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    _publish(ordered)
    return ordered


def _publish(town: Town) -> None:
    town.publish()


def test_an_incomplete_statement_says_so_and_its_bundle_holds(with_hole, served):
    bundle = with_hole.bundles()["mill night"]
    assert bundle.stated is None
    assert bundle.incomplete == ("2040-03-21 23:00: 1 of 12 meter readings are missing",)
    report, evidence = check_bundle(bundle)
    assert evidence is not None
    checks = [*report.checks, *check_against_chain(bundle, evidence, chain_view(with_hole, served))]
    assert findings(checks) == []
    assert isinstance(report.settled, Incomplete)
    assert report.settled.reasons == bundle.incomplete


def test_a_prosumer_with_the_missing_reading_learns_what_it_is_worth(with_hole):
    bundle = with_hole.bundles()["mill night"]
    _, evidence = check_bundle(bundle)
    check = check_own_meter(bundle, evidence, own_readings("mill"))
    (finding,) = check.findings
    assert finding == "With your own readings the statement is complete: 2.9415 EUR."


@pytest.mark.parametrize("deal", [deal for deal in NAMES if deal != "mill night"])
def test_the_other_bundles_hold_beside_an_incomplete_one(with_hole, served, deal):
    bundle = with_hole.bundles()[deal]
    assert bundle.stated is not None
    assert bundle.incomplete == ()
    assert findings(checks_of(with_hole, bundle, served, deal.split()[0])) == []


def test_bundles_hold_when_another_agreement_was_nominated_later(begun, served):
    """A later root has to keep what it does not change, or honest bundles fail."""
    (activation,) = [entry for deal, entry in ORDERS if deal == "bakery midday"]
    midday, evening = begun.identity("bakery midday"), begun.identity("bakery evening")
    flat = [14_000] * ISPS_PER_DAY
    nominate(begun.session, begun.ledger, parties.AGGREGATOR, THURSDAY, {midday: flat})
    nominate(begun.session, begun.ledger, parties.AGGREGATOR, THURSDAY, {evening: flat})
    begun.order(begun.wanted("bakery midday", activation))
    begun.chain.advance_to((LAST_METER_DAY + 2) * 86_400)
    take_in(begun, MONDAY, LAST_METER_DAY)
    commit_meter_days(begun.session, begun.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    _publish(begun)
    bundle = begun.bundles()["bakery midday"]
    assert bundle.stated is not None
    report, evidence = check_bundle(bundle)
    checks = [*report.checks, *check_against_chain(bundle, evidence, chain_view(begun, served))]
    assert findings(checks) == []


# Data that is not committed


def test_days_that_were_never_committed_are_neither_settled_nor_bundled(ordered, served):
    take_in(ordered, MONDAY, LAST_METER_DAY)
    _publish(ordered)
    for deal, bundle in ordered.bundles().items():
        assert bundle.stated is None
        assert bundle.incomplete, deal
        report, evidence = check_bundle(bundle)
        chain = chain_view(ordered, served)
        assert findings([*report.checks, *check_against_chain(bundle, evidence, chain)]) == []


def test_a_reading_altered_after_its_commitment_makes_no_bundle(published):
    row = published.session.get_one(MeterDayRow, ("mill grinder", WEDNESDAY, 0))
    row.blob = row.blob[:-4] + bytes(4)
    with pytest.raises(InputError, match=r"2040-03-21 \(UTC\): stored data that was not"):
        published.bundles()


def test_a_commitment_after_the_run_does_not_count(published, served):
    """What the DSO published is checked by what was committed before it."""
    commit_meter_days(published.session, published.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    bundle = published.bundles()["mill night"]
    assert {day.version for day in bundle.meter_days} == {0}
    assert findings(checks_of(published, bundle, served, "mill")) == []
