"""The standard figures of these tests: one week of March 2040 with a clock change, four deals.

The bakery has two metering points and two agreements over both of them. The mill works over
midnight. All of it lies in the future of any machine that runs these tests, as the chain inside
the process needs it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from backend.chain.wallet import address_of
from settlement.activation import Activation
from settlement.clock import Clock, ClockRule, day_of
from settlement.identity import template_of
from settlement.statement import Period
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.window import weekly_window
from tests.backend import parties
from tests.settlement.defaults import STANDARD

ZONE = "Europe/Berlin"
CLOCK = Clock(15, 60, ClockRule.EU)
DAY_S, ISP_S, ISPS_PER_DAY = 86_400, 900, 96
CHALLENGE_WINDOW_S = 7 * DAY_S
ESCROW_AMOUNT = 1_000 * 10_000
BOND_AMOUNT = 500 * 10_000
PAID_IN_AMOUNT = ESCROW_AMOUNT + BOND_AMOUNT
"""What the ledger holds before anything is paid out, in 1e-4 EUR."""


MONDAY = day_of(date(2040, 3, 19))
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + offset for offset in (1, 2, 3, 4))
SUNDAY = MONDAY + 6
"""The day on which the clock is put forward."""

PERIOD = Period(MONDAY, SUNDAY)
FIRST_METER_DAY, LAST_METER_DAY = MONDAY - 18, SUNDAY
HOLIDAY = MONDAY - 4
"""A Thursday, published as non-working for these tests."""

NON_WORKING_DAYS = (HOLIDAY,)
POINTS = {
    "bakery": ("bakery ovens", "bakery roof"),
    "dairy": ("dairy cooling",),
    "mill": ("mill grinder",),
}


def utc_s(*moment: int) -> int:
    """UTC second of year, month, day, hour, minute."""
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


NEGOTIATION_S = utc_s(2040, 2, 20, 12)
SIGN_BEFORE_S = CLOCK.start_s(CLOCK.day_isps(MONDAY)[0]) - 1


def isp_at(day: int, hour: int, minute: int = 0) -> int:
    """The ISP with this local start."""
    minutes = [CLOCK.local_minutes(isp) % 1440 for isp in CLOCK.day_isps(day)]
    return CLOCK.day_isps(day)[minutes.index(60 * hour + minute)]


@dataclass(frozen=True, slots=True)
class Deal:
    """An agreement of these tests: which site takes which template for how many W."""

    site_id: str
    template: str
    amount_w: int

    @property
    def name(self) -> str:
        return f"{self.site_id} {self.template}"


DEALS = (
    Deal("bakery", "evening", -3000),
    Deal("bakery", "midday", 2000),
    Deal("dairy", "steady", -1500),
    Deal("mill", "night", -4000),
)


def _template(from_hour: int, to_hour: int, **chosen: object) -> Terms:
    """A template: the standard agreement of the settlement tests by these parties and limits."""
    window = weekly_window(range(7), 60 * from_hour, 60 * to_hour)
    base = replace(
        STANDARD,
        aggregator=address_of(parties.AGGREGATOR),
        dso=address_of(parties.DSO),
        mdc=address_of(parties.MDC),
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=-1,
        max_activations=4,
        max_runtime_isps=12,
        recovery_isps=8,
        volume_rate=2_000_000,
        penalty_rate=1_000_000,
        baseline_method=BaselineMethod.NOMINATED,
        x=0,
        y=0,
    )
    return template_of(replace(base, **chosen))  # type: ignore[arg-type]


TEMPLATES = {
    "evening": _template(
        17,
        21,
        delivery_rule=DeliveryRule.GRACE,
        delivery_bp=1_000,
        delivery_slope=2,
        baseline_method=BaselineMethod.HIGH,
        x=3,
        y=5,
        adjustment=Adjustment.ADDITIVE,
        adjustment_isps=6,
        adjustment_gap_isps=4,
        adjustment_cap_bp=2_000,
    ),
    "midday": _template(10, 16, amount_w=1),
    "steady": _template(
        17,
        21,
        delivery_rule=DeliveryRule.THRESHOLD,
        delivery_bp=8_000,
        baseline_method=BaselineMethod.ROLLING,
        y=4,
    ),
    "night": _template(22, 2, baseline_method=BaselineMethod.MID, x=2, y=4),
}

ORDERS = (
    ("bakery evening", Activation(isp_at(TUESDAY, 17), 4, -3000)),
    ("dairy steady", Activation(isp_at(TUESDAY, 18), 6, -1500)),
    ("mill night", Activation(isp_at(WEDNESDAY, 23), 12, -4000)),
    ("bakery midday", Activation(isp_at(THURSDAY, 12), 6, 2000)),
    ("dairy steady", Activation(isp_at(FRIDAY, 17), 4, -1000)),
    ("bakery evening", Activation(isp_at(FRIDAY, 18), 8, -2500)),
    ("bakery evening", Activation(isp_at(SUNDAY, 17), 4, -2000)),
)
"""Activations of the week in time order. The mill's last two hours lie beyond midnight, and the
bakery's Thursday is no like day for its Friday evening only because of its other agreement."""

DELIVERED_PERCENT = {"bakery evening": 80, "bakery midday": 95, "mill night": 110}
"""Share of an order that shows in the meter; the dairy delivers the first and misses the second."""
