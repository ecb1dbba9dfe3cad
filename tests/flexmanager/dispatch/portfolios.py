"""Portfolios of agreements with an order for a day: instances for tests and the benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.dispatch import Candidate, Dispatch
from flexmanager.rounding import FloatArray, IntArray
from settlement.activation import Activation, check_activation
from settlement.clock import weekday_of
from settlement.terms import Terms
from settlement.window import weekly_window
from tests.settlement.defaults import EUR_PER_MWH, MON_2027_06_07, VIENNA, terms

ISPS = 96
FIRST_ISP = VIENNA.day_isps(MON_2027_06_07)[0]
ISPS_CALLED = 8
"""What an agreement could give over the day, in ISPs at its amount; an order asks for a share."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An order for the 96 ISPs of a day and the agreements that can serve it."""

    required_w: IntArray
    terms: tuple[Terms, ...]
    candidates: tuple[Candidate, ...]


def instance(agreements: int, seed: int, share: float = 0.4) -> Instance:
    """Draw agreements with windows of 4 to 12 hours, and an order with three peaks.

    Amounts are 1 to 10 kW, rates 50 to 250 EUR/MWh, activations last 1 to 3 hours, recovery 1 to 6
    hours, 1 to 3 activations are left for the day, and 80 to 100 % is delivered.
    """
    random = np.random.default_rng(seed)
    drawn = [_agreement(random) for _ in range(agreements)]
    candidates = tuple(
        _candidate(number, one, reliability) for number, (one, reliability) in enumerate(drawn)
    )
    total_w = sum(abs(one.amount_w) for one, _ in drawn)
    shape = _shape(random)
    required_w = -(shape / shape.sum() * total_w * ISPS_CALLED * share).astype(np.int64)
    return Instance(required_w, tuple(one for one, _ in drawn), candidates)


def refuse_broken_terms(asked: Instance, found: Dispatch) -> None:
    """Have settlement's own rules check every activation; they raise where one breaks its terms."""
    by_agreement: dict[bytes, list[Activation]] = {}
    for one in found.activations:
        activation = Activation(FIRST_ISP + one.offset, one.isps, one.ordered_w)
        by_agreement.setdefault(one.agreement_id, []).append(activation)
    for agreement_id, activations in by_agreement.items():
        check_in_order(asked.terms[int.from_bytes(agreement_id, "big")], activations)


def check_in_order(agreed: Terms, activations: Sequence[Activation]) -> None:
    """Check the activations of one agreement, each after those before it."""
    for position, one in enumerate(activations):
        check_activation(agreed, activations[:position], one)


def _agreement(random: np.random.Generator) -> tuple[Terms, float]:
    length = int(random.integers(16, 49))
    start = int(random.integers(-length // 2, ISPS - length // 2))
    begin, end = max(start, 0), min(start + length, ISPS)
    window = weekly_window([weekday_of(MON_2027_06_07)], 15 * begin, 15 * end)
    agreed = terms(
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=-100 * int(random.integers(10, 101)),
        volume_rate=int(random.integers(50, 251)) * EUR_PER_MWH,
        max_runtime_isps=int(random.integers(4, 13)),
        recovery_isps=int(random.integers(4, 25)),
        max_activations=int(random.integers(1, 4)),
    )
    return agreed, float(random.uniform(0.8, 1.0))


def _candidate(number: int, agreed: Terms, reliability: float) -> Candidate:
    bits = agreed.window0 | agreed.window1 << 256 | agreed.window2 << 512
    first = weekday_of(MON_2027_06_07) * ISPS
    allowed = np.array([bits >> first + isp & 1 for isp in range(ISPS)], dtype=np.bool_)
    return Candidate(
        agreement_id=number.to_bytes(32, "big"),
        amount_w=agreed.amount_w,
        volume_rate=agreed.volume_rate,
        max_runtime_isps=agreed.max_runtime_isps,
        recovery_isps=agreed.recovery_isps,
        activations_left=agreed.max_activations,
        allowed=allowed,
        reliability=reliability,
    )


def _shape(random: np.random.Generator) -> FloatArray:
    """A morning, a midday and an evening peak over a floor, rough by 10 % either way."""
    hour = np.arange(ISPS) / 4
    peaks = ((1.0, 8.0, 2.0), (0.7, 13.0, 2.5), (1.2, 19.0, 2.5))
    shape = 0.4 + sum(high * np.exp(-(((hour - at) / wide) ** 2)) for high, at, wide in peaks)
    rough: FloatArray = shape * random.uniform(0.9, 1.1, ISPS)
    return rough
