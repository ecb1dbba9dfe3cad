"""What a DSO gives back of the capacity that a contract reserves for it: FlexReservationUpdate."""

from dataclasses import dataclass

from flexmanager.vpp.message import Header, PowerRows, Scope, check_name, check_rows


@dataclass(frozen=True, slots=True)
class FlexReservationUpdate:
    """The power still reserved in some ISPs of a day.

    Attributes:
        header: from the DSO.
        scope: where and on which day.
        contract_id: the contract that reserves it.
        reference: the DSO's name of the update.
        isps: what is still reserved, signed like the contract; 0 releases an ISP.
    """

    header: Header
    scope: Scope
    contract_id: str
    reference: str
    isps: PowerRows

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        check_name(self.contract_id, "ContractID")
        check_name(self.reference, "Reference")
        check_rows(self.isps)
