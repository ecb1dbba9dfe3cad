"""The standard figures of these tests: one agreement, named parties, days and meter data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule, day_of
from settlement.meter import Readings
from settlement.rule_set import rule_set_1
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.window import weekly_window

EUR_PER_MWH = 10_000
"""One EUR per MWh (or per MW and hour) in the unit of the rates, 1e-4 EUR."""

WORKING_WEEK = range(5)
EVERY_DAY = range(7)

VIENNA = Clock(15, 60, ClockRule.EU)

MON_2027_06_07 = day_of(date(2027, 6, 7))
SPRING_2027 = day_of(date(2027, 3, 28))
AUTUMN_2027 = day_of(date(2027, 10, 31))


def address(number: int) -> bytes:
    return bytes([number]) * 20


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


_EVENING = weekly_window(WORKING_WEEK, 17 * 60, 20 * 60)

STANDARD = Terms(
    aggregator=address(1),
    prosumer=address(2),
    dso=address(3),
    mdc=address(4),
    template_id=word(5),
    rule_set=rule_set_1(),
    start_day=day_of(date(2027, 1, 1)),
    end_day=day_of(date(2027, 12, 31)),
    utc_offset_minutes=60,
    clock_rule=ClockRule.EU,
    isp_minutes=15,
    window0=_EVENING[0],
    window1=_EVENING[1],
    window2=_EVENING[2],
    elements=word(6),
    amount_w=-3000,
    max_activations=10,
    max_runtime_isps=8,
    recovery_isps=16,
    notice_isps=4,
    volume_rate=180 * EUR_PER_MWH,
    penalty_rate=240 * EUR_PER_MWH,
    capacity_rate=5 * EUR_PER_MWH,
    delivery_rule=DeliveryRule.LINEAR,
    delivery_bp=0,
    delivery_slope=0,
    penalty_cap_bp=10_000,
    baseline_method=BaselineMethod.HIGH,
    x=3,
    y=5,
    adjustment=Adjustment.NONE,
    adjustment_isps=0,
    adjustment_gap_isps=0,
    adjustment_cap_bp=0,
    salt=word(7),
    sign_before=1_800_000_000,
)


def terms(**changes: object) -> Terms:
    """The standard agreement with some terms changed."""
    return replace(STANDARD, **changes)  # type: ignore[arg-type]


def always(**changes: object) -> Terms:
    """The standard agreement with a window that never closes."""
    every = weekly_window(EVERY_DAY, 0, 24 * 60)
    return terms(window0=every[0], window1=every[1], window2=every[2], **changes)


def utc_s(*moment: int) -> int:
    """UTC second of year, month, day, hour, minute."""
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def isp_utc(*moment: int, isp_minutes: int = 15) -> int:
    """ISP index of a UTC moment."""
    assert isp_minutes in ISP_MINUTES_ALLOWED
    return utc_s(*moment) // (60 * isp_minutes)


def readings(
    value_of: Callable[[int], int | None], first_day: int, last_day: int, isp_minutes: int = 15
) -> Readings:
    """Readings of whole UTC days, one value per ISP index."""
    per_day = 24 * 60 // isp_minutes
    return Readings(
        isp_minutes,
        {
            day: tuple(value_of(day * per_day + position) for position in range(per_day))
            for day in range(first_day, last_day + 1)
        },
    )
