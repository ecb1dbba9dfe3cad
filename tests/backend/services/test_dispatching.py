"""From a requirement to recorded activations: what the terms leave, and what becomes of it."""

import json

import numpy as np
import pytest
from sqlalchemy import select

from backend.db.models import ActivationRow, AgreementRow, OrderRow
from backend.services.candidates import Available, candidate_of, candidates_of
from backend.services.dispatching import Answer, Wanted, answer_requirement
from backend.services.local_day import LocalDay
from backend.services.negotiation import record_signed, sign_both
from settlement.activation import Activation
from tests.backend import parties
from tests.backend.defaults import CLOCK, MONDAY, SUNDAY, TUESDAY, isp_at
from tests.backend.services.negotiating import row_of
from tests.backend.stages import make_offer
from tests.backend.town import Town

TODAY = LocalDay(CLOCK, TUESDAY)
EVENING_ISPS = range(isp_at(TUESDAY, 17), isp_at(TUESDAY, 21))
NOON_S = CLOCK.start_s(isp_at(TUESDAY, 12))


def available(town: Town, deal: str, power_w: int = 10_000, reliability: float = 1.0) -> Available:
    return Available(town.row(deal), power_w, reliability)


def allowed_isps(town: Town, deal: str, now_s: int = NOON_S, today: LocalDay = TODAY) -> list[int]:
    """The ISPs at which an activation of a deal may still stand."""
    candidate = candidate_of(town.session, available(town, deal), today, now_s)
    return [isp for isp, allowed in zip(today.isps, candidate.allowed, strict=True) if allowed]


def answer(town: Town, required: dict[int, int], *offered: Available) -> Answer:
    required_w = np.array([required.get(isp, 0) for isp in TODAY.isps], dtype=np.int64)
    return answer_requirement(
        town.session,
        town.market,
        parties.AGGREGATOR,
        Wanted("point", TODAY, required_w),
        list(offered),
        NOON_S,
    )


def short_w(found: Answer) -> list[int]:
    """What an order leaves short, per ISP of the day."""
    return json.loads(found.order.shortfall_w)


# What the terms leave


def test_the_window_is_all_that_is_left_of_a_fresh_agreement(begun):
    assert allowed_isps(begun, "bakery evening") == list(EVENING_ISPS)
    assert allowed_isps(begun, "bakery midday", CLOCK.start_s(TODAY.first_isp)) == list(
        range(isp_at(TUESDAY, 10), isp_at(TUESDAY, 16))
    )


def test_the_notice_takes_the_next_hour_and_the_running_isp(begun):
    now = isp_at(TUESDAY, 17)
    assert allowed_isps(begun, "bakery evening", CLOCK.start_s(now))[0] == now + 5
    assert allowed_isps(begun, "bakery evening", CLOCK.start_s(now + 1) - 1)[0] == now + 5


def test_recovery_takes_what_follows_the_last_activation(begun):
    begun.order(begun.wanted("bakery evening", Activation(isp_at(TUESDAY, 17), 2, -500)))
    assert allowed_isps(begun, "bakery evening")[0] == isp_at(TUESDAY, 17) + 2 + 8


def test_what_another_agreement_of_the_site_has_ordered_is_taken(agreed):
    """The bakery has a second agreement for its evenings."""
    second = make_offer(agreed, "dairy steady", site_id="bakery")
    sign_both(agreed.session, agreed.market, second, parties.AGGREGATOR, parties.OWNERS["bakery"])
    record_signed(agreed.session, agreed.market, parties.RELAYER)
    row = row_of(agreed, second)
    busy = Activation(isp_at(TUESDAY, 18), 4, -500)
    for taken in (frozenset(), frozenset(busy.ordered_isps())):
        found = candidate_of(agreed.session, Available(row, 1_000, 1.0), TODAY, NOON_S)
        allowed = [isp for isp, may in zip(TODAY.isps, found.allowed, strict=True) if may]
        assert allowed == [isp for isp in EVENING_ISPS if isp not in taken]
        if not taken:
            agreed.order(agreed.wanted("bakery evening", busy))


def test_an_agreement_is_activated_no_more_often_than_its_site_has_energy_for(begun):
    row = begun.row("bakery evening")
    allowed = candidate_of(begun.session, Available(row, 1_000, 1.0), TODAY, NOON_S)
    for most, left in ((1, 1), (10**6, allowed.activations_left)):
        once = Available(row, 1_000, 1.0, activations_max=most)
        assert candidate_of(begun.session, once, TODAY, NOON_S).activations_left == left
    assert allowed.activations_left > 1


@pytest.mark.parametrize("day", [MONDAY - 1, SUNDAY + 1])
def test_nothing_is_left_outside_the_dates(begun, day):
    outside = LocalDay(CLOCK, day)
    early_s = CLOCK.start_s(outside.first_isp) - 86_400
    assert allowed_isps(begun, "bakery evening", early_s, outside) == []


def test_the_mask_of_a_short_day_is_short(begun):
    short = LocalDay(CLOCK, SUNDAY)
    isps = allowed_isps(begun, "bakery evening", NOON_S, short)
    assert len(short.isps) == 92
    assert [CLOCK.local_minutes(isp) % 1440 for isp in isps] == list(range(17 * 60, 21 * 60, 15))


@pytest.mark.parametrize(
    ("deal", "power_w", "amount_w"),
    [("bakery evening", 10_000, -3_000), ("bakery evening", 800, -800), ("bakery midday", 5, 5)],
)
def test_no_more_is_offered_than_agreed_and_able(begun, deal, power_w, amount_w):
    candidate = candidate_of(begun.session, available(begun, deal, power_w), TODAY, NOON_S)
    assert candidate.amount_w == amount_w


def test_the_count_that_is_left_goes_down(begun):
    def left() -> int:
        found = candidate_of(begun.session, available(begun, "mill night"), TODAY, NOON_S)
        return found.activations_left

    assert left() == 4
    begun.order(begun.wanted("mill night", Activation(isp_at(TUESDAY, 23), 2, -500)))
    assert left() == 3


def second_evening(town: Town, amount_w: int) -> AgreementRow:
    """A second agreement of the bakery for the same evenings."""
    second = make_offer(town, "dairy steady", site_id="bakery", amount_w=amount_w)
    sign_both(town.session, town.market, second, parties.AGGREGATOR, parties.OWNERS["bakery"])
    record_signed(town.session, town.market, parties.RELAYER)
    return row_of(town, second)


@pytest.mark.parametrize(("amount_w", "kept"), [(-4_000, 1), (-2_000, 0)])
def test_of_two_agreements_of_a_site_the_stronger_keeps_the_isps(agreed, amount_w, kept):
    second = Available(second_evening(agreed, amount_w), 10_000, 1.0)
    both = [available(agreed, "bakery evening"), second]
    found = candidates_of(agreed.session, both, TODAY, NOON_S)
    assert [int(one.allowed.sum()) for one in found] == [16 if at == kept else 0 for at in (0, 1)]


# What becomes of it


def test_an_answer_never_orders_a_site_twice(agreed):
    """Together both agreements of the bakery would cover the need; only one of them may."""
    agreed.chain.advance_to(NOON_S)
    second = Available(second_evening(agreed, -2_000), 10_000, 1.0)
    need = {isp: -5_000 for isp in EVENING_ISPS[4:8]}
    found = answer(agreed, need, available(agreed, "bakery evening"), second)
    assert {one.terms.template_id for one in found.activations} == {agreed.template("evening")}
    assert sum(short_w(found)) >= 4 * 2_000


def test_a_requirement_is_covered_recorded_and_stored(begun):
    need = {isp: -4_000 for isp in EVENING_ISPS[4:8]}
    found = answer(
        begun, need, available(begun, "bakery evening"), available(begun, "dairy steady")
    )
    assert not any(short_w(found))
    ordered: dict[int, int] = {}
    for wanted in found.activations:
        for isp in wanted.activation.ordered_isps():
            ordered[isp] = ordered.get(isp, 0) + wanted.activation.ordered_w
    assert all(ordered[isp] <= -4_000 for isp in need)
    rows = begun.session.scalars(select(ActivationRow)).all()
    assert len(rows) == len(found.activations) >= 2
    assert {row.order_id for row in rows} == {found.order.order_id}
    order = begun.session.get_one(OrderRow, found.order.order_id)
    assert sum(json.loads(order.required_w)) == -16_000
    assert (order.congestion_point, order.local_day) == ("point", TUESDAY)
    assert order.first_isp == TODAY.first_isp
    for deal in ("bakery evening", "dairy steady"):
        assert begun.head(deal) != bytes(32)


def test_what_nobody_can_deliver_stays_short_and_is_stored(begun):
    need = {isp: -50_000 for isp in EVENING_ISPS[4:6]}
    found = answer(begun, need, available(begun, "bakery evening"))
    assert sum(short_w(found)) == 2 * (50_000 - 3_000)
    order = begun.session.get_one(OrderRow, found.order.order_id)
    assert 0.0 < order.bound_eur <= order.objective_eur
    assert order.gap == pytest.approx(1.0 - order.bound_eur / order.objective_eur)


def test_nobody_to_ask_is_an_order_without_activations(begun):
    before = begun.chain.block_number()
    found = answer(begun, {EVENING_ISPS[4]: -1_000})
    assert found.activations == ()
    assert sum(short_w(found)) == 1_000
    assert begun.session.scalars(select(ActivationRow)).all() == []
    assert begun.chain.block_number() == before, "nothing was sent"


def test_answers_of_one_evening_do_not_get_in_each_others_way(begun):
    """The second order of the same quarters has to do with what the first one left."""
    need = {isp: -2_000 for isp in EVENING_ISPS[4:8]}
    offered = [available(begun, "bakery evening"), available(begun, "dairy steady")]
    first = answer(begun, need, *offered)
    second = answer(begun, need, *offered)
    taken = {one.terms for one in first.activations}
    assert taken
    assert taken.isdisjoint({one.terms for one in second.activations})


def test_what_the_ledger_refuses_is_dropped_and_others_are_asked(begun):
    """The bakery was activated behind the store's back, so the ledger has it in recovery."""
    behind = begun.wanted("bakery evening", Activation(EVENING_ISPS[0], 1, -1))
    begun.market.activate(parties.AGGREGATOR, [behind])
    head = begun.head("bakery evening")
    need = {isp: -1_200 for isp in EVENING_ISPS[4:8]}
    # The dairy is counted on for less, so the bakery is chosen first.
    bakery, dairy = (
        available(begun, "bakery evening"),
        available(begun, "dairy steady", 10_000, 0.9),
    )
    found = answer(begun, need, bakery, dairy)
    assert [one.wanted.terms for one in found.refused] == [begun.terms("bakery evening")]
    assert found.refused[0].reason.startswith("RecoveryNotOver(")
    assert [one.terms for one in found.activations] == [begun.terms("dairy steady")]
    assert not any(short_w(found))
    rows = begun.session.scalars(select(ActivationRow)).all()
    assert {row.agreement_id for row in rows} == {begun.identity("dairy steady")}
    assert begun.head("bakery evening") == head
    assert begun.head("dairy steady") != bytes(32)


def test_where_all_are_refused_the_order_stays_short(begun):
    behind = begun.wanted("bakery evening", Activation(EVENING_ISPS[0], 1, -1))
    begun.market.activate(parties.AGGREGATOR, [behind])
    found = answer(begun, {EVENING_ISPS[5]: -1_200}, available(begun, "bakery evening"))
    assert (found.activations, len(found.refused)) == ((), 1)
    assert sum(json.loads(found.order.shortfall_w)) == 1_200
