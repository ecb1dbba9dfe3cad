"""The standard contract of these tests, and orders and readings as short lines."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from settlement.baselines.baseline import nominated_baseline
from settlement.clock import Clock, day_of
from settlement.meter import Readings
from settlement.orders.contract import Contract
from settlement.orders.order import Order
from settlement.orders.settle import BaselineOf
from settlement.orders.settled import SettledContract
from settlement.statement import Period
from settlement.window import weekly_window
from tests.settlement.defaults import EUR_PER_MWH, EVERY_DAY, VIENNA

MON_2027_06_07 = day_of(date(2027, 6, 7))
WEEK = Period(MON_2027_06_07, MON_2027_06_07 + 6)

STANDARD = Contract(
    contract_id="C1",
    clock=VIENNA,
    first_day=day_of(date(2027, 1, 1)),
    last_day=day_of(date(2027, 12, 31)),
    window=weekly_window(EVERY_DAY, 17 * 60, 19 * 60),
    reserved_w=-3000,
    volume_rate=180 * EUR_PER_MWH,
    penalty_rate=240 * EUR_PER_MWH,
    capacity_rate=0,
)


def contract(**changes: object) -> Contract:
    return replace(STANDARD, **changes)  # type: ignore[arg-type]


def isp_at(day: int, hour: int, minute: int = 0, clock: Clock = VIENNA) -> int:
    """The ISP with this local start on a day without a clock change."""
    return clock.isp_at(day, 60 * hour + minute)


def order(reference: str, first_isp: int, *ordered_w: int, **more: object) -> Order:
    """An order of consecutive ISPs."""
    powers = {first_isp + position: w for position, w in enumerate(ordered_w)}
    return Order(reference, powers, **more)  # type: ignore[arg-type]


def readings_at(values: Mapping[int, int | None], isp_minutes: int = 15) -> Readings:
    """Readings of some ISPs; all others are missing."""
    per_day = 1440 // isp_minutes
    days: dict[int, list[int | None]] = {}
    for isp, w in values.items():
        day, position = divmod(isp, per_day)
        days.setdefault(day, [None] * per_day)[position] = w
    return Readings(isp_minutes, {day: tuple(found) for day, found in days.items()})


def declared(values: Mapping[int, int | None], isp_minutes: int = 15) -> BaselineOf:
    """A baseline declared beforehand for some ISPs."""
    nomination = readings_at(values, isp_minutes)
    return lambda isps: nominated_baseline(isps, nomination)


def money(result: object) -> list[tuple[int, int, int]]:
    """Price, penalty and net of each order."""
    assert isinstance(result, SettledContract)
    return [(one.price, one.penalty, one.net) for one in result.orders]
