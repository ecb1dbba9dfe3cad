"""From a requirement to recorded activations: the aggregator's answer to an order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import process_time

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet
from backend.db.models import AgreementRow, OrderRow
from backend.services.activating import busy_isps
from backend.services.local_day import IntArray, LocalDay
from backend.services.recording import Refused, record_activations
from backend.services.records import read_terms, standing_of
from flexmanager.dispatch import Candidate, Dispatch, dispatch
from flexmanager.openings import candidate, open_isps
from flexmanager.rounding import to_w
from settlement.activation import Activation
from settlement.identity import agreement_id

BoolArray = NDArray[np.bool_]
TIME_LIMIT_S = 10.0
"""Seconds of computing, so that a busy machine does not cut a choice short."""

GAP = 0.02
ROUNDS = 0
"""Rounds of improvement: none, as the rounded relaxation is as good on portfolios of this size, and
the same orders give the same activations everywhere."""


@dataclass(frozen=True, slots=True)
class Available:
    """An agreement that may be activated, with what its site can deliver now.

    Attributes:
        row: the agreement.
        power_w: magnitude that the site expects to hold, at most the agreed amount.
        reliability: expected share of an order that is delivered, 0 to 1.
    """

    row: AgreementRow
    power_w: int
    reliability: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What was ordered, and how well it covers the requirement.

    Attributes:
        order: the order as stored.
        congested: UTC ISPs with a requirement.
        activations: those on the ledger, in time order; nothing else is dispatched.
        refused: those that the ledger or a rule refused.
        dispatch: the last choice; its shortfall is that of the whole order.
    """

    order: OrderRow
    congested: tuple[int, ...]
    activations: tuple[WantedActivation, ...]
    refused: tuple[Refused, ...]
    dispatch: Dispatch


def candidate_of(session: Session, available: Available, today: LocalDay, now_s: int) -> Candidate:
    """Describe an agreement to the dispatcher: where its terms still allow an activation.

    Args:
        session: an open session.
        available: the agreement.
        today: the local day that is dispatched.
        now_s: UTC second at which activations will be recorded, at the latest.
    """
    terms = read_terms(available.row.terms)
    standing = standing_of(session, available.row.agreement_id)
    busy = busy_isps(session, available.row.site_id, available.row.agreement_id)
    mask = open_isps(terms, standing, today.isps, now_s, end_day=available.row.end_day, busy=busy)
    return candidate(
        available.row.agreement_id,
        terms,
        standing,
        mask,
        available.power_w,
        available.reliability,
    )


def candidates_of(
    session: Session, available: Sequence[Available], today: LocalDay, now_s: int
) -> list[Candidate]:
    """Describe agreements to the dispatcher, so that no ISP of a site is open to two of them.

    Agreements of a site share its metering points, and those are ordered once per ISP. Where two
    could be activated, the one with more power keeps the ISP, the cheaper one among equals.
    Arguments as for `candidate_of`.
    """
    candidates = [candidate_of(session, one, today, now_s) for one in available]

    def rank(at: int) -> tuple[int, int, bytes]:
        one = candidates[at]
        return -abs(one.amount_w), one.volume_rate, one.agreement_id

    taken: dict[str, BoolArray] = {}
    for at in sorted(range(len(candidates)), key=rank):
        site_id, one = available[at].row.site_id, candidates[at]
        if site_id in taken:
            candidates[at] = replace(one, allowed=one.allowed & ~taken[site_id])
        taken[site_id] = taken.get(site_id, False) | one.allowed
    return candidates


def answer_requirement(
    session: Session,
    market: Market,
    aggregator: Wallet,
    congestion_point: str,
    direction: str,
    today: LocalDay,
    required_w: IntArray,
    available: Sequence[Available],
    now_s: int,
) -> Answer:
    """Cover a requirement at least cost and record the activations.

    What the ledger refuses is left out, and the rest is chosen anew among the other agreements.

    Args:
        session: an open session.
        market: the market contract.
        aggregator: party to the agreements.
        congestion_point: where it is needed.
        direction: name of the direction, for the order.
        today: the local day.
        required_w: signed need per ISP of the day.
        available: agreements that may be activated.
        now_s: UTC second of recording, at the latest.
    """
    # Until something is chosen and recorded, all of it is short and nothing is proven.
    order = OrderRow(
        congestion_point=congestion_point,
        direction=direction,
        local_day=today.day,
        first_isp=today.first_isp,
        required_w=json.dumps(required_w.tolist()),
        shortfall_w=json.dumps(np.abs(required_w).tolist()),
        objective_eur=inf,
        bound_eur=0.0,
        gap=1.0,
    )
    session.add(order)
    session.flush()
    reliability = {one.row.agreement_id: one.reliability for one in available}
    taken: list[WantedActivation] = []
    refused: list[Refused] = []
    open_w, willing = required_w, list(available)
    while True:
        candidates = candidates_of(session, willing, today, now_s)
        found = dispatch(open_w, candidates, TIME_LIMIT_S, GAP, rounds=ROUNDS, timer=process_time)
        wanted = _wanted(willing, today, found)
        recorded = record_activations(session, market, aggregator, order.order_id, wanted, now_s)
        taken += recorded.taken
        if not recorded.refused:
            break
        # Who was refused is not asked again, so this ends.
        refused += recorded.refused
        out = {agreement_id(one.wanted.terms) for one in recorded.refused}
        willing = [one for one in willing if one.row.agreement_id not in out]
        open_w = _still_open(open_w, recorded.taken, reliability, today)
    order.shortfall_w = json.dumps(found.shortfall_w.tolist())
    order.objective_eur, order.bound_eur = found.objective_eur, found.bound_eur
    order.gap = found.gap
    session.flush()
    congested = tuple(today.first_isp + int(at) for at in np.flatnonzero(required_w))
    in_time = sorted(taken, key=lambda one: one.activation.first_isp)
    return Answer(order, congested, tuple(in_time), tuple(refused), found)


def _wanted(
    available: Sequence[Available], today: LocalDay, found: Dispatch
) -> list[WantedActivation]:
    """Put chosen activations in the market's words, in time order."""
    by_id = {one.row.agreement_id: read_terms(one.row.terms) for one in available}
    return [
        WantedActivation(
            by_id[one.agreement_id],
            Activation(today.first_isp + one.offset, one.isps, one.ordered_w),
        )
        for one in sorted(found.activations, key=lambda one: one.offset)
    ]


def _still_open(
    open_w: IntArray,
    taken: Sequence[WantedActivation],
    reliability: Mapping[bytes, float],
    today: LocalDay,
) -> IntArray:
    """Return what is left to cover beside activations that were taken, shape (n,) [W]."""
    covered_w = np.zeros(len(open_w))
    for one in taken:
        offset = one.activation.first_isp - today.first_isp
        expected_w = reliability[agreement_id(one.terms)] * one.activation.ordered_w
        covered_w[offset : offset + one.activation.isps] += expected_w
    left_w = np.maximum(0.0, np.abs(open_w) - np.abs(covered_w))
    return np.sign(open_w) * to_w(left_w, "still open")
