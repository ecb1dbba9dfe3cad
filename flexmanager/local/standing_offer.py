"""What a site can offer for a window, judged by what it would have held in its history."""

from dataclasses import dataclass

import numpy as np

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.device import check_held, least_ahead
from flexmanager.local.site import Site, held_w
from flexmanager.rounding import BoolArray, IntArray
from settlement.clock import Clock, weekday_of

AMOUNT_STEP_W = 100
AMOUNT_MIN_W = 500


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """What a site offers in one direction, for as long as an agreement lasts.

    Attributes:
        amount_w: signed amount for an agreement, a multiple of 100 W; 0 if nothing is offered [W].
        reason: why nothing is offered; empty if something is.
    """

    amount_w: int
    reason: str = ""


def standing_offer(
    site: Site,
    clock: Clock,
    first_isp: int,
    window: BoolArray,
    sign: int,
    max_runtime_isps: int,
    share: float = 0.9,
) -> StandingOffer:
    """Propose the largest amount that would have held in most of the window.

    Judged are the ISPs in which an activation of `max_runtime_isps` inside the window can begin
    (where the window is shorter, an activation of the window's length), on weekdays that the owner
    does not keep off.

    Args:
        site: the site with its owner's wishes.
        clock: local time.
        first_isp: first ISP of the history (UTC index).
        window: True for the ISPs of the history that the agreement's window would contain.
        sign: -1 for less consumption, +1 for more consumption or less generation.
        max_runtime_isps: longest activation of the agreement.
        share: part of the window's ISPs that must be held, above 0 to 1.

    Returns:
        The offer; its amount is 0, with the reason, where less than 500 W hold.

    Raises:
        ParameterError: the sign is none, the activation has no ISP, the share is not within its
            bounds.
        HorizonError: the window is no series of truth values.
    """
    check_held(site.site_id, sign, max_runtime_isps)
    if not 0.0 < share <= 1.0:
        raise ParameterError("offer", "share", share, "above 0, at most 1")
    if window.ndim != 1 or window.dtype != np.bool_:
        found = f"{window.dtype} of shape {window.shape}"
        raise HorizonError(f"window of {site.site_id}", found, "truth values of shape (n,)")
    runtime_isps = min(_longest(window), max_runtime_isps)
    judged = least_ahead(window.astype(np.int64), runtime_isps) == 1
    if site.wishes.weekdays_off:
        isps = range(first_isp, first_isp + len(window))
        weekdays = np.array([weekday_of(clock.local_day(isp)) for isp in isps])
        judged &= ~np.isin(weekdays, list(site.wishes.weekdays_off))
    if not judged.any():
        return StandingOffer(0, "the history has no ISP of the window that can be judged")
    held = np.abs(held_w(site, first_isp, first_isp + len(window), sign, runtime_isps))[judged]
    amount_w = _held_in(held, share) // AMOUNT_STEP_W * AMOUNT_STEP_W
    if amount_w < AMOUNT_MIN_W:
        return StandingOffer(0, f"only {amount_w} W hold, less than {AMOUNT_MIN_W} W")
    return StandingOffer(sign * amount_w)


def _held_in(held: IntArray, share: float) -> int:
    """Return the power that is held in at least a share of the ISPs [W]."""
    needed = int(np.ceil(share * len(held) - 1e-9))
    return int(np.sort(held)[len(held) - needed])


def _longest(window: BoolArray) -> int:
    """Return the longest stretch of the window in ISPs, at least 1."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], window, [False])).astype(np.int8)))
    return int(np.diff(edges)[::2].max(initial=1))
