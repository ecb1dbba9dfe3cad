"""How a site spreads an order over its assets.

First attempt: the assets are asked one after the other, the one that bothers its owner least first
(`nuisance_eur_per_mwh`), ties by name. Each is asked for what the earlier ones left open, and that
includes their rebound: where charging has to go on during an order, the battery behind it covers
the difference.

That can spend a store on the first half of an order while another asset stands by that could have
carried a part all along. Where the first attempt falls short, a second one asks each asset only for
what it can hold throughout, and then, in the same order, for what is still open. The attempt with
the smaller shortfall counts. So a site keeps every promise that is the sum of its assets' promises.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flexmanager.assets import Preferences
from flexmanager.horizon import SiteHorizon, request_stretches
from flexmanager.manager import AT_REST, AssetManager, AssetState, Response
from flexmanager.rounding import IntArray

Answers = dict[str, Response]


@dataclass(frozen=True, slots=True)
class Site:
    """The flexible assets behind one connection and what their owner allows.

    Attributes:
        site_id: name of the site.
        managers: one per asset, in any order.
        preferences: what the owner allows.
    """

    site_id: str
    managers: tuple[AssetManager, ...]
    preferences: Preferences

    def order_of_use(self) -> tuple[AssetManager, ...]:
        """Return the managers, least nuisance first, ties by name."""
        return tuple(sorted(self.managers, key=lambda m: (m.nuisance_eur_per_mwh, m.asset_id)))


def serve(
    site: Site, horizon: SiteHorizon, order_w: IntArray, states: Mapping[str, AssetState]
) -> Answers:
    """Return what each asset does under an order.

    Args:
        site: the site.
        horizon: n ISPs with the recorded series of the assets.
        order_w: change wanted of the site, shape (n,) [W]; 0 where there is no order.
        states: asset id to state at the start; an asset that is not named is at rest.
    """
    first = _ask_in_turn(site, horizon, order_w, states, {}, {})
    short_w = missing_w(order_w, summed_w(first, horizon.isps))
    if len(site.managers) < 2 or not short_w.any():
        return first
    caps_w = _sustained_w(site, horizon, order_w, short_w)
    held = _ask_in_turn(site, horizon, order_w, states, caps_w, {})
    second = _ask_in_turn(site, horizon, order_w, states, {}, held)
    missing_w_sum = missing_w(order_w, summed_w(second, horizon.isps)).sum()
    return second if missing_w_sum < short_w.sum() else first


def summed_w(answers: Answers, isps: int) -> IntArray:
    """Return the change of the whole site, shape (n,) [W]."""
    total_w = np.zeros(isps, dtype=np.int64)
    for answer in answers.values():
        total_w += answer.delta_w
    return total_w


def missing_w(order_w: IntArray, delta_w: IntArray) -> IntArray:
    """Return how far a change stays below an order, shape (n,) [W, 0 or positive]."""
    short_w = np.maximum(np.abs(order_w) - np.sign(order_w) * delta_w, 0)
    return np.where(order_w == 0, 0, short_w)


def _ask_in_turn(
    site: Site,
    horizon: SiteHorizon,
    order_w: IntArray,
    states: Mapping[str, AssetState],
    caps_w: Mapping[str, IntArray],
    answers: Answers,
) -> Answers:
    """Ask each asset for what the others, as far as they have answered, leave open.

    Args:
        site: the site.
        horizon: n ISPs.
        order_w: the order, shape (n,) [W].
        states: asset id to state at the start.
        caps_w: asset id to the most it is asked for, shape (n,) [W, positive]; empty for no caps.
        answers: answers of an earlier turn, which each asset may now replace.
    """
    answers = dict(answers)
    for manager in site.order_of_use():
        name = manager.asset_id
        others = {other: answer for other, answer in answers.items() if other != name}
        open_w = order_w - summed_w(others, horizon.isps)
        # Never the other direction, and nothing where there is no order.
        open_w = np.where(np.sign(open_w) == np.sign(order_w), open_w, 0)
        if name in caps_w:
            open_w = np.clip(open_w, -caps_w[name], caps_w[name])
        state = states.get(name, AT_REST)
        answers[name] = manager.respond(horizon.asset(name), open_w, state, order_w)
    return answers


def _sustained_w(
    site: Site, horizon: SiteHorizon, order_w: IntArray, short_w: IntArray
) -> dict[str, IntArray]:
    """Return per asset what it can hold throughout each order that fell short; else no limit."""
    no_limit_w = int(np.abs(order_w).max())
    caps_w = {m.asset_id: np.full(horizon.isps, no_limit_w) for m in site.managers}
    for stretch in request_stretches(order_w):
        if not short_w[stretch.start : stretch.stop].any():
            continue
        isps = stretch.stop - stretch.start
        for manager in site.managers:
            own = horizon.asset(manager.asset_id)
            promise_w = abs(int(manager.capability_w(own, stretch.sign, isps)[stretch.start]))
            caps_w[manager.asset_id][stretch.start : stretch.stop] = promise_w
    return caps_w
