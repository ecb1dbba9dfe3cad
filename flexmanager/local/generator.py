"""Generators behind a local manager: photovoltaic that can be curtailed, a heat-led plant."""

from dataclasses import dataclass
from math import floor

import numpy as np

from flexmanager.checks import between
from flexmanager.local.device import (
    WH_PER_MWH,
    Bounds,
    Course,
    Outlook,
    State,
    check_held,
    energy_eur,
    least_ahead,
)
from flexmanager.local.store import EARLIER_SHARE, FOLLOW_EUR_PER_MWH
from flexmanager.physics.generation import HeatAndPower, Photovoltaic
from flexmanager.planning.store import Flow, Stores, plan_stores
from flexmanager.rounding import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CurtailableGenerator:
    """A photovoltaic that gives what the sun allows, or less; it has no state.

    Attributes:
        photovoltaic: its parameters.
        curtailment_share_max: part of its generation that may be curtailed.
        habit: it is curtailed for promises only, not where generation costs money.
    """

    photovoltaic: Photovoltaic
    curtailment_share_max: float = 1.0
    habit: bool = False

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        between(self.asset_id, "curtailment_share_max", self.curtailment_share_max, 0.0, 1.0)

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.photovoltaic.asset_id

    @property
    def state_step(self) -> State:
        """There is no state."""
        return ()

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Generate all, but where that costs money, and as wanted where something is."""
        whole, least = self._range_w(outlook)
        losing = (outlook.feed_in_eur_per_mwh < 0) & (not self.habit)
        power = np.where(losing, least, whole)
        asked = ~np.isnan(wanted_w)
        power[asked] = np.clip(np.ceil(wanted_w[asked]), whole[asked], least[asked])
        return self.simulated(outlook, state, power)

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Generate as told within what the sun and the owner allow."""
        whole, least = self._range_w(outlook)
        power = np.clip(power_w, whole, least)
        states = np.empty((outlook.isps + 1, 0))
        return Course(power, states, energy_eur(outlook, power), 0.0, np.zeros(outlook.isps))

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between all and what may not be curtailed."""
        whole, least = (one.astype(np.float64) for one in self._range_w(outlook))
        hours = outlook.isp_hours
        return Bounds(whole, least, np.cumsum(whole) * hours, np.cumsum(least) * hours)

    @property
    def rest_step(self) -> State:
        """There is no state."""
        return ()

    def held_w(self, outlook: Outlook, state: State, sign: int, isps: int) -> IntArray:
        """Return the generation that may be curtailed throughout; nothing downwards."""
        check_held(self.asset_id, sign, isps)
        whole, least = self._range_w(outlook)
        return least_ahead(least - whole if sign > 0 else np.zeros_like(whole), isps)

    def _range_w(self, outlook: Outlook) -> tuple[IntArray, IntArray]:
        """Return all generation and the least that stays, both 0 or negative [W]."""
        whole = np.clip(outlook.own_w, -self.photovoltaic.rated_w, 0)
        kept = 1.0 - self.curtailment_share_max
        return np.ceil(whole).astype(np.int64), np.floor(whole * kept).astype(np.int64)


@dataclass(frozen=True, slots=True)
class HeatLedPlant:
    """A plant that runs for heat: `own_w` of the outlook is the heat that the building needs.

    The state is the heat in its store [Wh]. The boiler is the last resort.
    """

    plant: HeatAndPower

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.plant.asset_id

    @property
    def state_step(self) -> State:
        """One part in fifty of the store."""
        return (0.02 * self.plant.store_wh,)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Run when electricity is worth most, as far as the heat has somewhere to go."""
        plan = plan_stores(self._stores(outlook, state, wanted_w, end))
        heat_w = (plan.moved_wh[0] + plan.moved_wh[1])[:, 0] / outlook.isp_hours
        power = -np.rint(heat_w / self.plant.heat_per_electric)
        return self.simulated(outlook, state, power.astype(np.int64))

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Run as told while the store takes the heat; the boiler gives what is missing."""
        plant, hours, heat = self.plant, outlook.isp_hours, state[0]
        power, path = np.zeros(outlook.isps, dtype=np.int64), np.empty(outlook.isps + 1)
        boiler, short = np.zeros(outlook.isps), np.zeros(outlook.isps)
        path[0] = heat
        for isp, asked in enumerate(power_w.tolist()):
            heat -= max(float(outlook.own_w[isp]), 0.0) * hours
            room = floor((plant.store_wh - heat) / (plant.heat_per_electric * hours))
            electric = min(max(-asked, 0), plant.electric_w_max, max(room, 0))
            power[isp] = -electric
            heat += electric * plant.heat_per_electric * hours
            boiler[isp] = min(max(-heat, 0.0), plant.boiler_w_max * hours)
            short[isp] = max(-heat - boiler[isp], 0.0)
            heat = max(heat + boiler[isp], 0.0)
            path[isp + 1] = heat
        burnt_wh = -power.sum() * hours * plant.fuel_per_electric
        burnt_wh += boiler.sum() / plant.boiler_efficiency
        fuel = float(burnt_wh) * plant.fuel_eur_per_mwh / WH_PER_MWH
        return Course(power, path[:, None], energy_eur(outlook, power, fuel), 0.0, short)

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between running as soon as the store takes it and not at all: there is the boiler."""
        full = np.full(outlook.isps, -self.plant.electric_w_max)
        earliest = self.simulated(outlook, state, full)
        none = np.zeros(outlook.isps)
        idle = self.simulated(outlook, state, none.astype(np.int64))
        room = (
            self.plant.store_wh
            - idle.states[:-1, 0]
            + np.maximum(outlook.own_w, 0.0) * (outlook.isp_hours)
        )
        most = room / (self.plant.heat_per_electric * outlook.isp_hours)
        return Bounds(
            power_w_min=-np.minimum(most, self.plant.electric_w_max),
            power_w_max=none,
            energy_wh_min=np.cumsum(earliest.power_w.astype(np.float64)) * outlook.isp_hours,
            energy_wh_max=none.copy(),
        )

    def _stores(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None
    ) -> Stores:
        """Price heat from the plant, from the plant beyond what is wanted, and from the boiler."""
        plant, isps, hours = self.plant, outlook.isps, outlook.isp_hours
        asked = ~np.isnan(wanted_w)
        wanted = np.clip(np.where(asked, -wanted_w, 0.0), 0.0, plant.electric_w_max)
        worth = FOLLOW_EUR_PER_MWH * (1.0 + EARLIER_SHARE * np.linspace(1.0, 0.0, isps))
        fuel = plant.fuel_eur_per_mwh * plant.fuel_per_electric
        price = (fuel - outlook.feed_in_eur_per_mwh) / plant.heat_per_electric
        to_wh = plant.heat_per_electric * hours
        most = np.where(asked, wanted, plant.electric_w_max)
        boiler = np.full(isps, plant.fuel_eur_per_mwh / plant.boiler_efficiency)
        end_wh = state[0] if end is None else end[0]
        shape = (isps, 1)
        return Stores(
            (
                Flow(True, np.where(asked, -worth, price), (most * to_wh)[:, None]),
                Flow(True, np.where(asked, worth, price), (plant.electric_w_max - most)[:, None]
                     * to_wh),
                Flow(True, boiler, np.full(shape, plant.boiler_w_max * hours)),
            ),
            np.array([state[0]]),
            np.zeros(shape),
            np.full(shape, float(plant.store_wh)),
            np.maximum(outlook.own_w, 0.0)[:, None] * hours,
            (float(boiler[0]),),
            np.array([[end_wh]]),
        )  # fmt: skip
