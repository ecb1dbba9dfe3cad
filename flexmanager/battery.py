"""Response of a stationary battery: a linear model plans, a simulation of the store executes.

The battery idles at its rest level. Orders are followed one after the other; what comes later in
the horizon is not known before, except within the time the battery may use to prepare.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

import numpy as np

from flexmanager.assets import Battery, Preferences
from flexmanager.battery_plan import Task, plan_w
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.horizon import Horizon, request_stretches
from flexmanager.manager import (
    AT_REST,
    AssetState,
    Note,
    Response,
    check_runtime,
    check_sign,
    checked_order,
)
from flexmanager.rounding import IntArray, to_w

# Whole W leave a remainder of this size after a day; it is not worth a plan of its own.
REST_WH_MAX = 25.0
# A day of quarter hours; shorter ISPs look less far ahead for a cheap hour.
PLAN_ISPS_MAX = 96
ROUNDING_SLACK_W = 1e-6


@dataclass(frozen=True, slots=True)
class BatteryManager:
    """Follows requests with a battery and brings it back to rest."""

    asset: Battery
    preferences: Preferences

    def __post_init__(self) -> None:
        """Refuse a rest level below the reserve."""
        if self.preferences.battery_reserve_share > self.asset.rest_share:
            expected = f"at most rest_share = {self.asset.rest_share}"
            reserve = self.preferences.battery_reserve_share
            raise ParameterError(self.asset_id, "battery_reserve_share", reserve, expected)

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.asset.asset_id

    @property
    def nuisance_eur_per_mwh(self) -> float:
        """Wear, and the losses of going there and back [EUR/MWh]."""
        return self.asset.wear_eur_per_mwh

    def capability_w(
        self, horizon: Horizon, sign: int, runtime_isps: int = 1, state: AssetState = AT_REST
    ) -> IntArray:
        """Return the power that the stored energy carries for the runtime."""
        check_sign(sign)
        check_runtime(runtime_isps)
        energy_wh, hours = self._energy_wh(state), runtime_isps * horizon.isp_hours
        if sign < 0:
            usable_wh = max(energy_wh - self._floor_wh, 0.0) * self.asset.discharge_efficiency
            power_w = min(self.asset.discharge_w_max, floor(usable_wh / hours))
        else:
            usable_wh = (self.asset.capacity_wh - energy_wh) / self.asset.charge_efficiency
            power_w = min(self.asset.charge_w_max, floor(usable_wh / hours))
        promised_w = np.zeros(horizon.isps, dtype=np.int64)
        promised_w[: max(horizon.isps - runtime_isps + 1, 0)] = sign * power_w
        return promised_w

    def respond(
        self,
        horizon: Horizon,
        requested_w: IntArray,
        state: AssetState = AT_REST,
        order_w: IntArray | None = None,
    ) -> Response:
        """Follow the request within power, energy and reserve; restore the energy cheaply."""
        order_w = checked_order(self.asset_id, horizon, requested_w, order_w)
        self._check_idle(horizon)
        delta_w = np.zeros(horizon.isps, dtype=np.int64)
        energy_wh = self._energy_wh(state)
        for begin, end, acts in self._pieces(order_w):
            if not acts and abs(energy_wh - self._target_wh) <= REST_WH_MAX:
                continue
            task = Task(
                requested_w=requested_w[begin:end].astype(np.float64),
                free=order_w[begin:end] == 0,
                price_eur_per_mwh=horizon.price_eur_per_mwh[begin:end],
                isp_hours=horizon.isp_hours,
                energy_wh=energy_wh,
                floor_wh=self._floor_wh,
                target_wh=self._target_wh,
            )
            wanted_w = to_w(plan_w(self.asset, task), f"plan of {self.asset_id}")
            delta_w[begin:end], energy_wh = self._executed(wanted_w, energy_wh, horizon.isp_hours)
        called = np.flatnonzero((requested_w != 0) & (delta_w != requested_w))
        notes = tuple(Note(int(t), self._reason(int(requested_w[t]))) for t in called)
        return Response(delta_w, AssetState(energy_wh - self._target_wh), notes)

    @property
    def _floor_wh(self) -> float:
        return self.asset.capacity_wh * self.preferences.battery_reserve_share

    @property
    def _target_wh(self) -> float:
        return self.asset.capacity_wh * self.asset.rest_share

    def _energy_wh(self, state: AssetState) -> float:
        energy_wh = self._target_wh + state.held_wh
        if not -REST_WH_MAX <= energy_wh <= self.asset.capacity_wh + REST_WH_MAX:
            room = f"{-self._target_wh} to {self.asset.capacity_wh - self._target_wh}"
            raise ParameterError(self.asset_id, "state.held_wh", state.held_wh, room)
        return min(max(energy_wh, 0.0), float(self.asset.capacity_wh))

    def _check_idle(self, horizon: Horizon) -> None:
        if horizon.recorded_w.any():
            first = int(np.flatnonzero(horizon.recorded_w)[0])
            what = f"recorded_w of {self.asset_id}, ISP {first}"
            raise HorizonError(what, horizon.recorded_w[first], "0: the plan of a battery is idle")

    def _pieces(self, order_w: IntArray) -> Iterator[tuple[int, int, bool]]:
        """Cut the horizon where a request becomes known; tell whether one lies in the piece."""
        begin, stretch_stop, acts = 0, 0, False
        for stretch in request_stretches(order_w):
            known = max(stretch.start - self.asset.prepare_isps, stretch_stop)
            yield from _cut(begin, known, stretch_stop, acts)
            begin, stretch_stop, acts = known, stretch.stop, True
        yield from _cut(begin, len(order_w), stretch_stop, acts)

    def _executed(
        self, wanted_w: IntArray, energy_wh: float, hours: float
    ) -> tuple[IntArray, float]:
        """Move the store by whole W, never past full or below the reserve.

        Returns:
            The executed power, shape (m,) [W], and the stored energy at the end [Wh].
        """
        asset, executed_w = self.asset, wanted_w.copy()
        floor_wh = min(self._floor_wh, energy_wh)
        for offset in np.flatnonzero(wanted_w).tolist():
            power_w = int(wanted_w[offset])
            if power_w > 0:
                stored_wh_per_w = hours * asset.charge_efficiency
                room_w = floor((asset.capacity_wh - energy_wh) / stored_wh_per_w + ROUNDING_SLACK_W)
                power_w = min(power_w, asset.charge_w_max, max(room_w, 0))
            else:
                stored_wh_per_w = hours / asset.discharge_efficiency
                room_w = floor((energy_wh - floor_wh) / stored_wh_per_w + ROUNDING_SLACK_W)
                power_w = -min(-power_w, asset.discharge_w_max, max(room_w, 0))
            executed_w[offset] = power_w
            energy_wh += power_w * stored_wh_per_w
        return executed_w, energy_wh

    def _reason(self, requested_w: int) -> str:
        limit_w = self.asset.charge_w_max if requested_w > 0 else self.asset.discharge_w_max
        if abs(requested_w) > limit_w:
            return "asked for more than the power limit of the battery"
        return "the battery is full" if requested_w > 0 else "the battery is down to its reserve"


def _cut(begin: int, end: int, stretch_stop: int, acts: bool) -> Iterator[tuple[int, int, bool]]:
    """Cut a piece into plans of bounded length; only the first contains the request."""
    while begin < end:
        stop = min(end, max(begin + PLAN_ISPS_MAX, stretch_stop))
        yield begin, stop, acts
        begin, acts = stop, False
