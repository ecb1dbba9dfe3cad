"""What a DSO orders of an offer: FlexOrder."""

from dataclasses import dataclass

from flexmanager.vpp.baseline import BaselineReference
from flexmanager.vpp.message import (
    PRICE_MAX,
    Header,
    PowerRows,
    Scope,
    check_name,
    check_optional_name,
    check_rows,
    check_uuid,
)
from flexmanager.vpp.offer import (
    EUR,
    WHOLE_PERCENT,
    FlexOffer,
    OfferOption,
    check_factor,
)
from settlement.orders.order import Order
from settlement.units import parse_integer


@dataclass(frozen=True, slots=True)
class FlexOrder:
    """A binding order of one option of an offer, scaled by a factor.

    Attributes:
        header: from the DSO.
        scope: where and on which day.
        order_reference: the DSO's name of the order, which settlement uses.
        price: 1e-4 EUR for the whole order.
        isps: ordered change of the baseline, signed.
        baseline: as offered.
        offer_id: MessageID of the offer; None for an unsolicited order.
        option_reference: name of the option; None if the offer has only one.
        factor_percent: the part of the option that is ordered.
        contract_id: as offered.
        service_type: free text of the contract, if any.
        currency: ISO 4217.
    """

    header: Header
    scope: Scope
    order_reference: str
    price: int
    isps: PowerRows
    baseline: BaselineReference
    offer_id: str | None = None
    option_reference: str | None = None
    factor_percent: int = WHOLE_PERCENT
    contract_id: str | None = None
    service_type: str | None = None
    currency: str = EUR

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        check_name(self.order_reference, "OrderReference")
        parse_integer(self.price, "Price", 0, PRICE_MAX)
        check_rows(self.isps)
        if self.offer_id is not None:
            check_uuid(self.offer_id, "FlexOfferMessageID")
        check_optional_name(self.option_reference, "OptionReference")
        check_factor(self.factor_percent, "ActivationFactor")
        check_optional_name(self.contract_id, "ContractID")
        check_optional_name(self.service_type, "ServiceType")
        check_name(self.currency, "Currency")

    def as_settled(self) -> Order:
        """Return the order as settlement takes it."""
        return Order(self.order_reference, dict(self.isps), self.price)


def order_of(
    offer: FlexOffer, option: OfferOption, factor_percent: int, order_reference: str, header: Header
) -> FlexOrder:
    """Order a part of an option.

    Args:
        offer: an offer that stands.
        option: one of its options.
        factor_percent: one of the option's factors.
        order_reference: the DSO's name of the order.
        header: from the DSO, in the conversation of the offer.
    """
    portion = option.portion(factor_percent)
    return FlexOrder(
        header=header,
        scope=offer.scope,
        order_reference=order_reference,
        price=portion.price,
        isps=portion.isps,
        baseline=offer.baseline,
        offer_id=offer.header.message_id,
        option_reference=option.reference,
        factor_percent=factor_percent,
        contract_id=offer.contract_id,
        currency=offer.currency,
    )
