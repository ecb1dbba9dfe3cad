"""The best activations of each agreement on its own, for a given profit per ISP: an exact search.

For one candidate with profits g[t] at its whole amount, a plan is a set of runs. With V[k, t] the
best profit from ISP t on with at most k more activations:

    V[k, t] = max(V[k, t + 1], max over run lengths of sum(g[t..]) - fee + V[k - 1, end + gap])

All candidates are searched at once. A candidate whose activations can't run out within the horizon
needs no count and uses one layer that refers to itself.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.dispatch.problem import Problem
from flexmanager.rounding import FloatArray, IntArray

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Plans:
    """The best plan of each candidate.

    Attributes:
        profit: shape (N,), 0 where it is best to do nothing.
        spans: per candidate the runs of its plan as (start, stop), stop excluded, in time order.
    """

    profit: FloatArray
    spans: list[tuple[Span, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """Best profit and best run length from each ISP on, shapes (N, n + 1) and (N, n)."""

    value: FloatArray
    length: IntArray


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
    layers = [_Layer(np.zeros((problem.candidates, problem.isps + 1)), np.zeros((0, 0), np.int64))]
    for _ in range(depth):
        layers.append(_layer(problem, gains, layers[-1].value))
    free = _layer(problem, gains, None) if not limited.all() else layers[0]
    counts = np.where(limited, problem.left, -1)
    spans = [_spans(problem, layers, free, i, int(counts[i])) for i in range(problem.candidates)]
    values = np.array([layer.value[:, 0] for layer in layers])
    rows = np.arange(problem.candidates)
    best = np.where(limited, values[np.maximum(counts, 0), rows], free.value[:, 0])
    return Plans(best, spans)


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


def _layer(problem: Problem, gains: FloatArray, before: FloatArray | None) -> _Layer:
    """Search backwards in time; `before` is the layer with one activation less, None for itself."""
    candidates, isps, longest = gains.shape
    value = np.zeros((candidates, isps + 1))
    length = np.zeros((candidates, isps), dtype=np.int64)
    rows = np.arange(candidates)
    resume = np.arange(1, longest + 1) + problem.gap_isps[:, None]
    following = value if before is None else before
    for isp in range(isps - 1, -1, -1):
        total = gains[:, isp] + following[rows[:, None], np.minimum(isp + resume, isps)]
        choice = total.argmax(axis=1)
        best = total[rows, choice]
        acts = best > value[:, isp + 1]
        value[:, isp] = np.where(acts, best, value[:, isp + 1])
        length[:, isp] = np.where(acts, choice + 1, 0)
    return _Layer(value, length)


def _spans(
    problem: Problem, layers: list[_Layer], free: _Layer, candidate: int, left: int
) -> tuple[Span, ...]:
    """Read one candidate's plan out of the layers; `left` is -1 where no count binds."""
    spans, isp = [], 0
    while isp < problem.isps and left != 0:
        layer = free if left < 0 else layers[left]
        length = int(layer.length[candidate, isp])
        if length == 0:
            isp += 1
            continue
        spans.append((isp, isp + length))
        isp += length + int(problem.gap_isps[candidate])
        left -= left > 0
    return tuple(spans)
