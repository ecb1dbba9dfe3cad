"""The formulation of `compact_pyomo` as arrays for HiGHS: a rival without a modelling layer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from flexmanager.dispatch import Candidate
from flexmanager.highs import INFINITY, Model, SparseMatrix
from flexmanager.rounding import IntArray
from tests.flexmanager.dispatch.compact_pyomo import (
    ACTIVATION_EUR,
    EUR_PER_W_ISP,
    SHORTFALL_EUR_PER_MWH,
)

EUR_PER_KW_ISP = EUR_PER_W_ISP * 1e3


@dataclass(slots=True)
class _Rows:
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, lower: float, upper: float, entries: dict[int, float]) -> None:
        self.place.extend([len(self.lower)] * len(entries))
        self.column.extend(entries)
        self.value.extend(entries.values())
        self.lower.append(lower)
        self.upper.append(upper)


def compact_arrays(required_w: IntArray, candidates: Sequence[Candidate]) -> Model:
    """Write the dispatch with a switch, a first-ISP mark and a power [kW] per allowed ISP."""
    isps, rows = len(required_w), _Rows()
    cost = [SHORTFALL_EUR_PER_MWH * EUR_PER_KW_ISP] * isps
    upper, whole = [INFINITY] * isps, [0] * isps
    cover: list[dict[int, float]] = [{t: 1.0} for t in range(isps)]
    for one in candidates:
        base = len(cost)
        steps = np.flatnonzero(one.allowed).tolist()
        on = {t: base + 3 * k for k, t in enumerate(steps)}
        rate = one.volume_rate / 1e4 * EUR_PER_KW_ISP
        cost += [0.0, ACTIVATION_EUR, rate] * len(steps)
        upper += [1.0, 1.0, abs(one.amount_w) / 1e3] * len(steps)
        whole += [1, 1, 0] * len(steps)
        for t in steps:
            cover[t][on[t] + 2] = one.reliability
        _limits(rows, one, on)
    for t in range(isps):
        rows.add(abs(int(required_w[t])) / 1e3, INFINITY, cover[t])
    matrix = SparseMatrix()
    matrix.add(np.array(rows.place), np.array(rows.column), np.array(rows.value))
    start, index, value = matrix.by_column(len(cost))
    return Model(
        cost=np.array(cost),
        lower=np.zeros(len(cost)),
        upper=np.array(upper),
        row_lower=np.array(rows.lower),
        row_upper=np.array(rows.upper),
        start=start,
        index=index,
        value=value,
        whole=np.array(whole, dtype=np.int32),
    )


def _limits(rows: _Rows, one: Candidate, on: dict[int, int]) -> None:
    amount, gap, longest = abs(one.amount_w) / 1e3, max(1, one.recovery_isps), one.max_runtime_isps
    for t, switch in on.items():
        first, power = switch + 1, switch + 2
        rows.add(-INFINITY, 0.0, {first: 1.0, switch: -1.0})
        rows.add(-INFINITY, 0.0, {power: 1.0, switch: -amount})
        rows.add(0.0, INFINITY, {power: 1.0, switch: -1e-3})
        before = on.get(t - 1)
        if before is None:
            rows.add(-INFINITY, 0.0, {switch: 1.0, first: -1.0})
        else:
            rows.add(-INFINITY, 0.0, {switch: 1.0, first: -1.0, before: -1.0})
            for sign in (1.0, -1.0):
                change = {power: sign, before + 2: -sign, switch: amount, before: amount}
                rows.add(-INFINITY, 2 * amount, change)
        for earlier in range(t - gap, t):
            if earlier in on:
                rows.add(-INFINITY, 1.0, {first: 1.0, on[earlier]: 1.0})
        spell = {on[t + k]: 1.0 for k in range(longest + 1) if t + k in on}
        if len(spell) > longest:
            rows.add(-INFINITY, float(longest), spell)
    rows.add(-INFINITY, float(one.activations_left), {switch + 1: 1.0 for switch in on.values()})
