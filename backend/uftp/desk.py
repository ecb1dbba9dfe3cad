"""The two parties of a settlement: the DSO sends it, the aggregator answers from its own figures.

A desk takes the bytes of an envelope and leaves what is to be delivered in its memory. It answers
before it tells the sender that it has the message, so that nothing is lost in between: after any
failure the sender, who got no 200, sends again.
"""

import threading
from collections.abc import Callable

from backend.uftp.answer import ALREADY_SUBMITTED, DUPLICATE_IDENTIFIER, Answer, read_answer
from backend.uftp.answering import (
    Expectation,
    answer_settlement,
    rejection,
    whole_message_reasons,
)
from backend.uftp.document import parse_message
from backend.uftp.library import FlexSettlement, FlexSettlementResponse, UsefRole
from backend.uftp.memory import Memory, Seen, Taken
from backend.uftp.parties import Directory, Identity, take
from backend.uftp.reading import read_settlement
from backend.uftp.rejection import Rejected, TransportRefused
from backend.uftp.sealing import BAD_DOCUMENT, SIGNATURE_BYTES, open_envelope
from backend.uftp.stated import StatedSettlement
from backend.uftp.writing import settlement_message
from settlement.clock import Clock
from settlement.errors import InputError
from settlement.statement import Period

ExpectationOf = Callable[[str, Period], Expectation]
"""Recomputes the settlement of a DSO (domain) for a period."""

AnswerTaker = Callable[[str, FlexSettlement, Answer], None]
"""Takes the answer of an aggregator (domain) to a settlement."""


class AggregatorDesk:
    """Answers settlements.

    Args:
        identity: the aggregator.
        directory: the DSOs it knows.
        memory: its memory.
        clock: local time and ISP length of the market.
        expectation_of: its own recomputation.
    """

    def __init__(
        self,
        identity: Identity,
        directory: Directory,
        memory: Memory,
        clock: Clock,
        expectation_of: ExpectationOf,
    ) -> None:
        self.identity, self.directory, self.memory = identity, directory, memory
        self._clock, self._expectation_of = clock, expectation_of
        self._one_at_a_time = threading.Lock()

    def receive(self, document: bytes) -> None:
        """Take a settlement and queue its answer.

        Raises:
            TransportRefused: it is none that can be answered.
        """
        message, taken = take(document, self.directory)
        if not isinstance(message, FlexSettlement):
            raise TransportRefused(BAD_DOCUMENT, "an aggregator takes settlements only")
        with self._one_at_a_time:
            seen = self.memory.seen(taken)
            if seen is not Seen.NEW:
                repeated = ALREADY_SUBMITTED if seen is Seen.SAME else DUPLICATE_IDENTIFIER
                answer = self._reject(message, taken, repeated)
                self.memory.queue(self.identity.outgoing(answer))
                return
            answer, settled = self._answer(message, taken)
            outgoing = self.identity.outgoing(answer)
            self.memory.keep(taken, settled is not None, settled, outgoing)

    def _answer(
        self, message: FlexSettlement, taken: Taken
    ) -> tuple[FlexSettlementResponse, Period | None]:
        """Return the answer to a new message, and the period if that is settled now."""
        header = self.identity.header(taken.sender, str(message.conversation_id))
        try:
            _check_domains(message, taken, self.identity)
            stated = read_settlement(message, self._clock)
        except Rejected as error:
            return self._reject(message, taken, error.text), None
        expected = self._expectation_of(taken.sender, stated.period)
        today = self._clock.local_day(self._clock.isp_of(int(header.time.timestamp())))
        settled = self.memory.settled(taken.sender)
        reasons = whole_message_reasons(stated, expected, today, settled)
        if reasons:
            return self._reject(message, taken, *(one.text for one in reasons)), None
        return answer_settlement(message, stated, expected, header), stated.period

    def _reject(
        self, message: FlexSettlement, taken: Taken, *reasons: str
    ) -> FlexSettlementResponse:
        header = self.identity.header(taken.sender, str(message.conversation_id))
        return rejection(message, reasons, header)


class DsoDesk:
    """Sends settlements and takes the answers.

    Args:
        identity: the DSO.
        directory: the aggregators it knows.
        memory: its memory.
        take_answer: what becomes of an answer.
    """

    def __init__(
        self, identity: Identity, directory: Directory, memory: Memory, take_answer: AnswerTaker
    ) -> None:
        self.identity, self.directory, self.memory = identity, directory, memory
        self._take_answer = take_answer
        self._one_at_a_time = threading.Lock()

    def send(self, stated: StatedSettlement, aggregator: str) -> FlexSettlement | None:
        """Queue a settlement for an aggregator (domain).

        Returns:
            The message, or None if there were no orders to settle.

        Raises:
            InputError: the aggregator is not known, or what is stated cannot be written as a
                message that it would take.
        """
        if (aggregator, UsefRole.AGR.value) not in self.directory:
            raise InputError(f"aggregator {aggregator!r:.60}", "recipient", "one of the directory")
        message = settlement_message(stated, self.identity.header(aggregator))
        if message is not None:
            outgoing = self.identity.outgoing(message)
            sealed = open_envelope(outgoing.document).sealed
            document = sealed[SIGNATURE_BYTES:]
            parse_message(document)  # what would be refused there is not sent from here
            taken = Taken(self.identity.domain, str(message.message_id), document, sealed)
            self.memory.keep(taken, accepted=True, outgoing=outgoing)
        return message

    def receive(self, document: bytes) -> None:
        """Take an answer. An answer is not answered: whatever is wrong with it is a 400.

        Raises:
            TransportRefused: it answers no settlement of this DSO, or not as it should.
        """
        message, taken = take(document, self.directory)
        if not isinstance(message, FlexSettlementResponse):
            raise TransportRefused(BAD_DOCUMENT, "a DSO takes answers only")
        with self._one_at_a_time:
            seen = self.memory.seen(taken)
            if seen is Seen.SAME:
                return
            if seen is Seen.OTHER:
                raise TransportRefused(BAD_DOCUMENT, DUPLICATE_IDENTIFIER)
            try:
                _check_domains(message, taken, self.identity)
                sent = self._sent(message.flex_settlement_message_id)
                answer = read_answer(message, sent)
            except InputError as error:
                raise TransportRefused(BAD_DOCUMENT, str(error)) from None
            if not answer.is_repetition:
                self._take_answer(taken.sender, sent, answer)
            self.memory.keep(taken, accepted=True)

    def _sent(self, message_id: str) -> FlexSettlement:
        sealed = self.memory.sealed(self.identity.domain, message_id)
        if sealed is None:
            raise InputError(f"FlexSettlementMessageID {message_id}", "answer", "one sent before")
        message = parse_message(sealed[SIGNATURE_BYTES:])
        assert isinstance(message, FlexSettlement), "a DSO keeps nothing else under its own name"
        return message


def _check_domains(
    message: FlexSettlement | FlexSettlementResponse, taken: Taken, own: Identity
) -> None:
    """Refuse a message that was signed by someone else than it says, or sent to someone else."""
    if message.sender_domain != taken.sender:
        raise Rejected("Mismatch SenderDomain", str(message.sender_domain), "message", taken.sender)
    if message.recipient_domain != own.domain:
        raise Rejected(
            "Unknown RecipientDomain", str(message.recipient_domain), "message", own.domain
        )
