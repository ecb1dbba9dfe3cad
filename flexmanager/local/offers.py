"""Priced offers of a device under an agreement: what it can hold, for how long, at which price.

The price is what the owner really pays: the plan with the event, its rebound included, less the
plan without. So a building that has to heat in a dear hour afterwards asks for more, and a vehicle
with time to spare for next to nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from flexmanager.local.device import WH_PER_MWH, Course
from flexmanager.local.manager import Manager, plan_rest
from flexmanager.local.wishes import welcome
from flexmanager.rounding import FloatArray, IntArray
from settlement.activation import Activation, check_activation
from settlement.errors import ActivationRefused
from settlement.terms import Terms

SMALLEST_W = 100
SHORT_SLACK = 1e-6
TRIES = 4
"""How often an amount is lowered to what the last plan held."""


@dataclass(frozen=True, slots=True, eq=False)
class PricedOffer:
    """One event that a device offers.

    Attributes:
        asset_id: the device.
        activation: the event with the most power it holds.
        cost_eur: what it costs the owner in money [EUR]; may be negative.
        comfort_eur: what it costs the owner in comfort [EUR].
        price_eur_per_mwh: what is asked per MWh of the event [EUR/MWh].
        rebound_w: change of power in the other ISPs of the horizon, shape (n,) [W].
    """

    asset_id: str
    activation: Activation
    cost_eur: float
    comfort_eur: float
    price_eur_per_mwh: float
    rebound_w: IntArray


def offers(
    manager: Manager,
    terms: Terms,
    standing: Sequence[Activation],
    now_s: int | None = None,
) -> tuple[PricedOffer, ...]:
    """Return an offer for each ISP of the horizon in which an event may begin and something holds.

    Args:
        manager: the device's manager with its owner's wishes; what it has taken on already stays
            as it is.
        terms: the agreement; no offer breaks its dates, window, amount, runtime, recovery, number
            of activations or notice.
        standing: activations of the agreement so far, in time order.
        now_s: UTC second at which an event would be recorded; None leaves the notice aside.
    """
    if not manager.trusted or manager.finished:
        return ()
    before = plan_rest(manager, manager.wanted_w)
    events = _allowed(manager, terms, standing, now_s)
    found = (priced(manager, event, before) for event in events)
    return tuple(one for one in found if one is not None)


def _allowed(
    manager: Manager,
    terms: Terms,
    standing: Sequence[Activation],
    now_s: int | None,
) -> Iterator[Activation]:
    """Yield from each ISP the longest event of the agreed amount that breaks no limit."""
    outlook = manager.outlook
    for start in range(manager.now, outlook.isps):
        longest = min(terms.max_runtime_isps, outlook.isps - start)
        for isps in range(longest, 0, -1):
            event = Activation(outlook.first_isp + start, isps, terms.amount_w)
            inside = slice(start, start + isps)
            taken = ~np.isnan(manager.wanted_w[inside]) | manager.overridden[inside]
            if taken.any() or not welcome(manager.wishes, event, standing, terms.clock):
                continue
            try:
                check_activation(terms, standing, event, now_s=now_s)
            except ActivationRefused:
                continue
            yield event
            break


def priced(manager: Manager, event: Activation, before: Course) -> PricedOffer | None:
    """Return an event with the most power that a plan holds throughout, and what it costs.

    Args:
        manager: the device's manager.
        event: the event with the most power that is wanted, within what is left of the horizon.
        before: the plan from the running ISP on without the event.

    Returns:
        None if nothing worth it holds, or only at the expense of what the owner needs, of what is
        promised already, or of what is left at the end of the horizon: nobody knows its price.
    """
    start = event.first_isp - manager.outlook.first_isp
    inside, sign = slice(start, start + event.isps), 1 if event.ordered_w > 0 else -1
    baseline, amount = manager.baseline_w, abs(event.ordered_w)
    promises = manager.wanted_w.copy()
    promises[inside] = np.nan
    promises = promises[manager.now :]
    for attempt in range(TRIES):
        wanted = manager.wanted_w.copy()
        wanted[inside] = baseline[inside] + sign * amount
        course = plan_rest(manager, wanted)
        power = np.concatenate((manager.power_w[: manager.now], course.power_w))
        held = sign * (power - baseline)[inside]
        broken = float(_off_w(promises, course) - _off_w(promises, before)) / event.isps
        if held.min() >= amount and broken < 1:
            break
        # Where energy is the limit the mean holds throughout, where power is the least.
        least = int(np.clip(held, 0, amount).mean() if attempt == 0 else held.min())
        amount = least - max(ceil(broken), 0)
        if amount < SMALLEST_W:
            return None
    else:
        return None
    if course.short.sum() > before.short.sum() + SHORT_SLACK or _worse_end(manager, course, before):
        return None
    money, comfort = course.energy_eur - before.energy_eur, course.comfort_eur - before.comfort_eur
    energy_mwh = amount * event.isps * manager.outlook.isp_hours / WH_PER_MWH
    rebound = power - manager.power_w
    rebound[inside] = 0
    return PricedOffer(
        manager.device.asset_id,
        Activation(event.first_isp, event.isps, sign * amount),
        money,
        comfort,
        max((money + comfort) / energy_mwh, manager.wishes.eur_per_mwh_min),
        rebound,
    )


def _off_w(promises_w: FloatArray, course: Course) -> float:
    """Return by how much a plan misses what is promised, added up over the ISPs [W]."""
    return float(np.nansum(np.abs(course.power_w - promises_w)))


def _worse_end(manager: Manager, course: Course, before: Course) -> bool:
    """Tell whether a plan leaves less behind than another, by more than is worth a new plan."""
    steps = manager.device.state_step
    pairs = zip(course.state(-1), before.state(-1), steps, strict=True)
    return any(after < without - step for after, without, step in pairs)
