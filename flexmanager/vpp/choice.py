"""Which offers a DSO orders: compared by the price of what is effective, chosen at least cost.

Of each offer at most one option is ordered, with a factor in whole percent that the option allows.
What the orders leave uncovered is priced, so an offer that asks more than its relief is worth is
not ordered. A mixed-integer model chooses options and factors and proves a bound; factors are then
rounded to whole percents. A choice by merit order stands in where that is better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.highs import solve
from flexmanager.rounding import FloatArray
from flexmanager.vpp.choice_model import Column, choice_model
from flexmanager.vpp.choice_rounding import Chosen, Goal, by_merit, ordered_by, rounded
from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.offer import WHOLE_PERCENT, FlexOffer, OfferOption
from flexmanager.vpp.request import FlexRequest
from settlement.units import AMOUNT_PER_EUR

__all__ = ["Choice", "Chosen", "Priced", "choose", "compare", "shortfalls_w"]

GAP = 1e-4
"""Relative gap between cost and bound that is good enough."""

W_MINUTES_PER_KWH = 60_000
TIME_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Priced:
    """An option of an offer, as a DSO compares it.

    Attributes:
        offer: the offer.
        option: one of its options.
        effective_w_isps: sum over ISPs of what relieves the congestion [W].
        price_per_kwh: 1e-4 EUR per kWh of it, exact; None if nothing of it is effective.
    """

    offer: FlexOffer
    option: OfferOption
    effective_w_isps: int
    price_per_kwh: Fraction | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be ordered of a request.

    Attributes:
        chosen: at most one option of each offer, the cheapest per effective kWh first.
        shortfall_w: by requested ISP, what stays uncovered [W, 0 or more].
        price: sum of the prices [1e-4 EUR].
        objective: price and priced shortfall [1e-4 EUR].
        bound: no choice has a lower objective, but for rounding to W and 1e-4 EUR [1e-4 EUR].
    """

    chosen: tuple[Chosen, ...]
    shortfall_w: Mapping[int, int]
    price: int
    objective: float
    bound: float


def compare(request: FlexRequest, offers: Sequence[FlexOffer]) -> tuple[Priced, ...]:
    """Order all options by the price of an effective kWh, those without any effect last.

    Effective is what goes in the requested direction, as far as it is requested. Equal prices
    stand by MessageID, then by option, so that the order of `offers` does not matter.
    """
    change_w = requested_change_w(request)
    minutes = request.scope.clock.isp_minutes
    found = [_priced(one, option, change_w, minutes) for one in offers for option in one.options]
    return tuple(sorted(found, key=_rank))


def choose(
    request: FlexRequest,
    offers: Sequence[FlexOffer],
    shortfall_rate: int,
    *,
    partial: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Choice:
    """Choose options and factors that cover a request at least cost.

    Power in ISPs that are not requested stays within the band of the request, summed over all that
    is chosen. The same offers in any order give the same choice, unless the time limit strikes.

    Args:
        request: what is asked for.
        offers: offers for the point and day of the request that can be ordered.
        shortfall_rate: what a missing MWh costs [1e-4 EUR per MWh], above 0.
        partial: factors below the whole are considered.
        time_limit_s: seconds after which the best choice so far is taken [s].

    Raises:
        ParameterError: the rate is not above 0, or an offer stands twice or is for something else.
    """
    if shortfall_rate <= 0:
        raise ParameterError("choice", "shortfall_rate", shortfall_rate, "above 0")
    identities = {one.header.message_id for one in offers}
    if len(identities) < len(offers) or any(one.scope != request.scope for one in offers):
        expected = "each once, all for the point and day of the request"
        raise ParameterError("choice", "offers", len(offers), expected)
    priced = [one for one in compare(request, offers) if one.effective_w_isps]
    ranked = [Chosen(one.offer, one.option, WHOLE_PERCENT) for one in priced]
    goal = Goal.of(request, shortfall_rate)
    best = by_merit(goal, ranked, partial)
    bound = float(goal.cost_of(best))
    if ranked:
        columns = [_column(one, partial) for one in ranked]
        model, nothing = choice_model(request, columns, shortfall_rate)
        answer = solve(model, time_limit_s, GAP, first_guess=nothing)
        found = rounded(goal, _ordered(ranked, answer.values), partial)
        if found is not None:
            best = min(best, found, key=goal.cost_of)
        bound = answer.bound * AMOUNT_PER_EUR
    cost = float(goal.cost_of(best))
    price = sum(one.portion.price for one in best)
    return Choice(best, shortfalls_w(request, best), price, cost, min(bound, cost))


def shortfalls_w(request: FlexRequest, chosen: Sequence[Chosen]) -> dict[int, int]:
    """Return by requested ISP what orders leave uncovered [W, 0 or more]."""
    return Goal.of(request, 1).shortfalls_w(ordered_by(chosen))


def _ordered(ranked: Sequence[Chosen], values: FloatArray) -> list[tuple[Chosen, float]]:
    """Return the options that the model orders, with their factors [percent]."""
    count = len(ranked)
    percents, ordered = values[:count].tolist(), np.rint(values[count : 2 * count]).tolist()
    found = zip(ranked, percents, ordered, strict=True)
    return [(one, percent) for one, percent, is_ordered in found if is_ordered]


def _column(one: Chosen, partial: bool) -> Column:
    least_percent = one.option.min_factor_percent if partial else WHOLE_PERCENT
    identity = one.offer.header.message_id
    return Column(dict(one.option.isps), one.option.price, least_percent, identity)


def _priced(
    offer: FlexOffer, option: OfferOption, change_w: Mapping[int, int], isp_minutes: int
) -> Priced:
    effective = sum(_effective_w(power_w, change_w.get(isp, 0)) for isp, power_w in option.isps)
    per_kwh = None
    if effective:
        per_kwh = Fraction(option.price * W_MINUTES_PER_KWH, effective * isp_minutes)
    return Priced(offer, option, effective, per_kwh)


def _effective_w(power_w: int, change_w: int) -> int:
    return min(abs(power_w), abs(change_w)) if power_w * change_w > 0 else 0


def _rank(one: Priced) -> tuple[bool, Fraction, str, str]:
    dear = one.price_per_kwh is None
    price = one.price_per_kwh or Fraction(0)
    return dear, price, one.offer.header.message_id, one.option.reference
