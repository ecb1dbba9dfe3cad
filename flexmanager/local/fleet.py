"""Offers of a whole car park at once: vehicles that charge, with one price for all.

For every vehicle the plan, the bounds and what it would cost to leave out, or to bring forward, its
charging during an event: a handful of array operations for all of them, exact for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.checks import check_sign
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.device import WH_PER_MWH, Outlook
from flexmanager.physics.vehicle import Stay, Vehicle, connected_share
from flexmanager.planning.fill import Charging, at_once, charge_cheapest
from flexmanager.rounding import FloatArray

BLOCK_VEHICLES = 512
"""Vehicles planned together, so that their arrays stay in a processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class FleetOffers:
    """What each vehicle offers in an event; shape (vehicles,) each.

    Attributes:
        baseline_w: charging without the event, shape (n, vehicles) [W].
        energy_wh_min: least energy charged by the end of each ISP, shape (n, vehicles) [Wh].
        energy_wh_max: greatest such energy, shape (n, vehicles) [Wh].
        held_w: change that is held throughout the event, signed like it [W].
        cost_eur: what it costs more [EUR].
        rebound_w: greatest change in any other ISP [W].
        short_wh: energy needed that no plan reaches [Wh].
    """

    baseline_w: FloatArray
    energy_wh_min: FloatArray
    energy_wh_max: FloatArray
    held_w: FloatArray
    cost_eur: FloatArray
    rebound_w: FloatArray
    short_wh: FloatArray


def fleet_offers(
    parked: Sequence[tuple[Vehicle, Stay]], outlook: Outlook, event: slice, sign: int
) -> FleetOffers:
    """Return what vehicles offer in an event.

    Args:
        parked: vehicles with their stays; none of them feeds back.
        outlook: n ISPs with the price for all.
        event: offsets of the event, stop excluded.
        sign: -1 to charge less, +1 to charge more.

    Raises:
        ParameterError: a vehicle feeds back (`plan_stores` is for those), or the sign is none.
        HorizonError: the event does not lie within the horizon.
    """
    check_sign(sign)
    if not 0 <= event.start < event.stop <= outlook.isps:
        raise HorizonError("event", event, f"offsets from 0 to {outlook.isps}")
    for vehicle, _ in parked:
        if vehicle.discharge_w_max:
            found = vehicle.discharge_w_max
            raise ParameterError(vehicle.asset_id, "discharge_w_max", found, "0 in this fleet")
    parts = [
        _block_offers(parked[at : at + BLOCK_VEHICLES], outlook, event, sign)
        for at in range(0, max(len(parked), 1), BLOCK_VEHICLES)
    ]
    return FleetOffers(*(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)))


def _block_offers(
    parked: Sequence[tuple[Vehicle, Stay]], outlook: Outlook, event: slice, sign: int
) -> tuple[FloatArray, ...]:
    charging, to_w = _charging(parked, outlook)
    planned, short = charge_cheapest(charging)
    reach = charging.need_wh - short
    most = np.cumsum(charging.most_wh, axis=0)
    late = np.maximum(reach - (most[-1] - most), np.minimum(most, charging.soon_wh))
    low, high = np.minimum(late, reach), np.minimum(most, np.maximum(reach, charging.room_wh))
    held, changed = _sustained(charging, planned, reach, event, sign)
    rate = charging.price_eur_per_mwh @ (changed - planned) / WH_PER_MWH
    cost = rate / np.array([vehicle.charge_efficiency for vehicle, _ in parked])
    other = np.abs(changed - planned)
    other[event] = 0.0
    held_w = sign * held * to_w
    return planned * to_w, low, high, held_w, cost, other.max(axis=0) * to_w, short


def _sustained(
    charging: Charging, planned: FloatArray, reach: FloatArray, event: slice, sign: int
) -> tuple[FloatArray, FloatArray]:
    """Return the change held throughout the event [Wh per ISP], and the charging with it.

    Less: what is planned in each ISP of the event, as far as the other ISPs can take it. More: what
    each ISP has left, as far as the vehicle has room or other ISPs can give it up.
    """
    isps = event.stop - event.start
    inside = planned[event]
    outside_most = charging.most_wh.copy()
    outside_most[event] = 0.0
    # The owner's minimum waits for no event.
    first = at_once(charging.most_wh, charging.soon_wh)
    soon = first.sum(axis=0) - first[event].sum(axis=0)
    if sign < 0:
        elsewhere = outside_most.sum(axis=0) - (planned.sum(axis=0) - inside.sum(axis=0))
        held = np.minimum(inside.min(axis=0), np.maximum(elsewhere, 0.0) / isps)
        # The owner's minimum is not part of what can wait.
        held = np.where(charging.soon_wh > 0, 0.0, held)
    else:
        spare = (charging.most_wh[event] - inside).min(axis=0)
        held = np.minimum(
            spare, np.maximum(charging.room_wh - inside.sum(axis=0) - soon, 0.0) / isps
        )
    fixed = inside + sign * held
    rest = np.maximum(reach - fixed.sum(axis=0), soon)
    room = np.maximum(charging.room_wh - fixed.sum(axis=0), rest)
    task = Charging(charging.price_eur_per_mwh, outside_most, rest, room, soon)
    changed, _ = charge_cheapest(task)
    changed[event] = fixed
    return held, changed


def _charging(
    parked: Sequence[tuple[Vehicle, Stay]], outlook: Outlook
) -> tuple[Charging, FloatArray]:
    """Lay the stays on the horizon; also return W at the grid per Wh of an ISP in the vehicle."""
    figures = np.array(
        [
            (
                stay.plug_in_utc_s,
                stay.departure_utc_s,
                vehicle.charge_w_max,
                vehicle.charge_efficiency,
                stay.energy_wh,
                stay.needed_wh,
                vehicle.capacity_wh,
                vehicle.energy_min_share,
            )
            for vehicle, stay in parked
        ],
        dtype=np.float64,
    ).reshape(-1, 8)
    arrival, departure, power_w, efficiency, energy, needed, capacity, minimum = figures.T
    share = connected_share(
        outlook.first_isp, outlook.isps, outlook.isp_seconds, arrival, departure
    )
    need = np.clip(np.maximum(needed, minimum * capacity) - energy, 0.0, capacity - energy)
    soon = np.clip(minimum * capacity - energy, 0.0, need)
    fill = power_w * efficiency * outlook.isp_hours
    charging = Charging(
        outlook.price_eur_per_mwh, share * fill, need, np.maximum(capacity - energy, need), soon
    )
    return charging, 1.0 / (efficiency * outlook.isp_hours)
