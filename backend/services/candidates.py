"""What the dispatcher may choose from: agreements with what their terms and sites still allow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow
from backend.services.activating import busy_isps
from backend.services.local_day import LocalDay
from backend.services.records import read_terms, standing_of
from flexmanager.dispatch import Candidate
from flexmanager.openings import candidate, open_isps

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Available:
    """An agreement that may be activated, with what its site can deliver now.

    Attributes:
        row: the agreement.
        power_w: magnitude that the site expects to hold, at most the agreed amount.
        reliability: expected share of an order that is delivered, 0 to 1.
        activations_max: how often it may be activated at once, None for as often as its terms
            allow: energy that a first activation takes is not there for a second.
    """

    row: AgreementRow
    power_w: int
    reliability: float
    activations_max: int | None = None


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
    found = candidate(
        available.row.agreement_id,
        terms,
        standing,
        mask,
        available.power_w,
        available.reliability,
    )
    if available.activations_max is None:
        return found
    most = min(found.activations_left, available.activations_max)
    return replace(found, activations_left=most)


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
