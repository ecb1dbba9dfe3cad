"""What was procured and how far the load came from what was expected, worked out by hand."""

import json

import pytest

from backend.db.models import ForecastRow
from backend.services.forecasts import final_forecast, store_forecast
from backend.services.metering import commit_meter_days, take_in_day
from backend.services.negotiation import counter, record_signed, sign_both
from backend.services.procurement import Procurement, procurements
from settlement.activation import Activation
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    DAY_S,
    DEALS,
    ISPS_PER_DAY,
    LAST_METER_DAY,
    MONDAY,
    SUNDAY,
    TUESDAY,
    isp_at,
)
from tests.backend.meters import day_values
from tests.backend.stages import commit_history, make_offer, take_in
from tests.backend.town import Town

POINT, NOWHERE = "point", "another point"
AT_17H = isp_at(TUESDAY, 17)


def overlapping_orders(town: Town) -> None:
    """The dairy asked for 300 EUR/MWh instead of 200; its order overlaps one of the bakery."""
    for deal in DEALS:
        terms = make_offer(town, deal.name)
        if deal.site_id == "dairy":
            terms = counter(town.session, terms, 3_000_000)
        owner = parties.OWNERS[deal.site_id]
        sign_both(town.session, town.market, terms, parties.AGGREGATOR, owner)
    record_signed(town.session, town.market, parties.RELAYER)
    commit_history(town)
    town.chain.advance_to(CLOCK.start_s(AT_17H - 20))
    town.order(
        town.wanted("bakery evening", Activation(AT_17H, 4, -3000)),
        town.wanted("dairy steady", Activation(AT_17H + 2, 4, -1500)),
    )
    town.chain.advance_to((SUNDAY + 1) * DAY_S + DAY_S // 2)


def procured(town: Town) -> Procurement:
    run = town.publish()
    (found,) = procurements(town.session, run, town.settled())
    return found


def load_w(isp: int) -> int:
    """What the four meters of the town read together."""
    utc_day, position = divmod(isp, ISPS_PER_DAY)
    return sum(values[position] or 0 for values in day_values(utc_day).values())


def test_volumes_and_prices_by_isp(offering: Town) -> None:
    overlapping_orders(offering)
    take_in(offering, MONDAY, LAST_METER_DAY)
    commit_meter_days(offering.session, offering.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    found = procured(offering)
    assert found.congestion_point == POINT
    # 3 kW for a quarter of an hour at 200 EUR/MWh are 0.15 EUR; 1.5 kW at 300 are 0.1125 EUR.
    bakery, both, dairy = (
        (-3_000, 2_000_000, 1_500),
        (-4_500, 2_333_333, 2_625),
        (-1_500, 3_000_000, 1_125),
    )
    assert [(one.ordered_w, one.volume_rate, one.price) for one in found.procured] == [
        *(bakery, bakery),
        *(both, both),
        *(dairy, dairy),
    ]
    assert [one.isp for one in found.procured] == list(range(AT_17H, AT_17H + 6))
    assert {one.deviation_w for one in found.procured} == {None}, "nothing was forecast"
    assert (found.compared_isps, found.unknown_isps, found.deviation_w_isps) == (0, 0, 0)


def test_load_is_compared_with_the_final_forecast_and_all_orders(offering: Town) -> None:
    overlapping_orders(offering)
    session, first_isp = offering.session, AT_17H - 1
    store_forecast(session, POINT, first_isp, first_isp - 20, [30_000] * 5)
    store_forecast(session, POINT, AT_17H + 2, first_isp - 4, [25_000])
    store_forecast(session, NOWHERE, first_isp, first_isp - 2, [1])
    unread = AT_17H + 3
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        if utc_day == unread // ISPS_PER_DAY:
            values["dairy cooling"][unread % ISPS_PER_DAY] = None
        take_in_day(session, parties.address("mdc"), utc_day, values)
    commit_meter_days(session, offering.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    found = procured(offering)
    expected = [
        load_w(AT_17H - 1) - 30_000,
        load_w(AT_17H) - 30_000 + 3_000,
        load_w(AT_17H + 1) - 30_000 + 3_000,
        load_w(AT_17H + 2) - 25_000 + 4_500,
    ]
    assert (found.compared_isps, found.unknown_isps) == (4, 1)
    assert found.deviation_w_isps == sum(expected)
    assert found.absolute_deviation_w_isps == sum(map(abs, expected))
    told = {one.isp: one.deviation_w for one in found.procured}
    assert told == {
        AT_17H: expected[1],
        AT_17H + 1: expected[2],
        AT_17H + 2: expected[3],
        AT_17H + 3: None,
        AT_17H + 4: None,
        AT_17H + 5: None,
    }


# Forecasts


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ({100: [1, 2, 3]}, {101: 1, 102: 2, 103: 3}),
        ({100: [1, 2, 3], 102: [7, 8, 9]}, {101: 1, 102: 8, 103: 9}),
        ({102: [7, 8, 9], 100: [1, 2, 3]}, {101: 1, 102: 8, 103: 9}),
        ({104: [1, 2, 3]}, {}),
        ({}, {}),
    ],
)
def test_the_last_forecast_before_an_isp_is_final(registered: Town, gates, expected) -> None:
    """A forecast that was made when an ISP had begun already says nothing about it."""
    for gate_isp, values in gates.items():
        store_forecast(registered.session, POINT, 101, gate_isp, values)
    assert final_forecast(registered.session, POINT, 90, 110) == expected
    assert final_forecast(registered.session, NOWHERE, 90, 110) == {}


def test_only_the_isps_asked_for_are_returned(registered: Town) -> None:
    store_forecast(registered.session, POINT, 101, 100, [1, 2, 3])
    assert final_forecast(registered.session, POINT, 102, 103) == {102: 2}


def test_a_forecast_of_the_same_gate_replaces_it(registered: Town) -> None:
    for values in ([1, 2], [3, 4]):
        store_forecast(registered.session, POINT, 101, 100, values)
    row = registered.session.query(ForecastRow).one()
    assert json.loads(row.expected_w) == [3, 4]
