"""What a period of the market was worth to each actor, against the same period without it.

Payments between actors cancel out: what all gain together is the value of the overload that was
avoided, less what the changed consumption cost. Money is 1e-4 EUR, a gain positive.
"""

from dataclasses import dataclass

from flexmanager.checks import whole
from settlement.units import BASIS_POINTS, divide_half_even

AMOUNT_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no meter tells.

    Attributes:
        overload_value: what a kWh above a limit costs the DSO if nobody relieves it [1e-4 EUR].
        margin_bp: what the DSO pays the aggregator on top of what prosumers are paid.
    """

    overload_value: int
    margin_bp: int

    def __post_init__(self) -> None:
        """Refuse values that nobody would assume."""
        whole("assumptions", "overload_value", self.overload_value, 0, AMOUNT_MAX)
        whole("assumptions", "margin_bp", self.margin_bp, 0, BASIS_POINTS)


@dataclass(frozen=True, slots=True)
class Flows:
    """What was measured and paid.

    Attributes:
        capacity: paid to prosumers for being available.
        volume: paid to prosumers for what they delivered.
        penalty: taken from prosumers for what was missing.
        energy_cost: how much more the prosumers' energy cost than without activations; less is
            negative.
        overload_before_wh: energy above limits without any activation [Wh].
        overload_after_wh: the same as metered [Wh].
    """

    capacity: int
    volume: int
    penalty: int
    energy_cost: int
    overload_before_wh: int
    overload_after_wh: int

    @property
    def paid(self) -> int:
        """What prosumers were paid in the end."""
        return self.capacity + self.volume - self.penalty

    @property
    def avoided_wh(self) -> int:
        """Overload that the market avoided, negative if there was more with it [Wh]."""
        return self.overload_before_wh - self.overload_after_wh


@dataclass(frozen=True, slots=True)
class Benefit:
    """What each actor gained.

    Attributes:
        prosumers: pay less the dearer energy.
        aggregator: the margin.
        dso: value of the avoided overload less what was paid for it.
        dso_paid: what the DSO paid the aggregator.
        avoided_value: value of the avoided overload.
        break_even: value of a kWh of overload at which the DSO neither gains nor loses, None
            where nothing was avoided.
    """

    prosumers: int
    aggregator: int
    dso: int
    dso_paid: int
    avoided_value: int
    break_even: int | None

    @property
    def together(self) -> int:
        """What all gained."""
        return self.prosumers + self.aggregator + self.dso


def benefit(flows: Flows, assumptions: Assumptions) -> Benefit:
    """Compare a period with the same period without the market, in which nobody is paid.

    Args:
        flows: what was measured and paid.
        assumptions: what no meter tells.
    """
    margin = divide_half_even(max(0, flows.paid) * assumptions.margin_bp, BASIS_POINTS)
    dso_paid = flows.paid + margin
    avoided_value = divide_half_even(flows.avoided_wh * assumptions.overload_value, 1_000)
    avoided_wh = flows.avoided_wh
    return Benefit(
        prosumers=flows.paid - flows.energy_cost,
        aggregator=margin,
        dso=avoided_value - dso_paid,
        dso_paid=dso_paid,
        avoided_value=avoided_value,
        break_even=divide_half_even(1_000 * dso_paid, avoided_wh) if avoided_wh > 0 else None,
    )
