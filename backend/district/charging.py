"""Uncontrolled charging: what a charging point draws if nobody steers it.

A car charges at the rated power of the charging point from plug-in until its energy is delivered.
The register is read at the quarter hours and rounded half to even to whole Wh, so that the quarters
of a session add up to exactly the energy delivered.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from backend.district.calendar import SECONDS_PER_QUARTER
from backend.district.records import EvSession

SECONDS_PER_HOUR = 3_600


def most_wh(rated_w: int, seconds: int) -> int:
    """Return the whole Wh that fit into `seconds` at `rated_w`, rounded down."""
    return rated_w * seconds // SECONDS_PER_HOUR


def uncontrolled_wh(
    sessions: Iterable[EvSession], rated_w: int, first_quarter_utc_s: int, quarters: int
) -> NDArray[np.int32]:
    """Return the uncontrolled charging of non-overlapping sessions at one charging point.

    Args:
        sessions: the sessions of one charging point.
        rated_w: rated power of the charging point [W, > 0].
        first_quarter_utc_s: UTC second at which the first quarter begins.
        quarters: length of the result.

    Returns:
        int32 [quarter], Wh per quarter hour, 0 or more; its sum is the sum of `delivered_wh`.

    Raises:
        ValueError: a session lies partly outside the quarters, or its energy does not fit between
            plug-in and plug-out at `rated_w`.
    """
    series = np.zeros(quarters, dtype=np.int32)
    end_utc_s = first_quarter_utc_s + quarters * SECONDS_PER_QUARTER
    for session in sessions:
        if session.plug_in_utc_s < first_quarter_utc_s or session.plug_out_utc_s > end_utc_s:
            raise ValueError(f"session {session.session_id}: lies outside the quarters")
        connected_s = session.plug_out_utc_s - session.plug_in_utc_s
        fits_wh = most_wh(rated_w, connected_s)
        if session.delivered_wh > fits_wh:
            raise ValueError(
                f"session {session.session_id}: {session.delivered_wh} Wh do not fit into "
                f"{connected_s} s at {rated_w} W, expected at most {fits_wh} Wh"
            )
        first, register_wh = _register(session, rated_w, first_quarter_utc_s)
        series[first : first + len(register_wh)] += np.diff(register_wh, prepend=np.int32(0))
    return series


def _register(
    session: EvSession, rated_w: int, first_quarter_utc_s: int
) -> tuple[int, NDArray[np.int32]]:
    """Return the first quarter of a session and its register at the end of each of its quarters."""
    first = (session.plug_in_utc_s - first_quarter_utc_s) // SECONDS_PER_QUARTER
    full_after_s = -(-session.delivered_wh * SECONDS_PER_HOUR // rated_w)
    last_s = session.plug_in_utc_s + full_after_s
    last = -(-(last_s - first_quarter_utc_s) // SECONDS_PER_QUARTER)
    quarter_ends = first_quarter_utc_s + np.arange(first + 1, last + 1) * SECONDS_PER_QUARTER
    watt_seconds = rated_w * (quarter_ends - session.plug_in_utc_s)
    capped = np.minimum(watt_seconds, session.delivered_wh * SECONDS_PER_HOUR)
    return first, _half_even(capped, SECONDS_PER_HOUR)


def _half_even(numerator: NDArray[np.int64], denominator: int) -> NDArray[np.int32]:
    """Return numerator / denominator rounded half to even; both are 0 or more."""
    quotient, remainder = np.divmod(numerator, denominator)
    up = (2 * remainder > denominator) | ((2 * remainder == denominator) & (quotient % 2 == 1))
    rounded: NDArray[np.int32] = (quotient + up).astype(np.int32)
    return rounded
