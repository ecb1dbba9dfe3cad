"""The manager of a site: one request, several assets, one answer.

How a request is spread over the assets is told in `site_split`. In ISPs without a request nobody is
asked, and every asset gives back.

Owner override. From an overridden ISP to the end of that request nothing is asked any more. The
assets then give back at once, which may point against the order: that is physics, not a fault.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from flexmanager.assets import Battery, ElectricVehicle, FlexAsset, HeatPump, Preferences
from flexmanager.battery import BatteryManager
from flexmanager.electric_vehicle import ElectricVehicleManager
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.heat_pump import HeatPumpManager
from flexmanager.horizon import SiteHorizon, check_whole, request_stretches
from flexmanager.manager import AT_REST, AssetManager, AssetState, Note, check_sign
from flexmanager.photovoltaic import PhotovoltaicManager
from flexmanager.rounding import IntArray
from flexmanager.site_split import Site, missing_w, serve, summed_w

__all__ = ["Cause", "Site", "SiteResponse", "build_site", "capability_w", "manager_of", "respond"]


class Cause(StrEnum):
    """Why a site stayed below a request in an ISP."""

    OVERRIDE = "the owner took back control"
    REBOUND = "an earlier response is being given back"
    UNAVAILABLE = "the assets had less to give in this ISP"
    EXHAUSTED = "an energy, session or comfort limit was reached"


@dataclass(frozen=True, slots=True, eq=False)
class SiteResponse:
    """What a site does over a horizon of n ISPs.

    Attributes:
        delta_w: change against the recorded series, rebound included, shape (n,) [W].
        asset_delta_w: asset id to its part of it, each shape (n,) [W]; they add up to `delta_w`.
        states: asset id to what is left to give back after the horizon.
        shortfall_w: how far the site stayed below the request, shape (n,) [W, 0 or positive];
            larger than the request where the site moved against it.
        causes: offset of each ISP with a shortfall to its cause.
        notes: asset id to the limits that were reached.
    """

    delta_w: IntArray
    asset_delta_w: Mapping[str, IntArray]
    states: Mapping[str, AssetState]
    shortfall_w: IntArray
    causes: Mapping[int, Cause]
    notes: Mapping[str, tuple[Note, ...]]


def manager_of(asset: FlexAsset, preferences: Preferences) -> AssetManager:
    """Return the manager for an asset."""
    if isinstance(asset, Battery):
        return BatteryManager(asset, preferences)
    if isinstance(asset, HeatPump):
        return HeatPumpManager(asset, preferences)
    if isinstance(asset, ElectricVehicle):
        return ElectricVehicleManager(asset, preferences)
    return PhotovoltaicManager(asset, preferences)


def build_site(site_id: str, assets: Collection[FlexAsset], preferences: Preferences) -> Site:
    """Make the site of some assets; it may have none, and then promises nothing.

    Raises:
        ParameterError: two assets have the same name.
    """
    names = [asset.asset_id for asset in assets]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(site_id, "assets", name, "every asset id once")
    return Site(site_id, tuple(manager_of(asset, preferences) for asset in assets), preferences)


def capability_w(
    site: Site,
    horizon: SiteHorizon,
    sign: int,
    runtime_isps: int = 1,
    states: Mapping[str, AssetState] | None = None,
) -> IntArray:
    """Return what the site can promise from each ISP on: the sum over its assets.

    Args:
        site: the site.
        horizon: n ISPs with the recorded series of the assets.
        sign: +1 for more consumption or less generation, -1 for less consumption.
        runtime_isps: ISPs for which the power is held.
        states: asset id to state at the start; an asset that is not named is at rest.

    Returns:
        Shape (n,) [W], signed like `sign`.
    """
    check_sign(sign)
    total_w = np.zeros(horizon.isps, dtype=np.int64)
    for manager in site.managers:
        state = (states or {}).get(manager.asset_id, AT_REST)
        own = horizon.asset(manager.asset_id)
        total_w += manager.capability_w(own, sign, runtime_isps, state)
    return total_w


def respond(
    site: Site,
    horizon: SiteHorizon,
    requested_w: IntArray,
    states: Mapping[str, AssetState] | None = None,
    overridden: Collection[int] = (),
) -> SiteResponse:
    """Carry out a request on a site as far as its assets can, and give back afterwards.

    Args:
        site: the site.
        horizon: n ISPs with the recorded series of the assets.
        requested_w: change asked for per ISP, shape (n,) [W]; 0 asks for nothing.
        states: asset id to state at the start; an asset that is not named is at rest.
        overridden: offsets of the ISPs in which the owner takes back control.

    Raises:
        ParameterError: an override by an owner whose agreement allows none.
        HorizonError: a series or an offset does not fit the horizon.
    """
    check_whole(f"requested_w of {site.site_id}", requested_w, horizon.isps)
    standing_w = _standing_w(site, requested_w, overridden)
    answers = serve(site, horizon, standing_w, states or {})
    delta_w = summed_w(answers, horizon.isps)
    shortfall_w = missing_w(requested_w, delta_w)
    return SiteResponse(
        delta_w=delta_w,
        asset_delta_w={name: answer.delta_w for name, answer in answers.items()},
        states={name: answer.state for name, answer in answers.items()},
        shortfall_w=shortfall_w,
        causes=_causes(site, horizon, requested_w, standing_w, delta_w, shortfall_w),
        notes={name: answer.notes for name, answer in answers.items()},
    )


def _standing_w(site: Site, requested_w: IntArray, overridden: Collection[int]) -> IntArray:
    """Return the request without what the owner's overrides take out of it."""
    standing_w = requested_w.astype(np.int64)
    if overridden and not site.preferences.overrides_allowed:
        owner = f"preferences of {site.site_id}"
        raise ParameterError(owner, "overrides_allowed", False, "True where ISPs are overridden")
    for offset in overridden:
        if not 0 <= offset < len(requested_w):
            expected = f"an offset from 0 to {len(requested_w) - 1}"
            raise HorizonError(f"override at {site.site_id}", offset, expected)
    for stretch in request_stretches(requested_w):
        taken_back = [offset for offset in overridden if stretch.start <= offset < stretch.stop]
        if taken_back:
            standing_w[min(taken_back) : stretch.stop] = 0
    return standing_w


def _causes(
    site: Site,
    horizon: SiteHorizon,
    requested_w: IntArray,
    standing_w: IntArray,
    delta_w: IntArray,
    shortfall_w: IntArray,
) -> dict[int, Cause]:
    short = np.flatnonzero(shortfall_w).tolist()
    if not short:
        return {}
    able_w = {sign: np.abs(capability_w(site, horizon, sign)) for sign in (-1, 1)}
    causes = {}
    for offset in short:
        wanted_w = int(requested_w[offset])
        sign = 1 if wanted_w > 0 else -1
        if standing_w[offset] == 0:
            causes[offset] = Cause.OVERRIDE
        elif sign * delta_w[offset] < 0:
            causes[offset] = Cause.REBOUND
        elif able_w[sign][offset] < abs(wanted_w):
            causes[offset] = Cause.UNAVAILABLE
        else:
            causes[offset] = Cause.EXHAUSTED
    return causes
