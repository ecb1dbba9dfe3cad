"""Small settlements to state, and headers for messages about them."""

from datetime import UTC, datetime

from backend.uftp.fields import Header
from backend.uftp.library import FlexSettlement
from backend.uftp.stated import SettledAtPoint, StatedSettlement, state_settlement
from backend.uftp.writing import settlement_message
from settlement.orders.contract import Contract
from settlement.orders.order import Order
from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from tests.settlement.defaults import VIENNA
from tests.settlement.orders.parties import (
    MON_2027_06_07,
    WEEK,
    contract,
    declared,
    isp_at,
    order,
    readings_at,
)

DSO, AGGREGATOR = "dso.example.org", "aggregator.example.com"
STATION_7 = "ea1.2027-01.org.example.dso:station-7"
METHOD = "mid 8 of 10"
AT_17H = isp_at(MON_2027_06_07, 17)
ISP_17H = 69
"""Number of the ISP at 17:00 on a day of 24 hours."""

MESSAGE_ID = "11111111-1111-4111-8111-111111111111"
CONVERSATION_ID = "22222222-2222-4222-8222-222222222222"
HEADER = Header(DSO, AGGREGATOR, MESSAGE_ID, CONVERSATION_ID, datetime(2027, 7, 1, 8, tzinfo=UTC))


def settle(
    orders: list[Order],
    baseline_w: list[int],
    actual_w: list[int],
    of: Contract | None = None,
    period: Period = WEEK,
) -> SettledContract:
    """Settle with one baseline and one reading per ISP from Monday 17:00 on."""
    result = settle_contract(
        of or contract(),
        orders,
        period,
        declared({AT_17H + at: w for at, w in enumerate(baseline_w)}),
        readings_at({AT_17H + at: w for at, w in enumerate(actual_w)}),
    )
    assert isinstance(result, SettledContract)
    return result


def reduction() -> SettledContract:
    """The protocol's worked example of a reduction: four ISPs, one order."""
    return settle(
        [order("1", AT_17H, -3000, -3000, -3000, -3000)],
        [12000] * 4,
        [9000, 10200, 8000, 12500],
    )


def stated(*settled: SettledContract, bilateral: bool = True) -> StatedSettlement:
    points = [
        SettledAtPoint(one, STATION_7, baseline_reference=METHOD, bilateral=bilateral)
        for one in settled
    ]
    return state_settlement(VIENNA, WEEK, points)


def message(of: StatedSettlement | None = None, header: Header = HEADER) -> FlexSettlement:
    found = settlement_message(of or stated(reduction()), header)
    assert found is not None
    return found
