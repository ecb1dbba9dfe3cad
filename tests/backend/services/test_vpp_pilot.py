"""The pilot district's transformers: what is asked for in its month, and a day's trade at one."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sqlalchemy import select

from backend.chain.wallet import address_of
from backend.db.models import ActivationRow, SiteRow
from backend.district import District, load_district
from backend.services.congestion import Caution, Foresight, find_outlook
from backend.services.local_day import LocalDay
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_grid import declare_points, points_of
from backend.services.vpp_offering import answer_request, members_of
from backend.services.vpp_ordering import carry_out
from backend.services.vpp_requesting import Need, order_flexibility, request_flexibility
from flexmanager.vpp.book import Book
from flexmanager.vpp.congestion import GridPoint, needed_w, request_for, requested_change_w
from flexmanager.vpp.covering import Policy
from flexmanager.vpp.judge import rejections
from flexmanager.vpp.message import Scope
from settlement.clock import day_of
from tests.backend import parties
from tests.backend.defaults import CLOCK, MONDAY, TUESDAY, isp_at
from tests.backend.services.vpp_trading import (
    CONTRACT,
    DEAR,
    DSO,
    METHOD,
    available,
    desk,
)
from tests.backend.town import Town

RECORDED_TUESDAY = day_of(date(2016, 3, 22))
MONTH = range(MONDAY, MONDAY + 31)
POINTS = frozenset({"LV1", "LV4"})


@pytest.fixture(scope="module")
def district() -> District:
    """The recording, moved by whole weeks onto the week of the town."""
    return load_district().moved((TUESDAY - RECORDED_TUESDAY) // 7)


@pytest.fixture(scope="module")
def points(district: District) -> dict[str, GridPoint]:
    return {one.name: one for one in points_of(district)}


def outlook(district: District, name: str, today: LocalDay, gate_isp: int):
    load_w = district.congestion_point_w(name).astype(np.int64)
    foresight = Foresight(5, 1.0, 0.0, imports=Caution(0.5), exports=Caution(1.0))
    return find_outlook(today, load_w, district.first_quarter_utc_s // 900, gate_isp, foresight)


def need(district: District, point: GridPoint, sign: int, gate: int, expires: int) -> Need:
    today = LocalDay(CLOCK, TUESDAY)
    expires_s = CLOCK.start_s(expires)
    found = outlook(district, point.name, today, gate)
    return Need(point, today, found, sign, 0, expires + 4, expires_s)


def pilot_desk(town: Town) -> TradeDesk:
    """A desk of both transformers; the three sites of the town stand behind LV1."""
    for row in town.session.scalars(select(SiteRow)):
        row.congestion_point = "LV1"
    both_ways = replace(CONTRACT, contract_id="C2", reserved_w=10_000)
    contracts = {"C1": CONTRACT, "C2": both_ways}
    plain = desk(town)
    return replace(plain, trade=replace(plain.trade, congestion_points=POINTS, contracts=contracts))


def test_every_request_of_the_month_is_one_that_aggregators_accept(begun, district, points):
    """Both transformers, both directions, 31 days with a clock change."""
    at = pilot_desk(begun)
    asked = {(name, sign): 0 for name in POINTS for sign in (-1, 1)}
    for (name, sign), day in ((key, day) for key in asked for day in MONTH):
        today = LocalDay(CLOCK, day)
        gate = isp_at(day, 8)
        expected, limits = outlook(district, name, today, gate), points[name].limits
        open_isps = np.array([isp >= gate + 8 for isp in today.isps])
        request = request_for(
            at.header(DSO, CLOCK.start_s(gate)),
            Scope(CLOCK, day, name),
            1,
            CLOCK.start_s(gate + 8),
            expected,
            limits,
            sign,
            open_isps,
        )
        if request is None:
            continue
        assert rejections(Book(at.trade), request, CLOCK.start_s(gate)) == ()
        change_w = requested_change_w(request)
        relief_w = np.array([change_w.get(isp, 0) for isp in today.isps])
        left_w = needed_w(expected.after(relief_w), limits)
        assert not (left_w * sign > 0)[open_isps].any(), "the request relieves all of it"
        asked[name, sign] += len(change_w)
    # LV1 exports at noon and imports in the evening; LV4 has hardly any generation.
    assert asked["LV1", 1] > asked["LV1", -1] > 200
    assert asked["LV4", -1] > 300
    assert asked["LV4", 1] == 0


@pytest.mark.parametrize(
    ("sign", "deals", "gate_hour", "contract_id", "recorded_w"),
    [
        (1, ("bakery midday",), 8, "C2", 2_000),
        (-1, ("bakery evening", "dairy steady"), 14, "C1", -4_500),
    ],
    ids=["exports at noon", "imports in the evening"],
)
def test_a_day_at_a_transformer(
    begun, district, points, sign, deals, gate_hour, contract_id, recorded_w
):
    """What three agreements can relieve is offered, ordered and recorded; the rest is stated."""
    at = pilot_desk(begun)
    declare_points(begun.session, list(points.values()))
    gate, expires = isp_at(TUESDAY, gate_hour), isp_at(TUESDAY, gate_hour + 1)
    now_s, order_s = CLOCK.start_s(gate), CLOCK.start_s(expires) - 1
    begun.chain.advance_to(now_s)
    wanted = need(district, points["LV1"], sign, gate, expires)
    (asked,) = request_flexibility([at], wanted, now_s, contract_id).asked
    members = members_of(begun.session, address_of(parties.DSO), address_of(parties.AGGREGATOR))
    ready = available(begun, *deals)
    answered = answer_request(
        at, asked.request, members, ready, Policy(), METHOD, wanted.expires_s, now_s
    )
    ordered = order_flexibility([asked], DEAR, order_s)
    ((_, order),) = ordered.orders
    assert answered.offer.options[0].isps == order.isps
    powers, change_w = dict(order.isps), requested_change_w(asked.request)
    assert ordered.shortfall_w == {
        isp: abs(w) - abs(powers.get(isp, 0)) for isp, w in change_w.items()
    }
    found = carry_out(at, begun.market, parties.AGGREGATOR, order, members, ready, order_s)
    assert found.findings == ()
    rows = begun.session.scalars(select(ActivationRow)).all()
    assert sum(row.ordered_w for row in rows) == recorded_w
    assert max(abs(w) for w in powers.values()) == abs(recorded_w)
    assert {CLOCK.local_day(row.first_isp) for row in rows} == {TUESDAY}


def test_a_point_without_agreements_gets_no_offer(begun, district, points):
    at = pilot_desk(begun)
    declare_points(begun.session, list(points.values()))
    gate, expires = isp_at(TUESDAY, 14), isp_at(TUESDAY, 15)
    now_s = CLOCK.start_s(gate)
    wanted = need(district, points["LV4"], -1, gate, expires)
    (asked,) = request_flexibility([at], wanted, now_s, "C1").asked
    members = members_of(begun.session, address_of(parties.DSO), address_of(parties.AGGREGATOR))
    found = answer_request(
        at, asked.request, members, [], Policy(), METHOD, wanted.expires_s, now_s
    )
    assert found.offer is None
    assert found.offering.refused == ("no agreement can take part",)
