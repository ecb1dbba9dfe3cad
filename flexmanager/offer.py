"""What a site can offer for a window, judged by how it would have done in its history."""

from dataclasses import dataclass

import numpy as np

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.horizon import SiteHorizon, least_ahead, request_stretches
from flexmanager.manager import check_runtime, check_sign
from flexmanager.rounding import BoolArray, IntArray
from flexmanager.site import Site, capability_w

AMOUNT_STEP_W = 100
AMOUNT_MIN_W = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """What a site offers in one direction.

    Attributes:
        amount_w: signed amount for an agreement, a multiple of 100 W; 0 if nothing is offered [W].
        reliability: expected delivered share of an activation at that amount, 0 to 1.
        reason: why nothing is offered; empty if something is.
    """

    amount_w: int
    reliability: float
    reason: str = ""


def offer(
    site: Site,
    history: SiteHorizon,
    window: BoolArray,
    sign: int,
    max_runtime_isps: int,
    share: float = 0.9,
    weekdays: IntArray | None = None,
) -> Offer:
    """Propose the largest amount that would have held in most of the window.

    Judged are the ISPs in which an activation of `max_runtime_isps` inside the window can begin
    (where the window is shorter, an activation of the window's length). One counts as held if the
    whole activation could have been delivered with every asset at rest before.

    Args:
        site: the site.
        history: recorded ISPs, any number of days on end.
        window: True for the ISPs that the agreement's window would contain, shape (n,).
        sign: -1 for an evening reduction, +1 for a midday increase or curtailment.
        max_runtime_isps: longest activation of the agreement.
        share: part of the window's ISPs that must be held, 0 to 1.
        weekdays: local weekday per ISP, Monday = 0, shape (n,); needed only where the owner
            excludes weekdays.

    Returns:
        The offer; its amount is 0, with the reason, where the owner refuses or where less than
        500 W hold.

    Raises:
        ParameterError: the share is not within 0 to 1, or weekdays are needed and missing.
        HorizonError: a mask does not fit the history.
    """
    check_sign(sign)
    if not 0.0 < share <= 1.0:
        raise ParameterError("offer", "share", share, "above 0, at most 1")
    preferences = site.preferences
    if preferences.refuses_evening if sign < 0 else preferences.refuses_midday:
        return Offer(0, 0.0, "the owner refuses this direction")
    runtime_isps = _runtime_within(window, max_runtime_isps)
    judged = _judged(site, history, window, runtime_isps) & _welcome(site, history, weekdays)
    if not judged.any():
        return Offer(0, 0.0, "the history has no ISP of the window that can be judged")
    held_w = np.abs(capability_w(site, history, sign, runtime_isps))[judged]
    # The amount held in at least this many ISPs is the value at this place from the top.
    needed = int(np.ceil(share * len(held_w) - 1e-9))
    amount_w = int(np.sort(held_w)[len(held_w) - needed]) // AMOUNT_STEP_W * AMOUNT_STEP_W
    if amount_w < AMOUNT_MIN_W:
        return Offer(0, 0.0, f"only {amount_w} W hold, less than {AMOUNT_MIN_W} W")
    return Offer(sign * amount_w, _mean_held_share(held_w, amount_w))


def reliability(
    site: Site, history: SiteHorizon, window: BoolArray, amount_w: int, max_runtime_isps: int
) -> float:
    """Return the share of an amount that the site would have held on average, 0 to 1.

    Args:
        site: the site.
        history: recorded ISPs.
        window: True for the ISPs of the agreement's window, shape (n,).
        amount_w: signed amount of the agreement [W], not 0.
        max_runtime_isps: ISPs for which it is held.

    Raises:
        ParameterError: the amount is 0.
        HorizonError: the mask does not fit the history or is empty.
    """
    if amount_w == 0:
        raise ParameterError("reliability", "amount_w", amount_w, "not 0")
    runtime_isps = _runtime_within(window, max_runtime_isps)
    judged = _judged(site, history, window, runtime_isps)
    if not judged.any():
        raise HorizonError("window", "no ISP", "at least one ISP")
    held_w = np.abs(capability_w(site, history, 1 if amount_w > 0 else -1, runtime_isps))
    return _mean_held_share(held_w[judged], abs(amount_w))


def _mean_held_share(held_w: IntArray, amount_w: int) -> float:
    return float(np.minimum(held_w, amount_w).mean() / amount_w)


def _runtime_within(window: BoolArray, max_runtime_isps: int) -> int:
    """Return the longest activation that fits into the window, at most `max_runtime_isps`."""
    check_runtime(max_runtime_isps)
    longest = max(
        (stretch.stop - stretch.start for stretch in request_stretches(window.astype(np.int64))),
        default=1,
    )
    return min(longest, max_runtime_isps)


def _judged(site: Site, history: SiteHorizon, window: BoolArray, runtime_isps: int) -> BoolArray:
    """Return the ISPs in which an activation of this length inside the window can begin."""
    if window.shape != (history.isps,) or window.dtype != np.bool_:
        found = f"{window.dtype} of shape {window.shape}"
        what = f"window of {site.site_id}"
        raise HorizonError(what, found, f"truth values of shape ({history.isps},)")
    inside: BoolArray = least_ahead(window.astype(np.int64), runtime_isps) == 1
    return inside


def _welcome(site: Site, history: SiteHorizon, weekdays: IntArray | None) -> BoolArray:
    """Return the ISPs on weekdays that the owner does not exclude."""
    excluded = site.preferences.excluded_weekdays
    if not excluded:
        return np.ones(history.isps, dtype=np.bool_)
    if weekdays is None or weekdays.shape != (history.isps,):
        owner = f"offer of {site.site_id}"
        raise ParameterError(owner, "weekdays", weekdays, f"one per ISP, {history.isps} in all")
    welcome: BoolArray = ~np.isin(weekdays, list(excluded))
    return welcome
