"""From a requirement to recorded activations: the aggregator's answer to an order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import process_time

import numpy as np
from sqlalchemy.orm import Session

from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet
from backend.db.models import OrderRow
from backend.services.candidates import Available, candidates_of
from backend.services.local_day import FloatArray, IntArray, LocalDay
from backend.services.recording import Refused, record_activations
from backend.services.records import read_terms
from flexmanager.dispatch import Dispatch, dispatch
from flexmanager.rounding import to_w
from settlement.activation import Activation
from settlement.identity import agreement_id

TIME_LIMIT_S = 10.0
"""Seconds of computing, so that a busy machine does not cut a choice short."""

GAP = 0.02
ROUNDS = 0
"""Rounds of improvement: none, as the rounded relaxation is as good on portfolios of this size, and
the same orders give the same activations everywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is to be covered at a congestion point.

    Attributes:
        congestion_point: where.
        today: the local day.
        required_w: change of the load per ISP of the day, of one sign [W].
    """

    congestion_point: str
    today: LocalDay
    required_w: IntArray


@dataclass(frozen=True, slots=True)
class Proven:
    """How good a choice of activations is: as of an order or an offer.

    Attributes:
        objective_eur: what it costs, with what stays uncovered priced.
        bound_eur: no choice has a lower objective.
        gap: their distance, relative to the objective.
    """

    objective_eur: float
    bound_eur: float
    gap: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What was recorded for an order, and how well it covers the requirement.

    Attributes:
        order: the order as stored, with what stays short.
        activations: those on the ledger, in time order; nothing else is dispatched.
        refused: those that the ledger or a rule refused.
    """

    order: OrderRow
    activations: tuple[WantedActivation, ...]
    refused: tuple[Refused, ...]


def direction_of(sign: int) -> str:
    """Return the name of a direction: above 0 is more consumption or less generation."""
    return "more consumption" if sign > 0 else "less consumption"


def answer_requirement(
    session: Session,
    market: Market,
    aggregator: Wallet,
    wanted: Wanted,
    available: Sequence[Available],
    now_s: int,
) -> Answer:
    """Cover a requirement at least cost and record the activations.

    What the ledger refuses is left out, and the rest is chosen anew among the other agreements.

    Args:
        session: an open session.
        market: the market contract.
        aggregator: party to the agreements.
        wanted: what is to be covered.
        available: agreements that may be activated.
        now_s: UTC second of recording, at the latest.
    """
    found = _chosen(session, wanted, available, now_s)
    order = _stored(session, wanted, _proven(found))
    planned = _planned(available, wanted.today, found)
    return _recorded(session, market, aggregator, order, wanted, planned, found, available, now_s)


def carry_plan(
    session: Session,
    market: Market,
    aggregator: Wallet,
    wanted: Wanted,
    planned: Sequence[WantedActivation],
    proven: Proven,
    available: Sequence[Available],
    now_s: int,
) -> Answer:
    """Record activations that were planned for an order.

    What the ledger refuses is left out, and what it would have covered is chosen anew among the
    other agreements.

    Args:
        session: an open session.
        market: the market contract.
        aggregator: party to the agreements.
        wanted: what was ordered.
        planned: activations that cover it, in time order per agreement.
        proven: how good they are.
        available: agreements that may be activated, those of the plan among them.
        now_s: UTC second of recording, at the latest.
    """
    order = _stored(session, wanted, proven)
    return _recorded(session, market, aggregator, order, wanted, planned, None, available, now_s)


def _recorded(
    session: Session,
    market: Market,
    aggregator: Wallet,
    order: OrderRow,
    wanted: Wanted,
    planned: Sequence[WantedActivation],
    found: Dispatch | None,
    available: Sequence[Available],
    now_s: int,
) -> Answer:
    """Record a plan, and others for what is refused of it, until nothing is refused."""
    reliability = {one.row.agreement_id: one.reliability for one in available}
    taken: list[WantedActivation] = []
    refused: list[Refused] = []
    left, willing = wanted, list(available)
    while True:
        done = record_activations(session, market, aggregator, order.order_id, planned, now_s)
        taken += done.taken
        if not done.refused:
            break
        # Who was refused is not asked again, so this ends.
        refused += done.refused
        out = {agreement_id(one.wanted.terms) for one in done.refused}
        willing = [one for one in willing if one.row.agreement_id not in out]
        left = replace(left, required_w=_still_open(left, done.taken, reliability))
        found = _chosen(session, left, willing, now_s)
        planned = _planned(willing, left.today, found)
    if found is None:
        short_w = np.maximum(0, np.abs(wanted.required_w) - np.abs(_summed_w(wanted.today, taken)))
    else:
        short_w, proven = found.shortfall_w, _proven(found)
        order.objective_eur, order.bound_eur = proven.objective_eur, proven.bound_eur
        order.gap = proven.gap
    order.shortfall_w = json.dumps(short_w.tolist())
    session.flush()
    in_time = sorted(taken, key=lambda one: one.activation.first_isp)
    return Answer(order, tuple(in_time), tuple(refused))


def _stored(session: Session, wanted: Wanted, proven: Proven) -> OrderRow:
    """Store an order; until something is recorded, all of it is short."""
    required_w = wanted.required_w
    order = OrderRow(
        congestion_point=wanted.congestion_point,
        direction=direction_of(int(required_w.sum())),
        local_day=wanted.today.day,
        first_isp=wanted.today.first_isp,
        required_w=json.dumps(required_w.tolist()),
        shortfall_w=json.dumps(np.abs(required_w).tolist()),
        objective_eur=proven.objective_eur,
        bound_eur=proven.bound_eur,
        gap=proven.gap,
    )
    session.add(order)
    session.flush()
    return order


def _chosen(
    session: Session, wanted: Wanted, available: Sequence[Available], now_s: int
) -> Dispatch:
    candidates = candidates_of(session, available, wanted.today, now_s)
    return dispatch(
        wanted.required_w, candidates, TIME_LIMIT_S, GAP, rounds=ROUNDS, timer=process_time
    )


def _proven(found: Dispatch) -> Proven:
    return Proven(found.objective_eur, found.bound_eur, found.gap)


def _planned(
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
    wanted: Wanted, taken: Sequence[WantedActivation], reliability: Mapping[bytes, float]
) -> IntArray:
    """Return what is left to cover beside activations that were taken, shape (n,) [W]."""
    covered_w = np.abs(_summed_w(wanted.today, taken, reliability))
    left_w = np.maximum(0.0, np.abs(wanted.required_w) - covered_w)
    return np.sign(wanted.required_w) * to_w(left_w, "still open")


def _summed_w(
    today: LocalDay,
    activations: Sequence[WantedActivation],
    share: Mapping[bytes, float] | None = None,
) -> FloatArray:
    """Return the sum of activations over a day, each with a share of it if any, shape (n,) [W]."""
    summed_w = np.zeros(len(today.isps))
    for one in activations:
        offset, isps = one.activation.first_isp - today.first_isp, one.activation.isps
        part = 1.0 if share is None else share[agreement_id(one.terms)]
        summed_w[offset : offset + isps] += part * one.activation.ordered_w
    return summed_w
