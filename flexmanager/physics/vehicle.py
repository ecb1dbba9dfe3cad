"""A vehicle and its stays at a charging point."""

from dataclasses import dataclass

import numpy as np

from flexmanager.checks import check_parameters, named, parameter, whole
from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray
from settlement.units import POWER_W_MAX

ENERGY_WH_MAX = 10**9


@dataclass(frozen=True, slots=True)
class Vehicle:
    """An electric vehicle, behind its charging point.

    Attributes:
        asset_id: name of the asset.
        capacity_wh: usable energy of its battery [Wh].
        charge_w_max: largest charging power at the grid side [W].
        discharge_w_max: largest power fed back at the grid side [W]; 0 for one that only charges.
        charge_efficiency: Wh in the battery per Wh from the grid.
        discharge_efficiency: Wh to the grid per Wh from the battery.
        energy_min_share: share of the capacity that is charged at once and never fed back.
        wear_eur_per_mwh: what a MWh fed back costs in battery life [EUR/MWh].
        wh_per_km: energy for a kilometre [Wh/km].
    """

    asset_id: str
    capacity_wh: int = parameter(60_000, 1, ENERGY_WH_MAX, "Wh")
    charge_w_max: int = parameter(11_000, 1, POWER_W_MAX, "W")
    discharge_w_max: int = parameter(0, 0, POWER_W_MAX, "W")
    charge_efficiency: float = parameter(0.92, 0.5, 1.0, "")
    discharge_efficiency: float = parameter(0.92, 0.5, 1.0, "")
    energy_min_share: float = parameter(0.1, 0.0, 1.0, "")
    wear_eur_per_mwh: float = parameter(60.0, 0.0, 1_000.0, "EUR/MWh")
    wh_per_km: float = parameter(180.0, 10.0, 5_000.0, "Wh/km")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)

    def energy_for_wh(self, distance_km: float) -> int:
        """Return the energy to drive a distance, above the owner's minimum [Wh].

        Raises:
            ParameterError: the distance is not a number, negative or beyond the battery.
        """
        needed = distance_km * self.wh_per_km + self.energy_min_share * self.capacity_wh
        if not 0 <= distance_km or not needed <= self.capacity_wh:
            reach_km = (1.0 - self.energy_min_share) * self.capacity_wh / self.wh_per_km
            expected = f"0 to {reach_km:.0f} km"
            raise ParameterError(self.asset_id, "distance_km", distance_km, expected)
        return int(np.ceil(needed))


@dataclass(frozen=True, slots=True)
class Stay:
    """A vehicle at its charging point, as it was announced.

    Attributes:
        stay_id: name of the stay.
        plug_in_utc_s: UTC second of the arrival.
        departure_utc_s: UTC second of the departure that the driver stated.
        energy_wh: energy in the battery on arrival [Wh]. Where only the energy asked for is known,
            it is counted from the arrival: 0 here, and the vehicle's capacity is what is asked.
        needed_wh: energy that has to be in the battery at the departure [Wh].
    """

    stay_id: str
    plug_in_utc_s: int
    departure_utc_s: int
    energy_wh: int
    needed_wh: int

    def __post_init__(self) -> None:
        """Refuse a stay that ends before it begins."""
        named("stay", self.stay_id)
        if self.departure_utc_s <= self.plug_in_utc_s:
            expected = f"later than plug_in_utc_s = {self.plug_in_utc_s}"
            raise ParameterError(self.stay_id, "departure_utc_s", self.departure_utc_s, expected)
        whole(self.stay_id, "energy_wh", self.energy_wh, 0, ENERGY_WH_MAX)
        whole(self.stay_id, "needed_wh", self.needed_wh, 0, ENERGY_WH_MAX)


def connected_share(
    first_isp: int, isps: int, isp_seconds: int, from_utc_s: FloatArray, to_utc_s: FloatArray
) -> FloatArray:
    """Return which part of each ISP vehicles are there, shape (n, stays), 0 to 1.

    Args:
        first_isp: UTC index of the first ISP.
        isps: number of ISPs n.
        isp_seconds: length of an ISP [s].
        from_utc_s: arrivals, shape (stays,).
        to_utc_s: departures, shape (stays,).
    """
    begins_s = ((first_isp + np.arange(isps)) * isp_seconds)[:, None]
    there_s = np.minimum(begins_s + isp_seconds, to_utc_s) - np.maximum(begins_s, from_utc_s)
    share: FloatArray = np.maximum(there_s, 0) / isp_seconds
    return share
