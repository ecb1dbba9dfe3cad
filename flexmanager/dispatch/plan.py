"""The best activations of each agreement on its own, for a given profit per ISP: an exact search.

For one candidate with profits g[t] at its whole amount, a plan is a set of runs. With V[k, t] the
best profit from ISP t on with at most k more activations:

    V[k, t] = max(V[k, t + 1], max over run lengths of sum(g[t..]) - fee + V[k - 1, end + gap])

All candidates are searched at once. A candidate whose activations can't run out within the horizon
needs no count and uses one layer that refers to itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flexmanager.dispatch.problem import Problem
from flexmanager.rounding import BoolArray, FloatArray, IntArray

Span = tuple[int, int]
BLOCK = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Plans:
    """The best plan of each candidate.

    Attributes:
        profit: shape (N,), 0 where it is best to do nothing.
        spans: per candidate the runs of its plan as (start, stop), stop excluded, in time order.
    """

    profit: FloatArray
    spans: list[tuple[Span, ...]]


def priced_plans(problem: Problem, price: FloatArray) -> Plans:
    """Find the best plan of every candidate at prices of a covered W, shape (n,) [EUR].

    It goes by blocks of candidates, so that memory does not grow with their number.
    """
    profit, spans = [np.zeros(0)], list[tuple[Span, ...]]()
    for block in blocks(problem):
        plans = best_plans(block, priced_gains(block, price))
        profit.append(plans.profit)
        spans.extend(plans.spans)
    return Plans(np.concatenate(profit), spans)


def blocks(problem: Problem) -> Iterator[Problem]:
    """Yield the problems of so many candidates at a time, in their order."""
    for begin in range(0, problem.candidates, BLOCK):
        yield problem.part(slice(begin, begin + BLOCK))


def priced_gains(problem: Problem, price: FloatArray) -> FloatArray:
    """Return the profit of every run at prices of a covered W, shape (N, n, longest) [EUR].

    Args:
        problem: the limits and rates.
        price: price of a covered W per ISP, shape (n,) [EUR].
    """
    worth = np.outer(problem.cover_w, price)
    profit = worth - (problem.eur_per_w * problem.amount_w)[:, None]
    return run_gains(problem, profit, price)


def best_plans(problem: Problem, gains: FloatArray) -> Plans:
    """Find the best plan of every candidate.

    Args:
        problem: the limits of N candidates over n ISPs.
        gains: profit of every run, shape (N, n, longest), as `run_gains` returns it [EUR].
    """
    # More activations than this do not fit into the horizon anyhow.
    most = -(-problem.isps // (1 + problem.gap_isps))
    limited = problem.left < most
    depth = int(problem.left[limited].max(initial=0))
    before, own = np.arange(depth), np.arange(1, depth + 1)
    if not limited.all():
        before, own = np.append(before, depth + 1), np.append(own, depth + 1)
    value, length = _layers(problem, gains, before, own)
    layer = np.where(limited, problem.left, depth + 1)
    profit = value[np.arange(problem.candidates), layer]
    return Plans(profit, _spans(problem, length, layer, limited))


def run_gains(problem: Problem, profit: FloatArray, rebound_price: FloatArray) -> FloatArray:
    """Return the profit of every run less the price of an activation, shape (N, n, longest).

    Args:
        problem: the limits.
        profit: profit of an ISP at the candidate's whole amount, shape (N, n) [EUR].
        rebound_price: price of one W that comes back per ISP, shape (n,) [EUR].

    Returns:
        [EUR]; minus infinity where a run does not exist.
    """
    isps, longest = problem.isps, problem.runs.shape[2]
    sums = np.zeros((problem.candidates, isps + longest + 1))
    sums[:, 1 : isps + 1] = np.cumsum(profit, axis=1)
    ends = np.lib.stride_tricks.sliding_window_view(sums[:, 1:], longest, axis=1)
    gains: FloatArray = ends[:, :isps] - sums[:, :isps, None] - problem.activation_eur
    if problem.rebound_share.any():
        gains -= _rebound_eur(problem, rebound_price, longest)
    gains[~problem.runs] = -np.inf
    return gains


def _rebound_eur(problem: Problem, price: FloatArray, longest: int) -> FloatArray:
    """Return what comes back after every run at its price, shape (N, n, longest) [EUR]."""
    isps = problem.isps
    sums = np.concatenate(([0.0], np.cumsum(price)))
    stops = np.arange(isps + longest)
    until = np.minimum(stops + problem.rebound_isps[:, None], isps)
    after = sums[until] - sums[np.minimum(stops, isps)]
    per_isp = problem.cover_w * problem.rebound_share / np.maximum(problem.rebound_isps, 1)
    by_stop = np.lib.stride_tricks.sliding_window_view(after[:, 1:], longest, axis=1)[:, :isps]
    back: FloatArray = by_stop * per_isp[:, None, None] * np.arange(1, longest + 1)
    return back


def _layers(
    problem: Problem, gains: FloatArray, before: IntArray, own: IntArray
) -> tuple[FloatArray, IntArray]:
    """Search backwards in time, layer `own[j]` with layer `before[j]` after an activation.

    Returns:
        Best profit from the first ISP on, shape (N, layers), and the best run length from each ISP
        on, 0 for none, shape (N, layers, n). Layer 0 has no activation.
    """
    candidates, isps, longest = gains.shape
    layers = int(own.max(initial=0)) + 1
    gap_isps = np.minimum(problem.gap_isps, isps)
    value = np.zeros((candidates, layers, 2 * isps + longest))
    length = np.zeros((candidates, layers, isps), dtype=np.int64)
    following = np.lib.stride_tricks.sliding_window_view(value, longest, axis=2)
    starts: BoolArray = np.logical_or.reduce(problem.runs, axis=2)
    for isp in range(isps - 1, -1, -1):
        value[:, :, isp] = value[:, :, isp + 1]
        rows = starts[:, isp].nonzero()[0][:, None]
        if rows.size == 0:
            continue
        total = gains[rows, isp] + following[rows, before, isp + 1 + gap_isps[rows]]
        choice, best = total.argmax(axis=2), total.max(axis=2)
        stay = value[rows, own, isp]
        value[rows, own, isp] = np.maximum(best, stay)
        length[rows, own, isp] = np.where(best > stay, choice + 1, 0)
    return value[:, :, 0], length


def _spans(
    problem: Problem, length: IntArray, layer: IntArray, limited: BoolArray
) -> list[tuple[Span, ...]]:
    """Read the plans out of the layers, beginning in `layer` of each candidate."""
    isps = problem.isps
    spans: list[list[Span]] = [[] for _ in range(problem.candidates)]
    begins = np.full((*length.shape[:2], isps + 1), isps)
    begins[:, :, :isps][length > 0] = np.nonzero(length)[2]
    following = np.minimum.accumulate(begins[:, :, ::-1], axis=2)[:, :, ::-1]
    acting, layer = np.arange(problem.candidates), layer.copy()
    resume = np.zeros(problem.candidates, dtype=np.int64)
    while acting.size:
        start = following[acting, layer[acting], resume[acting]]
        acting, start = acting[start < isps], start[start < isps]
        stop = start + length[acting, layer[acting], start]
        for candidate, *span in zip(acting.tolist(), start.tolist(), stop.tolist(), strict=True):
            spans[candidate].append((span[0], span[1]))
        resume[acting] = np.minimum(stop + problem.gap_isps[acting], isps)
        layer[acting] -= limited[acting]
    return [tuple(own) for own in spans]
