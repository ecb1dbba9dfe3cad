"""What a received message is refused for."""

from settlement.errors import InputError


class Rejected(InputError):
    """A well-formed message whose content is refused as a whole.

    Args:
        reason: the protocol's words for it, such as "ISP conflict".
        what: the offending thing.
        where: place in the message.
        expected: what would have been accepted.
    """

    def __init__(self, reason: str, what: str, where: str, expected: str) -> None:
        super().__init__(what, where, expected)
        self.reason = reason

    @property
    def text(self) -> str:
        """The reason as a message carries it; semicolons there stand between reasons."""
        return f"{self.reason} ({self.where}: {self.what}, expected {self.expected})"


class TransportRefused(Exception):
    """A message that is not even read: whoever sent it learns it from the HTTP status.

    Args:
        status: HTTP status by the protocol: 400 shape, 401 signature, 411 length, 419 key.
        why: for the log.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status}: {why}")
        self.status, self.why = status, why
