"""What every message of the trade carries, and the checks that records make when they are built.

A record that no message could carry is refused when it is built. Whether a well-formed message is
accepted is another question, which `judge` answers with reasons.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from settlement.clock import DAY_MAX, ISP_MINUTES_ALLOWED, Clock
from settlement.errors import InputError
from settlement.units import POWER_W_MAX, parse_integer

PowerRows = tuple[tuple[int, int], ...]
"""ISP (UTC index) and signed W, consumption positive. A message may name an ISP twice or one of
another day; that is judged, not hidden."""

ISP_MAX = (DAY_MAX + 2) * 24 * 12
REVISION_MAX = 2**63 - 1
PRICE_MAX = 2**63 - 1
TIME_S_MAX = (DAY_MAX + 1) * 86_400
NAME_CHARACTERS_MAX = 255
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class Header:
    """Who says something to whom, and when.

    Attributes:
        message_id: UUID of the message.
        conversation_id: UUID; an answer has that of what it answers.
        sender: domain of the sender.
        recipient: domain of the recipient.
        sent_s: UTC second of the time stamp.
    """

    message_id: str
    conversation_id: str
    sender: str
    recipient: str
    sent_s: int

    def __post_init__(self) -> None:
        """Refuse identifiers that are no UUID, empty domains and times that are none."""
        check_uuid(self.message_id, "MessageID")
        check_uuid(self.conversation_id, "ConversationID")
        check_name(self.sender, "SenderDomain")
        check_name(self.recipient, "RecipientDomain")
        parse_integer(self.sent_s, "TimeStamp", 0, TIME_S_MAX)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the ISPs of a message belong to.

    Attributes:
        clock: local time and ISP length.
        day: local day, the Period.
        congestion_point: where.
    """

    clock: Clock
    day: int
    congestion_point: str

    def __post_init__(self) -> None:
        """Refuse a day beyond the calendar, a nameless point and an ISP length that is none."""
        parse_integer(self.day, "Period", 0, DAY_MAX)
        check_name(self.congestion_point, "CongestionPoint")
        if self.clock.isp_minutes not in ISP_MINUTES_ALLOWED:
            raise InputError(f"{self.clock.isp_minutes} minutes", "ISP-Duration", "5, 15, 30 or 60")


def check_uuid(text: object, where: str) -> None:
    """Refuse what is not written as a UUID."""
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        raise InputError(f"{text!r:.60}", where, "a UUID")


def check_name(text: object, where: str) -> None:
    """Refuse an empty name, one over several lines and one that no message holds."""
    fits = isinstance(text, str) and 0 < len(text) <= NAME_CHARACTERS_MAX and text.isprintable()
    if not fits:
        raise InputError(f"{text!r:.60}", where, f"1 to {NAME_CHARACTERS_MAX} characters, one line")


def check_optional_name(text: object, where: str) -> None:
    """Refuse a name as `check_name` does, unless there is none."""
    if text is not None:
        check_name(text, where)


def check_time(value: object, where: str) -> None:
    """Refuse a UTC second that is none."""
    parse_integer(value, where, 0, TIME_S_MAX)


def check_power(value: object, where: str) -> None:
    """Refuse what is not whole W within the recordable range."""
    parse_integer(value, where, -POWER_W_MAX, POWER_W_MAX)


def check_isp(value: object) -> None:
    """Refuse what is no UTC index of an ISP."""
    parse_integer(value, "ISP", -ISP_MAX, ISP_MAX)


def check_rows(rows: Iterable[tuple[object, object]]) -> None:
    """Refuse rows whose ISP or power is no whole number within its range."""
    for isp, power_w in rows:
        check_isp(isp)
        check_power(power_w, f"Power of ISP {isp}")
