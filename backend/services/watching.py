"""Watching a recorded order, ISP by ISP: telemetry in, new activations on the ledger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet
from backend.db.models import ActivationRow, OrderRow
from backend.services.candidates import Available, candidates_of
from backend.services.local_day import LocalDay
from backend.services.recording import Refused, record_activations
from backend.services.records import agreement_of, read_terms, standing_of
from flexmanager.watch.event import Event, Known, Member
from flexmanager.watch.repairing import ROUNDS, TIME_LIMIT_S
from flexmanager.watch.watching import Telemetry, Watched, watch_isp
from settlement.clock import Clock
from settlement.identity import agreement_id


@dataclass(frozen=True, slots=True)
class Operator:
    """Who watches: the aggregator with its market and what it expects of its agreements.

    Attributes:
        market: the market contract.
        aggregator: party to the agreements.
        clock: local time of the orders.
        penalty_rate: what the DSO charges for what is missing [1e-4 EUR per MWh].
        baseline_w: agreement to ISP to the power expected without activation [W].
        available: agreements that may be activated, with what their sites can hold now.
    """

    market: Market
    aggregator: Wallet
    clock: Clock
    penalty_rate: int
    baseline_w: Mapping[bytes, Mapping[int, int]]
    available: Sequence[Available]


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen and done in one ISP.

    Attributes:
        watched: findings and repair; only activations that the ledger took are part of it.
        refused: activations that were chosen and not recorded.
    """

    watched: Watched
    refused: tuple[Refused, ...]


def event_of(order: OrderRow, clock: Clock, penalty_rate: int) -> Event:
    """Return a stored order as an event over its local day."""
    required_w = np.array(json.loads(order.required_w), dtype=np.int64)
    return Event(clock, order.first_isp, required_w, penalty_rate)


def members_of(session: Session, order: OrderRow, operator: Operator) -> dict[bytes, Member]:
    """Return the agreements that serve an order, with their standing activations for it.

    Raises:
        HorizonError: an activation lies in an ISP for which no baseline is known.
    """
    reliability = {one.row.agreement_id: one.reliability for one in operator.available}
    query = select(ActivationRow).where(ActivationRow.order_id == order.order_id)
    found: dict[bytes, Member] = {}
    for identity in sorted({row.agreement_id for row in session.scalars(query)}):
        starts = {row.first_isp for row in session.scalars(query) if row.agreement_id == identity}
        found[identity] = Member(
            identity,
            agreement_of(session, identity).site_id,
            operator.baseline_w.get(identity, {}),
            tuple(one for one in standing_of(session, identity) if one.first_isp in starts),
            reliability.get(identity, 1.0),
        )
    return found


def watch_order(
    session: Session,
    operator: Operator,
    order: OrderRow,
    known: Known,
    isp: int,
    telemetry: Telemetry,
    now_s: int,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    rounds: int = ROUNDS,
) -> Step:
    """Judge an ISP of an order and record what repairs the rest of it.

    What the ledger refuses is left out, and the rest is chosen anew among the other agreements.

    Args:
        session: an open session.
        operator: who watches.
        order: a stored order with recorded activations.
        known: what came in before.
        isp: the ISP to judge.
        telemetry: what came in since.
        now_s: UTC second of recording, at the latest.
        time_limit_s: seconds for each choice.
        rounds: as for the dispatcher.
    """
    terms = {one.row.agreement_id: read_terms(one.row.terms) for one in operator.available}

    def attempt(out: Sequence[Refused]) -> tuple[Watched, tuple[Refused, ...]]:
        left_out = {agreement_id(one.wanted.terms) for one in out}
        willing = [one for one in operator.available if one.row.agreement_id not in left_out]
        today = LocalDay(operator.clock, order.local_day)
        watched = watch_isp(
            event_of(order, operator.clock, operator.penalty_rate),
            members_of(session, order, operator),
            known,
            isp,
            telemetry,
            candidates_of(session, willing, today, now_s),
            time_limit_s=time_limit_s,
            rounds=rounds,
        )
        wanted = [
            WantedActivation(terms[one.agreement_id], one.activation)
            for one in watched.repair.added
        ]
        market, aggregator = operator.market, operator.aggregator
        done = record_activations(session, market, aggregator, order.order_id, wanted, now_s)
        missed = {(agreement_id(one.wanted.terms), one.wanted.activation) for one in done.refused}
        added = tuple(
            one for one in watched.repair.added if (one.agreement_id, one.activation) not in missed
        )
        return replace(watched, repair=replace(watched.repair, added=added)), done.refused

    watched, refused = attempt(())
    newly = refused
    while newly:
        again, newly = attempt(refused)
        refused = (*refused, *newly)
        watched = replace(watched, repair=watched.repair.followed_by(again.repair))
    return Step(watched, refused)
