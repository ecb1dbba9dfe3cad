"""Bundles: each holds what its party needs to check the statement, and nothing of the others."""

import pytest

from backend.services.bundling import Bundler
from settlement.bundle.reader import read_bundle
from settlement.bundle.records import ECDSA, Signature, entries_of
from settlement.bundle.writer import write_bundle
from settlement.checker.plausibility import check_bundle
from settlement.commitment import needed_utc_days
from settlement.settle import Settled
from tests.backend import parties
from tests.backend.defaults import (
    FIRST_METER_DAY,
    LAST_METER_DAY,
    MONDAY,
    NON_WORKING_DAYS,
    PERIOD,
    POINTS,
    THURSDAY,
)
from tests.backend.services.checking import NAMES, checks_of, findings

# Every honest bundle holds


@pytest.mark.parametrize("deal", NAMES)
def test_a_bundle_passes_every_check(published, served, deal):
    bundle = published.bundles()[deal]
    checks = checks_of(published, bundle, served, deal.split()[0])
    assert len(checks) == 20
    assert findings(checks) == []
    assert bundle.stated is not None
    assert len(bundle.stated.lines) > 0


@pytest.mark.parametrize("deal", NAMES)
def test_a_bundle_gives_the_statement_of_the_run_again(published, deal):
    report, _ = check_bundle(published.bundles()[deal])
    expected = {one.statement.agreement_id: one for one in published.settled().run.settled}
    assert isinstance(report.settled, Settled)
    assert report.settled == expected[published.identity(deal)]


@pytest.mark.parametrize("deal", NAMES)
def test_a_bundle_survives_being_written_and_read(published, deal):
    bundle = published.bundles()[deal]
    assert read_bundle(write_bundle(bundle), "a bundle") == bundle


def test_all_bundles_are_of_one_run(published):
    runs = {bundle.run for bundle in published.bundles().values()}
    (run,) = runs
    stored = published.run()
    assert (run.root, run.sum, run.depth, run.version) == (
        stored.root,
        stored.sum,
        stored.depth,
        stored.version,
    )


# What it holds


@pytest.mark.parametrize("deal", NAMES)
def test_a_bundle_holds_the_days_that_its_settlement_may_read(published, deal):
    bundle = published.bundles()[deal]
    first, last = needed_utc_days(bundle.terms, entries_of(bundle.log), PERIOD)
    days = range(max(first, FIRST_METER_DAY), min(last, LAST_METER_DAY) + 1)
    held = [(day.metering_point, day.utc_day) for day in bundle.meter_days]
    expected = [(point, day) for point in sorted(POINTS[deal.split()[0]]) for day in days]
    assert held == expected
    assert [(point.name) for point in bundle.metering_points] == sorted(POINTS[deal.split()[0]])


def test_a_nominated_agreement_needs_the_days_of_its_activations_alone(published):
    bundle = published.bundles()["bakery midday"]
    assert {day.utc_day for day in bundle.meter_days} == {THURSDAY}
    assert [(day.utc_day, day.version) for day in bundle.nominations] == [
        (THURSDAY, 0),
        (THURSDAY, 1),
        (THURSDAY, 2),
    ]
    others = [published.bundles()[deal] for deal in NAMES if deal != "bakery midday"]
    assert {bundle.nominations for bundle in others} == {()}


def test_agreements_of_one_site_know_each_others_log(published):
    bundles = published.bundles()
    for one, other in (("bakery evening", "bakery midday"), ("bakery midday", "bakery evening")):
        (overlap,) = bundles[one].overlaps
        assert overlap.agreement_id == published.identity(other)
        assert overlap.log == bundles[other].log
    assert bundles["dairy steady"].overlaps == bundles["mill night"].overlaps == ()


@pytest.mark.parametrize("deal", NAMES)
def test_a_bundle_tells_nothing_of_other_sites(published, deal):
    text = write_bundle(published.bundles()[deal])
    own_site = deal.split()[0]
    for site_id, points in POINTS.items():
        owner = parties.address(f"owner of {site_id}").hex()
        for word in (*points, owner):
            assert (word in text) == (site_id == own_site)


def test_both_signatures_and_the_contracts_are_named(published):
    bundle = published.bundles()["mill night"]
    assert bundle.domain == published.market.domain()
    assert bundle.ledger == published.ledger.address
    row = published.row("mill night")
    assert bundle.aggregator_signature == Signature(ECDSA, row.aggregator_signature)
    assert bundle.prosumer_signature == Signature(ECDSA, row.prosumer_signature)
    assert bundle.non_working_days == NON_WORKING_DAYS


def test_non_working_days_are_in_order_however_they_are_given(published):
    days = (MONDAY + 30, *NON_WORKING_DAYS, MONDAY - 40)
    bundler = Bundler(
        published.session,
        published.market,
        published.ledger,
        published.settled(),
        published.run(),
        days,
    )
    assert bundler.bundle(published.row("mill night")).non_working_days == tuple(sorted(days))
