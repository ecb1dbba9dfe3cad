"""Choices in whole percents, judged exactly: a first one by merit order, and rounded ones.

All sums are whole W and whole 1e-4 EUR, as they would be ordered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.offer import WHOLE_PERCENT, FlexOffer, OfferOption, Portion
from flexmanager.vpp.request import FlexRequest
from settlement.orders.capacity import RequestedIsp

W_MINUTES_PER_MWH = 60_000_000
_SLACK_PERCENT = 1e-6


@dataclass(frozen=True, slots=True)
class Chosen:
    """An option that is to be ordered with a factor."""

    offer: FlexOffer
    option: OfferOption
    factor_percent: int

    @property
    def portion(self) -> Portion:
        """The powers and the price that are ordered."""
        return self.option.portion(self.factor_percent)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a choice is judged by.

    Attributes:
        change_w: what is asked for by requested ISP [W, signed].
        bands: of all ISPs of the request.
        isp_minutes: length of an ISP.
        shortfall_rate: what a missing MWh costs [1e-4 EUR per MWh].
    """

    change_w: Mapping[int, int]
    bands: Mapping[int, RequestedIsp]
    isp_minutes: int
    shortfall_rate: int

    @classmethod
    def of(cls, request: FlexRequest, shortfall_rate: int) -> "Goal":
        """Return what choices for a request are judged by."""
        minutes = request.scope.clock.isp_minutes
        return cls(requested_change_w(request), dict(request.isps), minutes, shortfall_rate)

    def shortfalls_w(self, ordered_w: Mapping[int, int]) -> dict[int, int]:
        """Return by requested ISP what a sum of orders leaves uncovered [W, 0 or more]."""
        return {
            isp: max(0, abs(w) - ordered_w.get(isp, 0) * (1 if w > 0 else -1))
            for isp, w in self.change_w.items()
        }

    def fits(self, ordered_w: Mapping[int, int]) -> bool:
        """Tell whether a sum of orders keeps to the band in ISPs that are not requested."""
        for isp, power_w in ordered_w.items():
            if isp not in self.change_w and power_w:
                band = self.bands.get(isp)
                if band is None or not min(0, band.min_w) <= power_w <= max(0, band.max_w):
                    return False
        return True

    def cost(self, ordered_w: Mapping[int, int], price: int) -> Fraction:
        """Return a price with the priced shortfall, exact [1e-4 EUR]."""
        w_minutes = sum(self.shortfalls_w(ordered_w).values()) * self.isp_minutes
        return price + Fraction(w_minutes * self.shortfall_rate, W_MINUTES_PER_MWH)

    def cost_of(self, chosen: Sequence[Chosen]) -> Fraction:
        """Return prices and priced shortfall of a choice, exact [1e-4 EUR]."""
        return self.cost(ordered_by(chosen), sum(one.portion.price for one in chosen))


def ordered_by(chosen: Sequence[Chosen]) -> dict[int, int]:
    """Return the sum of a choice by ISP [W, signed]."""
    found: dict[int, int] = {}
    for one in chosen:
        found = _plus(found, one.portion)
    return found


def by_merit(goal: Goal, ranked: Sequence[Chosen], partial: bool) -> tuple[Chosen, ...]:
    """Take options in their order as long as each is worth its price, an offer once.

    Args:
        goal: what the choice is judged by.
        ranked: options with the whole factor, the best first.
        partial: factors below the whole are considered.
    """
    taken: dict[str, Chosen] = {}
    ordered_w, price = dict[int, int](), 0
    cost = goal.cost(ordered_w, price)
    for one in ranked:
        identity = one.offer.header.message_id
        if identity in taken:
            continue
        part = _least(goal, ordered_w, one) if partial else one
        more_w, more_price = _plus(ordered_w, part.portion), price + part.portion.price
        more_cost = goal.cost(more_w, more_price)
        if more_cost < cost and goal.fits(more_w):
            taken[identity] = part
            ordered_w, price, cost = more_w, more_price, more_cost
    return tuple(taken.values())


def rounded(
    goal: Goal, choices: Sequence[tuple[Chosen, float]], partial: bool
) -> tuple[Chosen, ...] | None:
    """Round factors to whole percents that cover as much, none larger than it has to be.

    Args:
        goal: what the choice is judged by.
        choices: options with a factor that need not be whole [percent], the best first.
        partial: factors below the whole are considered.

    Returns:
        None if whole percents break the band.
    """
    for upwards in (True, False):
        found = [
            replace(one, factor_percent=_whole_percent(one.option, percent, upwards))
            for one, percent in choices
        ]
        if goal.fits(ordered_by(found)):
            # The dearest, which stand last, are the first that may shrink.
            for at in reversed(range(len(found) if partial else 0)):
                found[at] = _least(goal, ordered_by([*found[:at], *found[at + 1 :]]), found[at])
            return tuple(found)
    return None


def _whole_percent(option: OfferOption, percent: float, upwards: bool) -> int:
    whole = ceil(percent - _SLACK_PERCENT) if upwards else floor(percent + _SLACK_PERCENT)
    return min(WHOLE_PERCENT, max(option.min_factor_percent, whole))


def _least(goal: Goal, beside_w: Mapping[int, int], chosen: Chosen) -> Chosen:
    """Return an option with its least factor that covers no less beside other orders."""

    def uncovered_w(factor_percent: int) -> int:
        ordered_w = _plus(beside_w, chosen.option.portion(factor_percent))
        return sum(goal.shortfalls_w(ordered_w).values())

    low, high = chosen.option.min_factor_percent, chosen.factor_percent
    least_w = uncovered_w(high)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if uncovered_w(middle) <= least_w else (middle + 1, high)
    smaller = replace(chosen, factor_percent=high)
    kept = goal.fits(_plus(beside_w, smaller.portion))
    return smaller if kept else chosen


def _plus(ordered_w: Mapping[int, int], portion: Portion) -> dict[int, int]:
    found = dict(ordered_w)
    for isp, power_w in portion.isps:
        found[isp] = found.get(isp, 0) + power_w
    return found
