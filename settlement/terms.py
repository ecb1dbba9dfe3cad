"""The terms of an agreement: every parameter and what it may be. Rule 0.1."""

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Protocol

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule
from settlement.errors import TermsError
from settlement.units import BASIS_POINTS, POWER_W_MAX
from settlement.window import WEEK_BITS, WORD_BITS, WindowWords


class DeliveryRule(IntEnum):
    """How the volume of an activation is paid, rule 0.4."""

    LINEAR = 0
    THRESHOLD = 1
    GRACE = 2


class BaselineMethod(IntEnum):
    """Where the baseline comes from, rule 0.12."""

    HIGH = 0
    MID = 1
    LOW = 2
    ROLLING = 3
    NOMINATED = 4


class Adjustment(IntEnum):
    """How the baseline follows the day of the event, rule 0.12."""

    NONE = 0
    ADDITIVE = 1
    MULTIPLICATIVE = 2
    ADDITIVE_UPWARD = 3
    MULTIPLICATIVE_UPWARD = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """One agreement between an aggregator and a prosumer, or a template for such.

    Addresses have 20 bytes, hashes 32. Days are local days since 1970-01-01, both inclusive.
    Rates are 1e-4 EUR per MWh (volume, penalty) and per MW and hour (capacity); `amount_w` is a
    signed delta on the baseline, consumption positive. `*_bp` are basis points.
    """

    aggregator: bytes
    prosumer: bytes
    dso: bytes
    mdc: bytes
    template_id: bytes
    rule_set: bytes
    start_day: int
    end_day: int
    utc_offset_minutes: int
    clock_rule: ClockRule
    isp_minutes: int
    window0: int
    window1: int
    window2: int
    elements: bytes
    amount_w: int
    max_activations: int
    max_runtime_isps: int
    recovery_isps: int
    notice_isps: int
    volume_rate: int
    penalty_rate: int
    capacity_rate: int
    delivery_rule: DeliveryRule
    delivery_bp: int
    delivery_slope: int
    penalty_cap_bp: int
    baseline_method: BaselineMethod
    x: int
    y: int
    adjustment: Adjustment
    adjustment_isps: int
    adjustment_gap_isps: int
    adjustment_cap_bp: int
    salt: bytes
    sign_before: int

    @property
    def window(self) -> WindowWords:
        """The weekly window as its three words."""
        return self.window0, self.window1, self.window2

    @property
    def clock(self) -> Clock:
        """The local time of the agreement."""
        return Clock(self.isp_minutes, self.utc_offset_minutes, self.clock_rule)


def validate(terms: Terms) -> None:
    """Refuse terms that break a rule of 0.1 (that each fits its ledger type, `encode` checks).

    Raises:
        TermsError: names the field, its value and what was expected.
    """
    require = partial(_require, terms)
    require(terms.isp_minutes in ISP_MINUTES_ALLOWED, "isp_minutes", "5, 15, 30 or 60")
    require(
        terms.utc_offset_minutes % terms.isp_minutes == 0,
        "utc_offset_minutes",
        "a multiple of the ISP length",
    )
    require(terms.start_day <= terms.end_day, "start_day", f"at most end_day {terms.end_day}")
    require(terms.window2 >> WEEK_BITS - 2 * WORD_BITS == 0, "window2", "no bit past the week")
    require(
        terms.amount_w != 0 and abs(terms.amount_w) <= POWER_W_MAX, "amount_w", "not 0, in range"
    )
    for field in ("max_activations", "max_runtime_isps"):
        require(getattr(terms, field) >= 1, field, "at least 1; no value means unlimited")
    for field in ("penalty_cap_bp", "adjustment_cap_bp"):
        require(getattr(terms, field) <= BASIS_POINTS, field, f"at most {BASIS_POINTS}")
    validate_delivery(terms)
    _validate_baseline(terms)


def _require(terms: object, holds: bool, field: str, expected: str) -> None:
    if not holds:
        raise TermsError(field, getattr(terms, field), expected)


class DeliveryParameters(Protocol):
    """The delivery rule with its parameters, of an agreement or of a DSO's contract."""

    @property
    def delivery_rule(self) -> DeliveryRule:
        """Which share of an activation is paid."""

    @property
    def delivery_bp(self) -> int:
        """Threshold or grace share in basis points."""

    @property
    def delivery_slope(self) -> int:
        """How fast GRACE lets the pay fall."""


def validate_delivery(terms: DeliveryParameters) -> None:
    """Refuse delivery parameters that are out of range or that the rule does not use.

    Raises:
        TermsError: names the parameter, its value and what was expected.
    """
    require = partial(_require, terms)
    require(0 <= terms.delivery_bp <= BASIS_POINTS, "delivery_bp", f"at most {BASIS_POINTS}")
    if terms.delivery_rule is DeliveryRule.LINEAR:
        require(terms.delivery_bp == 0, "delivery_bp", "0, LINEAR does not use it")
    if terms.delivery_rule is DeliveryRule.GRACE:
        require(terms.delivery_slope >= 1, "delivery_slope", "at least 1 for GRACE")
    else:
        require(terms.delivery_slope == 0, "delivery_slope", "0, only GRACE uses it")


def _validate_baseline(terms: Terms) -> None:
    require = partial(_require, terms)
    method, x, y = terms.baseline_method, terms.x, terms.y
    if method is BaselineMethod.NOMINATED:
        require(x == 0, "x", "0 for a nominated baseline")
        require(y == 0, "y", "0 for a nominated baseline")
        require(terms.adjustment is Adjustment.NONE, "adjustment", "none if nominated")
    elif method is BaselineMethod.ROLLING:
        require(x == 0, "x", "0 for a rolling mean")
        require(y >= 1, "y", "at least 1")
    else:
        require(1 <= x <= y, "x", f"from 1 to y = {y}")
        if method is BaselineMethod.MID:
            require((y - x) % 2 == 0, "x", "y - x even for MID")
    if terms.adjustment is Adjustment.NONE:
        for field in ("adjustment_isps", "adjustment_gap_isps", "adjustment_cap_bp"):
            require(getattr(terms, field) == 0, field, "0 without an adjustment")
    else:
        require(terms.adjustment_isps >= 1, "adjustment_isps", "at least 1")
