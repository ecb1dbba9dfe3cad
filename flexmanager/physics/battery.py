"""A stationary battery."""

from dataclasses import dataclass

from flexmanager.checks import check_parameters, parameter
from settlement.units import POWER_W_MAX


@dataclass(frozen=True, slots=True)
class Battery:
    """A stationary battery.

    Attributes:
        asset_id: name of the asset.
        capacity_wh: usable energy [Wh].
        charge_w_max: largest charging power at the grid side [W].
        discharge_w_max: largest discharging power at the grid side [W, positive].
        charge_efficiency: Wh stored per Wh taken from the grid.
        discharge_efficiency: Wh given to the grid per Wh taken from the store.
        wear_eur_per_mwh: what a MWh given to the grid costs in battery life [EUR/MWh].
    """

    asset_id: str
    capacity_wh: int = parameter(10_000, 1, 10**9, "Wh")
    charge_w_max: int = parameter(5_000, 1, POWER_W_MAX, "W")
    discharge_w_max: int = parameter(5_000, 1, POWER_W_MAX, "W")
    charge_efficiency: float = parameter(0.95, 0.5, 1.0, "")
    discharge_efficiency: float = parameter(0.95, 0.5, 1.0, "")
    wear_eur_per_mwh: float = parameter(40.0, 0.0, 1_000.0, "EUR/MWh")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)
