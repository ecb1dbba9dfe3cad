"""What changes are counted from: a D-Prognosis, or a method that was agreed."""

from dataclasses import dataclass

from flexmanager.vpp.message import (
    REVISION_MAX,
    Header,
    PowerRows,
    Scope,
    check_optional_name,
    check_rows,
    check_uuid,
)
from settlement.units import parse_integer


@dataclass(frozen=True, slots=True)
class BaselineReference:
    """What an offer's changes are counted from: a D-Prognosis or an agreed method.

    Attributes:
        prognosis_id: MessageID of the prognosis, or None.
        method: name of the agreed method, or None.
    """

    prognosis_id: str | None = None
    method: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        if self.prognosis_id is not None:
            check_uuid(self.prognosis_id, "D-PrognosisMessageID")
        check_optional_name(self.method, "BaselineReference")


@dataclass(frozen=True, slots=True)
class DPrognosis:
    """The power that an aggregator's connections at a congestion point will use: a baseline.

    Attributes:
        header: from the aggregator.
        scope: where and on which day.
        revision: grows with each prognosis for the same point and day.
        isps: every ISP of the day.
    """

    header: Header
    scope: Scope
    revision: int
    isps: PowerRows

    def __post_init__(self) -> None:
        """Refuse what no message could carry."""
        parse_integer(self.revision, "Revision", 0, REVISION_MAX)
        check_rows(self.isps)
