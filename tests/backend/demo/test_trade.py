"""The trade of the demonstration: messages stand behind what is recorded, and figures add up."""

import json
import sys
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.db.models import (
    ActivationRow,
    AgreementRow,
    OrderRow,
    SiteRow,
    TemplateRow,
    TradeMessageRow,
)
from backend.demo import pipeline, plan
from backend.demo.outcome import Outcome
from backend.demo.owners import preferences_of
from backend.demo.trading import AGGREGATOR, DSO
from backend.services.records import read_terms
from flexmanager.local.wishes import welcomes_events
from flexmanager.overloads import Verdict
from flexmanager.vpp.document import from_document
from flexmanager.vpp.offer import FlexOffer
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.request import FlexRequest
from settlement.clock import weekday_of
from tests.backend.demo.short import one_feeder, shortened

SUNDAY = 6


def book(store, owner: str) -> dict[str, object]:
    """The messages in a party's book, by id."""
    query = select(TradeMessageRow).where(TradeMessageRow.owner == owner)
    rows = store.scalars(query.order_by(TradeMessageRow.position))
    return {row.message_id: from_document(json.loads(row.document), "message") for row in rows}


def test_both_books_hold_the_same_messages(store):
    assert book(store, DSO) == book(store, AGGREGATOR)


def test_each_order_answers_an_offer_that_answers_a_request(store):
    messages = book(store, AGGREGATOR)
    orders = [one for one in messages.values() if isinstance(one, FlexOrder)]
    assert orders
    for order in orders:
        offer = messages[order.offer_id]
        assert isinstance(offer, FlexOffer)
        request = messages[offer.request_id]
        assert isinstance(request, FlexRequest)
        sent = [one.header.sent_s for one in (request, offer, order)]
        assert sent == sorted(sent)
        assert len({one.header.conversation_id for one in (request, offer, order)}) == 1


def test_each_recorded_activation_stands_behind_an_order(store):
    """Rows of the store and messages of the book tell of the same orders, in the same order."""
    messages = [one for one in book(store, DSO).values() if isinstance(one, FlexOrder)]
    rows = store.scalars(select(OrderRow).order_by(OrderRow.order_id)).all()
    assert len(rows) == len(messages)
    known = {}
    for row, order in zip(rows, messages, strict=True):
        powers = json.loads(row.required_w)
        assert {row.first_isp + at: w for at, w in enumerate(powers) if w} == dict(order.isps)
        assert row.congestion_point == order.scope.congestion_point
        known[row.order_id] = row
    activations = store.scalars(select(ActivationRow)).all()
    assert activations
    for one in activations:
        row = known[one.order_id]
        agreement = store.get_one(AgreementRow, one.agreement_id)
        assert row.congestion_point == store.get_one(SiteRow, agreement.site_id).congestion_point
        assert row.local_day == read_terms(agreement.terms).clock.local_day(one.first_isp)
        assert one.ordered_w * sum(json.loads(row.required_w)) > 0


def test_nobody_is_activated_on_a_day_on_which_its_owner_wants_no_events(store):
    district, days = one_feeder(), Counter()
    for one in store.scalars(select(ActivationRow)):
        agreement = store.get_one(AgreementRow, one.agreement_id)
        day = read_terms(agreement.terms).clock.local_day(one.first_isp)
        wishes = preferences_of(district, agreement.site_id).wishes
        assert welcomes_events(wishes, day)
        days[bool(wishes.weekdays_off), weekday_of(day)] += 1
    assert days[False, SUNDAY], "others are activated on Sundays"


def test_a_gate_asks_an_agreement_no_more_often_than_the_plan_says(store):
    most = {one.name: one.activations_per_gate for one in plan.templates()}
    named = {row.template_id: row.name for row in store.scalars(select(TemplateRow))}
    asked = Counter()
    for one in store.scalars(select(ActivationRow)):
        terms = read_terms(store.get_one(AgreementRow, one.agreement_id).terms)
        asked[one.order_id, one.agreement_id, named[terms.template_id]] += 1
    limited = [(times, most[name]) for (_, _, name), times in asked.items() if most[name]]
    assert limited
    assert all(times <= allowed for times, allowed in limited)


def test_what_is_recorded_covers_what_was_ordered_or_is_stated_as_short(store):
    for row in store.scalars(select(OrderRow)):
        recorded = Counter()
        behind = select(ActivationRow).where(ActivationRow.order_id == row.order_id)
        for one in store.scalars(behind):
            for isp in range(one.first_isp, one.first_isp + one.isps):
                recorded[isp] += abs(one.ordered_w)
        required, short = json.loads(row.required_w), json.loads(row.shortfall_w)
        for isp, (wanted, missing) in enumerate(zip(required, short, strict=True), row.first_isp):
            assert recorded[isp] >= abs(wanted) - missing


def test_the_figures_of_the_trade_are_those_of_the_store(finished, store):
    outcome = finished.outcome
    requests = [one for one in book(store, DSO).values() if isinstance(one, FlexRequest)]
    assert len(outcome.trade) == len(requests)
    assert sum(one.activations for one in outcome.trade) == outcome.activations
    recorded = sum(abs(r.ordered_w) * r.isps for r in store.scalars(select(ActivationRow)))
    assert sum(one.recorded_kwh for one in outcome.trade) == pytest.approx(recorded / 4_000)
    for one in outcome.trade:
        assert one.ordered_kwh <= one.offered_kwh <= one.requested_kwh + 1e-9
        assert (one.confidence is None) == (one.offered_kwh == 0.0) == bool(one.no_offer)
        assert one.recorded_kwh >= one.ordered_kwh or one.refused
        assert one.confidence is None or one.confidence >= plan.POLICY.probability - 0.05


@pytest.mark.parametrize(("at", "direction"), [(0, "import"), (1, "export")])
def test_the_verdicts_add_up(finished, at, direction):
    """Every quarter hour above a limit has one verdict, and the series say the same."""
    outcome, judged_w = finished.outcome, 0
    for point in outcome.points:
        place = point.name, direction
        judged = [
            one
            for found in outcome.overloads
            if (found.name, found.direction) == place
            for one in found.overloads
        ]
        before_kwh, after_kwh = (
            point.excess_kwh(load_w)[at] for load_w in (point.before_w, point.after_w)
        )
        assert sum(one.before_w for one in judged) / 4_000 == pytest.approx(before_kwh)
        assert sum(one.after_w for one in judged) / 4_000 == pytest.approx(after_kwh)
        assert len({one.isp for one in judged}) == len(judged)
        for one in judged:
            assert (one.verdict is Verdict.RELIEVED) == (one.after_w == 0)
            assert (one.verdict is Verdict.ADDED) == (one.before_w == 0)
        judged_w += sum(one.before_w for one in judged)
    assert judged_w > 0


def test_a_second_demonstration_has_the_same_figures(finished, tmp_path):
    """Keys and salts are fresh in every run; nothing that people read depends on them."""
    with shortened():
        again = pipeline.run_demo(tmp_path, sys.executable, lambda _: None)
    assert figures(again) == figures(finished.outcome)


def figures(outcome: Outcome) -> str:
    """All figures but time and gas: the gas of a proof depends on its hashes."""
    still = replace(outcome, seconds=0.0, gas_used={}, refusals=(), correction=None)
    text = repr(replace(still, points=(), site_days=()))
    series = [(one.after_w.tolist(), one.ordered_w.tolist()) for one in outcome.points]
    days = [(one.site_id, one.date, one.actual_w.tolist()) for one in outcome.site_days]
    return f"{text} {series} {days}"
