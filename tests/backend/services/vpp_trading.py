"""A DSO and the town's aggregator trade: desks, needs and offers with figures that fit."""

from itertools import count

import numpy as np

from backend.chain.wallet import address_of
from backend.services.candidates import Available
from backend.services.local_day import LocalDay
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_grid import declare_points
from backend.services.vpp_offering import Answered, answer_request, members_of
from backend.services.vpp_requesting import Need, Requested, request_flexibility
from flexmanager.vpp.baseline import BaselineReference
from flexmanager.vpp.book import Trade
from flexmanager.vpp.congestion import GridPoint, Limits, Outlook, PointKind
from flexmanager.vpp.covering import Policy
from flexmanager.vpp.request import FlexRequest
from settlement.orders.contract import Contract
from settlement.window import weekly_window
from tests.backend import parties
from tests.backend.defaults import CLOCK, MONDAY, SUNDAY, TUESDAY, isp_at
from tests.backend.town import Town

DSO, AGGREGATOR = "dso.example", "aggregator.example"
TODAY = LocalDay(CLOCK, TUESDAY)
NOON_S = CLOCK.start_s(isp_at(TUESDAY, 12))
EXPIRES_S = CLOCK.start_s(isp_at(TUESDAY, 15))
POINT = GridPoint("point", PointKind.TRANSFORMER, Limits(import_w=20_000, export_w=20_000))
PEAK = range(isp_at(TUESDAY, 18), isp_at(TUESDAY, 19))
EUR_PER_MWH = 10_000
DEAR = 10_000 * EUR_PER_MWH
METHOD = BaselineReference(method="high 3 of 5")
CONTRACT = Contract(
    contract_id="C1",
    clock=CLOCK,
    first_day=MONDAY,
    last_day=SUNDAY,
    window=weekly_window(range(7), 0, 0),
    reserved_w=-10_000,
    volume_rate=300 * EUR_PER_MWH,
    penalty_rate=0,
    capacity_rate=0,
    max_volume_rate=400 * EUR_PER_MWH,
)


def desk(town: Town, aggregator: str = AGGREGATOR) -> TradeDesk:
    """Where both meet; MessageIDs are counted."""
    numbers = count(1 + 1_000 * len(aggregator))
    trade = Trade(DSO, aggregator, CLOCK, frozenset({"point"}), {"C1": CONTRACT})
    return TradeDesk(town.session, trade, lambda: f"00000000-0000-4000-8000-{next(numbers):012x}")


def need(peak_w: int = 24_000, **changes: object) -> Need:
    """A load of 12 kW with a peak from 18:00 to 19:00."""
    load_w = np.array([peak_w if isp in PEAK else 12_000 for isp in TODAY.isps])
    chosen = {
        "point": POINT,
        "today": TODAY,
        "outlook": Outlook(load_w, load_w),
        "sign": -1,
        "margin_bp": 0,
        "first_isp": isp_at(TUESDAY, 16),
        "expires_s": EXPIRES_S,
        **changes,
    }
    return Need(**chosen)  # type: ignore[arg-type]


def ask(at: TradeDesk, contract_id: str | None = "C1", **changes: object) -> Requested:
    """The DSO declares its point and asks the aggregator."""
    declare_points(at.session, [POINT])
    return request_flexibility([at], need(**changes), NOON_S, contract_id)  # type: ignore[arg-type]


def available(town: Town, *deals: str, reliability: float = 1.0) -> list[Available]:
    """What the sites of some deals can hold."""
    return [Available(town.row(deal), 10_000, reliability) for deal in deals]


EVENINGS = "bakery evening", "dairy steady"


def answer(
    town: Town,
    at: TradeDesk,
    request: FlexRequest,
    deals: tuple[str, ...] = EVENINGS,
    reliability: float = 1.0,
    **more: object,
) -> Answered:
    """The aggregator answers with some deals."""
    members = members_of(town.session, address_of(parties.DSO), address_of(parties.AGGREGATOR))
    chosen = {"policy": Policy(draws=200), "baseline": METHOD, "expires_s": EXPIRES_S, **more}
    return answer_request(
        at,
        request,
        members,
        available(town, *deals, reliability=reliability),
        now_s=NOON_S,
        **chosen,  # type: ignore[arg-type]
    )
