"""From an expected congestion to activations on the ledger, by messages that both parties judge."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.chain.wallet import address_of
from backend.db.models import ActivationRow, BackingRow, OrderRow, TradeMessageRow
from backend.services.ending import terminate
from backend.services.vpp_grid import declare_points, read_grid
from backend.services.vpp_offering import (
    CLOSED,
    backing_row,
    form_portfolios,
    members_of,
    plans_behind,
    revoke_offers,
)
from backend.services.vpp_ordering import carry_out
from backend.services.vpp_requesting import order_flexibility, request_flexibility
from flexmanager.errors import ParameterError
from flexmanager.vpp.congestion import GridPoint, Limits, PointKind, requested_change_w
from flexmanager.vpp.covering import Policy
from flexmanager.vpp.offer import FlexOffer
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.plan import ordered_by_isp
from settlement.activation import Activation
from settlement.errors import InputError
from tests.backend import parties
from tests.backend.defaults import CLOCK, SIGN_BEFORE_S, TUESDAY, isp_at
from tests.backend.services.vpp_trading import (
    AGGREGATOR,
    CONTRACT,
    DEAR,
    DSO,
    EUR_PER_MWH,
    EVENINGS,
    EXPIRES_S,
    NOON_S,
    PEAK,
    POINT,
    TODAY,
    answer,
    ask,
    available,
    desk,
    need,
)
from tests.backend.town import Town

ORDER_S = EXPIRES_S - 1


def members(town: Town):
    return members_of(town.session, address_of(parties.DSO), address_of(parties.AGGREGATOR))


def carry(town: Town, at, order, now_s: int = ORDER_S):
    return carry_out(
        at,
        town.market,
        parties.AGGREGATOR,
        order,
        members(town),
        available(town, *EVENINGS),
        now_s,
    )


def recorded(town: Town) -> dict[int, int]:
    """Sum of all activations on the ledger by ISP."""
    found: dict[int, int] = {}
    for row in town.session.scalars(select(ActivationRow)):
        for isp in range(row.first_isp, row.first_isp + row.isps):
            found[isp] = found.get(isp, 0) + row.ordered_w
    return found


# The whole way


def test_a_congestion_is_requested_offered_ordered_and_recorded(begun):
    begun.chain.advance_to(NOON_S)
    at = desk(begun)
    (asked,) = ask(at).asked
    assert requested_change_w(asked.request) == dict.fromkeys(PEAK, -4_000)
    answered = answer(begun, at, asked.request)
    assert dict(answered.offer.options[0].isps) == dict.fromkeys(PEAK, -4_000)
    ordered = order_flexibility([asked], DEAR, ORDER_S)
    ((_, order),) = ordered.orders
    assert set(ordered.shortfall_w.values()) == {0}
    assert ordered.price == answered.offer.options[0].price == order.price
    found = carry(begun, at, order)
    assert found.findings == ()
    assert recorded(begun) == dict.fromkeys(PEAK, -4_000)
    assert begun.head("bakery evening") != bytes(32)
    row = begun.session.get_one(OrderRow, found.row.order_id)
    assert (row.congestion_point, row.direction, row.local_day) == (
        "point", "less consumption", TUESDAY
    )  # fmt: skip
    assert json.loads(row.shortfall_w) == [0] * len(TODAY.isps)
    assert sum(json.loads(row.required_w)) == -16_000
    (backing,) = begun.session.scalars(select(BackingRow))
    assert 0.0 < row.bound_eur <= row.objective_eur == backing.objective_eur
    assert (row.bound_eur, row.gap) == (backing.bound_eur, backing.gap)
    books = at.book(DSO), at.book(AGGREGATOR)
    assert books[0] == books[1]
    assert len(books[0].messages) == 3


def test_nothing_is_ordered_that_costs_more_than_it_is_worth(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    assert order_flexibility([asked], 200 * EUR_PER_MWH, ORDER_S).orders == ()


def test_a_part_is_ordered_where_that_is_enough(begun):
    """By the time of ordering only 3 of the 4 kW are needed."""
    begun.chain.advance_to(NOON_S)
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    rows = dict(asked.request.isps)
    smaller = tuple(
        (isp, replace(band, min_w=-3_000) if isp in PEAK else band) for isp, band in rows.items()
    )
    less = replace(asked, request=replace(asked.request, isps=smaller))
    ((_, order),) = order_flexibility([less], DEAR, ORDER_S).orders
    assert order.factor_percent == 75
    assert dict(order.isps) == dict.fromkeys(PEAK, -3_000)
    carry(begun, at, order)
    assert recorded(begun) == dict.fromkeys(PEAK, -3_000)


def test_nothing_is_requested_within_the_limits(begun):
    at = desk(begun)
    assert ask(at, peak_w=20_000).asked == ()
    assert begun.session.scalars(select(TradeMessageRow)).all() == []
    assert order_flexibility((), DEAR, ORDER_S).orders == ()


def test_a_margin_is_kept_free(begun):
    (asked,) = ask(desk(begun), peak_w=20_000, margin_bp=500).asked
    assert requested_change_w(asked.request) == dict.fromkeys(PEAK, -1_000)


def test_what_is_ordered_is_not_asked_for_again(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    order_flexibility([asked], DEAR, ORDER_S)
    assert ask(at).asked == ()
    (more,) = ask(at, peak_w=25_000).asked
    assert requested_change_w(more.request) == dict.fromkeys(PEAK, -1_000)


def test_what_a_feeder_orders_relieves_its_transformer(begun):
    """Both expect 24 kW; nothing is left to be asked for above."""
    at = desk(begun)
    above = GridPoint("above", PointKind.TRANSFORMER, POINT.limits)
    points = frozenset({"point", "above"})
    at = replace(at, trade=replace(at.trade, congestion_points=points))
    declare_points(begun.session, [above, replace(POINT, above="above")])
    (before,) = request_flexibility([at], need(point=above), NOON_S, "C1").asked
    assert requested_change_w(before.request) == dict.fromkeys(PEAK, -4_000)
    (asked,) = request_flexibility([at], need(), NOON_S, "C1").asked
    answer(begun, at, asked.request)
    order_flexibility([asked], DEAR, ORDER_S)
    assert request_flexibility([at], need(point=above), NOON_S, "C1").asked == ()


def test_requests_are_counted(begun):
    at = desk(begun)
    revisions = [ask(at).asked[0].request.revision for _ in range(3)]
    assert revisions == [1, 2, 3]


def test_a_request_that_an_aggregator_refuses_is_told(begun):
    """It is not active there."""
    at = desk(begun)
    elsewhere = GridPoint("elsewhere", PointKind.TRANSFORMER, Limits(1, 1))
    declare_points(begun.session, [elsewhere])
    found = request_flexibility([at], need(point=elsewhere), NOON_S)
    assert found.asked == ()
    ((_, (reason,)),) = found.refused
    assert reason.reason.value == "Invalid CongestionPoint"


def test_offers_of_two_aggregators_compete(begun):
    """The same agreements are offered by two at different margins; the cheaper is ordered."""
    first, second = desk(begun), desk(begun, "other.example")
    asked = [ask(one).asked[0] for one in (first, second)]
    for one, margin_bp in zip(asked, (2_000, 500), strict=True):
        policy = Policy(draws=200, margin_bp=margin_bp)
        assert answer(begun, one.desk, one.request, policy=policy).offer is not None
    ordered = order_flexibility(asked, DEAR, ORDER_S)
    assert [at.trade.aggregator for at, _ in ordered.orders] == ["other.example"]


# What an order cannot be


def test_a_revoked_offer_is_not_ordered(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    offer = answer(begun, at, asked.request).offer
    (revoked,) = revoke_offers(at, frozenset({begun.identity("bakery evening")}), NOON_S + 1)
    assert revoked.offer_id == offer.header.message_id
    assert order_flexibility([asked], DEAR, ORDER_S).orders == ()
    assert revoke_offers(at, frozenset({begun.identity("bakery evening")}), NOON_S + 2) == ()


def test_an_expired_offer_is_not_ordered(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    assert order_flexibility([asked], DEAR, EXPIRES_S).orders == ()


def test_an_ordered_offer_is_neither_ordered_nor_revoked_again(begun):
    begun.chain.advance_to(NOON_S)
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    ((_, order),) = order_flexibility([asked], DEAR, ORDER_S).orders
    assert order_flexibility([asked], DEAR, ORDER_S).orders == ()
    assert revoke_offers(at, frozenset({begun.identity("bakery evening")}), ORDER_S) == ()
    book = at.book(AGGREGATOR)
    assert book.order_for(order.offer_id) == order


def test_an_aggregator_that_has_taken_back_refuses_and_the_rest_is_chosen(begun):
    """Revocation and order cross: the aggregator's own book decides, another offer is ordered."""
    at, other = desk(begun), desk(begun, "other.example")
    asked = [ask(one).asked[0] for one in (at, other)]
    cheap = answer(begun, at, asked[0].request, policy=Policy(draws=200, margin_bp=0)).offer
    answer(begun, other, asked[1].request, policy=Policy(draws=200, margin_bp=3_000))
    with begun.session.no_autoflush:
        sent = revoke_offers(at, frozenset({begun.identity("bakery evening")}), NOON_S + 1)
        late = select(TradeMessageRow).where(
            TradeMessageRow.owner == DSO,
            TradeMessageRow.message_id == sent[0].header.message_id,
        )
        begun.session.delete(begun.session.scalars(late).one())
        begun.session.flush()
    ordered = order_flexibility(asked, DEAR, ORDER_S)
    assert [desk.trade.aggregator for desk, _ in ordered.orders] == ["other.example"]
    ((refused, reasons),) = ordered.refused
    assert refused.offer_id == cheap.header.message_id
    assert [one.reason.value for one in reasons] == ["Reference message revoked"]
    assert set(ordered.shortfall_w.values()) == {0}


def test_an_order_beyond_its_contract_is_not_sent(begun):
    """Three quarters of an hour are the longest activation; the offer is for a whole hour."""
    at = desk(begun)
    tight = replace(CONTRACT, max_runtime_isps=3)
    at = replace(at, trade=replace(at.trade, contracts={"C1": tight}))
    (asked,) = ask(at).asked
    assert answer(begun, at, asked.request).offer is not None
    ordered = order_flexibility([asked], DEAR, ORDER_S)
    assert ordered.orders == ()
    ((_, (reason,)),) = ordered.refused
    assert reason.reason.value == "Contract exceeded"
    assert set(ordered.shortfall_w.values()) == {4_000}
    assert at.book(DSO).all(FlexOrder) == ()


# Forming and answering


def test_portfolios_follow_from_what_is_recorded(begun):
    at = desk(begun)
    ask(at)
    found = form_portfolios(at, members(begun), TUESDAY, {}, NOON_S)
    assert {(one.sign, len(one.members)) for one in found.portfolios} == {(-1, 3), (1, 1)}
    left = form_portfolios(at, members(begun), TUESDAY, {"bakery": "serviced"}, NOON_S)
    assert {(one.sign, len(one.members)) for one in left.portfolios} == {(-1, 2)}


def test_a_termination_forms_them_again(begun):
    at = desk(begun)
    ask(at)
    identity = begun.identity("dairy steady")
    terminate(
        begun.session, begun.market, parties.RELAYER, identity, TUESDAY, SIGN_BEFORE_S + 10**6,
        parties.AGGREGATOR, parties.OWNERS["dairy"],
    )  # fmt: skip
    assert identity not in form_portfolios(at, members(begun), TUESDAY, {}, NOON_S).left_out
    tomorrow = form_portfolios(at, members(begun), TUESDAY + 1, {}, NOON_S)
    assert tomorrow.left_out[identity] == "it ended on 2040-03-20"


def test_an_agreement_stands_behind_one_open_offer(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    first = answer(begun, at, asked.request)
    second = answer(begun, at, asked.request)
    assert second.offer is None
    promised = [why for why in second.left_out.values() if why.startswith("it stands behind offer")]
    assert len(promised) == 2
    assert promised[0].endswith(first.offer.header.message_id)


def test_nobody_in_the_direction_means_no_offer(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    withdrawn = {"bakery": "serviced", "dairy": "serviced", "mill": "serviced"}
    found = answer(begun, at, asked.request, withdrawn=withdrawn)
    assert found.offer is None
    assert found.offering.refused == ("no agreement can take part",)


def test_what_stands_behind_an_offer_is_kept(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    found = answer(begun, at, asked.request, reliability=0.95)
    (option,) = found.offer.options
    row = backing_row(begun.session, found.offer.header.message_id, option.reference)
    assert 0.8 < row.whole_probability <= row.least_probability <= 1.0
    assert row.cost <= option.price
    plan = plans_behind(begun.session, found.offer)[option.reference]
    ordered = ordered_by_isp(plan)
    assert all(abs(ordered[isp]) >= abs(w) for isp, w in option.isps)
    assert len(begun.session.scalars(select(BackingRow)).all()) == 1


def test_an_offer_of_the_last_moment_can_still_be_recorded(begun):
    """Ordered in the last second, its first activation still has its notice of an hour."""
    at = desk(begun)
    five_pm = CLOCK.start_s(isp_at(TUESDAY, 17))
    (asked,) = ask(at, expires_s=five_pm).asked
    offer = answer(begun, at, asked.request, expires_s=five_pm).offer
    # An order just before 17:00 is recorded by 17:05: nothing can begin before 18:15.
    assert [isp for isp, _ in offer.options[0].isps] == list(PEAK)[1:]


def test_agreements_that_cannot_be_recorded_in_time_are_left_out_and_named(begun):
    at = desk(begun)
    late_s = CLOCK.start_s(PEAK[0])
    (asked,) = ask(at, expires_s=late_s).asked
    found = answer(begun, at, asked.request, expires_s=late_s)
    assert found.offer is None
    assert found.offering.refused == ("no agreement can be activated in what is requested",)
    late = [identity for identity, reason in found.left_out.items() if reason == CLOSED]
    assert sorted(late) == sorted(begun.identity(deal) for deal in EVENINGS)


# A plan that no longer holds


def test_another_dispatch_takes_the_place_of_a_plan_that_no_longer_holds(begun):
    """The bakery was ordered by hand meanwhile; the dairy is left."""
    begun.chain.advance_to(NOON_S)
    at = desk(begun)
    (asked,) = ask(at, peak_w=21_000).asked
    answer(begun, at, asked.request, ("bakery evening",))
    ((_, order),) = order_flexibility([asked], DEAR, ORDER_S).orders
    begun.order(begun.wanted("bakery evening", Activation(isp_at(TUESDAY, 18), 1, -500)))
    found = carry(begun, at, order)
    assert any("recovery" in one for one in found.findings)
    assert [one.terms for one in found.activations] == [begun.terms("dairy steady")]
    assert json.loads(found.row.shortfall_w) == [0] * len(TODAY.isps)


def test_what_the_ledger_refuses_of_a_plan_is_chosen_anew(begun):
    """The bakery was activated behind the store's back: nothing tells before the ledger does."""
    begun.chain.advance_to(NOON_S)
    at = desk(begun)
    (asked,) = ask(at, peak_w=21_000).asked
    offered = answer(begun, at, asked.request, ("bakery evening",)).offer.options[0]
    ((_, order),) = order_flexibility([asked], DEAR, ORDER_S).orders
    behind = begun.wanted("bakery evening", Activation(isp_at(TUESDAY, 17), 1, -1))
    begun.market.activate(parties.AGGREGATOR, [behind])
    found = carry(begun, at, order)
    assert found.findings == ()
    (refused,) = found.refused
    assert refused.wanted.terms == begun.terms("bakery evening")
    assert refused.reason.startswith("RecoveryNotOver(")
    assert [one.terms for one in found.activations] == [begun.terms("dairy steady")]
    assert recorded(begun) == dict(offered.isps)
    assert json.loads(found.row.shortfall_w) == [0] * len(TODAY.isps)


def test_only_what_is_in_the_book_is_carried_out(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    answer(begun, at, asked.request)
    ((_, order),) = order_flexibility([asked], DEAR, ORDER_S).orders
    with pytest.raises(InputError, match="not in the book"):
        carry(begun, at, replace(order, price=order.price + 1))


# The desk


def test_a_party_sends_nothing_that_its_own_rules_refuse(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    offer = answer(begun, at, asked.request).offer
    late = replace(offer, header=at.header(AGGREGATOR, NOON_S), expires_s=NOON_S)
    (reason,) = at.send(late, NOON_S)
    assert reason.reason.value == "ExpirationDateTime out of bounds"
    assert at.book(DSO).all(FlexOffer) == (offer,)


def test_a_copy_is_taken_once(begun):
    at = desk(begun)
    (asked,) = ask(at).asked
    assert at.receive(AGGREGATOR, asked.request, NOON_S) == ()
    assert len(at.book(AGGREGATOR).messages) == 1
    other = replace(asked.request, revision=9)
    (reason,) = at.receive(AGGREGATOR, other, NOON_S)
    assert reason.reason.value == "Duplicate Identifier"


def test_desks_over_one_store_read_on_where_they_were(begun):
    first, second = desk(begun), desk(begun)
    (asked,) = ask(first).asked
    assert second.book(DSO) == first.book(DSO)
    answer(begun, second, replace(asked, desk=second).request)
    assert len(first.book(AGGREGATOR).messages) == 2
    assert first.book(DSO) == second.book(DSO)


def test_a_book_forgets_what_was_undone(begun):
    at = desk(begun)
    begun.session.commit()
    ask(at)
    assert len(at.book(DSO).messages) == 1
    begun.session.rollback()
    assert at.book(DSO).messages == {}


# The grid


def test_points_are_declared_once_and_change_their_limits(begun):
    feeder = GridPoint("feeder", PointKind.FEEDER, Limits(1_000, 2_000), "point")
    declare_points(begun.session, [POINT, feeder])
    declare_points(begun.session, [replace(feeder, limits=Limits(5, 6))])
    assert read_grid(begun.session) == {
        "point": POINT,
        "feeder": replace(feeder, limits=Limits(5, 6)),
    }
    with pytest.raises(ParameterError):
        declare_points(begun.session, [replace(feeder, above="nowhere")])
    assert read_grid(begun.session)["feeder"].above == "point"
