"""Baselines of many activations that share their shape: days chosen, mean, adjustment. Rule 0.12.

Means and adjustments are fractions until the one rounding at the end: a numerator per ISP over a
denominator per activation.
"""

from dataclasses import dataclass

import numpy as np

from backend.kernel.columns import Exact, Flags, Integers
from backend.kernel.exact import divide_half_even, largest, widen
from settlement.terms import Adjustment, BaselineMethod
from settlement.units import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Choice:
    """Which like days a method takes.

    Attributes:
        wanted: like days that are looked for; 0 for a nominated baseline.
        dropped: days left out before the first one taken, of all days by falling sum.
        taken: days taken.
    """

    wanted: int
    dropped: int
    taken: int


def choices(method: Integers, x: Integers, y: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the fields of `Choice` in columns; ROLLING takes all, so that no order matters."""
    middle, low = method == BaselineMethod.MID, method == BaselineMethod.LOW
    dropped = np.where(middle, (y - x) // 2, np.where(low, y - x, 0))
    return y, dropped, np.where(method == BaselineMethod.ROLLING, y, x)


def choose(values_w: Integers, choice: Choice) -> Integers:
    """Choose days by their sum over the event, ties to the more recent.

    Args:
        values_w: (n, days, ISPs), most recent day first.
        choice: what to take.

    Returns:
        (n, days taken), positions of days.
    """
    if choice.taken == choice.wanted:
        every = np.arange(choice.wanted)
        return np.broadcast_to(every, (len(values_w), choice.wanted))
    ranked = np.argsort(-values_w.sum(axis=2), axis=1, kind="stable")
    return ranked[:, choice.dropped : choice.dropped + choice.taken]


def sums_of(values_w: Integers, chosen: Integers) -> Integers:
    """Add up the chosen days, ISP by ISP: (n, days, ISPs) to (n, ISPs)."""
    if chosen.shape[1] == values_w.shape[1]:
        sums: Integers = values_w.sum(axis=1)
        return sums
    taken = np.zeros(values_w.shape[:2], bool)
    np.put_along_axis(taken, chosen, True, axis=1)
    sums = np.add.reduce(values_w, axis=1, where=taken[:, :, None])
    return sums


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The adjustment windows of some activations, all with the same number of ISPs.

    Attributes:
        kind: (n,) an `Adjustment`.
        cap_bp: (n,) largest adjustment.
        usable: (n,) False where the window touches an activation or lacks a reading.
        actual_w_sum: (n,) readings of the window.
        expected_w_sum: (n,) readings of the window's ISPs on all days taken.
        isps: length of the window.
    """

    kind: Integers
    cap_bp: Integers
    usable: Flags
    actual_w_sum: Integers
    expected_w_sum: Integers
    isps: int


def mean_baseline(day_sums_w: Integers, days: int) -> Exact:
    """Return the mean over the days taken, rounded half to even."""
    return divide_half_even(day_sums_w, days)


def adjusted_baseline(day_sums_w: Integers, days: int, window: Window) -> Exact:
    """Return the adjusted mean over the days taken, rounded half to even once.

    Args:
        day_sums_w: (n, ISPs) sums over the days taken.
        days: how many.
        window: the adjustment window of each activation.
    """
    reading = max(
        largest(day_sums_w),
        largest(np.where(window.usable, window.actual_w_sum, 0)) * days,
        largest(window.expected_w_sum),
    )
    limit = 4 * reading * max(reading, BASIS_POINTS * days * window.isps)
    sums, actual, expected, cap = widen(
        limit, day_sums_w, window.actual_w_sum, window.expected_w_sum, window.cap_bp
    )
    additive = (window.kind == Adjustment.ADDITIVE) | (window.kind == Adjustment.ADDITIVE_UPWARD)
    upward = (window.kind == Adjustment.ADDITIVE_UPWARD) | (
        window.kind == Adjustment.MULTIPLICATIVE_UPWARD
    )
    shift = _additive(actual * days, expected, cap, upward)
    factor, over = _multiplicative(actual * days, expected, cap, upward)
    whole = days * window.isps * BASIS_POINTS
    by_shift = sums * (window.isps * BASIS_POINTS) + shift[:, None]
    by_factor = sums * factor[:, None]
    numerator = np.where(additive[:, None], by_shift, by_factor)
    denominator = np.where(additive, whole, days * over)
    numerator = np.where(window.usable[:, None], numerator, sums)
    return divide_half_even(numerator, np.where(window.usable, denominator, days)[:, None])


def _additive(actual: Exact, expected: Exact, cap_bp: Exact, upward: Flags) -> Exact:
    """Return what is added to a mean, times days x ISPs of the window x 10,000.

    Both sums are over the ISPs of the window and the number of days taken.
    """
    bound = cap_bp * abs(expected)
    shift: Exact = np.maximum(-bound, np.minimum(bound, BASIS_POINTS * (actual - expected)))
    shift = np.where(upward, np.maximum(0, shift), shift)
    return shift


def _multiplicative(
    actual: Exact, expected: Exact, cap_bp: Exact, upward: Flags
) -> tuple[Exact, Exact]:
    """Return the factor as numerator and denominator; 1 where nothing was expected."""
    low = np.where(upward, BASIS_POINTS, BASIS_POINTS - cap_bp)
    high = BASIS_POINTS + cap_bp
    above = BASIS_POINTS * actual > high * expected
    below = BASIS_POINTS * actual < low * expected
    plain = expected > 0
    factor = np.where(above, high, np.where(below, low, actual))
    over = np.where(above | below, BASIS_POINTS, expected)
    return np.where(plain, factor, 1), np.where(plain, over, 1)
