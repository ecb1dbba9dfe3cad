"""An agreement as the dispatcher sees it."""

from dataclasses import dataclass

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.rounding import BoolArray, FloatArray
from settlement.units import POWER_W_MAX

AGREEMENT_ID_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An agreement as the dispatcher sees it over a horizon of n ISPs.

    Attributes:
        agreement_id: 32 bytes.
        amount_w: agreed amount [W], signed; an activation orders 1 W to this much.
        volume_rate: price of delivered energy [1e-4 EUR per MWh].
        max_runtime_isps: longest activation.
        recovery_isps: free ISPs between two activations; at least one even if 0.
        activations_left: activations that may still be recorded.
        allowed: ISPs that may be ordered: window, dates, notice, conflicts and the recovery from
            earlier activations, shape (n,).
        reliability: share of an order that is expected to be delivered, above 0, at most 1.
        rebound_share: share of the delivered energy that comes back afterwards, 0 to 1.
        rebound_isps: ISPs right after an activation over which it comes back, evenly; 0 if nothing
            does.
    """

    agreement_id: bytes
    amount_w: int
    volume_rate: int
    max_runtime_isps: int
    recovery_isps: int
    activations_left: int
    allowed: BoolArray
    reliability: float = 1.0
    rebound_share: float = 0.0
    rebound_isps: int = 0

    def __post_init__(self) -> None:
        """Refuse terms that no agreement has."""
        if len(self.agreement_id) != AGREEMENT_ID_BYTES:
            expected = f"{AGREEMENT_ID_BYTES} bytes"
            raise ParameterError("candidate", "agreement_id", self.agreement_id, expected)
        for field, lowest in (
            ("volume_rate", 0),
            ("max_runtime_isps", 1),
            ("recovery_isps", 0),
            ("activations_left", 0),
            ("rebound_isps", 0),
        ):
            value = getattr(self, field)
            if value < lowest:
                raise ParameterError(self.name, field, value, f"at least {lowest}")
        if not 0 < abs(self.amount_w) <= POWER_W_MAX:
            expected = f"not 0 and within +-{POWER_W_MAX}"
            raise ParameterError(self.name, "amount_w", self.amount_w, expected)
        if not 0.0 < self.reliability <= 1.0:
            raise ParameterError(self.name, "reliability", self.reliability, "above 0, at most 1")
        if not 0.0 <= self.rebound_share <= 1.0:
            raise ParameterError(self.name, "rebound_share", self.rebound_share, "0 to 1")
        if self.rebound_share > 0.0 and self.rebound_isps == 0:
            expected = "at least 1 where energy comes back"
            raise ParameterError(self.name, "rebound_isps", self.rebound_isps, expected)
        if self.allowed.ndim != 1 or self.allowed.dtype != np.bool_:
            found = f"{self.allowed.dtype} of shape {self.allowed.shape}"
            raise ParameterError(self.name, "allowed", found, "truth values of shape (n,)")

    @property
    def name(self) -> str:
        """Short name for errors."""
        return f"agreement {self.agreement_id.hex()[:16]}"


def response(isps: int, rebound_share: float, rebound_isps: int) -> FloatArray:
    """Return what an activation changes per delivered W, shape (isps + rebound_isps,).

    It is 1 in the ISPs of the activation, 0 or negative after it, where delivered energy comes back
    evenly.
    """
    shares = np.ones(isps + rebound_isps)
    if rebound_isps:
        shares[isps:] = -rebound_share * isps / rebound_isps
    return shares
