"""Candidates and orders for the dispatcher's tests, and the check of every limit."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from flexmanager.dispatch import Candidate, Dispatch
from flexmanager.rounding import IntArray

ALWAYS = 99


def candidate(
    number: int,
    amount_w: int,
    isps: int,
    rate_eur: float = 100.0,
    runtime: int = ALWAYS,
    recovery: int = 0,
    left: int = ALWAYS,
    window: tuple[int, int] | None = None,
    reliability: float = 1.0,
) -> Candidate:
    """Return a candidate; its window is (start, stop), stop excluded, all ISPs if None."""
    allowed = np.zeros(isps, dtype=np.bool_)
    allowed[slice(*(window or (0, isps)))] = True
    return Candidate(
        agreement_id=number.to_bytes(32, "big"),
        amount_w=amount_w,
        volume_rate=round(rate_eur * 10_000),
        max_runtime_isps=runtime,
        recovery_isps=recovery,
        activations_left=left,
        allowed=allowed,
        reliability=reliability,
    )


def check_limits(required_w: IntArray, candidates: Sequence[Candidate], result: Dispatch) -> None:
    """Assert every limit of every agreement, and that the accounts agree with the activations."""
    expected = np.zeros(len(required_w))
    cost = 0
    for one in candidates:
        own = [a for a in result.activations if a.agreement_id == one.agreement_id]
        assert len(own) <= one.activations_left
        for activation in own:
            stop = activation.offset + activation.isps
            assert 1 <= activation.isps <= one.max_runtime_isps
            assert one.allowed[activation.offset : stop].all()
            assert stop <= len(required_w)
            assert 1 <= abs(activation.ordered_w) <= abs(one.amount_w)
            assert activation.ordered_w * one.amount_w > 0
            expected[activation.offset : stop] += activation.ordered_w * one.reliability
            cost += abs(activation.ordered_w) * activation.isps * one.volume_rate
        for earlier, later in pairwise(own):
            gap = later.offset - (earlier.offset + earlier.isps)
            assert gap >= max(1, one.recovery_isps)
    assert (np.abs(result.covered_w - expected) < 1.0).all()
    assert (np.abs(result.covered_w) <= np.abs(expected) + 1e-5).all()
    missing = np.maximum(np.abs(required_w) - np.abs(result.covered_w), 0)
    assert result.shortfall_w.tolist() == missing.tolist()
    assert abs(result.cost_eur - cost * 0.25 / 1e6 / 1e4) < 1e-6
    assert result.bound_eur <= result.objective_eur
    assert 0.0 <= result.gap <= 1.0


@st.composite
def orders(draw: st.DrawFn, candidates_max: int, isps_max: int) -> tuple[IntArray, list[Candidate]]:
    """Draw an order with agreements of its direction."""
    isps = draw(st.integers(1, isps_max))
    sign = draw(st.sampled_from([-1, 1]))
    required = draw(st.lists(st.integers(0, 9_000) | st.just(0), min_size=isps, max_size=isps))
    found = []
    for number in range(draw(st.integers(0, candidates_max))):
        mask = draw(st.lists(st.booleans() | st.just(True), min_size=isps, max_size=isps))
        found.append(
            Candidate(
                agreement_id=number.to_bytes(32, "big"),
                amount_w=sign * draw(st.integers(1, 6_000)),
                volume_rate=draw(st.integers(0, 4_000_000)),
                max_runtime_isps=draw(st.integers(1, 5)),
                recovery_isps=draw(st.integers(0, 3)),
                activations_left=draw(st.integers(0, 3)),
                allowed=np.array(mask, dtype=np.bool_),
                reliability=draw(st.sampled_from([1.0, 0.9, 0.5])),
            )
        )
    return sign * np.array(required, dtype=np.int64), found
