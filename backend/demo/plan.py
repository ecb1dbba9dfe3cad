"""What the demonstration assumes: the recorded month, the templates, the gates, the owners.

Rates are of the order of those published for local flexibility; they are assumptions of the
demonstration, as are the owners' preferences. Everything else is recorded or computed.
"""

from dataclasses import dataclass, replace
from datetime import date

from backend.services.congestion import Caution, Foresight
from backend.services.metering import ISP_MINUTES
from flexmanager.vpp.covering import Policy
from settlement.clock import MINUTES_PER_DAY, SECONDS_PER_DAY, Clock, ClockRule
from settlement.rule_set import rule_set_1
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.units import AMOUNT_PER_EUR
from settlement.window import WindowWords, weekly_window

ZONE = "Europe/Berlin"
ISPS_PER_UTC_DAY = MINUTES_PER_DAY // ISP_MINUTES
CLOCK = Clock(ISP_MINUTES, 60, ClockRule.EU)
"""The local time of the district; all templates follow it."""

FIRST_RECORDED_DAY = date(2016, 3, 21)
LAST_RECORDED_DAY = date(2016, 4, 20)
"""The month is 31 days around the clock change."""

LEAD_DAYS = 14
"""Days before the month in which templates are published and agreements signed."""

CHALLENGE_WINDOW_S = 7 * SECONDS_PER_DAY
ESCROW_AMOUNT = 50_000 * 10_000
BOND_AMOUNT = 1_000 * 10_000
OVERLOAD_VALUE = 5_000
"""What a kWh above a limit costs the DSO if nobody relieves it, 1e-4 EUR: assumed, as no source for
this district exists. The report names the value at which the DSO breaks even as well."""

MARGIN_BP = 1_000
"""What the DSO pays the aggregator on top of what prosumers are paid: assumed."""

FORESIGHT = Foresight(
    nearest_days=9,
    memory=0.85,
    persistence=0.9,
    imports=Caution(0.5, spread_isps=2),
    exports=Caution(1.0, spread_isps=2),
)
"""How the DSO looks ahead. The rating of a transformer that exports is physical: there it plans by
the most extreme of the days like today. The import limit is an allotment: half way to the extreme.
Peaks may come half an hour earlier or later."""

GATE_EVERY_MINUTES = 60
"""The DSO looks again every hour, and orders what is still needed beyond what is ordered."""

SHORTFALL_RATE = 10_000 * AMOUNT_PER_EUR
"""What the DSO pays at most for a MWh of relief, 1e-4 EUR: a limit is kept whatever it costs."""

POLICY = Policy(probability=0.75, margin_bp=MARGIN_BP, gap=0.05, rounds=0)
"""How the aggregator makes its offers. What may fail beyond that is for the next gate to see."""

EVENING, MIDDAY = -1, 1
WEEK = range(7)


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """A template of the demonstration.

    Attributes:
        name: what people call it.
        sign: -1 for less consumption, +1 for more consumption or less generation.
        gate_minute: local minute of the day at which the DSO orders first.
        from_minute: first local minute of the window.
        to_minute: end of the window.
        look_ahead_isps: at a gate the DSO orders so many of the ISPs that it still can.
        activations_per_gate: how often an agreement is activated by one gate, None for as often as
            its terms allow.
        for_generation: offered to sites with generation (True), without (False), to all (None).
        terms: the terms; parties, dates and amount are filled in later.
    """

    name: str
    sign: int
    gate_minute: int
    from_minute: int
    to_minute: int
    look_ahead_isps: int
    activations_per_gate: int | None
    for_generation: bool | None
    terms: Terms

    @property
    def gate_minutes(self) -> range:
        """Local minutes at which the DSO orders, while a part of the window can be ordered."""
        earliest = ISP_MINUTES * (1 + self.terms.notice_isps)
        return range(self.gate_minute, self.to_minute - earliest, GATE_EVERY_MINUTES)


def _terms(window: WindowWords, **chosen: object) -> Terms:
    zero = bytes(32)
    base = Terms(
        aggregator=bytes(20),
        prosumer=bytes(20),
        dso=bytes(20),
        mdc=bytes(20),
        template_id=zero,
        rule_set=rule_set_1(),
        start_day=0,
        end_day=0,
        utc_offset_minutes=CLOCK.utc_offset_minutes,
        clock_rule=CLOCK.rule,
        isp_minutes=ISP_MINUTES,
        window0=window[0],
        window1=window[1],
        window2=window[2],
        elements=zero,
        amount_w=1,
        max_activations=60,
        max_runtime_isps=8,
        recovery_isps=4,
        notice_isps=4,
        volume_rate=0,
        penalty_rate=0,
        capacity_rate=0,
        delivery_rule=DeliveryRule.LINEAR,
        delivery_bp=0,
        delivery_slope=0,
        penalty_cap_bp=10_000,
        baseline_method=BaselineMethod.NOMINATED,
        x=0,
        y=0,
        adjustment=Adjustment.NONE,
        adjustment_isps=0,
        adjustment_gap_isps=0,
        adjustment_cap_bp=0,
        salt=zero,
        sign_before=0,
    )
    return replace(base, **chosen)  # type: ignore[arg-type]


def templates_by_gate() -> dict[int, tuple[TemplatePlan, ...]]:
    """Return the templates that may be ordered at each gate, by its local minute, ascending."""
    found: dict[int, tuple[TemplatePlan, ...]] = {}
    for template in templates():
        for minute in template.gate_minutes:
            found[minute] = (*found.get(minute, ()), template)
    return dict(sorted(found.items()))


def templates() -> tuple[TemplatePlan, ...]:
    """Return the three templates: evening reduction, midday increase, midday curtailment."""
    # Clouds are seen better later on. An evening is better planned as a whole: there are few
    # agreements for it, and each has to recover after two hours.
    midday = {
        "gate_minute": 9 * 60 + 15,
        "from_minute": 10 * 60 + 30,
        "to_minute": 16 * 60 + 30,
        "look_ahead_isps": 16,
        # What a site still holds after the first activation is judged again at the next gate. Of an
        # evening both are wanted: the second delivers less, and most of it all the same.
        "activations_per_gate": 1,
    }
    return (
        _template(
            "evening reduction",
            EVENING,
            gate_minute=15 * 60 + 15,
            from_minute=17 * 60,
            to_minute=23 * 60,
            look_ahead_isps=24,
            activations_per_gate=None,
            amount_w=-1,
            volume_rate=2_800_000,
            penalty_rate=1_200_000,
            capacity_rate=60_000,
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
        _template(
            "midday increase",
            MIDDAY,
            **midday,
            for_generation=False,
            volume_rate=900_000,
            penalty_rate=600_000,
            capacity_rate=40_000,
            delivery_rule=DeliveryRule.THRESHOLD,
            delivery_bp=5_000,
            max_runtime_isps=12,
            baseline_method=BaselineMethod.ROLLING,
            y=5,
        ),
        _template(
            "midday curtailment",
            MIDDAY,
            **midday,
            for_generation=True,
            volume_rate=1_100_000,
            penalty_rate=600_000,
            capacity_rate=20_000,
            max_runtime_isps=12,
            baseline_method=BaselineMethod.NOMINATED,
        ),
    )


def _template(
    name: str,
    sign: int,
    *,
    gate_minute: int,
    from_minute: int,
    to_minute: int,
    look_ahead_isps: int,
    activations_per_gate: int | None,
    for_generation: bool | None = None,
    **chosen: object,
) -> TemplatePlan:
    terms = _terms(weekly_window(WEEK, from_minute, to_minute), **chosen)
    return TemplatePlan(
        name,
        sign,
        gate_minute,
        from_minute,
        to_minute,
        look_ahead_isps,
        activations_per_gate,
        for_generation,
        terms,
    )
