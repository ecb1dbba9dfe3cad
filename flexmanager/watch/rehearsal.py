"""Rehearsing an event: what would become of an order if these agreements failed, and were watched.

The sites are simulated: each does what it was told until its trouble begins, and then nothing. All
else is as on a real day: telemetry, judgement, repair and the rules for recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from flexmanager.dispatch import Candidate
from flexmanager.openings import candidate, open_isps
from flexmanager.rounding import IntArray
from flexmanager.watch.event import Event, Known, Member, Override, Reading
from flexmanager.watch.outlook import Outlook
from flexmanager.watch.repairing import ROUNDS
from flexmanager.watch.watching import Telemetry, Watched, watch_isp
from settlement.activation import Activation, check_activation
from settlement.terms import Terms

HEARD_S = 600
"""Telemetry comes ten minutes into each ISP: the mean power so far."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong: agreement to the ISP from which on it does.

    Attributes:
        failing: the site does nothing any more.
        overriding: the owner takes back control, and says so.
        silent: no reading comes any more; the site does as it was told.
    """

    failing: Mapping[bytes, int] = field(default_factory=dict)
    overriding: Mapping[bytes, int] = field(default_factory=dict)
    silent: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsed:
    """What became of an event.

    Attributes:
        event: the order.
        members: all agreements with what was recorded in the end.
        watched: each ISP as it was judged.
        planned_w: what was ordered before the event began, shape (n,) [W].
        changed_w: what all sites did together, whatever telemetry told, shape (n,) [W].
    """

    event: Event
    members: Mapping[bytes, Member]
    watched: tuple[Watched, ...]
    planned_w: IntArray
    changed_w: IntArray

    @property
    def outcome(self) -> Outlook:
        """The event as it ended, by what all sites did."""
        return Outlook(
            self.event, self.event.isps.stop, self.changed_w, np.zeros_like(self.changed_w)
        )

    @property
    def delivered_share(self) -> float:
        """Delivered over ordered energy; 1 where nothing was ordered."""
        return self.outcome.delivered_share


def rehearse(
    event: Event,
    terms: Mapping[bytes, Terms],
    members: Mapping[bytes, Member],
    troubles: Troubles,
    *,
    repairs: bool = True,
    rounds: int = ROUNDS,
) -> Rehearsed:
    """Go through an event ISP by ISP; what the watch proposes is recorded at once.

    Args:
        event: the order.
        terms: agreement id to terms, of all agreements that may be ordered.
        members: the same agreements with their activations so far and a baseline for every ISP of
            the event.
        troubles: what goes wrong.
        repairs: whether anything is ordered anew; without, the event shows what failing costs.
        rounds: as for the dispatcher.

    Raises:
        ActivationRefused: a repair breaks the terms of its agreement.
    """
    now, known = dict(members), Known()
    planned_w = sum(
        (_ordered_w(event, one) for one in members.values()), np.zeros_like(event.required_w)
    )
    watched, changed_w = [], np.zeros_like(event.required_w)
    for at, isp in enumerate(event.isps):
        powers = {key: _true_w(one, isp, troubles) for key, one in now.items()}
        changed_w[at] = sum(power_w - now[key].baseline_w[isp] for key, power_w in powers.items())
        telemetry = told(now, isp, troubles)
        step, now = answered(
            event, terms, now, known, isp, telemetry, repairs=repairs, rounds=rounds
        )
        known = step.known
        watched.append(step)
    return Rehearsed(event, now, tuple(watched), planned_w, changed_w)


def told(members: Mapping[bytes, Member], isp: int, troubles: Troubles) -> Telemetry:
    """Return what comes in during an ISP: a reading of every site that is heard, and overrides."""
    readings = [
        Reading(key, isp, _true_w(one, isp, troubles))
        for key, one in members.items()
        if isp < troubles.silent.get(key, isp + 1)
    ]
    taken = [Override(key, isp) for key, start in troubles.overriding.items() if start == isp]
    return (*readings, *taken)


def answered(
    event: Event,
    terms: Mapping[bytes, Terms],
    members: Mapping[bytes, Member],
    known: Known,
    isp: int,
    telemetry: Telemetry,
    *,
    repairs: bool = True,
    rounds: int = ROUNDS,
) -> tuple[Watched, dict[bytes, Member]]:
    """Hear, judge, repair and record one ISP.

    Args:
        event: the order.
        terms: agreement id to terms.
        members: the same agreements as they are recorded.
        known: what came in before.
        isp: the ISP that runs.
        telemetry: what came in during it.
        repairs: whether anything is ordered anew.
        rounds: as for the dispatcher.

    Returns:
        What was judged and chosen, and the agreements with what is recorded now.

    Raises:
        ActivationRefused: a repair breaks the terms of its agreement.
    """
    now_s = event.clock.start_s(isp) + HEARD_S
    open_to = _standby(event, terms, members, now_s) if repairs else []
    step = watch_isp(event, members, known, isp, telemetry, open_to, rounds=rounds)
    now = dict(members)
    for one in step.repair.added:
        key = one.agreement_id
        now[key] = recorded(terms[key], now[key], one.activation, now_s)
    return step, now


def recorded(terms: Terms, member: Member, wanted: Activation, now_s: int) -> Member:
    """Return an agreement with one more activation.

    Raises:
        ActivationRefused: it breaks a limit of the terms.
    """
    check_activation(terms, member.activations, wanted, now_s=now_s)
    return replace(member, activations=(*member.activations, wanted))


def _standby(
    event: Event, terms: Mapping[bytes, Terms], members: Mapping[bytes, Member], now_s: int
) -> list[Candidate]:
    found = []
    for key, agreed in terms.items():
        standing = members[key].activations
        mask = open_isps(agreed, standing, event.isps, now_s)
        power_w, reliability = abs(agreed.amount_w), members[key].reliability
        found.append(candidate(key, agreed, standing, mask, power_w, reliability))
    return found


def _true_w(member: Member, isp: int, troubles: Troubles) -> int:
    activation = member.activation_in(isp)
    gone = min(
        troubles.failing.get(member.agreement_id, isp + 1),
        troubles.overriding.get(member.agreement_id, isp + 1),
    )
    change_w = 0 if activation is None or isp >= gone else activation.ordered_w
    return member.baseline_w[isp] + change_w


def _ordered_w(event: Event, member: Member) -> IntArray:
    ordered_w = np.zeros_like(event.required_w)
    for activation in member.activations:
        for isp in activation.ordered_isps():
            if isp in event.isps:
                ordered_w[isp - event.first_isp] += activation.ordered_w
    return ordered_w
