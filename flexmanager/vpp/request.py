"""What a DSO asks of its aggregators: FlexRequest."""

from dataclasses import dataclass

from flexmanager.vpp.message import (
    REVISION_MAX,
    Header,
    Scope,
    check_isp,
    check_optional_name,
    check_power,
    check_time,
)
from settlement.errors import InputError
from settlement.orders.capacity import RequestedIsp
from settlement.units import parse_integer


@dataclass(frozen=True, slots=True)
class FlexRequest:
    """Flexibility that a DSO asks of all aggregators at a congestion point.

    Attributes:
        header: from the DSO.
        scope: where and on which day.
        revision: grows with each request for the same point, day and contract.
        expires_s: UTC second until which it may be answered, exclusive.
        isps: ISP (UTC index) with its disposition and the band around the baseline.
        contract_id: the contract under which it is asked, if any.
        service_type: free text of the contract, if any.
    """

    header: Header
    scope: Scope
    revision: int
    expires_s: int
    isps: tuple[tuple[int, RequestedIsp], ...]
    contract_id: str | None = None
    service_type: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        parse_integer(self.revision, "Revision", 0, REVISION_MAX)
        check_time(self.expires_s, "ExpirationDateTime")
        check_optional_name(self.contract_id, "ContractID")
        check_optional_name(self.service_type, "ServiceType")
        for isp, asked in self.isps:
            check_isp(isp)
            if not isinstance(asked.requested, bool):
                raise InputError(f"{asked.requested!r:.60}", f"Disposition of ISP {isp}", "a bool")
            check_power(asked.min_w, f"MinPower of ISP {isp}")
            check_power(asked.max_w, f"MaxPower of ISP {isp}")

    @property
    def requested_isps(self) -> tuple[int, ...]:
        """The ISPs in which flexibility is requested, in message order."""
        return tuple(isp for isp, asked in self.isps if asked.requested)
