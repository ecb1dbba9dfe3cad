"""The parties of these tests, their contract, and messages with figures that fit together."""

from dataclasses import replace

from flexmanager.vpp.baseline import BaselineReference, DPrognosis
from flexmanager.vpp.book import Book, Message, Trade
from flexmanager.vpp.judge import accepted, rejections
from flexmanager.vpp.message import Header, PowerRows, Scope
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation, OfferOption
from flexmanager.vpp.order import FlexOrder, order_of
from flexmanager.vpp.request import FlexRequest
from flexmanager.vpp.reservation import FlexReservationUpdate
from settlement.orders.capacity import RequestedIsp
from settlement.orders.contract import Contract
from tests.settlement.defaults import EUR_PER_MWH, VIENNA
from tests.settlement.orders.parties import MON_2027_06_07, contract, isp_at

DSO, AGGREGATOR = "dso.example", "aggregator.example"
POINT = "LV1"
DAY = MON_2027_06_07
SCOPE = Scope(VIENNA, DAY, POINT)
FIVE_PM = isp_at(DAY, 17)
"""The first of the eight ISPs that are requested."""

REQUESTED = range(FIVE_PM, FIVE_PM + 8)
NOON_S = VIENNA.start_s(isp_at(DAY, 12))
EXPIRES_S = VIENNA.start_s(isp_at(DAY, 15))
OPTION_CONTRACT: Contract = contract(
    contract_id="C1", reserved_w=-9_000, max_volume_rate=300 * EUR_PER_MWH
)
TRADE = Trade(DSO, AGGREGATOR, VIENNA, frozenset({POINT, "LV4"}), {"C1": OPTION_CONTRACT})
METHOD = BaselineReference(method="high 3 of 5")


def uuid(number: int) -> str:
    """The UUID of a number."""
    return f"00000000-0000-4000-8000-{number:012x}"


def header(number: int, sender: str = AGGREGATOR, sent_s: int = NOON_S) -> Header:
    """The header of a message; one party or the other sends it."""
    recipient = DSO if sender == AGGREGATOR else AGGREGATOR
    return Header(uuid(number), uuid(0), sender, recipient, sent_s)


def request(number: int = 1, **changes: object) -> FlexRequest:
    """8 kW less consumption from 17:00 to 19:00, and room for 2 kW more in the two hours after."""
    asked = [(isp, RequestedIsp(True, -8_000, 0)) for isp in REQUESTED]
    room = [(isp, RequestedIsp(False, 0, 2_000)) for isp in range(REQUESTED.stop, FIVE_PM + 16)]
    plain = FlexRequest(header(number, DSO), SCOPE, number, EXPIRES_S, (*asked, *room), "C1")
    return replace(plain, **changes)  # type: ignore[arg-type]


def rows(power_w: int) -> PowerRows:
    """The same power in each of the requested ISPs."""
    return tuple((isp, power_w) for isp in REQUESTED)


def option(
    reference: str = "all", power_w: int = -6_000, price: int = 20_000, **more: object
) -> OfferOption:
    """An option: 6 kW for two hours for 2 EUR."""
    return OfferOption(reference, price, rows(power_w), **more)  # type: ignore[arg-type]


def offer(number: int = 2, *options: OfferOption, **changes: object) -> FlexOffer:
    """An answer to the request."""
    plain = FlexOffer(
        header(number), SCOPE, EXPIRES_S, options or (option(),), METHOD, uuid(1), "C1"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def order(
    number: int = 3,
    of: FlexOffer | None = None,
    reference: str | None = None,
    factor_percent: int = 100,
    **changes: object,
) -> FlexOrder:
    """An order of the offer."""
    of = of or offer()
    chosen = of.options[0] if reference is None else of.option(reference)
    assert chosen is not None
    plain = order_of(of, chosen, factor_percent, f"O{number}", header(number, DSO))
    return replace(plain, **changes)  # type: ignore[arg-type]


def revocation(number: int = 4, offer_id: str = uuid(2)) -> FlexOfferRevocation:
    """The offer is taken back."""
    return FlexOfferRevocation(header(number), offer_id)


def release(number: int = 6, power_w: int = -4_000, **changes: object) -> FlexReservationUpdate:
    """Of 9 kW reserved until 19:00 of the next day less is needed."""
    tomorrow = replace(SCOPE, day=DAY + 1)
    isps = tuple((isp + 96, power_w) for isp in REQUESTED)
    plain = FlexReservationUpdate(header(number, DSO), tomorrow, "C1", f"R{number}", isps)
    return replace(plain, **changes)  # type: ignore[arg-type]


def prognosis(number: int = 5, revision: int = 1, **changes: object) -> DPrognosis:
    """10 kW all day."""
    isps = tuple((isp, 10_000) for isp in VIENNA.day_isps(DAY))
    return replace(DPrognosis(header(number), SCOPE, revision, isps), **changes)  # type: ignore[arg-type]


def book(*messages: Message, trade: Trade = TRADE) -> Book:
    """A book in which messages were accepted at noon."""
    found = Book(trade)
    for one in messages:
        after = accepted(found, one, NOON_S)
        assert isinstance(after, Book), after
        found = after
    return found


def words(found: Book, message: Message, now_s: int = NOON_S) -> list[str]:
    """The protocol's words of all reasons against a message."""
    return [one.reason.value for one in rejections(found, message, now_s)]
