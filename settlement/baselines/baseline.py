"""The records of a baseline, and the two baselines that take no readings. Rule 0.12.

The result carries every day that was looked at with the reason it was taken or left, because a
prosumer has to be able to follow the choice, not only the number.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from settlement.meter import Readings
from settlement.units import divide_half_even, fits_power

LOOK_BACK_DAYS = 45


@dataclass(frozen=True, slots=True)
class History:
    """What a baseline is computed from.

    Attributes:
        readings: committed meter data, summed over the elements.
        activation_days: local days with a standing activation of any agreement that shares a
            metering point, the event's own included.
        ordered_isps: ISPs of those activations.
        non_working_days: published days that count as non-working besides weekends.
        outage_days: local days of declared outages, of contracts only; agreements know none.
    """

    readings: Readings
    activation_days: Collection[int]
    ordered_isps: Collection[int]
    non_working_days: Collection[int]
    outage_days: Collection[int] = ()

    def reading(self, isp: int) -> int:
        """Return the W of an ISP that is known to have a reading."""
        value = self.readings.at(isp)
        assert value is not None, "only ISPs with a reading are read"
        return value


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One day of the look-back: what became of it and why."""

    day: int
    taken: bool
    reason: str
    w_sum: int | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Baseline of one activation.

    Attributes:
        values_w: one W per ordered ISP, or None if it cannot be computed.
        days: the days looked at, most recent first (empty where the method takes no days).
        note: what was done about the adjustment, or why there is no baseline.
    """

    values_w: tuple[int, ...] | None
    days: tuple[LookedAt, ...]
    note: str


def rounded_baseline(
    exact_w: Sequence[Fraction], days: tuple[LookedAt, ...], note: str
) -> Baseline:
    """Return a baseline from exact values: the one rounding to W, half to even."""
    values = tuple(divide_half_even(one.numerator, one.denominator) for one in exact_w)
    if not all(fits_power(value) for value in values):
        return Baseline(None, days, "a baseline value is out of the range that can be recorded")
    return Baseline(values, days, note)


def nominated_baseline(isps: Sequence[int], nomination: Readings) -> Baseline:
    """Read the nominated baseline of an activation, given by its ISPs."""
    values = [nomination.at(isp) for isp in isps]
    if any(value is None for value in values):
        return Baseline(None, (), "no baseline was nominated for all of its ISPs")
    return Baseline(tuple(w for w in values if w is not None), (), "nominated before delivery")


def zero_baseline(isps: Sequence[int]) -> Baseline:
    """Return 0 W for every ISP: for devices that do nothing unless they are activated."""
    return Baseline((0,) * len(isps), (), "zero")
