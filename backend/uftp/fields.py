"""The simple values of messages: their patterns, and conversion of money and dates, exactly."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from backend.uftp.library import XmlDate
from settlement.clock import date_of, day_of
from settlement.errors import InputError

SPEC_VERSION = "3.1.0"
CURRENCY = "EUR"
_PLACES = 4
"""Money is whole 1e-4 EUR, just what four places write."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a value in messages.

    Attributes:
        pattern: what a whole value matches.
        expected: the same for people.
        parse: raises ValueError for what a pattern cannot tell, such as 30 February.
    """

    pattern: re.Pattern[str]
    expected: str
    parse: Callable[[str], object] = str

    def take(self, text: str, where: str) -> str:
        """Return a text of this form.

        Raises:
            InputError: it has not this form.
        """
        try:
            if self.pattern.fullmatch(text):
                self.parse(text)
                return text
        except ValueError:
            pass
        raise InputError(f"{text!r:.60}", where, self.expected)


def _form(pattern: str, expected: str, parse: Callable[[str], object] = str) -> Form:
    return Form(re.compile(pattern), expected, parse)


UUID = _form(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "a UUID")
DOMAIN = _form(r"(?=.{1,253}\Z)([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}", "an Internet domain")
ENTITY_ADDRESS = _form(
    r"(?=.{1,255}\Z)(ea1\.[0-9]{4}-[0-9]{2}\..{1,244}:.{1,244}|ean\.[0-9]{12,34})",
    "an entity address, ea1.YYYY-MM.DOMAIN:NAME or ean.DIGITS",
)
VERSION = _form(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", "a version of three numbers")
TIME_STAMP = _form(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})",
    "a time with its offset from UTC",
    datetime.fromisoformat,
)
DATE = _form(r"(19[7-9][0-9]|2[0-9]{3})-[0-9]{2}-[0-9]{2}", "a date since 1970", date.fromisoformat)
# The schema bounds no number; bounds keep a value from being a weapon.
POWER = _form(r"[+-]?[0-9]{1,12}", "whole W")
COUNT = _form(r"0*[1-9][0-9]{0,3}", "a whole number from 1 to 9999")
MONEY = _form(r"[+-]?[0-9]{1,12}(\.[0-9]{1,4})?", "an amount with at most four places")
CURRENCY_CODE = _form(r"[A-Z]{3}", "a currency code")
NAME = _form(r"[^\x00-\x1f\x7f-\x9f]{1,200}", "1 to 200 characters on one line")
TEXT = _form(r"(?s).{0,10000}", "at most 10000 characters")
BASE64 = _form(r"[A-Za-z0-9+/]{4,}={0,2}", "base64")
RESULT = _form(r"Accepted|Rejected", "Accepted or Rejected")
DISPOSITION = _form(r"Accepted|Disputed", "Accepted or Disputed")
ROLE = _form(r"AGR|CRO|DSO", "AGR, CRO or DSO")


@dataclass(frozen=True, slots=True)
class Header:
    """What every message carries besides its content.

    Attributes:
        sender_domain: Internet domain of the sender.
        recipient_domain: Internet domain of the recipient.
        message_id: new for each message, a UUID.
        conversation_id: new for a settlement, copied by its answer, a UUID.
        time: when the message was made, with its offset from UTC.
    """

    sender_domain: str
    recipient_domain: str
    message_id: str
    conversation_id: str
    time: datetime

    def fields(self) -> dict[str, str]:
        """Return the header as arguments of a message class.

        Raises:
            InputError: a domain or identifier is not of its form, or the time has no offset.
        """
        DOMAIN.take(self.sender_domain, "sender")
        DOMAIN.take(self.recipient_domain, "recipient")
        UUID.take(self.message_id, "MessageID")
        UUID.take(self.conversation_id, "ConversationID")
        if self.time.utcoffset() is None:
            raise InputError(f"time {self.time}", "message", "a time with its offset from UTC")
        return {
            "version": SPEC_VERSION,
            "sender_domain": self.sender_domain,
            "recipient_domain": self.recipient_domain,
            "message_id": self.message_id,
            "conversation_id": self.conversation_id,
            "time_stamp": self.time.isoformat(timespec="seconds"),
        }


def eur_of(amount: int) -> Decimal:
    """Write 1e-4 EUR as EUR with four places, exactly whatever the size."""
    digits = tuple(int(digit) for digit in str(abs(amount)))
    return Decimal((int(amount < 0), digits, -_PLACES))


def amount_of(eur: Decimal) -> int:
    """Return 1e-4 EUR of an amount in EUR.

    Raises:
        InputError: it is no number or has more than four places.
    """
    numerator, denominator = eur.as_integer_ratio() if eur.is_finite() else (1, 0)
    if denominator == 0 or numerator * 10**_PLACES % denominator:
        raise InputError(f"{eur} EUR", "amount", f"at most {_PLACES} places")
    return numerator * 10**_PLACES // denominator


def xml_date(day: int) -> XmlDate:
    """Write a local day as the library's date."""
    return XmlDate.from_date(date_of(day))


def day_of_xml(value: XmlDate) -> int:
    """Return the day number of a date that the shape check let pass."""
    return day_of(value.to_date())
