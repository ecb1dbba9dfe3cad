"""The aggregator forms portfolios, answers requests, and takes back what it can't deliver."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import BackingRow, SiteRow
from backend.services.activating import busy_isps
from backend.services.candidates import Available, candidates_of
from backend.services.local_day import LocalDay
from backend.services.records import agreements_between, read_terms, standing_by_agreement
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_grid import read_grid
from flexmanager.vpp.baseline import BaselineReference
from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.covering import Case, Policy
from flexmanager.vpp.formation import Backing, Offering, offer_of, offering
from flexmanager.vpp.offer import FlexOffer, FlexOfferRevocation
from flexmanager.vpp.plan import Plan, Planned
from flexmanager.vpp.portfolio import Formation, Member, form
from flexmanager.vpp.rejection import Rejection
from flexmanager.vpp.request import FlexRequest
from settlement.activation import Activation
from settlement.document import canonical_json
from settlement.errors import InputError

RECORDING_S = 300
"""An order's activations are recorded within this time after it."""

CLOSED = "window, notice, recovery or another order leave none of the requested ISPs open"


@dataclass(frozen=True, slots=True)
class Answered:
    """What an aggregator answered to a request.

    Attributes:
        offer: accepted by the DSO; None if there is none.
        offering: what stands behind it, and why options are missing.
        left_out: agreements that could not take part, with the reason.
        refused: reasons against the offer, of whichever party refuses it.
    """

    offer: FlexOffer | None
    offering: Offering
    left_out: Mapping[bytes, str]
    refused: tuple[Rejection, ...] = ()


def members_of(session: Session, dso: bytes, aggregator: bytes) -> list[Member]:
    """Return all recorded agreements of an aggregator that name a DSO, with their sites."""
    sites = session.execute(select(SiteRow.site_id, SiteRow.congestion_point))
    points = {site_id: point for site_id, point in sites}
    standing = standing_by_agreement(session)
    return [
        Member(
            row.agreement_id,
            row.site_id,
            points[row.site_id],
            read_terms(row.terms),
            standing.get(row.agreement_id, ()),
            row.end_day,
        )
        for row in agreements_between(session, dso, aggregator)
    ]


def form_portfolios(
    desk: TradeDesk,
    members: Sequence[Member],
    day: int,
    withdrawn: Mapping[str, str],
    now_s: int,
) -> Formation:
    """Form the portfolios of a day over the declared grid.

    Args:
        desk: whose open offers keep their agreements.
        members: as `members_of` returns them.
        day: the local day.
        withdrawn: sites that cannot be activated today, with the reason.
        now_s: UTC second.
    """
    promised = {
        one.agreement_id: f"offer {offer.header.message_id}"
        for offer in desk.book(desk.trade.aggregator).orderable(now_s)
        for plan in plans_behind(desk.session, offer).values()
        for one in plan
    }
    return form(members, day, read_grid(desk.session) or None, withdrawn, promised)


def answer_request(
    desk: TradeDesk,
    request: FlexRequest,
    members: Sequence[Member],
    available: Sequence[Available],
    policy: Policy,
    baseline: BaselineReference,
    expires_s: int,
    now_s: int,
    withdrawn: Mapping[str, str] | None = None,
) -> Answered:
    """Offer what the portfolio of a point can deliver of a request.

    A request in both directions is answered in the one that asks for more.

    Args:
        desk: over which the request came.
        request: accepted by the aggregator.
        members: as `members_of` returns them.
        available: agreements that may be activated, with what their sites can hold.
        policy: how offers are made.
        baseline: what the changes are counted from.
        expires_s: UTC second until which the offer may be ordered; its activations can still be
            recorded in time after an order of the last moment.
        now_s: UTC second of sending.
        withdrawn: sites that cannot be activated today, with the reason.
    """
    day, session = request.scope.day, desk.session
    formation = form_portfolios(desk, members, day, withdrawn or {}, now_s)
    sign = 1 if sum(requested_change_w(request).values()) > 0 else -1
    portfolio = formation.of(request.scope.congestion_point, sign)
    if portfolio is None:
        return Answered(None, Offering((), ("no agreement can take part",)), formation.left_out)
    inside = {one.agreement_id for one in portfolio.members}
    candidates = candidates_of(
        session,
        [one for one in available if one.row.agreement_id in inside and one.power_w],
        LocalDay(request.scope.clock, day),
        expires_s + RECORDING_S,
    )
    requested = np.isin(request.scope.clock.day_isps(day), request.requested_isps)
    closed = [one for one in candidates if not (one.allowed & requested).any()]
    left_out = {**formation.left_out, **{one.agreement_id: CLOSED for one in closed}}
    contract_id = request.contract_id
    case = Case(
        request,
        portfolio,
        [one for one in candidates if one not in closed],
        None if contract_id is None else desk.trade.contracts[contract_id],
        policy,
        expires_s + RECORDING_S,
        {one.site_id: busy_isps(session, one.site_id, b"") for one in portfolio.members},
    )
    found = offering(case)
    if not found.backings:
        return Answered(None, found, left_out)
    header = desk.header(desk.trade.aggregator, now_s, request.header.conversation_id)
    offer = offer_of(header, request, expires_s, found.backings, baseline)
    refused = desk.send(offer, now_s)
    if refused:
        return Answered(None, found, left_out, refused)
    for one in found.backings:
        _store(session, header.message_id, one)
    return Answered(offer, found, left_out)


def revoke_offers(
    desk: TradeDesk, agreement_ids: frozenset[bytes], now_s: int
) -> tuple[FlexOfferRevocation, ...]:
    """Take back the open offers that an agreement stands behind which can't be activated any more.

    Args:
        desk: over which they were made.
        agreement_ids: the agreements.
        now_s: UTC second.

    Returns:
        The revocations that the DSO accepted; an offer that it has ordered meanwhile stands.
    """
    sender, found = desk.trade.aggregator, list[FlexOfferRevocation]()
    for offer in desk.book(sender).orderable(now_s):
        plans = plans_behind(desk.session, offer).values()
        if agreement_ids.isdisjoint(one.agreement_id for plan in plans for one in plan):
            continue
        header = desk.header(sender, now_s, offer.header.conversation_id)
        revocation = FlexOfferRevocation(header, offer.header.message_id)
        if not desk.send(revocation, now_s):
            found.append(revocation)
    return tuple(found)


def plans_behind(session: Session, offer: FlexOffer) -> dict[str, Plan]:
    """Return the plan behind each option of an offer, by the name of the option."""
    identity = offer.header.message_id
    query = select(BackingRow).where(BackingRow.offer_id == identity).order_by(BackingRow.option)
    return {row.option: _read_plan(row.plan) for row in session.scalars(query)}


def backing_row(session: Session, offer_id: str, option: str) -> BackingRow:
    """Return what is stored of the plan behind an option.

    Raises:
        InputError: nothing stands behind it.
    """
    row = session.get(BackingRow, (offer_id, option))
    if row is None:
        raise InputError(f"option {option}", f"offer {offer_id}", "one with a plan behind it")
    return row


def _store(session: Session, offer_id: str, backing: Backing) -> None:
    plan = [
        [
            one.agreement_id.hex(),
            one.activation.first_isp,
            one.activation.isps,
            one.activation.ordered_w,
        ]
        for one in backing.plan
    ]
    session.add(
        BackingRow(
            offer_id=offer_id,
            option=backing.option.reference,
            plan=canonical_json(plan),
            cost=backing.cost,
            objective_eur=backing.dispatch.objective_eur,
            bound_eur=backing.dispatch.bound_eur,
            gap=backing.dispatch.gap,
            least_probability=backing.confidence.least,
            whole_probability=backing.confidence.whole,
            expected_share=backing.confidence.expected_share,
        )
    )
    session.flush()


def _read_plan(text: str) -> Plan:
    return tuple(
        Planned(bytes.fromhex(identity), Activation(first_isp, isps, ordered_w))
        for identity, first_isp, isps, ordered_w in json.loads(text)
    )
