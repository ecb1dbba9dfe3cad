"""What the DSO reads in the answer to its settlement."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.uftp.library import (
    AcceptedDisputed,
    AcceptedRejected,
    FlexSettlement,
    FlexSettlementResponse,
)
from backend.uftp.reading import order_references
from settlement.errors import InputError

ALREADY_SUBMITTED = "Already Submitted"
DUPLICATE_IDENTIFIER = "Duplicate Identifier"


@dataclass(frozen=True, slots=True)
class Answer:
    """The aggregator's answer.

    Attributes:
        accepted: the message was taken as a whole; orders may be disputed nevertheless.
        rejection_reason: why it was not; None if it was.
        disputes: the reason for each disputed order; of a rejected message, all its orders.
    """

    accepted: bool
    rejection_reason: str | None
    disputes: Mapping[str, str]

    @property
    def is_repetition(self) -> bool:
        """Tell whether the message had been answered before: that answer stands."""
        return not self.accepted and str(self.rejection_reason).startswith(ALREADY_SUBMITTED)


def read_answer(response: FlexSettlementResponse, sent: FlexSettlement) -> Answer:
    """Read an answer against the settlement that it answers.

    Raises:
        InputError: it answers another message, conversation or party, or leaves an order out,
            names one that was not settled or twice, or gives no reason.
    """
    for name, found, wanted in (
        ("FlexSettlementMessageID", response.flex_settlement_message_id, sent.message_id),
        ("ConversationID", response.conversation_id, sent.conversation_id),
        ("SenderDomain", response.sender_domain, sent.recipient_domain),
        ("RecipientDomain", response.recipient_domain, sent.sender_domain),
    ):
        if found != wanted:
            raise InputError(f"{name} {found}", "answer", str(wanted))
    settled = order_references(sent)
    # Compared by value: the library's parser leaves words as plain text.
    if response.result == AcceptedRejected.REJECTED:
        reason = _reason(response.rejection_reason, "answer")
        return Answer(False, reason, dict.fromkeys(settled, reason))
    statuses = response.flex_order_settlement_statuses
    named = [str(one.order_reference) for one in statuses]
    if sorted(named) != sorted(settled):
        wrong = sorted({*named} ^ {*settled}) or sorted(name for name in named)
        raise InputError(f"order {wrong[0]!r:.60}", "answer", "each settled order once")
    return Answer(
        True,
        None,
        {
            str(one.order_reference): _reason(one.dispute_reason, f"order {one.order_reference}")
            for one in statuses
            if one.disposition == AcceptedDisputed.DISPUTED
        },
    )


def _reason(text: str | None, where: str) -> str:
    """Return a reason on one line, without what could move the cursor of a terminal."""
    if not text or not text.strip():
        raise InputError("no reason", where, "a reason for people")
    return "".join(character if character.isprintable() else " " for character in text).strip()
