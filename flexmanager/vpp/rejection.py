"""Why a message is not accepted, in the words of the protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """The protocol's words; those after the gap are this market's own, which it allows."""

    MISMATCH_SENDER = "Mismatch SenderDomain"
    UNKNOWN_RECIPIENT = "Unknown RecipientDomain"
    DUPLICATE = "Duplicate Identifier"
    ALREADY_SUBMITTED = "Already Submitted"
    ISP_DURATION = "ISP duration rejected"
    TIME_ZONE = "TimeZone rejected"
    CONGESTION_POINT = "Invalid CongestionPoint"
    UNKNOWN_REQUEST = "Unknown FlexRequestMessageID reference"
    UNKNOWN_OFFER = "Unknown FlexOfferMessageID reference"
    UNKNOWN_PROGNOSIS = "Unknown D-PrognosisMessageID reference"
    REFERENCE_PERIOD = "Reference Period mismatch"
    REFERENCE_EXPIRED = "Reference message expired"
    REFERENCE_REVOKED = "Reference message revoked"
    ISPS_OUT_OF_BOUNDS = "ISPs out of bounds"
    ISP_CONFLICT = "ISP conflict"
    PERIOD_OUT_OF_BOUNDS = "Period out of bounds"
    EXPIRATION = "ExpirationDateTime out of bounds"
    SEQUENCE = "Subordinate sequence number"
    LACKING_ISPS = "Lacking ISPs"
    LACKING_REQUESTED = "Lacking Requested Disposition"
    REQUESTED_POWER = "Requested Power discrepancy"
    POWER_DISCREPANCY = "Power discrepancy"
    NO_BASELINE = "No baseline"
    POWER_VALUE = "Power value rejection"
    REQUEST_MISMATCH = "Request mismatch"
    NO_MUTEX = "No MutEx offer support"
    DEADLINE = "Deadline expired"
    PROCURED = "Flexibility procured"
    ISP_MISMATCH = "ISP mismatch"
    POWER_MISMATCH = "Power mismatch"
    PRICE_MISMATCH = "Price mismatch"

    CONTRACT = "ContractID rejected"
    CURRENCY = "Currency rejected"
    PRICE = "Price above contract"
    OPTION = "OptionReference rejected"
    FACTOR = "ActivationFactor rejected"
    BASELINE_MISMATCH = "Baseline mismatch"
    UNSOLICITED = "Unsolicited order"
    ORDER_REFERENCE = "OrderReference rejected"
    EXCESS = "Contract exceeded"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One reason to reject a message.

    Attributes:
        reason: the rule.
        where: place in the message.
        what: the offending thing.
        expected: what would have been accepted.
    """

    reason: Reason
    where: str
    what: str
    expected: str

    @property
    def text(self) -> str:
        """The reason as an answer carries it; semicolons there stand between reasons."""
        detail = f"{self.where}: {self.what}, expected {self.expected}".replace(";", ",")
        return f"{self.reason.value} ({detail})"


def joined(rejections: Sequence[Rejection]) -> str:
    """Write all reasons as the one text of an answer."""
    return "; ".join(one.text for one in rejections)
