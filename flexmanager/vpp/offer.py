"""What an aggregator offers and takes back: FlexOffer and FlexOfferRevocation.

The options of an offer exclude each other. An option may be ordered in part: by a factor in whole
percent, not below the one it states, that scales all its powers and its price.
"""

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
    check_time,
    check_uuid,
)
from settlement.errors import InputError
from settlement.units import divide_half_even, parse_integer

WHOLE_PERCENT = 100
EUR = "EUR"


@dataclass(frozen=True, slots=True)
class Portion:
    """An option as it is ordered with some factor.

    Attributes:
        isps: ordered power, the ISPs as offered.
        price: 1e-4 EUR for all of it.
    """

    isps: PowerRows
    price: int


@dataclass(frozen=True, slots=True)
class OfferOption:
    """One of several mutually exclusive profiles.

    Attributes:
        reference: its name within the offer.
        price: 1e-4 EUR for the whole option.
        isps: change of the baseline, signed.
        min_factor_percent: least part of it that may be ordered.
    """

    reference: str
    price: int
    isps: PowerRows
    min_factor_percent: int = WHOLE_PERCENT

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        check_name(self.reference, "OptionReference")
        parse_integer(self.price, "Price", 0, PRICE_MAX)
        check_factor(self.min_factor_percent, "MinActivationFactor")
        check_rows(self.isps)

    def portion(self, factor_percent: int) -> Portion:
        """Return what is ordered with a factor; W and price are each rounded half to even."""
        check_factor(factor_percent, "ActivationFactor")
        return Portion(
            tuple((isp, scaled(power_w, factor_percent)) for isp, power_w in self.isps),
            scaled(self.price, factor_percent),
        )

    @property
    def factors_percent(self) -> range:
        """All factors with which it may be ordered, ascending."""
        return range(self.min_factor_percent, WHOLE_PERCENT + 1)


@dataclass(frozen=True, slots=True)
class FlexOffer:
    """What an aggregator is able and willing to deliver; each offer can be ordered once.

    Attributes:
        header: from the aggregator.
        scope: where and on which day.
        expires_s: UTC second until which it may be ordered, exclusive.
        options: at least one; they exclude each other.
        baseline: what the changes are counted from.
        request_id: MessageID of the request that it answers; None for an unsolicited offer.
        contract_id: the contract under which it is made, if any.
        currency: ISO 4217.
    """

    header: Header
    scope: Scope
    expires_s: int
    options: tuple[OfferOption, ...]
    baseline: BaselineReference
    request_id: str | None = None
    contract_id: str | None = None
    currency: str = EUR

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        check_time(self.expires_s, "ExpirationDateTime")
        if not self.options:
            raise InputError("no option", "OfferOption", "at least one")
        if self.request_id is not None:
            check_uuid(self.request_id, "FlexRequestMessageID")
        check_optional_name(self.contract_id, "ContractID")
        check_name(self.currency, "Currency")

    def option(self, reference: str | None) -> OfferOption | None:
        """Return the option of a name, or the only one where no name is given; None if unclear."""
        if reference is None:
            return self.options[0] if len(self.options) == 1 else None
        return next((one for one in self.options if one.reference == reference), None)


@dataclass(frozen=True, slots=True)
class FlexOfferRevocation:
    """Takes back an offer that has not been ordered.

    Attributes:
        header: from the aggregator.
        offer_id: MessageID of the offer.
    """

    header: Header
    offer_id: str

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        check_uuid(self.offer_id, "FlexOfferMessageID")


def check_factor(value: object, where: str) -> None:
    """Refuse a factor that is not 1 to 100 percent."""
    parse_integer(value, where, 1, WHOLE_PERCENT)


def scaled(value: int, factor_percent: int) -> int:
    """Return a part of a power or price, rounded half to even."""
    return divide_half_even(value * factor_percent, WHOLE_PERCENT)
