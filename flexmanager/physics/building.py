"""A heated building: two heat capacities, exact in time, and what a heater draws for its heat.

    air_wh_per_k  dAir/dt  = exchange (Mass - Air) + to outside (Outside - Air) + part of the heat
    mass_wh_per_k dMass/dt = exchange (Air - Mass) + to outside (Outside - Mass) + the rest

Over an ISP outside temperature, heat and gains are constant, so the step is solved exactly: the two
equations are decoupled by their eigenvectors, each part decays by itself. No step is too long.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.checks import check_parameters, parameter
from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray
from settlement.units import POWER_W_MAX

RATING_TEMPERATURE_C = 7.0


@dataclass(frozen=True, slots=True)
class Building:
    """A building as two temperatures: that of the air, and that of walls, floors and furniture.

    Attributes:
        asset_id: name of the asset.
        air_wh_per_k: heat capacity of air and all that follows it at once [Wh/K].
        mass_wh_per_k: heat capacity of the slow rest [Wh/K].
        exchange_w_per_k: heat that goes from mass to air per degree between them [W/K].
        air_to_outside_w_per_k: loss of the air: windows and ventilation [W/K].
        mass_to_outside_w_per_k: loss of the mass: walls and roof [W/K].
        heat_to_air_share: part of the heat that goes to the air: radiators 0.7, floors 0.2.
        gain_w: heat from people and devices [W].
        sun_m2: area that lets in the sun as heat [m2].
    """

    asset_id: str
    air_wh_per_k: float = parameter(1_500.0, 50.0, 1e6, "Wh/K")
    mass_wh_per_k: float = parameter(9_000.0, 100.0, 1e7, "Wh/K")
    exchange_w_per_k: float = parameter(600.0, 1.0, 1e6, "W/K")
    air_to_outside_w_per_k: float = parameter(70.0, 1.0, 1e5, "W/K")
    mass_to_outside_w_per_k: float = parameter(70.0, 0.0, 1e5, "W/K")
    heat_to_air_share: float = parameter(0.5, 0.0, 1.0, "")
    gain_w: float = parameter(250.0, 0.0, 1e6, "W")
    sun_m2: float = parameter(2.0, 0.0, 1e5, "m2")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)


def usual_building(
    asset_id: str, heat_w: float, warmer_k: float, gain_w: float | None = None, sun_w: float = 0.0
) -> Building:
    """Return a building of usual make, as large as the heat that keeps it warm says.

    Args:
        asset_id: name of the asset.
        heat_w: mean heat from its heater [W].
        warmer_k: how much warmer it is than outside in the mean [K].
        gain_w: mean heat from people and devices; None for the usual [W].
        sun_w: mean heat from the sun [W].

    Raises:
        ParameterError: it is not warmer than outside, or its size is out of bounds.
    """
    if not warmer_k > 0:
        raise ParameterError(asset_id, "warmer_k", warmer_k, "above 0 K")
    usual = Building(asset_id)
    gain_w = usual.gain_w if gain_w is None else gain_w
    loss = (heat_w + gain_w + sun_w) / warmer_k
    size = loss / (usual.air_to_outside_w_per_k + usual.mass_to_outside_w_per_k)
    return Building(
        asset_id,
        air_wh_per_k=size * usual.air_wh_per_k,
        mass_wh_per_k=size * usual.mass_wh_per_k,
        exchange_w_per_k=size * usual.exchange_w_per_k,
        air_to_outside_w_per_k=size * usual.air_to_outside_w_per_k,
        mass_to_outside_w_per_k=size * usual.mass_to_outside_w_per_k,
        gain_w=gain_w,
    )


@dataclass(frozen=True, slots=True)
class Heater:
    """A heat pump, or direct electric heating with `cop_at_7_c` = 1 and `cop_per_k` = 0.

    Attributes:
        asset_id: name of the asset.
        rated_w: largest electrical power [W].
        cop_at_7_c: heat per electricity at 7 degrees outside.
        cop_per_k: what that gains per degree more outside [1/K].
        cop_max: most heat per electricity; the least is 1, as by a heating rod.
    """

    asset_id: str
    rated_w: int = parameter(3_000, 1, POWER_W_MAX, "W")
    cop_at_7_c: float = parameter(3.6, 1.0, 10.0, "")
    cop_per_k: float = parameter(0.07, 0.0, 0.5, "1/K")
    cop_max: float = parameter(5.5, 1.0, 12.0, "")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)

    def cop(self, outside_c: FloatArray) -> FloatArray:
        """Return the heat per electricity at outside temperatures, shape (n,)."""
        straight = self.cop_at_7_c + self.cop_per_k * (outside_c - RATING_TEMPERATURE_C)
        return np.clip(straight, 1.0, max(self.cop_max, 1.0))


def direct_heater(asset_id: str, rated_w: int) -> Heater:
    """Return direct electric heating: a Wh of heat for a Wh."""
    return Heater(asset_id, rated_w, cop_at_7_c=1.0, cop_per_k=0.0, cop_max=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class HeatStep:
    """One ISP: temperatures after = `keep` @ before + `outside` x degC + `heat` x W.

    Attributes:
        keep: shape (2, 2).
        outside: weight of the outside temperature, shape (2,).
        heat: degrees per W of heat, be it from the heater, the sun or people, shape (2,) [K/W].
    """

    keep: FloatArray
    outside: FloatArray
    heat: FloatArray


def heat_step(building: Building, hours: float) -> HeatStep:
    """Return the exact step of a building over some hours of constant inputs."""
    capacity = np.array([building.air_wh_per_k, building.mass_wh_per_k])
    to_outside = np.array([building.air_to_outside_w_per_k, building.mass_to_outside_w_per_k])
    exchange = building.exchange_w_per_k * np.array([[-1.0, 1.0], [1.0, -1.0]])
    root = np.sqrt(capacity)
    # Scaled by the roots of the capacities the matrix is symmetric: its eigenvalues are real.
    scaled = (exchange - np.diag(to_outside)) / np.outer(root, root)
    rates, vectors = np.linalg.eigh(scaled)
    into, back = vectors.T * root, vectors / root[:, None]
    keep = back @ np.diag(np.exp(rates * hours)) @ into
    collected = back @ np.diag(np.expm1(rates * hours) / rates) @ into
    share = np.array([building.heat_to_air_share, 1.0 - building.heat_to_air_share])
    return HeatStep(keep, collected @ (to_outside / capacity), collected @ (share / capacity))


def temperatures_c(
    step: HeatStep, start_c: tuple[float, float], outside_c: FloatArray, heat_w: FloatArray
) -> FloatArray:
    """Return air and mass temperature at the end of each ISP, shape (n, 2) [degC].

    Args:
        step: the building's step over an ISP.
        start_c: air and mass at the start [degC].
        outside_c: outside temperature, shape (n,) [degC].
        heat_w: all heat into the building, shape (n,) [W].
    """
    path = np.empty((len(heat_w), 2))
    now = np.asarray(start_c, dtype=np.float64)
    pushed = np.outer(outside_c, step.outside) + np.outer(heat_w, step.heat)
    for isp in range(len(heat_w)):
        now = step.keep @ now + pushed[isp]
        path[isp] = now
    return path
