"""Choosing new activations for what the recorded ones will leave missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.dispatch import Candidate, Dispatch, dispatch
from flexmanager.watch.outlook import Outlook
from settlement.activation import Activation
from settlement.units import line_amount

REPAIR_SHARE = 0.01
"""Less than this share of an ISP's order is within the noise of baselines: no reason to order."""

TIME_LIMIT_S = 60.0
"""A fifteenth of an ISP: the rest is for telemetry and the ledger."""

GAP = 0.02
ROUNDS = 8
"""Rounds of improvement; they end the search before the time limit does on any usual machine."""


@dataclass(frozen=True, slots=True)
class Added:
    """A new activation of an agreement.

    Attributes:
        agreement_id: 32 bytes.
        activation: what is ordered.
        reliability: share of it that is counted on, above 0, at most 1.
        volume_rate: price of delivered energy [1e-4 EUR per MWh].
    """

    agreement_id: bytes
    activation: Activation
    reliability: float
    volume_rate: int


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """What is ordered anew, and what that changes.

    Attributes:
        before: the event without the repair.
        added: new activations, in time order, then by agreement id.
        dispatch: the choice with its certified bound; None where nothing had to be chosen.
    """

    before: Outlook
    added: tuple[Added, ...]
    dispatch: Dispatch | None

    @property
    def after(self) -> Outlook:
        """The event with the repair."""
        return self.before.beside([(one.activation, one.reliability) for one in self.added])

    @property
    def cost(self) -> int:
        """Volume pay if all of the repair is delivered [1e-4 EUR]."""
        minutes = self.before.event.clock.isp_minutes
        return sum(
            line_amount(
                abs(one.activation.ordered_w) * one.activation.isps, minutes, one.volume_rate
            )
            for one in self.added
        )

    def followed_by(self, later: "Repair") -> "Repair":
        """Return this repair with what was chosen after part of it had been refused."""
        return Repair(self.before, (*self.added, *later.added), later.dispatch)


def repair(
    now: Outlook,
    standby: Sequence[Candidate],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    rounds: int = ROUNDS,
) -> Repair:
    """Cover what will be missing in the ISPs to come by agreements that are still open.

    Args:
        now: the event as it stands.
        standby: agreements that may be ordered, their masks over the ISPs of the event; where none
            is open in time, what is missing stays missing.
        time_limit_s: seconds after which the best choice so far is taken.
        rounds: as for the dispatcher; they keep the answer the same on every machine.

    Raises:
        ParameterError, HorizonError: a candidate does not fit the event.
    """
    event = now.event
    required_w = np.abs(event.required_w)
    to_come = np.arange(len(required_w)) >= now.next_isp - event.first_isp
    worth = to_come & (now.missing_w > REPAIR_SHARE * required_w)
    needed_w = np.sign(event.required_w) * np.where(worth, now.missing_w, 0)
    open_to = [one for one in standby if (one.allowed & worth).any() and one.activations_left > 0]
    if not worth.any() or not open_to:
        return Repair(now, (), None)
    found = dispatch(
        needed_w, open_to, time_limit_s, GAP, rounds=rounds, isp_minutes=event.clock.isp_minutes
    )
    by_id = {one.agreement_id: one for one in open_to}
    added = [
        Added(
            one.agreement_id,
            Activation(event.first_isp + one.offset, one.isps, one.ordered_w),
            by_id[one.agreement_id].reliability,
            by_id[one.agreement_id].volume_rate,
        )
        for one in found.activations
    ]
    return Repair(now, tuple(added), found)
