"""The one interface of all asset managers.

A manager owns an asset's limits and nothing else: what the asset did before comes in as a state and
goes out as a state, so every answer is a pure function. The recorded series is real; what a manager
adds to it, the response and its rebound, is simulated.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.horizon import Horizon, check_whole
from flexmanager.rounding import IntArray


@dataclass(frozen=True, slots=True)
class AssetState:
    """What an asset still has to give back.

    Attributes:
        held_wh: energy held above its recorded plan [Wh]. Negative: withheld and to be caught up.
            For a battery it is the stored energy above the rest level.
        down_isps: ISPs on end in which the asset has been held below its plan.
    """

    held_wh: float = 0.0
    down_isps: int = 0


AT_REST = AssetState()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about what happened at one ISP of a horizon.

    Attributes:
        offset: ISPs since the start of the horizon.
        text: what happened and why.
    """

    offset: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What an asset does over a horizon.

    Attributes:
        delta_w: change against the recorded series, rebound included, shape (n,) [W].
        state: what is left to give back after the horizon.
        notes: limits that were reached, in time order.
    """

    delta_w: IntArray
    state: AssetState
    notes: tuple[Note, ...] = ()


class AssetManager(Protocol):
    """What the manager of any asset can be asked."""

    @property
    def asset_id(self) -> str:
        """Name of the asset."""

    @property
    def nuisance_eur_per_mwh(self) -> float:
        """Cost that a change has for the owner; it decides the order of use [EUR/MWh]."""

    def capability_w(
        self, horizon: Horizon, sign: int, runtime_isps: int = 1, state: AssetState = AT_REST
    ) -> IntArray:
        """Return the power that can be promised from each ISP on.

        Args:
            horizon: the asset's recorded stretch of n ISPs.
            sign: +1 for more consumption (or less generation), -1 for less consumption.
            runtime_isps: ISPs for which the power is held.
            state: the asset's state at the start of the horizon.

        Returns:
            Shape (n,) [W], signed like `sign`. An entry holds for its ISP and the
            `runtime_isps` - 1 after it when the asset is asked for nothing else before; 0 where
            nothing can be promised or the horizon ends sooner.
        """

    def respond(
        self,
        horizon: Horizon,
        requested_w: IntArray,
        state: AssetState = AT_REST,
        order_w: IntArray | None = None,
    ) -> Response:
        """Carry out a request as far as the asset can, and give back afterwards.

        Args:
            horizon: the asset's recorded stretch of n ISPs.
            requested_w: change asked for per ISP, shape (n,) [W]; 0 asks for nothing.
            state: the asset's state at the start of the horizon.
            order_w: what the whole site is asked for, shape (n,) [W]; where it is not 0 nothing is
                given back, even if other assets leave nothing to do for this one. None if the
                asset stands alone.

        Returns:
            The executed change. In an ISP with an order it goes at most as far as asked, but for
            what an earlier order of the horizon left behind; in the others it is rebound.

        Raises:
            HorizonError: a series does not fit the horizon, or request and order disagree in sign.
        """


def checked_order(
    asset_id: str, horizon: Horizon, requested_w: IntArray, order_w: IntArray | None
) -> IntArray:
    """Return the order an asset stands under; refuse series that do not fit."""
    check_whole(f"requested_w of {asset_id}", requested_w, horizon.isps)
    if order_w is None:
        return requested_w
    check_whole(f"order_w of {asset_id}", order_w, horizon.isps)
    astray = np.flatnonzero((requested_w != 0) & (np.sign(requested_w) != np.sign(order_w)))
    if len(astray):
        first = int(astray[0])
        expected = f"the direction of the order, {order_w[first]}"
        raise HorizonError(f"requested_w of {asset_id}, ISP {first}", requested_w[first], expected)
    return order_w


def check_sign(sign: int) -> None:
    """Refuse a direction that is neither -1 nor +1."""
    if sign not in (-1, 1):
        raise ParameterError("capability", "sign", sign, "-1 or +1")


def check_runtime(runtime_isps: int) -> None:
    """Refuse a runtime of less than one ISP."""
    if runtime_isps < 1:
        raise ParameterError("capability", "runtime_isps", runtime_isps, "at least 1")
