"""Several devices that answer one order together, such as the vehicles of a car park.

Each ISP of the order goes to the devices that ask least for it, as far as they hold it. In the ISPs
of the order no device gives back what it shifted: that would take away what another delivers. When
one of them falls out, the rest of the order is shared again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from flexmanager.local.device import Course
from flexmanager.local.manager import (
    Manager,
    activate,
    ordered_w,
    plan_rest,
    planned_again,
    promised,
)
from flexmanager.local.offers import PricedOffer, priced
from flexmanager.local.telling import expected_w
from flexmanager.local.wishes import welcome
from flexmanager.rounding import IntArray
from settlement.activation import Activation

Managers = Mapping[str, Manager]


def shared(managers: Managers, order: Activation) -> dict[str, Manager]:
    """Share what is left of an order among devices, anew.

    Args:
        managers: name to manager; their horizons may differ, their running ISP is the same.
        order: what all of them together are asked for; ISPs that are over stay as they were.

    Returns:
        The managers with their parts taken on; what the order asks beyond them nobody holds.
    """
    found = {name: _steady(released(one, order), order) for name, one in managers.items()}
    running = {name: one for name, one in found.items() if not one.finished}
    before = {name: plan_rest(one, one.wanted_w) for name, one in running.items()}
    for isp in order.ordered_isps():
        open_w = abs(order.ordered_w)
        for name, offer in _cheapest_first(found, before, isp, order):
            power_w = min(abs(offer.activation.ordered_w), open_w)
            if power_w == 0:
                break
            part = Activation(isp, 1, power_w if order.ordered_w > 0 else -power_w)
            found[name] = activate(found[name], part)
            before[name] = plan_rest(found[name], found[name].wanted_w)
            open_w -= power_w
    return found


def released(manager: Manager, order: Activation) -> Manager:
    """Return a manager that is free in what is still to come of an order."""
    ahead = manager.outlook.first_isp + manager.now
    cut = [
        Activation(one.first_isp, min(one.end_isp, ahead) - one.first_isp, one.ordered_w)
        if order.first_isp <= one.first_isp < order.end_isp
        else one
        for one in manager.activations
    ]
    kept = tuple(one for one in cut if one.isps > 0)
    if kept == manager.activations:
        return manager
    return planned_again(promised(replace(manager, activations=kept)))


def change_w(managers: Managers, order: Activation) -> IntArray:
    """Return the change of all devices together in the ISPs of an order, as expected [W].

    Returns:
        Shape (ISPs of the order,), signed like power; an ISP outside a device's horizon is 0.
    """
    total = np.zeros(order.isps, dtype=np.int64)
    for one in managers.values():
        change = expected_w(one) - one.baseline_w
        first = order.first_isp - one.outlook.first_isp
        for at in range(order.isps):
            if 0 <= first + at < one.outlook.isps:
                total[at] += change[first + at]
    return total


def _willing(manager: Manager, part: Activation, order: Activation) -> bool:
    clock = manager.outlook.clock
    return manager.trusted and welcome(manager.wishes, part, _others(manager, order), clock)


def _others(manager: Manager, order: Activation) -> Iterator[Activation]:
    """Yield the events that a device takes part in besides an order."""
    origin = manager.outlook.first_isp
    ordered = np.nan_to_num(ordered_w(manager))
    ordered[max(order.first_isp - origin, 0) : max(order.end_isp - origin, 0)] = 0.0
    within = np.concatenate(([False], ordered != 0.0, [False]))
    for start, stop in np.flatnonzero(np.diff(within)).reshape(-1, 2).tolist():
        yield Activation(origin + start, stop - start, int(ordered[start]))


def _steady(manager: Manager, order: Activation) -> Manager:
    """Return a manager that keeps to its baseline throughout what is left of an order."""
    first = max(order.first_isp, manager.outlook.first_isp + manager.now)
    end = min(order.end_isp, manager.outlook.first_isp + manager.outlook.isps)
    if first >= end or not _willing(manager, order, order):
        return manager
    return activate(manager, Activation(first, end - first, 0))


def _cheapest_first(
    managers: Managers, before: Mapping[str, Course], isp: int, order: Activation
) -> list[tuple[str, PricedOffer]]:
    """Return who holds something in an ISP, the least price first, ties by name."""
    found = []
    for name, one in managers.items():
        offset, part = isp - one.outlook.first_isp, Activation(isp, 1, order.ordered_w)
        if not one.now <= offset < one.outlook.isps or one.overridden[offset]:
            continue
        offer = priced(one, part, before[name]) if _willing(one, part, order) else None
        if offer is not None:
            found.append((name, offer))
    return sorted(found, key=lambda pair: (pair[1].price_eur_per_mwh, pair[0]))
