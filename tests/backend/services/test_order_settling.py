"""Orders settled from the messages both parties accepted and from committed meter data."""

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.chain.wallet import address_of
from backend.services.metering import commit_meter_days, take_in_day
from backend.services.order_settling import OrderScope, orders_at, settle_orders
from backend.services.vpp_desk import TradeDesk
from backend.uftp.stated import SettledAtPoint, state_settlement
from flexmanager.vpp.baseline import BaselineReference, DPrognosis
from flexmanager.vpp.book import Trade
from flexmanager.vpp.message import Scope
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation, OfferOption
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.baselines.methods import AroundEvent, DayChoice, LikeDays
from settlement.errors import InputError
from settlement.orders.baseline import Zero
from settlement.orders.capacity import RequestedIsp
from settlement.orders.settled import IncompleteContract
from settlement.units import divide_half_even
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    DAY_S,
    ISPS_PER_DAY,
    LAST_METER_DAY,
    MONDAY,
    NON_WORKING_DAYS,
    PERIOD,
    POINTS,
    SUNDAY,
    TUESDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.meters import day_values
from tests.backend.services.vpp_trading import CONTRACT, EUR_PER_MWH, desk
from tests.backend.town import Town

POINT = "point"
EVENING = range(isp_at(TUESDAY, 18), isp_at(TUESDAY, 19))
TERMS = replace(
    CONTRACT,
    reserved_w=-8_000,
    penalty_rate=100 * EUR_PER_MWH,
    capacity_rate=5 * EUR_PER_MWH,
    max_volume_rate=None,
)
FREE = replace(TERMS, reserved_w=0, capacity_rate=0)
"""The conditions of trade without a contract that reserves anything."""

ROLLING = "rolling mean of 4"
SCOPE = OrderScope(
    address_of(parties.DSO),
    address_of(parties.AGGREGATOR),
    POINT,
    TERMS,
    PERIOD,
    methods={ROLLING: LikeDays(DayChoice.ROLLING, 0, 4)},
    non_working_days=NON_WORKING_DAYS,
)
PRICE = 10_000
"""1 EUR for the whole order."""


class Market:
    """The town's DSO and aggregator with a desk, and messages that their rules accept."""

    def __init__(self, town: Town) -> None:
        self.town, known = town, desk(town)
        trade = Trade(
            known.trade.dso, known.trade.aggregator, CLOCK, frozenset({POINT}), {"C1": TERMS}
        )
        self.at = TradeDesk(town.session, trade, known.new_id)

    def settle(self, scope: OrderScope = SCOPE, **more: object):
        book = self.at.book(self.at.trade.dso)
        return settle_orders(self.town.session, book, scope, **more)  # type: ignore[arg-type]

    def send(self, message, now_s: int):
        refused = self.at.send(message, now_s)
        assert refused == (), refused
        return message

    def request(self, isps: range, power_w: int, revision: int = 1) -> FlexRequest:
        now_s, scope = _noon(isps), Scope(CLOCK, CLOCK.local_day(isps.start), POINT)
        asked = RequestedIsp(True, power_w, 0)
        header = self.at.header(self.at.trade.dso, now_s)
        rows = tuple((isp, asked) for isp in isps)
        return self.send(
            FlexRequest(header, scope, revision, now_s + 3_600, rows, contract_id="C1"), now_s
        )

    def prognosis(self, day: int, power_w: int, revision: int = 1) -> DPrognosis:
        now_s = CLOCK.start_s(CLOCK.day_isps(day)[0])
        header = self.at.header(self.at.trade.aggregator, now_s)
        rows = tuple((isp, power_w) for isp in CLOCK.day_isps(day))
        return self.send(DPrognosis(header, Scope(CLOCK, day, POINT), revision, rows), now_s)

    def offer(
        self, request: FlexRequest, power_w: int, baseline: BaselineReference, price: int = PRICE
    ) -> FlexOffer:
        now_s = request.header.sent_s
        header = self.at.header(self.at.trade.aggregator, now_s, request.header.conversation_id)
        rows = tuple((isp, power_w) for isp, _ in request.isps)
        options = (OfferOption("whole", price, rows),)
        return self.send(
            FlexOffer(
                header,
                request.scope,
                now_s + 3_600,
                options,
                baseline,
                request.header.message_id,
                "C1",
            ),
            now_s,
        )

    def order(self, offer: FlexOffer, reference: str) -> FlexOrder:
        now_s, option = offer.header.sent_s + 60, offer.options[0]
        header = self.at.header(self.at.trade.dso, now_s, offer.header.conversation_id)
        return self.send(
            FlexOrder(
                header,
                offer.scope,
                reference,
                option.price,
                option.isps,
                offer.baseline,
                offer.header.message_id,
                option.reference,
                contract_id="C1",
            ),
            now_s,
        )

    def trade(
        self,
        isps: range,
        power_w: int,
        baseline: BaselineReference,
        reference: str = "O1",
        price: int = PRICE,
    ) -> FlexOrder:
        request = self.request(isps, power_w)
        return self.order(self.offer(request, power_w, baseline, price), reference)


def _noon(isps: range) -> int:
    return CLOCK.start_s(isp_at(CLOCK.local_day(isps.start), 12))


def meter(town: Town, hole: tuple[str, int] | None = None) -> None:
    """Take in and commit the week, but for one reading."""
    town.chain.advance_to((SUNDAY + 1) * DAY_S + DAY_S // 2)
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        if hole is not None and hole[1] // ISPS_PER_DAY == utc_day:
            values[hole[0]][hole[1] % ISPS_PER_DAY] = None
        take_in_day(town.session, address_of(parties.MDC), utc_day, values)
    commit_meter_days(town.session, town.ledger, parties.MDC, MONDAY, LAST_METER_DAY)


def load_w(isp: int) -> int:
    """What all metering points of the aggregator's sites read together."""
    utc_day, position = divmod(isp, ISPS_PER_DAY)
    values = day_values(utc_day)
    return sum(values[point][position] or 0 for points in POINTS.values() for point in points)


@pytest.fixture
def market(begun: Town) -> Market:
    return Market(begun)


def complete(found: SettledAtPoint | IncompleteContract) -> SettledAtPoint:
    assert isinstance(found, SettledAtPoint)
    return found


# By hand


def test_an_order_on_a_prognosis_is_settled_as_by_hand(market: Market) -> None:
    """The prognosis says 30 kW; 6 kW less are ordered for 1 EUR."""
    prognosis = market.prognosis(TUESDAY, 30_000)
    market.trade(EVENING, -6_000, BaselineReference(prognosis.header.message_id))
    meter(market.town)
    found = complete(market.settle())
    (order,) = found.settled.orders
    moved_w = [30_000 - load_w(isp) for isp in EVENING]
    delivered_w = [max(0, min(6_000, w)) for w in moved_w]
    assert [row.baseline_w for row in order.isps] == [30_000] * 4
    assert [row.delivered_w for row in order.isps] == [-w for w in delivered_w]
    assert [row.deficiency_w for row in order.isps] == [max(0, 6_000 - w) for w in moved_w]
    share = Fraction(PRICE * sum(delivered_w), 4 * 6_000)
    assert order.price == PRICE
    assert order.flex_paid == divide_half_even(share.numerator, share.denominator)
    missing_w = sum(max(0, 6_000 - w) for w in moved_w)
    assert order.deficiency_penalty == divide_half_even(missing_w * 15 * 1_000_000, 60_000_000)
    # 8 kW are reserved around the clock and all that was requested was offered: 167 hours, since
    # the week has a clock change, at 5 EUR per MW and hour.
    assert found.settled.totals.capacity == 8 * 167 * 5 * 10_000 // 1_000
    assert found.prognosis_ids == {"O1": prognosis.header.message_id}


def test_an_agreed_method_reads_the_pool_of_the_aggregator(market: Market) -> None:
    market.trade(EVENING, -2_000, BaselineReference(method=ROLLING))
    meter(market.town)
    found = complete(market.settle())
    (order,) = found.settled.orders
    # The four working days before: Monday, Friday, Wednesday and Tuesday; Thursday was a holiday.
    days = [TUESDAY - 1, TUESDAY - 4, TUESDAY - 6, TUESDAY - 7]
    for row in order.isps:
        values = [load_w(row.isp - (TUESDAY - day) * ISPS_PER_DAY) for day in days]
        assert row.baseline_w == divide_half_even(sum(values), 4)
        assert row.actual_w == load_w(row.isp)
    assert found.baseline_reference == ROLLING
    (baseline,) = found.settled.baselines.values()
    assert [one.day for one in baseline.days if one.taken] == days


def test_a_later_prognosis_does_not_change_what_was_ordered(market: Market) -> None:
    first = market.prognosis(TUESDAY, 30_000)
    market.trade(EVENING, -6_000, BaselineReference(first.header.message_id))
    market.prognosis(TUESDAY, 60_000, revision=2)
    meter(market.town)
    (order,) = complete(market.settle()).settled.orders
    assert {row.baseline_w for row in order.isps} == {30_000}


def test_an_activation_over_midnight_reads_the_prognosis_of_each_day(market: Market) -> None:
    """Two adjacent orders of two days are one activation; each ISP has the baseline of its day."""
    late = range(isp_at(TUESDAY, 23), isp_at(WEDNESDAY, 0))
    early = range(late.stop, late.stop + 4)
    for isps, power_w, reference in ((late, 31_000, "O1"), (early, 27_000, "O2")):
        prognosis = market.prognosis(CLOCK.local_day(isps.start), power_w)
        request = market.request(isps, -1_000) if reference == "O1" else early_request(market, isps)
        baseline = BaselineReference(prognosis.header.message_id)
        market.order(market.offer(request, -1_000, baseline), reference)
    meter(market.town)
    found = complete(market.settle())
    (baseline,) = found.settled.baselines.values()
    assert baseline.values_w == (31_000,) * 4 + (27_000,) * 4
    assert [row.baseline_w for row in found.settled.orders[1].isps] == [27_000] * 4


def early_request(market: Market, isps: range) -> FlexRequest:
    """A request for the first hour of a day is made on the day before."""
    now_s, scope = CLOCK.start_s(isps.start) - 2 * 3_600, Scope(CLOCK, WEDNESDAY, POINT)
    header = market.at.header(market.at.trade.dso, now_s)
    rows = tuple((isp, RequestedIsp(True, -1_000, 0)) for isp in isps)
    return market.send(FlexRequest(header, scope, 1, now_s + 3_600, rows, contract_id="C1"), now_s)


# Both parties, messages, dealings


def test_both_books_settle_alike_and_the_message_says_it(market: Market) -> None:
    market.trade(EVENING, -2_000, BaselineReference(method=ROLLING))
    meter(market.town)
    found = complete(market.settle())
    book = market.at.book(market.at.trade.aggregator)
    assert settle_orders(market.town.session, book, SCOPE) == found
    stated = state_settlement(CLOCK, PERIOD, [found])
    (order,) = stated.orders
    (settled,) = found.settled.orders
    assert (order.price, order.net) == (PRICE, settled.flex_paid - settled.deficiency_penalty)
    assert (order.contract_id, order.baseline_reference) == ("C1", ROLLING)
    (contract,) = stated.contracts
    assert {row.ordered_w for isp, row in contract.isps if isp in EVENING} == {-2_000}


def test_the_last_revision_of_a_request_and_offers_that_stand_count(market: Market) -> None:
    first = market.request(EVENING, -4_000)
    revoked = market.offer(first, -4_000, BaselineReference(method=ROLLING), PRICE)
    second = market.request(EVENING, -3_000, revision=2)
    header = market.at.header(
        market.at.trade.aggregator, first.header.sent_s, first.header.conversation_id
    )
    market.send(FlexOfferRevocation(header, revoked.header.message_id), first.header.sent_s)
    market.offer(second, -1_500, BaselineReference(method=ROLLING))
    meter(market.town)
    rows = complete(market.settle()).settled.capacity_isps
    assert {row.requested_w for row in rows if row.isp in EVENING} == {-3_000}
    # Half of what was requested was offered, so half of the 8 kW is paid in that hour.
    assert {row.entitled_w for row in rows if row.isp in EVENING} == {4_000}
    assert {row.entitled_w for row in rows if row.isp not in EVENING} == {8_000}


def test_released_and_undeclared_capacity_is_not_paid(market: Market) -> None:
    isp, now_s = EVENING.start, CLOCK.start_s(CLOCK.day_isps(TUESDAY)[0])
    header, day = market.at.header(market.at.trade.dso, now_s), Scope(CLOCK, TUESDAY, POINT)
    market.send(FlexReservationUpdate(header, day, "C1", "R1", ((isp, -1_000),)), now_s)
    meter(market.town)
    found = complete(market.settle(declared_w={isp + 1: -500}))
    entitled = {row.isp: row.entitled_w for row in found.settled.capacity_isps}
    assert (entitled[isp], entitled[isp + 1], entitled[isp + 2]) == (1_000, 500, 8_000)


def test_orders_without_a_contract_earn_no_capacity(market: Market) -> None:
    meter(market.town)
    found = complete(market.settle(replace(SCOPE, bilateral=False, contract=FREE)))
    assert (found.settled.totals.capacity, found.bilateral) == (0, False)


# What is missing


def test_a_missing_reading_makes_it_wait_with_the_reason(market: Market) -> None:
    prognosis = market.prognosis(TUESDAY, 30_000)
    market.trade(EVENING, -6_000, BaselineReference(prognosis.header.message_id))
    meter(market.town, ("mill grinder", EVENING.start + 1))
    found = market.settle()
    assert isinstance(found, IncompleteContract)
    assert found.reasons == ("2040-03-20 18:00: 1 of 4 meter readings are missing",)


def test_data_committed_later_does_not_count(market: Market) -> None:
    prognosis = market.prognosis(TUESDAY, 30_000)
    market.trade(EVENING, -6_000, BaselineReference(prognosis.header.message_id))
    before = market.town.chain.block_number() + 1
    meter(market.town)
    assert isinstance(market.settle(before_block=before), IncompleteContract)
    assert isinstance(market.settle(), SettledAtPoint)


def test_a_method_that_was_not_agreed_is_refused(market: Market) -> None:
    market.trade(EVENING, -2_000, BaselineReference(method="as we like"))
    meter(market.town)
    with pytest.raises(InputError, match="baseline as we like; expected a prognosis in the book"):
        market.settle()
    with pytest.raises(InputError, match="y is 0"):
        market.settle(replace(SCOPE, methods={"x": LikeDays(DayChoice.ROLLING, 0, 0)}))
    with pytest.raises(InputError, match="no ISPs are read"):
        market.settle(replace(SCOPE, methods={"x": AroundEvent(0)}))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Zero(), lambda isp: 0),
        (AroundEvent(1), lambda isp: load_w(EVENING.start - 1)),
    ],
)
def test_every_kind_of_method_may_be_agreed(market: Market, method, expected) -> None:
    market.trade(EVENING, -2_000, BaselineReference(method="agreed"))
    meter(market.town)
    (order,) = complete(market.settle(replace(SCOPE, methods={"agreed": method}))).settled.orders
    assert [row.baseline_w for row in order.isps] == [expected(isp) for isp in EVENING]


def test_orders_of_other_contracts_and_points_are_left_out(market: Market) -> None:
    market.trade(EVENING, -2_000, BaselineReference(method=ROLLING))
    book = market.at.book(market.at.trade.dso)
    assert len(orders_at(book, SCOPE)) == 1
    assert orders_at(book, replace(SCOPE, bilateral=False)) == ()
    assert orders_at(book, replace(SCOPE, congestion_point="elsewhere")) == ()
    assert orders_at(book, replace(SCOPE, contract=replace(TERMS, contract_id="C2"))) == ()
