"""The demonstration end to end: its figures add up in outcome, store and ledger."""

import re
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from backend.chain.wallet import address_of
from backend.db.models import (
    ActivationRow,
    AgreementRow,
    AssetRow,
    ForecastRow,
    RunRow,
    SiteRow,
    StatementRow,
)
from backend.demo.plan import BOND_AMOUNT, ESCROW_AMOUNT, templates, templates_by_gate
from backend.services.records import RECORDED, REFUSED, log_of, read_terms, recorded_agreements
from backend.services.settlement_messages import messages_of
from settlement.activation import log_head, standing_activations
from settlement.bundle.reader import read_bundle
from settlement.bundle.records import entries_of
from settlement.checker.plausibility import check_bundle
from settlement.clock import Clock, ClockRule, day_of
from tests.backend.demo.short import one_feeder


def count(session, table, *conditions) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


# Money


def test_what_was_paid_is_what_the_statements_say(finished, store):
    outcome, stage = finished.outcome, finished.stage
    first, run = store.scalars(select(RunRow).order_by(RunRow.version)).all()
    on_chain = stage.ledger.run_of(
        address_of(stage.parties.dso), address_of(stage.parties.aggregator), run.first_day
    )
    total = sum(one.amount for one in outcome.statements)
    assert total > 0
    assert outcome.paid == total == run.sum == on_chain.sum
    assert on_chain.claimed == run.sum - first.sum > 0, "the rest was paid by the first version"
    of_run = StatementRow.run_id == run.run_id
    assert store.scalar(select(func.sum(StatementRow.amount)).where(of_run)) == total


def test_the_correction_completes_one_statement_and_repeats_the_others(finished, store):
    first, second = store.scalars(select(RunRow).order_by(RunRow.version)).all()
    amounts = [
        {
            row.agreement_id: row.amount
            for row in store.scalars(select(StatementRow).where(StatementRow.run_id == run.run_id))
        }
        for run in (first, second)
    ]
    (waiting,) = (identity for identity, amount in amounts[0].items() if amount is None)
    assert amounts[1] == {**amounts[0], waiting: second.sum - first.sum}
    found = finished.outcome.correction
    assert (found.history[0].amount, found.history[1].amount) == (None, amounts[1][waiting])
    assert found.missed in " ".join(finished.said)
    assert "1 of" in found.history[0].reason
    assert "the statement is complete" in found.finding
    (committed,) = second.cause.split(" for ")[1:]
    assert committed == found.missed[:10], "midday and evening lie on one UTC day"


def test_every_party_has_a_message_about_each_version(finished, store):
    for run in store.scalars(select(RunRow)):
        roles = Counter(row.role for row in messages_of(store, run))
        owners = {read_terms(row.terms).prosumer for row in recorded_agreements(store)}
        assert roles == {"dso": 1, "aggregator": 1, "prosumer": len(owners)}
    texts = sorted((finished.out / "messages").glob("*.txt"))
    assert len(texts) == 2 + len(owners)
    (dso,) = (path.read_text() for path in texts if path.name.startswith("dso"))
    assert "version 2" in dso
    assert "procured" in dso


def test_the_forecasts_of_every_gate_are_kept(finished, store):
    days = 2 * len(one_feeder().congestion_points)
    assert count(store, ForecastRow) == days * len(templates_by_gate())


def test_every_owner_holds_what_its_statements_say(finished, store):
    owed = Counter()
    for one in finished.outcome.statements:
        owed[one.site_id] += one.amount
    balances = {
        site.site_id: finished.stage.token.balance(site.owner)
        for site in store.scalars(select(SiteRow))
    }
    assert {site_id: amount for site_id, amount in balances.items() if amount} == +owed


def test_no_money_is_made_or_lost(finished):
    stage = finished.stage
    left = stage.token.balance(stage.ledger.address)
    assert left + finished.outcome.paid == ESCROW_AMOUNT + BOND_AMOUNT
    assert stage.token.balance(address_of(stage.parties.aggregator)) == 0


def test_each_statement_adds_up(finished):
    for one in finished.outcome.statements:
        assert one.amount == one.capacity + one.volume - one.penalty >= 0
        assert one.delivered_kwh <= one.ordered_kwh
        assert one.delivered_kwh + one.missing_kwh >= one.ordered_kwh - 1e-9
        assert (one.activations > 0) == (one.ordered_kwh > 0)
        assert one.overridden <= one.activations


# Counts


def test_counts_are_those_of_store_and_district(finished, store):
    outcome = finished.outcome
    assert (outcome.sites, outcome.assets) == (count(store, SiteRow), count(store, AssetRow))
    assert outcome.sites == len(one_feeder().sites) == 13
    assert outcome.agreements == count(store, AgreementRow, AgreementRow.status == RECORDED) > 5
    assert outcome.refused_offers == count(store, AgreementRow, AgreementRow.status == REFUSED)
    assert outcome.activations == count(store, ActivationRow) > 10
    overridden = count(store, ActivationRow, ActivationRow.override_isp.is_not(None))
    assert outcome.overridden == overridden
    assert outcome.activations == sum(one.activations for one in outcome.statements)
    assert outcome.checked == outcome.agreements == len(outcome.statements)
    assert outcome.incomplete == 0


def test_every_refused_offer_has_a_reason(store):
    reasons = store.scalars(select(AgreementRow.reason).where(AgreementRow.status == REFUSED)).all()
    assert reasons
    assert all(reason.startswith(("no ", "asked for ")) for reason in reasons)


def test_the_store_has_the_activations_of_the_ledger(finished, store):
    for row in recorded_agreements(store):
        entries = entries_of(log_of(store, row.agreement_id))
        head = finished.stage.market.contract.view("activationHead", row.agreement_id)
        state = finished.stage.market.contract.view("agreementState", row.agreement_id)
        assert log_head(entries) == head
        assert len(standing_activations(entries)) == state[1]


def test_no_site_is_ordered_twice_in_one_quarter(store):
    ordered = Counter()
    for row in recorded_agreements(store):
        for activation in standing_activations(entries_of(log_of(store, row.agreement_id))):
            ordered.update((row.site_id, isp) for isp in activation.ordered_isps())
    assert ordered
    assert max(ordered.values()) == 1


def test_every_template_is_agreed_and_both_directions_are_activated(finished):
    activated = Counter()
    for one in finished.outcome.statements:
        activated[one.agreement] += one.activations
    assert set(activated) == {template.name for template in templates()}
    signs = {template.sign for template in templates() if activated[template.name]}
    assert signs == {template.sign for template in templates()}
    assert len(signs) == 2


# The clock change


def test_the_two_days_are_a_long_saturday_and_a_short_sunday(finished, store):
    outcome = finished.outcome
    clock = Clock(15, 60, ClockRule.EU)
    terms = read_terms(recorded_agreements(store)[0].terms)
    assert [len(clock.day_isps(day)) for day in (terms.start_day, terms.end_day)] == [96, 92]
    for point in outcome.points:
        for series in (point.before_w, point.after_w, point.ordered_w):
            assert series.shape == (188,)
    assert outcome.start_utc_s == clock.start_s(clock.day_isps(terms.start_day)[0])


def test_recorded_days_are_moved_by_whole_weeks(finished, store):
    outcome = finished.outcome
    recorded = date.fromisoformat(outcome.recorded_first_date)
    moved = date.fromisoformat(outcome.first_date)
    assert recorded == date(2016, 3, 26)
    assert day_of(moved) - day_of(recorded) == 7 * outcome.weeks_moved > 0


def test_a_point_is_relieved_by_what_was_ordered(finished):
    """Load without and with flexibility differ, and only where something was ordered or after."""
    for point in finished.outcome.points:
        if not point.ordered_w.any():
            assert (point.before_w == point.after_w).all()
            continue
        changed = (point.after_w != point.before_w).nonzero()[0]
        assert changed.size
        assert changed[0] >= point.ordered_w.nonzero()[0][0]


# Checkers and forgeries


def test_every_prosumer_has_a_bundle_and_an_own_meter_file(finished, store):
    bundles = sorted((finished.out / "bundles").rglob("*.json"))
    honest = [path for path in bundles if not path.name.endswith(".forged.json")]
    assert len(honest) == 2 * finished.outcome.agreements, "of each version of the run"
    sites = {row.site_id for row in recorded_agreements(store)}
    assert {path.stem for path in (finished.out / "meters").glob("*.csv")} == sites


def test_the_bundles_left_behind_still_hold(finished):
    bundles = sorted((finished.out / "bundles").rglob(f"{'?' * 64}.json"))
    assert bundles
    for path in bundles[::3]:
        report, _ = check_bundle(read_bundle(path.read_text(), path.name))
        assert report.holds, path.name


def test_the_forged_bundle_left_behind_does_not_hold(finished):
    (forged,) = (finished.out / "bundles").rglob("*.forged.json")
    report, _ = check_bundle(read_bundle(forged.read_text(), forged.name))
    assert not report.holds


def test_five_forgeries_are_refused_each_for_its_own_reason(finished):
    refusals = finished.outcome.refusals
    assert Counter(one.by for one in refusals) == {"the prosumer's checker": 3, "the ledger": 2}
    by_checker = [one.reason for one in refusals if one.by == "the prosumer's checker"]
    assert re.search(r"is stated as .* EUR; by the rules it is", by_checker[0])
    assert "does not lead to the committed root" in by_checker[1]
    assert "does not lead from the statement to the root of the run" in by_checker[2]
    assert [one.reason for one in refusals if one.by == "the ledger"] == ["ProofMismatch"] * 2


@pytest.mark.parametrize(
    "words",
    [
        "the last activation once more is refused by the ledger",
        "a claim within the challenge window is refused by the ledger: ClaimsNotOpen",
        "prosumers' checkers confirm their statements",
        "statements paid",
    ],
)
def test_progress_tells_what_the_ledger_refused_and_what_was_done(finished, words):
    assert any(words in line for line in finished.said)


def test_every_line_of_progress_has_its_time(finished):
    assert all(re.match(r" *\d+\.\d s  ", line) for line in finished.said)
    times = [float(line.split()[0]) for line in finished.said]
    assert times == sorted(times)
    assert times[-1] <= round(finished.outcome.seconds, 1)


def test_gas_is_booked_for_every_kind_of_transaction(finished):
    outcome = finished.outcome
    assert outcome.gas_used.keys() == outcome.transactions.keys()
    assert outcome.transactions["publishRun"] == outcome.transactions["publishCorrection"] == 1
    assert outcome.transactions["registerAssets"] <= outcome.sites
    assert min(outcome.gas_used.values()) > 21_000
