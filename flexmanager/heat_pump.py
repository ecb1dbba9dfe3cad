"""Rule-based response of a heat pump: hold down for a while, then catch up; or pre-heat, then save.

Rules. Held down: at most the owner's share of the recorded power, for at most the owner's time on
end, counted from the first withheld W. That time shrinks in a straight line from its whole length
at `full_off_above_c` to nothing at `no_off_below_c`, because a building cools faster in the cold.
When the time is up the pump runs as recorded, and may be held down again only after it has caught
up. Catching up begins when the request ends and uses all power above the recorded one. Pre-heating
takes power above the recorded one up to `preheat_wh_max`, and is returned by running less.
"""

from dataclasses import dataclass
from math import floor

import numpy as np

from flexmanager.assets import HeatPump, Preferences
from flexmanager.horizon import Horizon, least_ahead
from flexmanager.manager import (
    AT_REST,
    AssetState,
    Note,
    Response,
    check_runtime,
    check_sign,
    checked_order,
)
from flexmanager.rounding import IntArray

COMFORT_EUR_PER_MWH = 20.0
# Keeps a whole W from being lost to the last bit of a division.
ROUNDING_SLACK_W = 1e-9


@dataclass(frozen=True, slots=True)
class HeatPumpManager:
    """Holds a heat pump down or lets it pre-heat, within the comfort the owner allows."""

    asset: HeatPump
    preferences: Preferences

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.asset.asset_id

    @property
    def nuisance_eur_per_mwh(self) -> float:
        """Some comfort when held down, some heat lost when pre-heated [EUR/MWh]."""
        return COMFORT_EUR_PER_MWH

    def capability_w(
        self, horizon: Horizon, sign: int, runtime_isps: int = 1, state: AssetState = AT_REST
    ) -> IntArray:
        """Return what can be shed or taken throughout; nothing before a rebound is over."""
        check_sign(sign)
        check_runtime(runtime_isps)
        room = self._room(horizon)
        if sign < 0:
            enough = room.down_isps_max >= runtime_isps
            promised_w = np.where(enough, -least_ahead(room.sheddable_w, runtime_isps), 0)
        else:
            energy_w = floor(self.asset.preheat_wh_max / (runtime_isps * horizon.isp_hours))
            promised_w = np.minimum(least_ahead(room.preheat_w, runtime_isps), energy_w)
        promised_w[: self._settled_offset(horizon, state)] = 0
        return promised_w

    def respond(
        self,
        horizon: Horizon,
        requested_w: IntArray,
        state: AssetState = AT_REST,
        order_w: IntArray | None = None,
    ) -> Response:
        """Hold down or pre-heat as asked within the rules, then give back at once."""
        order_w = checked_order(self.asset_id, horizon, requested_w, order_w)
        room = self._room(horizon)
        delta_w = np.zeros(horizon.isps, dtype=np.int64)
        notes: list[Note] = []
        orders = np.flatnonzero(order_w)
        offset = 0
        while offset < horizon.isps:
            wanted_w, ordered_w = int(requested_w[offset]), int(order_w[offset])
            if ordered_w == 0 and _at_rest(state.held_wh, horizon):
                following = int(np.searchsorted(orders, offset))
                if following == len(orders):
                    break
                offset = int(orders[following])
                continue
            if ordered_w != 0 and wanted_w == 0:
                change_w = 0
            else:
                change_w = self._change_w(wanted_w, room.at(offset), state, horizon.isp_hours)
            if wanted_w != 0 and change_w != wanted_w:
                notes.append(Note(offset, _reason(wanted_w, state, room.at(offset))))
            delta_w[offset] = change_w
            state = self._booked(state, ordered_w, change_w, horizon)
            offset += 1
        return Response(delta_w, state, tuple(notes))

    def _room(self, horizon: Horizon) -> "_Room":
        asset, recorded_w = self.asset, np.maximum(horizon.recorded_w, 0)
        share = self.preferences.heat_pump_shed_share_max
        spare_w = np.maximum(asset.rated_w - recorded_w, 0)
        span_c = asset.full_off_above_c - asset.no_off_below_c
        mild = np.clip((horizon.temperature_c - asset.no_off_below_c) / span_c, 0.0, 1.0)
        minutes = mild * self.preferences.heat_pump_off_minutes_max
        return _Room(
            recorded_w=recorded_w,
            sheddable_w=np.floor(recorded_w * share).astype(np.int64),
            spare_w=spare_w,
            preheat_w=np.where(horizon.temperature_c <= asset.heating_limit_c, spare_w, 0),
            down_isps_max=np.floor(minutes / horizon.isp_minutes).astype(np.int64),
        )

    def _change_w(self, wanted_w: int, room: "_RoomAt", state: AssetState, hours: float) -> int:
        """Decide the change of one ISP."""
        if wanted_w < 0:
            return 0 if state.down_isps >= room.down_isps_max else max(wanted_w, -room.sheddable_w)
        if wanted_w > 0:
            share = self.asset.preheat_return_share
            free_wh = self.asset.preheat_wh_max - max(state.held_wh, 0.0) / share
            free_wh += max(-state.held_wh, 0.0)
            return min(wanted_w, room.preheat_w, max(0, floor(free_wh / hours + ROUNDING_SLACK_W)))
        if state.held_wh < 0:
            return min(room.spare_w, floor(-state.held_wh / hours))
        return -min(room.recorded_w, floor(state.held_wh / hours))

    def _booked(
        self, state: AssetState, ordered_w: int, change_w: int, horizon: Horizon
    ) -> AssetState:
        """Book one ISP: first against what is held, the rest as newly held with its share."""
        moved_wh, held_wh = change_w * horizon.isp_hours, state.held_wh
        if moved_wh * held_wh < 0:
            settled_wh = min(abs(moved_wh), abs(held_wh))
            held_wh += settled_wh if moved_wh > 0 else -settled_wh
            moved_wh -= settled_wh if moved_wh > 0 else -settled_wh
        asset = self.asset
        held_wh += moved_wh * (asset.preheat_return_share if moved_wh > 0 else asset.catch_up_share)
        if held_wh > -horizon.isp_hours:
            return AssetState(held_wh, 0)
        counts = ordered_w < 0 and (state.down_isps > 0 or change_w < 0)
        return AssetState(held_wh, state.down_isps + counts)

    def _settled_offset(self, horizon: Horizon, state: AssetState) -> int:
        """Return the ISP from which an earlier response has been given back."""
        if _at_rest(state.held_wh, horizon):
            return 0
        rebound = self.respond(horizon, np.zeros(horizon.isps, dtype=np.int64), state)
        if not _at_rest(rebound.state.held_wh, horizon):
            return horizon.isps
        return int(np.flatnonzero(rebound.delta_w)[-1]) + 1


@dataclass(frozen=True, slots=True)
class _RoomAt:
    """The limits of one ISP [W, positive]."""

    recorded_w: int
    sheddable_w: int
    spare_w: int
    preheat_w: int
    down_isps_max: int


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """The limits per ISP, shape (n,)."""

    recorded_w: IntArray
    sheddable_w: IntArray
    spare_w: IntArray
    preheat_w: IntArray
    down_isps_max: IntArray

    def at(self, offset: int) -> _RoomAt:
        return _RoomAt(
            int(self.recorded_w[offset]),
            int(self.sheddable_w[offset]),
            int(self.spare_w[offset]),
            int(self.preheat_w[offset]),
            int(self.down_isps_max[offset]),
        )


def _at_rest(held_wh: float, horizon: Horizon) -> bool:
    """Less than one W over one ISP cannot be given back in whole W."""
    return abs(held_wh) < horizon.isp_hours


def _reason(wanted_w: int, state: AssetState, room: _RoomAt) -> str:
    if wanted_w > 0:
        return "no more power or heat can be taken early"
    if state.down_isps >= room.down_isps_max:
        return "the longest time held down is used up"
    return "the heat pump draws less than was asked to shed"
