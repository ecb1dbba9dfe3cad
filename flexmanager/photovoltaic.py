"""Curtailment of a generator: the promise ends where the sun does."""

from dataclasses import dataclass

import numpy as np

from flexmanager.assets import Photovoltaic, Preferences
from flexmanager.errors import HorizonError
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

FEED_IN_LOSS_EUR_PER_MWH = 80.0


@dataclass(frozen=True, slots=True)
class PhotovoltaicManager:
    """Curtails a generator. What is curtailed is lost, so there is no rebound and no state."""

    asset: Photovoltaic
    preferences: Preferences

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.asset.asset_id

    @property
    def nuisance_eur_per_mwh(self) -> float:
        """Curtailed energy is paid to nobody: the dearest way to balance a site [EUR/MWh]."""
        return FEED_IN_LOSS_EUR_PER_MWH

    def capability_w(
        self, horizon: Horizon, sign: int, runtime_isps: int = 1, state: AssetState = AT_REST
    ) -> IntArray:
        """Return the generation that may be curtailed throughout; nothing downwards."""
        check_sign(sign)
        check_runtime(runtime_isps)
        if sign < 0:
            return np.zeros(horizon.isps, dtype=np.int64)
        return least_ahead(self._curtailable_w(horizon), runtime_isps)

    def respond(
        self,
        horizon: Horizon,
        requested_w: IntArray,
        state: AssetState = AT_REST,
        order_w: IntArray | None = None,
    ) -> Response:
        """Curtail up to the request; on a dark day deliver what there is."""
        checked_order(self.asset_id, horizon, requested_w, order_w)
        delta_w = np.minimum(np.maximum(requested_w, 0), self._curtailable_w(horizon))
        short = np.flatnonzero(delta_w != requested_w).tolist()
        notes = tuple(Note(offset, _reason(int(requested_w[offset]))) for offset in short)
        return Response(delta_w, state, notes)

    def _curtailable_w(self, horizon: Horizon) -> IntArray:
        if (horizon.recorded_w > 0).any():
            first = int(np.flatnonzero(horizon.recorded_w > 0)[0])
            what = f"recorded_w of {self.asset_id}, ISP {first}"
            raise HorizonError(what, horizon.recorded_w[first], "generation, 0 or negative")
        share = self.preferences.curtailment_share_max
        curtailable_w: IntArray = np.floor(-horizon.recorded_w * share).astype(np.int64)
        return curtailable_w


def _reason(requested_w: int) -> str:
    if requested_w < 0:
        return "a generator has no consumption to reduce"
    return "generation is below the curtailment asked for"
