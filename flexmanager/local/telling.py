"""What a local manager tells others: what it could do, what to expect, what comes back."""

import numpy as np

from flexmanager.local.device import Bounds
from flexmanager.local.manager import Manager, ordered_w
from flexmanager.rounding import IntArray


def bounds(manager: Manager) -> Bounds:
    """Return power and energy within which the device can be planned, from the running ISP on."""
    return manager.granted.bounds(manager.outlook.part(manager.now), manager.state)


def expected_w(manager: Manager) -> IntArray:
    """Return what can be expected of all ISPs, shape (n,) [W].

    Of a device that is not trusted: what it did last, as far as its physics lets it go on.
    """
    power = manager.power_w.copy()
    if manager.finished:
        return power
    if manager.trusted:
        power[manager.now] = manager.expected_now_w
        return power
    known = np.flatnonzero(~np.isnan(manager.metered_w[: manager.now]))
    last_w = int(manager.metered_w[known[-1]]) if len(known) else 0
    rest = manager.outlook.part(manager.now)
    going_on = np.full(rest.isps, last_w, dtype=np.int64)
    power[manager.now :] = manager.granted.simulated(rest, manager.state, going_on).power_w
    return power


def rebound_w(manager: Manager) -> IntArray:
    """Return how the plan differs from the baseline where nothing is ordered, shape (n,) [W]."""
    return np.where(np.isnan(manager.wanted_w), manager.power_w - manager.baseline_w, 0)


def missing_w(manager: Manager) -> IntArray:
    """Return how far all activations together stay short, shape (n,) [W, 0 or positive]."""
    change = expected_w(manager) - manager.baseline_w
    ordered = np.nan_to_num(ordered_w(manager)).astype(np.int64)
    short: IntArray = np.maximum(np.abs(ordered) - np.sign(ordered) * change, 0)
    return short
