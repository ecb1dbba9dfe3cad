"""The one place that imports the UFTP library.

Only its message classes, its signature and its XML are used. Its service classes neither run under
current FastAPI releases nor check what they receive.
"""

import logging

from shapeshifter_uftp.transport import from_xml, seal_message, to_xml
from shapeshifter_uftp.uftp import (
    AcceptedDisputed,
    AcceptedRejected,
    ContractSettlement,
    ContractSettlementISP,
    ContractSettlementPeriod,
    FlexOrderSettlement,
    FlexOrderSettlementISP,
    FlexOrderSettlementStatus,
    FlexSettlement,
    FlexSettlementResponse,
    PayloadMessage,
    SignedMessage,
    UsefRole,
)
from xsdata.models.datatype import XmlDate

__all__ = [
    "AcceptedDisputed",
    "AcceptedRejected",
    "ContractSettlement",
    "ContractSettlementISP",
    "ContractSettlementPeriod",
    "FlexOrderSettlement",
    "FlexOrderSettlementISP",
    "FlexOrderSettlementStatus",
    "FlexSettlement",
    "FlexSettlementResponse",
    "PayloadMessage",
    "SignedMessage",
    "UsefRole",
    "XmlDate",
    "from_xml",
    "seal_message",
    "to_xml",
]

# The library logs every message in full, on its own handler, from DEBUG on: meter data would be
# written wherever standard error goes.
logging.getLogger("shapeshifter-uftp").setLevel(logging.CRITICAL)
