"""What a portfolio can promise of a profile: activations for it, and what they surely deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np

from flexmanager.dispatch import Candidate, Dispatch, dispatch
from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray, IntArray
from flexmanager.vpp.confidence import DRAWS, effects_of, held_w, sampled_w
from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.offer import WHOLE_PERCENT
from flexmanager.vpp.plan import Plan, Planned
from flexmanager.vpp.portfolio import Portfolio
from flexmanager.vpp.request import FlexRequest
from settlement.activation import Activation
from settlement.orders.contract import Contract
from settlement.units import AMOUNT_PER_EUR, BASIS_POINTS

STEP_W = 100
"""Offered powers are multiples of it, so that whole percents of them are whole W."""

ATTEMPTS = 3
"""How often more is ordered behind an offer to make up for what may fail."""

WORTH_EUR_PER_MWH = 10_000.0
"""Agreements dearer than this are left alone where no contract limits the price."""

WORTH_MIN_EUR_PER_MWH = 0.01


@dataclass(frozen=True, slots=True)
class Policy:
    """How an aggregator makes offers.

    Attributes:
        probability: with which the offered power is to be delivered in each ISP, above 0.
        margin_bp: what is asked on top of the cost, in basis points of it.
        min_factor_percent: least part of an offer that is sold.
        shares_percent: parts of the request that an option each is made for.
        draws: samples behind the probability.
        seed: of the samples.
        time_limit_s: seconds of computing per attempt, so that a busy machine offers the same [s].
        gap: relative gap that is good enough for the dispatcher.
        rounds: of the dispatcher; they end its search alike on every machine.
    """

    probability: float = 0.9
    margin_bp: int = 1_000
    min_factor_percent: int = 50
    shares_percent: tuple[int, ...] = (WHOLE_PERCENT,)
    draws: int = DRAWS
    seed: int = 0
    time_limit_s: float = 10.0
    gap: float = 0.02
    rounds: int = 1

    def __post_init__(self) -> None:
        """Refuse a margin below 0 and percents that are none."""
        if self.margin_bp < 0:
            raise ParameterError("policy", "margin_bp", self.margin_bp, "0 or more")
        for percent in (self.min_factor_percent, *self.shares_percent):
            if not 1 <= percent <= WHOLE_PERCENT:
                raise ParameterError("policy", "percents", percent, "1 to 100")


@dataclass(frozen=True, slots=True)
class Case:
    """All that an answer to a request is made from.

    Attributes:
        request: what is asked for.
        portfolio: the agreements; only what goes in their direction is answered.
        candidates: those of them that can be activated, over the ISPs of the day.
        contract: the contract that limits the price, if any.
        policy: how the aggregator makes offers.
        recorded_s: UTC second at which activations are recorded at the latest.
        busy: ISPs that other agreements of a site have ordered, by site.
    """

    request: FlexRequest
    portfolio: Portfolio
    candidates: Sequence[Candidate]
    contract: Contract | None
    policy: Policy
    recorded_s: int
    busy: Mapping[str, frozenset[int]]

    @property
    def isps(self) -> tuple[int, ...]:
        """The ISPs of the day."""
        scope = self.request.scope
        return scope.clock.day_isps(scope.day)

    @property
    def by_id(self) -> dict[bytes, Candidate]:
        """The candidates by agreement id."""
        return {one.agreement_id: one for one in self.candidates}


def wanted_w(case: Case, share_percent: int) -> IntArray:
    """Return the magnitudes asked for in the portfolio's direction, shape (n,) [W]."""
    change_w, sign = requested_change_w(case.request), case.portfolio.sign
    wanted = [max(0, change_w.get(isp, 0) * sign) * share_percent for isp in case.isps]
    return np.array(wanted, dtype=np.int64) // WHOLE_PERCENT


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """Activations for a profile.

    Attributes:
        plan: the activations, at least one.
        offered_w: what may be offered of the profile, magnitudes, shape (n,) [W].
        dispatch: the choice behind the plan, with its proven bound.
    """

    plan: Plan
    offered_w: IntArray
    dispatch: Dispatch


def cover(case: Case, profile_w: IntArray) -> Cover | None:
    """Find activations for a profile, and how much of it they surely deliver.

    Where what they order is not sure enough and agreements are left, more is ordered.

    Args:
        case: what the answer is made from.
        profile_w: magnitudes, shape (n,) [W].

    Returns:
        None if no agreement can be activated for what is paid.
    """
    best: Cover | None = None
    plan: Plan = ()
    aim_w, policy = profile_w, case.policy
    for _ in range(ATTEMPTS):
        found = _dispatched(case, aim_w)
        before, plan = plan, _plan(case, found)
        # The same plan again: nobody is left who could make up for what may fail.
        if plan == before:
            break
        samples_w = sampled_w(effects_of(plan, case.by_id, case.isps), policy.draws, policy.seed)
        sure_w = np.minimum(profile_w, held_w(samples_w, policy.probability))
        offered_w = _within_band(case, sure_w // STEP_W * STEP_W)
        if best is None or offered_w.sum() > best.offered_w.sum():
            best = Cover(plan, offered_w, found)
        missing_w = profile_w - sure_w
        if not missing_w.any():
            break
        aim_w = aim_w + missing_w
    return best


def near_end_w(case: Case, isp: int) -> int:
    """Return the least magnitude that the band of a requested ISP asks for [W, 0 or more]."""
    band = dict(case.request.isps)[isp]
    sign = case.portfolio.sign
    return max(0, sign * (band.max_w if sign < 0 else band.min_w))


def outside_band(case: Case, relief_w: FloatArray) -> tuple[str, ...]:
    """Tell where a plan is expected to move loads in ISPs that have no room for it.

    Activations may reach into ISPs that are not requested, and energy may come back in them.

    Args:
        case: what the answer is made from.
        relief_w: expected change, positive in the portfolio's direction, shape (n,) [W].
    """
    bands, found = dict(case.request.isps), list[str]()
    for isp, expected_w in zip(case.isps, np.rint(case.portfolio.sign * relief_w), strict=True):
        band = bands.get(isp)
        low_w, high_w = (band.min_w, band.max_w) if band is not None else (0, 0)
        if (band is None or not band.requested) and not low_w <= expected_w <= high_w:
            at = case.request.scope.clock.describe(isp)
            found.append(f"{expected_w:.0f} W at {at}, where {low_w} to {high_w} W are allowed")
    return tuple(found)


def _dispatched(case: Case, aim_w: IntArray) -> Dispatch:
    """Have the dispatcher cover an aim; agreements dearer than the contract pays are left alone."""
    policy, contract = case.policy, case.contract
    worth_eur = WORTH_EUR_PER_MWH
    if contract is not None and contract.max_volume_rate is not None:
        per_mwh_eur = contract.max_volume_rate / AMOUNT_PER_EUR
        net_eur = per_mwh_eur * BASIS_POINTS / (BASIS_POINTS + policy.margin_bp)
        worth_eur = max(WORTH_MIN_EUR_PER_MWH, net_eur)
    return dispatch(
        case.portfolio.sign * aim_w,
        case.candidates,
        policy.time_limit_s,
        policy.gap,
        rounds=policy.rounds,
        isp_minutes=case.request.scope.clock.isp_minutes,
        shortfall_eur_per_mwh=worth_eur,
        timer=process_time,
    )


def _plan(case: Case, found: Dispatch) -> Plan:
    """Return what the dispatcher chose as activations of the day."""
    first_isp = case.isps[0]
    return tuple(
        Planned(one.agreement_id, Activation(first_isp + one.offset, one.isps, one.ordered_w))
        for one in found.activations
    )


def _within_band(case: Case, offered_w: IntArray) -> IntArray:
    """Offer nothing in ISPs whose band asks for more than can be offered there."""
    kept = [w if w and w >= near_end_w(case, isp) else 0 for isp, w in _pairs(case, offered_w)]
    return np.array(kept, dtype=np.int64)


def _pairs(case: Case, values_w: IntArray) -> list[tuple[int, int]]:
    return list(zip(case.isps, values_w.tolist(), strict=True))
