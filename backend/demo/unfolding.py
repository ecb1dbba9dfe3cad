"""What is known of the demonstration's month while it unfolds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.demo import plan
from backend.demo.plan import TemplatePlan
from backend.demo.preparation import Agreed, Prepared
from backend.demo.stage import Stage
from backend.demo.world import World
from backend.services.local_day import LocalDay
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_offering import Answered
from backend.services.vpp_ordering import CarriedOut
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.request import FlexRequest
from settlement.activation import Activation


@dataclass(frozen=True, slots=True)
class Gate:
    """A moment of a day at which the DSO looks ahead and orders what it is short of.

    Attributes:
        today: the local day.
        minute: local minute of the day.
        templates: those that may be ordered, all of one direction and window.
    """

    today: LocalDay
    minute: int
    templates: tuple[TemplatePlan, ...]

    @property
    def sign(self) -> int:
        """-1 for less consumption, +1 for more consumption or less generation."""
        return self.templates[0].sign

    @property
    def start_s(self) -> int:
        """UTC second."""
        return self.today.start_s(self.minute)

    @property
    def isp(self) -> int:
        """The first ISP that is not metered yet."""
        return plan.CLOCK.isp_of(self.start_s)

    @property
    def asked_isps(self) -> range:
        """ISPs of the window that can still be ordered and are not left to a later gate."""
        window, minutes = self.templates[0], self.today.minutes()
        inside = (minutes >= window.from_minute) & (minutes < window.to_minute)
        earliest = self.isp + 1 + window.terms.notice_isps
        isps = [isp for isp, within in zip(self.today.isps, inside, strict=True) if within]
        start = max(isps[0], earliest)
        return range(start, min(start + window.look_ahead_isps, isps[-1] + 1))


@dataclass(frozen=True, slots=True)
class Served:
    """A congestion that the DSO asked help for at a gate, and what became of it.

    Attributes:
        gate: when.
        request: what was asked for beyond what was ordered before.
        ordered_w: what was ordered before, by ISP [W, signed].
        answered: what the aggregator answered.
        order: what was ordered of it, None if nothing was.
        carried: what was recorded on the ledger, None if nothing was ordered.
    """

    gate: Gate
    request: FlexRequest
    ordered_w: Mapping[int, int]
    answered: Answered
    order: FlexOrder | None
    carried: CarriedOut | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """An activation of the month with what its owner did about it."""

    agreed: Agreed
    activation: Activation
    override_isp: int | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A reading that the meter data company does not get until the month is settled."""

    site_id: str
    isp: int


@dataclass(slots=True)
class Month:
    """The month as it unfolds.

    Attributes:
        desk: where DSO and aggregator trade.
        requested_w: site id to ISP to requested W.
        overridden: site id to ISPs in which the owner took back control.
        relief_w: congestion point to ISP to W of recorded activations, signed.
        nominated_w: agreement to ISP to nominated W.
        ordered: all activations.
        served: what was asked for at each gate and point, and what became of it.
        able_w: agreement to local day to the most that its site could hold when it was asked [W].
        missed: in the middle of the first activation; None before there is one.
        committed_to: last UTC day whose meter data is committed.
        lived_to: first ISP that the sites have not lived yet.
    """

    stage: Stage
    world: World
    prepared: Prepared
    desk: TradeDesk
    requested_w: dict[str, dict[int, int]] = field(default_factory=dict)
    overridden: dict[str, set[int]] = field(default_factory=dict)
    relief_w: dict[str, dict[int, int]] = field(default_factory=dict)
    nominated_w: dict[bytes, dict[int, int]] = field(default_factory=dict)
    ordered: list[Ordered] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)
    able_w: dict[bytes, dict[int, int]] = field(default_factory=dict)
    missed: Missed | None = None
    committed_to: int = 0
    lived_to: int = 0

    def agreed_at(self, gate: Gate, congestion_point: str) -> tuple[Agreed, ...]:
        """Return the agreements that may be ordered at a gate and point."""
        return tuple(
            one
            for one in self.prepared.agreed
            if one.template in gate.templates
            and self.world.point_of(one.site_id) == congestion_point
        )

    def ordered_of(self, agreed: Agreed) -> tuple[Ordered, ...]:
        """Return the activations of an agreement, in the order in which they were recorded."""
        return tuple(one for one in self.ordered if one.agreed == agreed)
