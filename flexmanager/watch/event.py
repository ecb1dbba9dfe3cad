"""An order that is being delivered, who delivers it, and what came in about it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flexmanager.checks import named, whole
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import IntArray
from settlement.activation import Activation
from settlement.clock import Clock
from settlement.units import POWER_W_MAX

ISP_MAX = RATE_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """An order over consecutive ISPs.

    Attributes:
        clock: local time and ISP length.
        first_isp: UTC index of the first ISP.
        required_w: ordered change per ISP, shape (n,) [W], 0 or of one sign.
        penalty_rate: what the aggregator pays for what is missing [1e-4 EUR per MWh].
    """

    clock: Clock
    first_isp: int
    required_w: IntArray
    penalty_rate: int

    def __post_init__(self) -> None:
        """Refuse orders in both directions and rates that no contract has."""
        whole("event", "first_isp", self.first_isp, 0, ISP_MAX)
        whole("event", "penalty_rate", self.penalty_rate, 0, RATE_MAX)
        if (self.required_w > 0).any() and (self.required_w < 0).any():
            raise HorizonError("required_w", "both signs", "one direction per event")

    @property
    def isps(self) -> range:
        """UTC indices of the ISPs."""
        return range(self.first_isp, self.first_isp + len(self.required_w))

    def required(self, isp: int) -> int:
        """Return the ordered change of an ISP [W], 0 outside the event."""
        return int(self.required_w[isp - self.first_isp]) if isp in self.isps else 0


@dataclass(frozen=True, slots=True)
class Member:
    """An agreement with the activations that serve an event.

    Attributes:
        agreement_id: 32 bytes.
        name: what people call it.
        baseline_w: ISP to the power that is expected without activation, for the ordered ISPs [W].
        activations: as recorded, in time order.
        reliability: share of an order that was expected to be delivered, above 0, at most 1.
    """

    agreement_id: bytes
    name: str
    baseline_w: Mapping[int, int]
    activations: tuple[Activation, ...]
    reliability: float = 1.0

    def __post_init__(self) -> None:
        """Refuse activations without a baseline: what they change could not be told."""
        named("member", self.name)
        if not 0.0 < self.reliability <= 1.0:
            raise ParameterError(self.name, "reliability", self.reliability, "above 0, at most 1")
        for one in self.activations:
            for isp in one.ordered_isps():
                if isp not in self.baseline_w:
                    raise HorizonError(f"baseline of {self.name}", f"no ISP {isp}", "all ordered")

    def activation_in(self, isp: int) -> Activation | None:
        """Return the activation that orders an ISP, None if none does."""
        return next((one for one in self.activations if isp in one.ordered_isps()), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """Mean power of an ISP behind the metering points of an agreement, consumption positive [W]."""

    agreement_id: bytes
    isp: int
    power_w: int

    def __post_init__(self) -> None:
        """Refuse powers that cannot be recorded."""
        whole("reading", "isp", self.isp, 0, ISP_MAX)
        whole("reading", "power_w", self.power_w, -POWER_W_MAX, POWER_W_MAX)


@dataclass(frozen=True, slots=True)
class Override:
    """The owner has taken back control from an ISP to the end of its activation."""

    agreement_id: bytes
    isp: int


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What came in so far.

    Attributes:
        power_w: agreement and ISP to metered power [W]; what is not here is not known.
        overridden: agreement to the ISPs from which its owner took back control.
    """

    power_w: Mapping[tuple[bytes, int], int] = field(default_factory=dict)
    overridden: Mapping[bytes, frozenset[int]] = field(default_factory=dict)

    def heard(self, telemetry: tuple[Reading | Override, ...]) -> "Known":
        """Return what is known after more telemetry; a later reading of an ISP replaces one."""
        power_w, overridden = dict(self.power_w), dict(self.overridden)
        for one in telemetry:
            if isinstance(one, Reading):
                power_w[one.agreement_id, one.isp] = one.power_w
            else:
                earlier = overridden.get(one.agreement_id, frozenset())
                overridden[one.agreement_id] = earlier | {one.isp}
        return replace(self, power_w=power_w, overridden=overridden)

    def changed_w(self, member: Member, isp: int) -> int | None:
        """Return by how much a member moved off its baseline [W], None where nobody knows."""
        power_w = self.power_w.get((member.agreement_id, isp))
        return None if power_w is None else power_w - member.baseline_w[isp]

    def has_taken_back(self, member: Member, isp: int) -> bool:
        """Tell whether the owner has control in an ISP."""
        activation = member.activation_in(isp)
        taken = self.overridden.get(member.agreement_id, frozenset())
        return activation is not None and any(
            activation.first_isp <= from_isp <= isp for from_isp in taken
        )
