"""What is known of the demonstration's month while it unfolds."""

from dataclasses import dataclass, field

from backend.demo.preparation import Agreed, Prepared
from backend.demo.stage import Stage
from backend.demo.world import World
from backend.services.dispatching import Answer
from settlement.activation import Activation


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
        requested_w: site id to ISP to requested W.
        overridden: site id to ISPs in which the owner took back control.
        relief_w: congestion point to ISP to ordered W, for the DSO's view of past days.
        ordered: all activations.
        answers: all orders with their dispatch.
        able_w: agreement to local day to what its site could hold when it was asked [W].
        missed: in the middle of the first activation; None before there is one.
        committed_to: last UTC day whose meter data is committed.
        lived_to: first ISP that the sites have not lived yet.
    """

    stage: Stage
    world: World
    prepared: Prepared
    requested_w: dict[str, dict[int, int]] = field(default_factory=dict)
    overridden: dict[str, set[int]] = field(default_factory=dict)
    relief_w: dict[str, dict[int, int]] = field(default_factory=dict)
    ordered: list[Ordered] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    able_w: dict[bytes, dict[int, int]] = field(default_factory=dict)
    missed: Missed | None = None
    committed_to: int = 0
    lived_to: int = 0
