"""Lines of all activations of a period, shape by shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from backend.kernel.baselines import (
    Choice,
    Window,
    adjusted_baseline,
    choices,
    choose,
    mean_baseline,
    sums_of,
)
from backend.kernel.columns import Exact, Flags, Integers, Lines, Powers
from backend.kernel.context import Context
from backend.kernel.delivery import delivery_sums, paid_w_sum_scaled
from backend.kernel.exact import line_amounts
from backend.kernel.like_days import Slots, candidates, look_back
from settlement.meter import MISSING_W
from settlement.terms import Adjustment
from settlement.units import BASIS_POINTS, POWER_W_MAX

_BLOCK_VALUES = 65_536
"""Readings that are looked at together: they stay in the cache of a core."""


class Reason(IntEnum):
    """Why an activation has no line, in the order in which it is looked for."""

    NONE = 0
    NOT_NOMINATED = 1
    LIKE_DAYS = 2
    BASELINE_RANGE = 3
    READINGS = 4
    RANGE = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What activations have in common that are settled together."""

    isps: int
    choice: Choice
    adjustment_isps: int


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Some activations of one shape: their rows in the portfolio, ISPs and agreements."""

    shape: Shape
    activation: Integers
    agreement: Integers
    clock: Integers
    day: Integers
    isps: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Baselines of some activations; where there is a reason their values mean nothing."""

    values_w: Integers
    reason: Integers
    count: Integers


def make_lines(context: Context) -> Lines:
    """Make the lines of all activations of the period.

    Args:
        context: the portfolio with what follows from it.
    """
    activations, terms = context.portfolio.activations, context.portfolio.agreements.terms
    events = context.events
    isps = activations.isps[events]
    offsets = np.concatenate([[0], np.cumsum(isps)])
    pairs = np.zeros((int(offsets[-1]), 2), np.int32)
    reason, count, delivered, deficiency = np.zeros((4, len(events)), np.int64)
    for shape, rows in _blocks(context):
        part = _events(context, shape, rows)
        found, actual_w = _values(context, part)
        good = np.flatnonzero(found.reason == Reason.NONE)
        reason[rows], count[rows] = found.reason, found.count
        baseline, actual = found.values_w[good].astype(np.int32), actual_w[good].astype(np.int32)
        _place(pairs, offsets[rows[good]], baseline, actual)
        ordered = activations.ordered_w[part.activation[good]]
        delivered[rows[good]], deficiency[rows[good]] = delivery_sums(ordered, baseline, actual)
    agreement = activations.agreement[events]
    ordered = np.where(reason == Reason.NONE, np.abs(activations.ordered_w[events]) * isps, 0)
    own = {name: column[agreement] for name, column in terms.items()}
    paid = paid_w_sum_scaled(
        ordered, delivered, own["delivery_rule"], own["delivery_bp"], own["delivery_slope"]
    )
    minutes = context.portfolio.agreements.isp_minutes
    volume = line_amounts(paid, minutes, own["volume_rate"], BASIS_POINTS)
    penalty = line_amounts(deficiency, minutes, own["penalty_rate"])
    return Lines(
        events, reason, count, ordered, delivered, deficiency, volume, penalty, offsets, pairs
    )


def _place(pairs_w: Powers, begins: Integers, baseline_w: Powers, actual_w: Powers) -> None:
    """Write the series of some activations to where each begins."""
    count, isps = baseline_w.shape
    if count and begins[-1] - begins[0] == (count - 1) * isps:  # they ascend: one after the other
        whole = pairs_w[begins[0] : begins[0] + count * isps].reshape(count, isps, 2)
        whole[:, :, 0], whole[:, :, 1] = baseline_w, actual_w
        return
    at = begins[:, None] + np.arange(isps)
    pairs_w[at, 0], pairs_w[at, 1] = baseline_w, actual_w


def _blocks(context: Context) -> Iterator[tuple[Shape, Integers]]:
    """Group the events by shape and cut the groups into blocks."""
    activations, terms = context.portfolio.activations, context.portfolio.agreements.terms
    agreement = activations.agreement[context.events]
    method, x, y = (terms[name][agreement] for name in ("baseline_method", "x", "y"))
    fields = (
        activations.isps[context.events],
        *choices(method, x, y),
        terms["adjustment_isps"][agreement],
    )
    key = np.zeros(len(agreement), np.int64)
    for field, bits in zip(fields, (16, 8, 8, 8, 16), strict=True):
        key = (key << bits) + field
    order = np.argsort(key, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if not len(rows):
            continue
        isps, wanted, dropped, taken, adjustment_isps = (int(field[rows[0]]) for field in fields)
        shape = Shape(isps, Choice(wanted, dropped, taken), adjustment_isps)
        step = max(1, _BLOCK_VALUES // (max(1, wanted) * (isps + adjustment_isps)))
        for begin in range(0, len(rows), step):
            yield shape, rows[begin : begin + step]


def _events(context: Context, shape: Shape, rows: Integers) -> _Events:
    activation = context.events[rows]
    agreement = context.portfolio.activations.agreement[activation]
    first = context.portfolio.activations.first_isp[activation]
    return _Events(
        shape,
        activation,
        agreement,
        context.clock_of[agreement],
        context.event_days[rows],
        first[:, None] + np.arange(shape.isps),
    )


def _values(context: Context, events: _Events) -> tuple[_Found, Integers]:
    """Return baselines and actuals, and the first reason of each activation without them."""
    nominated = events.shape.choice.wanted == 0
    found = _nominated(context, events) if nominated else _computed(context, events)
    actual_w, missing = context.reader.read(events.agreement, events.isps)
    lacking = missing.sum(axis=1)
    out_of_range = (_beyond(actual_w) & ~missing).any(axis=1)
    for flags, reason, count in (
        (lacking > 0, Reason.READINGS, lacking),
        (out_of_range, Reason.RANGE, np.zeros_like(lacking)),
    ):
        first = flags & (found.reason == Reason.NONE)
        found.reason[first], found.count[first] = reason, count[first]
    return found, actual_w


def _nominated(context: Context, events: _Events) -> _Found:
    activations = context.portfolio.activations
    values = np.full(events.isps.shape, MISSING_W, np.int64)
    if len(activations.nominated_w):
        begin = context.nominated_begins[events.activation]
        values[:] = activations.nominated_w[begin[:, None] + np.arange(events.shape.isps)]
    lacking = (values == MISSING_W).any(axis=1)
    reason = np.where(lacking, Reason.NOT_NOMINATED, Reason.NONE)
    return _Found(values, reason, np.zeros_like(reason))


def _computed(context: Context, events: _Events) -> _Found:
    """Compute baselines from like days."""
    choice, calendar = events.shape.choice, context.calendar
    parts = [calendar.starts(events.clock[:, None], events.isps)]
    window_isps = _window_isps(context, events)
    if window_isps.size:
        parts.append(calendar.starts(events.clock[:, None], window_isps))
    slots = Slots(events.agreement, events.clock, events.day, tuple(parts))
    usable = candidates(
        slots, calendar, context.unusable, context.working, context.first_working_day
    )
    like = look_back(slots, calendar, context.reader, usable, choice.wanted)
    reason = np.full(len(events.activation), int(Reason.LIKE_DAYS))
    values = np.zeros(events.isps.shape, np.int64)
    rows = like.full
    chosen = choose(like.values_w[0], choice)
    sums = sums_of(like.values_w[0], chosen)
    if window_isps.size:
        expected = sums_of(like.values_w[1], chosen).sum(axis=1)
        window = _window(context, events, window_isps, rows, expected)
        baseline = adjusted_baseline(sums, choice.taken, window)
    else:
        baseline = mean_baseline(sums, choice.taken)
    beyond = _beyond(baseline).any(axis=1)
    reason[rows] = np.where(beyond, Reason.BASELINE_RANGE, Reason.NONE)
    values[rows[~beyond]] = baseline[~beyond]
    return _Found(values, reason, np.where(reason == Reason.LIKE_DAYS, like.found, 0))


def _window_isps(context: Context, events: _Events) -> Integers:
    """Return the ISPs of the adjustment windows, without columns if there are none."""
    terms = context.portfolio.agreements.terms
    length = events.shape.adjustment_isps
    begin = events.isps[:, 0] - terms["adjustment_gap_isps"][events.agreement] - length
    return begin[:, None] + np.arange(length)


def _window(
    context: Context, events: _Events, isps: Integers, rows: Integers, expected_w_sum: Integers
) -> Window:
    agreement, isps = events.agreement[rows], isps[rows]
    terms = context.portfolio.agreements.terms
    actual_w, missing = context.reader.read(agreement, isps)
    ordered = context.orders.touch(agreement, isps[:, 0], isps[:, -1] + 1)
    kind = terms["adjustment"][agreement]
    return Window(
        kind,
        terms["adjustment_cap_bp"][agreement],
        ~missing.any(axis=1) & ~ordered & (kind != Adjustment.NONE),
        actual_w.sum(axis=1),
        expected_w_sum,
        isps.shape[1],
    )


def _beyond(values_w: Exact) -> Flags:
    return (values_w > POWER_W_MAX) | (values_w < -POWER_W_MAX)
