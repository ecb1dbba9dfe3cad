"""The standard figures of these tests: the moment, the agreement, and how it is ordered."""

from dataclasses import replace
from datetime import UTC, date, datetime

from settlement.clock import day_of
from settlement.identity import FIELDS, template_id, template_of
from settlement.terms import Terms
from settlement.window import weekly_window
from tests.contracts import actors
from tests.settlement.defaults import STANDARD as STANDARD_OF_RULES

DAY_S = 86_400
ISP_S = 900
CHALLENGE_WINDOW_S = 7 * DAY_S
BOND_UNITS = 10**9
"""1,000 EUR in units of a token with six decimals."""


def utc_s(*moment: int) -> int:
    """UTC second of year, month, day, hour, minute, second."""
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def isp_utc(*moment: int) -> int:
    """15-minute ISP index of a UTC moment."""
    return utc_s(*moment) // ISP_S


def day(*moment: int) -> int:
    """Day number of a date."""
    return day_of(date(*moment))


NOW_S = utc_s(2040, 3, 1, 12)
START_DAY = day(2040, 3, 5)
END_DAY = day(2040, 12, 31)
FIRST_ISP = isp_utc(2040, 3, 5, 16)
"""17:00 local time of the first day, a Monday: the window opens."""

EVERY_HOUR = weekly_window(range(7), 0, 24 * 60)

_BARE = replace(
    STANDARD_OF_RULES,
    aggregator=actors.AGGREGATOR.address,
    prosumer=actors.PROSUMER.address,
    dso=actors.DSO.address,
    mdc=actors.MDC.address,
    template_id=bytes(32),
    start_day=START_DAY,
    end_day=END_DAY,
    elements=bytes(range(32)),
    salt=bytes(range(32, 64)),
    sign_before=utc_s(2040, 3, 4, 12),
)
"""The standard agreement of the settlement tests, between other parties and on other days."""

TEMPLATE = template_of(_BARE)
TEMPLATE_ID = template_id(_BARE)
STANDARD = replace(_BARE, template_id=TEMPLATE_ID)


def terms(**changes: object) -> Terms:
    """The standard agreement with some terms changed."""
    return replace(STANDARD, **changes)  # type: ignore[arg-type]


def always(**changes: object) -> Terms:
    """The standard agreement with a window that never closes."""
    window0, window1, window2 = EVERY_HOUR
    return terms(window0=window0, window1=window1, window2=window2, **changes)


def words(value: Terms) -> tuple[object, ...]:
    """Terms as the contracts take them."""
    return tuple(getattr(value, name) for name, _, _ in FIELDS)


def amount_eur(euros: int) -> int:
    """Whole EUR in 1e-4 EUR."""
    return euros * 10_000


def token_units(amount: int) -> int:
    """1e-4 EUR in units of a token with six decimals."""
    return amount * 100
