"""How surely activations deliver: sampled from the reliabilities of their agreements.

An agreement delivers all that it is ordered with a probability equal to its reliability, else
nothing at all; of all ways to deliver that share on average it is the one that varies most.
Agreements fail independently of each other: a cause that hits many at once is not modelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.dispatch import Candidate, response
from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray, IntArray
from flexmanager.vpp.plan import Plan

DRAWS = 2_000
"""The standard error of a probability is at most 0.5 / sqrt(draws), here 1.1 points."""

_DRAWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What each agreement of a plan changes over n ISPs if it delivers.

    Attributes:
        relief_w: shape (agreements, n) [W]: above 0 in the direction of the plan, below 0 where
            energy comes back.
        reliability: probability of delivering, shape (agreements,).
    """

    relief_w: FloatArray
    reliability: FloatArray


@dataclass(frozen=True, slots=True)
class Confidence:
    """How surely a profile is delivered.

    Attributes:
        least: probability of all that is offered in an ISP, in the ISP where it is lowest.
        whole: probability of all that is offered, in all ISPs at once.
        expected_share: expected share of the offered energy, surplus not counted.
        draws: how many samples that is drawn from.
    """

    least: float
    whole: float
    expected_share: float
    draws: int


def effects_of(plan: Plan, candidates: Mapping[bytes, Candidate], isps: Sequence[int]) -> Effects:
    """Return the effects of a plan over consecutive ISPs (UTC indices).

    Agreements stand in an order that follows from their effects alone: their ids, which differ from
    one record of the same agreement to another, decide nothing that is sampled.
    """
    identities = sorted({one.agreement_id for one in plan})
    row_of = {identity: row for row, identity in enumerate(identities)}
    relief_w = np.zeros((len(identities), len(isps)))
    for one in plan:
        candidate, row = candidates[one.agreement_id], relief_w[row_of[one.agreement_id]]
        begin = one.activation.first_isp - isps[0]
        shares = response(one.activation.isps, candidate.rebound_share, candidate.rebound_isps)
        changed = row[begin : begin + len(shares)]
        changed += abs(one.activation.ordered_w) * shares[: len(changed)]
    reliability = np.array([candidates[identity].reliability for identity in identities])
    order = sorted(range(len(identities)), key=lambda row: (reliability[row], *relief_w[row]))
    return Effects(relief_w[order], reliability[order].astype(np.float64))


def sampled_w(effects: Effects, draws: int = DRAWS, seed: int = 0) -> FloatArray:
    """Draw what is delivered, shape (draws, n) [W]; the same seed draws the same."""
    if draws < 1:
        raise ParameterError("confidence", "draws", draws, "at least 1")
    random = np.random.default_rng(seed)
    parts = []
    for start in range(0, draws, _DRAWS_AT_ONCE):
        size = min(_DRAWS_AT_ONCE, draws - start), len(effects.reliability)
        delivers = random.random(size) < effects.reliability
        parts.append(delivers.astype(np.float64) @ effects.relief_w)
    return np.concatenate(parts)


def held_w(samples_w: FloatArray, probability: float) -> IntArray:
    """Return what is delivered at least with a probability, per ISP, shape (n,) [W, 0 or more].

    Args:
        samples_w: as `sampled_w` returns it.
        probability: above 0, at most 1.

    Returns:
        Rounded down to whole W.
    """
    if not 0.0 < probability <= 1.0:
        raise ParameterError("confidence", "probability", probability, "above 0, at most 1")
    may_miss = int((1.0 - probability) * len(samples_w) + 1e-9)
    lowest_w = np.sort(samples_w, axis=0)[may_miss]
    whole_w: IntArray = np.maximum(0, np.floor(lowest_w + 1e-6)).astype(np.int64)
    return whole_w


def confidence_in(offered_w: IntArray, samples_w: FloatArray) -> Confidence:
    """Return how surely a profile is delivered.

    Args:
        offered_w: magnitudes, shape (n,) [W]; at least one is above 0.
        samples_w: what is delivered, as `sampled_w` returns it.
    """
    offered = offered_w > 0
    if not offered.any():
        raise ParameterError("confidence", "offered_w", "0 W throughout", "some power")
    wanted_w, found_w = offered_w[offered], samples_w[:, offered]
    full = found_w >= wanted_w - 1e-6
    share = np.clip(found_w, 0.0, wanted_w).sum(axis=1) / wanted_w.sum()
    return Confidence(
        float(full.mean(axis=0).min()),
        float(full.all(axis=1).mean()),
        float(share.mean()),
        len(samples_w),
    )
