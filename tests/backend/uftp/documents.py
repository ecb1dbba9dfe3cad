"""Random settlements of orders, settled by the rules and stated."""

from hypothesis import strategies as st

from backend.uftp.stated import SettledAtPoint, StatedSettlement, state_settlement
from settlement.orders.capacity import Dealings, RequestedIsp
from settlement.orders.contract import CapacityUnit
from settlement.orders.order import Order
from settlement.orders.settle import settle_contract
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from tests.backend.uftp.stating import METHOD, STATION_7
from tests.settlement.defaults import (
    AUTUMN_2027,
    EUR_PER_MWH,
    MON_2027_06_07,
    SPRING_2027,
    VIENNA,
)
from tests.settlement.orders.parties import contract, declared, readings_at

power = st.integers(-(10**12) + 1, 10**12 - 1)
magnitude = st.integers(1, 10**9)
PROGNOSIS_ID = "33333333-3333-4333-8333-333333333333"


@st.composite
def settlements(draw: st.DrawFn) -> StatedSettlement:
    """A settlement of one to three contracts, with an order at least, on any kind of day."""
    day = draw(st.sampled_from([MON_2027_06_07, SPRING_2027, AUTUMN_2027]))
    period = Period(day - draw(st.integers(0, 2)), day + draw(st.integers(0, 2)))
    count = draw(st.integers(1, 3))
    points = [_point(draw, f"contract {number}", day, period) for number in range(count)]
    return state_settlement(VIENNA, period, points)


def _point(draw: st.DrawFn, name: str, day: int, period: Period) -> SettledAtPoint:
    sign = draw(st.sampled_from([-1, 1]))
    isps = VIENNA.day_isps(day)
    chosen = draw(st.lists(st.sets(st.sampled_from(isps), min_size=1, max_size=12), max_size=3))
    if name == "contract 0" and not chosen:
        chosen = [{isps[-1]}]
    orders = [
        Order(
            f"{name}, order {number}",
            {isp: sign * draw(magnitude) for isp in some},
            draw(st.none() | st.integers(0, 10**12)),
        )
        for number, some in enumerate(chosen)
    ]
    between = {isp for order in orders for isp in order.isps}
    result = settle_contract(
        contract(
            contract_id=name,
            reserved_w=sign * draw(magnitude),
            volume_rate=draw(st.integers(0, 1000)) * EUR_PER_MWH,
            penalty_rate=draw(st.integers(0, 1000)) * EUR_PER_MWH,
            capacity_rate=draw(st.integers(0, 100)) * EUR_PER_MWH,
            capacity_unit=draw(st.sampled_from(CapacityUnit)),
            penalty_cap_bp=draw(st.none() | st.integers(0, 10_000)),
        ),
        orders,
        period,
        declared({isp: draw(st.integers(-(2**31) + 1, 2**31 - 1)) for isp in between}),
        readings_at({isp: draw(st.integers(-(2**31) + 1, 2**31 - 1)) for isp in between}),
        _dealings(draw, isps),
    )
    assert isinstance(result, SettledContract)
    ids = {order.reference: PROGNOSIS_ID for order in orders if draw(st.booleans())}
    return SettledAtPoint(result, STATION_7, METHOD, ids, draw(st.booleans()))


def _dealings(draw: st.DrawFn, isps: tuple[int, ...]) -> Dealings:
    some = st.sets(st.sampled_from(isps), max_size=8)
    return Dealings(
        requests={
            isp: RequestedIsp(draw(st.booleans()), -draw(magnitude), draw(magnitude))
            for isp in draw(some)
        },
        offers=[{isp: draw(power) for isp in draw(some)}],
    )
