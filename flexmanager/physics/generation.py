"""Generators: a photovoltaic, and a small heat and power plant led by the heat a building needs."""

from dataclasses import dataclass

from flexmanager.checks import check_parameters, parameter
from settlement.units import POWER_W_MAX


@dataclass(frozen=True, slots=True)
class Photovoltaic:
    """A photovoltaic that can be curtailed.

    Attributes:
        asset_id: name of the asset.
        rated_w: nameplate power [W, positive].
    """

    asset_id: str
    rated_w: int = parameter(8_000, 1, POWER_W_MAX, "W")

    def __post_init__(self) -> None:
        """Refuse a nameplate that is none."""
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class HeatAndPower:
    """A plant (CHP) with a heat store and a boiler for what it cannot give.

    Heat may not be wasted, so the plant runs only as far as the building and the store take it.

    Attributes:
        asset_id: name of the asset.
        electric_w_max: largest electrical output [W, positive].
        heat_per_electric: Wh of heat per Wh of electricity.
        fuel_per_electric: Wh of fuel per Wh of electricity.
        fuel_eur_per_mwh: price of fuel [EUR/MWh].
        store_wh: heat that the store takes [Wh].
        boiler_w_max: largest heat output of the boiler [W].
        boiler_efficiency: Wh of heat per Wh of fuel in the boiler.
    """

    asset_id: str
    electric_w_max: int = parameter(5_500, 1, POWER_W_MAX, "W")
    heat_per_electric: float = parameter(2.3, 0.2, 10.0, "")
    fuel_per_electric: float = parameter(3.6, 1.0, 15.0, "")
    fuel_eur_per_mwh: float = parameter(70.0, 0.0, 1_000.0, "EUR/MWh")
    store_wh: int = parameter(35_000, 1, 10**9, "Wh")
    boiler_w_max: int = parameter(25_000, 0, POWER_W_MAX, "W")
    boiler_efficiency: float = parameter(0.95, 0.5, 1.1, "")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)
