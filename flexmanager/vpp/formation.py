"""Making an offer: what a portfolio can deliver of a request, how surely, and for how much.

The dispatcher chooses activations for what is requested. What they deliver with the wanted
probability is offered, not what they order. Each option is offered only if its activations prove
to deliver it, whole and with its least factor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flexmanager.dispatch import Dispatch
from flexmanager.rounding import IntArray
from flexmanager.vpp.baseline import BaselineReference
from flexmanager.vpp.confidence import Confidence, confidence_in, effects_of, sampled_w
from flexmanager.vpp.covering import Case, cover, near_end_w, outside_band, wanted_w
from flexmanager.vpp.judge_offer import price_excess
from flexmanager.vpp.message import Header
from flexmanager.vpp.offer import WHOLE_PERCENT, FlexOffer, OfferOption
from flexmanager.vpp.plan import Plan, plan_cost, undeliverable
from flexmanager.vpp.request import FlexRequest
from settlement.units import BASIS_POINTS, line_amount


@dataclass(frozen=True, slots=True, eq=False)
class Backing:
    """An option with what stands behind it.

    Attributes:
        option: as offered.
        plan: activations that deliver the whole of it.
        confidence: how surely.
        cost: volume lines of the plan if all of it is delivered [1e-4 EUR].
        dispatch: the choice behind the plan, with its proven bound.
    """

    option: OfferOption
    plan: Plan
    confidence: Confidence
    cost: int
    dispatch: Dispatch


@dataclass(frozen=True, slots=True)
class Offering:
    """What a portfolio offers.

    Attributes:
        backings: an option each, of the shares in their order; none if nothing is offered.
        refused: per share without an option the reason.
    """

    backings: tuple[Backing, ...]
    refused: tuple[str, ...]


def offering(case: Case) -> Offering:
    """Make the options of an answer to a request, one for each share of the policy.

    A share that gives the same profile as an earlier one adds nothing and is left out.
    """
    if not case.candidates:
        return Offering((), ("no agreement can be activated in what is requested",))
    backings, refused = list[Backing](), list[str]()
    for share_percent in case.policy.shares_percent:
        found = _backing(case, share_percent)
        if isinstance(found, str):
            refused.append(f"{share_percent} % of the request: {found}")
        elif all(found.option.isps != one.option.isps for one in backings):
            backings.append(found)
    return Offering(tuple(backings), tuple(refused))


def offer_of(
    header: Header,
    request: FlexRequest,
    expires_s: int,
    backings: Sequence[Backing],
    baseline: BaselineReference,
) -> FlexOffer:
    """Write the offer of options that answer a request.

    Args:
        header: from the aggregator, in the conversation of the request.
        request: what they answer.
        expires_s: UTC second until which they may be ordered.
        backings: at least one.
        baseline: what the changes are counted from.

    Raises:
        InputError: there is no option.
    """
    return FlexOffer(
        header=header,
        scope=request.scope,
        expires_s=expires_s,
        options=tuple(one.option for one in backings),
        baseline=baseline,
        request_id=request.header.message_id,
        contract_id=request.contract_id,
    )


def _backing(case: Case, share_percent: int) -> Backing | str:
    """Make an option for a share of the request, or tell why there is none."""
    profile_w = wanted_w(case, share_percent)
    if not profile_w.any():
        return "nothing is requested in the direction of the portfolio"
    found = cover(case, profile_w)
    if found is None:
        return "no agreement can be activated for what is paid"
    plan, offered_w = found.plan, found.offered_w
    if not offered_w.any():
        return f"no power is sure with probability {case.policy.probability}"
    members = {one.agreement_id: one for one in case.portfolio.members}
    cost = plan_cost(plan, members)
    option = _option(case, share_percent, offered_w, cost)
    if option.price < cost:
        return "it costs more than the contract pays"
    effects = effects_of(plan, case.by_id, case.isps)
    findings = (
        *undeliverable(option, plan, members, case.busy, case.recorded_s),
        *outside_band(case, effects.reliability @ effects.relief_w),
    )
    if findings:
        return "; ".join(findings)
    # Judged by other samples than the profile was chosen by.
    samples_w = sampled_w(effects, case.policy.draws, case.policy.seed + 1)
    return Backing(option, plan, confidence_in(offered_w, samples_w), cost, found.dispatch)


def _option(case: Case, share_percent: int, offered_w: IntArray, cost: int) -> OfferOption:
    """Price a profile: cost and margin, and no more than the contract allows at any factor."""
    policy, contract = case.policy, case.contract
    offered = [(isp, w) for isp, w in zip(case.isps, offered_w.tolist(), strict=True) if w]
    # A part of a profile might leave a band that begins away from 0.
    whole_only = any(near_end_w(case, isp) for isp, _ in offered)
    least_percent = WHOLE_PERCENT if whole_only else policy.min_factor_percent
    rows = tuple((isp, case.portfolio.sign * w) for isp, w in offered)
    price = -(-cost * (BASIS_POINTS + policy.margin_bp) // BASIS_POINTS)

    def at(price: int) -> OfferOption:
        return OfferOption(f"{share_percent} percent", price, rows, least_percent)

    if contract is None or contract.max_volume_rate is None:
        return at(price)
    w_sum, minutes = sum(w for _, w in offered), contract.clock.isp_minutes
    capped = at(min(price, line_amount(w_sum, minutes, contract.max_volume_rate)))
    # Of a limit that was rounded up a part may be rounded down.
    return capped if price_excess(contract, capped) is None else at(max(0, capped.price - 1))
