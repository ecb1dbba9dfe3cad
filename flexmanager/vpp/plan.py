"""The activations behind an offer, and the proof that they deliver it.

A part of an offer is delivered by the same activations, each scaled by the same factor and rounded
up to whole W. Scaled, an activation stays within its agreement, since it never exceeds the whole
one; and rounded up, all of them together never fall short of the scaled profile. So an offer that
holds as a whole holds in every part; it is checked nevertheless, by the settlement's own rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flexmanager.vpp.message import PowerRows
from flexmanager.vpp.offer import WHOLE_PERCENT, OfferOption
from flexmanager.vpp.portfolio import Member
from settlement.activation import Activation, check_activation
from settlement.clock import Clock
from settlement.errors import ActivationRefused
from settlement.units import line_amount


@dataclass(frozen=True, slots=True)
class Planned:
    """An activation that is to be recorded if the offer behind which it stands is ordered."""

    agreement_id: bytes
    activation: Activation


Plan = tuple[Planned, ...]
"""In order of first ISP, then agreement id."""


def scaled_plan(plan: Plan, factor_percent: int) -> Plan:
    """Return the activations that deliver a part of what a plan delivers, rounded up to whole W."""
    return tuple(
        replace(
            one,
            activation=replace(
                one.activation, ordered_w=_away_from_zero(one.activation.ordered_w, factor_percent)
            ),
        )
        for one in plan
    )


def plan_cost(plan: Plan, members: Mapping[bytes, Member]) -> int:
    """Return what a plan costs if all of it is delivered: its volume lines [1e-4 EUR]."""
    cost = 0
    for one in plan:
        terms, activation = members[one.agreement_id].terms, one.activation
        w_sum = abs(activation.ordered_w) * activation.isps
        cost += line_amount(w_sum, terms.isp_minutes, terms.volume_rate)
    return cost


def ordered_by_isp(plan: Plan) -> dict[int, int]:
    """Return the sum of all activations by ISP [W, signed]."""
    found: dict[int, int] = {}
    for one in plan:
        for isp in one.activation.ordered_isps():
            found[isp] = found.get(isp, 0) + one.activation.ordered_w
    return found


def undeliverable(
    option: OfferOption,
    plan: Plan,
    members: Mapping[bytes, Member],
    busy: Mapping[str, frozenset[int]],
    recorded_s: int,
) -> tuple[str, ...]:
    """Return every reason why a plan does not deliver an option, whole or with its least factor.

    Args:
        option: what is offered.
        plan: the activations behind the whole of it.
        members: the agreements of the plan, by id.
        busy: ISPs that other agreements of a site have ordered, by site.
        recorded_s: UTC second at which the activations are recorded at the latest.
    """
    found: list[str] = []
    for factor_percent in sorted({option.min_factor_percent, WHOLE_PERCENT}):
        part = scaled_plan(plan, factor_percent)
        reasons = [
            *_broken_terms(part, members, recorded_s),
            *_double_orders(part, members, busy),
            *_gaps(option.portion(factor_percent).isps, part, members),
        ]
        found.extend(f"at {factor_percent} %: {reason}" for reason in reasons)
    return tuple(found)


def _away_from_zero(power_w: int, factor_percent: int) -> int:
    magnitude_w = -(-abs(power_w) * factor_percent // WHOLE_PERCENT)
    return magnitude_w if power_w > 0 else -magnitude_w


def _broken_terms(plan: Plan, members: Mapping[bytes, Member], recorded_s: int) -> list[str]:
    """Have the settlement's rules judge the activations of each agreement, in time order."""
    found, standing = list[str](), dict[bytes, tuple[Activation, ...]]()
    for one in sorted(plan, key=lambda one: one.activation.first_isp):
        member = members[one.agreement_id]
        before = standing.get(one.agreement_id, member.standing)
        try:
            check_activation(
                member.terms, before, one.activation, end_day=member.end_day, now_s=recorded_s
            )
        except ActivationRefused as refusal:
            found.append(f"agreement {one.agreement_id.hex()[:16]}: {refusal}")
        standing[one.agreement_id] = (*before, one.activation)
    return found


def _double_orders(
    plan: Plan, members: Mapping[bytes, Member], busy: Mapping[str, frozenset[int]]
) -> list[str]:
    """No metering point is ordered by two agreements in one ISP."""
    found, taken = list[str](), dict[tuple[str, int], bytes]()
    for one in plan:
        site_id = members[one.agreement_id].site_id
        for isp in one.activation.ordered_isps():
            other = taken.setdefault((site_id, isp), one.agreement_id)
            if other != one.agreement_id or isp in busy.get(site_id, frozenset()):
                at = members[one.agreement_id].terms.clock.describe(isp)
                found.append(f"{site_id} is ordered twice at {at}")
    return found


def _gaps(profile: PowerRows, plan: Plan, members: Mapping[bytes, Member]) -> list[str]:
    """In every ISP the activations order at least what is offered, in its direction."""
    ordered_w = ordered_by_isp(plan)
    clocks: Sequence[Clock] = [one.terms.clock for one in members.values()]
    found = []
    for isp, offered_w in profile:
        along_w = ordered_w.get(isp, 0) * (1 if offered_w > 0 else -1)
        if offered_w and along_w < abs(offered_w):
            at = clocks[0].describe(isp) if clocks else f"ISP index {isp}"
            found.append(f"{ordered_w.get(isp, 0)} W ordered for {offered_w} W offered at {at}")
    return found
