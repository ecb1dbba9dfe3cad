"""From the book to the settlement: what was traded is what is settled."""

from dataclasses import replace

from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.settled import dealings_of
from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from tests.flexmanager.vpp.trading import (
    DAY,
    FIVE_PM,
    OPTION_CONTRACT,
    REQUESTED,
    TRADE,
    book,
    offer,
    option,
    order,
    release,
    request,
    revocation,
    uuid,
)
from tests.settlement.defaults import EUR_PER_MWH
from tests.settlement.orders.parties import declared, readings_at

PAID = replace(OPTION_CONTRACT, capacity_rate=5 * EUR_PER_MWH, penalty_rate=240 * EUR_PER_MWH)
SOME = offer(2, option(min_factor_percent=50))


def traded():
    """A request and a second revision, an offer ordered by three quarters, one taken back."""
    bands = [(isp, replace(band, min_w=-7_000)) for isp, band in request().isps if band.requested]
    second = request(7, isps=tuple(bands))
    return book(
        request(),
        SOME,
        second,
        offer(8, option(price=1), request_id=uuid(7)),
        revocation(9, uuid(8)),
        order(3, SOME, None, 75),
        release(),
        trade=replace(TRADE, contracts={"C1": PAID}),
    )


def test_what_was_traded_is_what_is_settled():
    """4.5 kW are ordered for 1.50 EUR, 4 kW delivered; capacity is paid for 6 of 7 kW."""
    orders = [one.as_settled() for one in traded().all(FlexOrder)]
    dealings = dealings_of(traded(), "C1")
    actual = readings_at(dict.fromkeys(REQUESTED, 6_000))
    baseline = declared(dict.fromkeys(REQUESTED, 10_000))
    found = settle_contract(PAID, orders, Period(DAY, DAY), baseline, actual, dealings)
    assert isinstance(found, SettledContract)
    (settled,) = found.orders
    assert (settled.order.reference, settled.price) == ("O3", 15_000)
    assert settled.flex_paid == round(15_000 * 4_000 / 4_500)
    rows = {row.isp: row for row in found.capacity_isps}
    at = rows[FIVE_PM]
    assert (at.reserved_w, at.requested_w, at.offered_w, at.ordered_w) == (
        -9_000, -7_000, -6_000, -4_500
    )  # fmt: skip


def test_releases_lower_what_is_reserved():
    dealings = dealings_of(traded(), "C1")
    assert dealings.updates == ({isp + 96: -4_000 for isp in REQUESTED},)


def test_what_was_taken_back_was_not_offered():
    assert dealings_of(traded(), "C1").offers == (dict(SOME.options[0].isps),)


def test_another_contract_has_nothing_of_it():
    assert dealings_of(traded(), "C2").requests == {}
