"""What will have been delivered of an event: measured so far, counted on from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.rounding import IntArray, to_w
from flexmanager.watch.event import Event, Known, Member
from flexmanager.watch.judging import counted_share
from settlement.activation import Activation
from settlement.delivery import Delivery, deficiency_w, delivered_w
from settlement.units import line_amount


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """An event as it stands at the beginning of an ISP.

    Attributes:
        event: the order.
        next_isp: the first ISP that is not over; those before are measured, the others expected.
        changed_w: change of all members together, shape (n,) [W]; what is not known is not in it.
        unknown_w: ordered of members whose reading of an ISP is missing, shape (n,) [W, signed].
    """

    event: Event
    next_isp: int
    changed_w: IntArray
    unknown_w: IntArray

    @property
    def missing_w(self) -> IntArray:
        """Missing of the order per ISP, a magnitude, shape (n,) [W]."""
        pairs = zip(self.changed_w.tolist(), self.event.required_w.tolist(), strict=True)
        return np.array([deficiency_w(0, change, order) for change, order in pairs], dtype=np.int64)

    @property
    def delivery(self) -> Delivery:
        """Sums over the event, as settlement makes them."""
        pairs = list(zip(self.changed_w.tolist(), self.event.required_w.tolist(), strict=True))
        return Delivery(
            sum(abs(order) for _, order in pairs),
            sum(abs(delivered_w(0, change, order)) for change, order in pairs),
            sum(deficiency_w(0, change, order) for change, order in pairs),
        )

    @property
    def delivered_share(self) -> float:
        """Delivered over ordered energy; 1 where nothing was ordered."""
        sums = self.delivery
        return sums.delivered_w_sum / sums.ordered_w_sum if sums.ordered_w_sum else 1.0

    @property
    def penalty(self) -> int:
        """What the aggregator would pay for what is missing [1e-4 EUR]."""
        minutes = self.event.clock.isp_minutes
        return line_amount(self.delivery.deficiency_w_sum, minutes, self.event.penalty_rate)

    def beside(self, added: Sequence[tuple[Activation, float]]) -> "Outlook":
        """Return the outlook with more activations, each with the share that is counted on."""
        more_w = np.zeros(len(self.changed_w))
        for activation, share in added:
            for isp in activation.ordered_isps():
                if isp in self.event.isps:
                    more_w[isp - self.event.first_isp] += share * activation.ordered_w
        changed_w = self.changed_w + to_w(more_w, "added by a repair")
        return Outlook(self.event, self.next_isp, changed_w, self.unknown_w)


def outlook(event: Event, members: Mapping[bytes, Member], known: Known, next_isp: int) -> Outlook:
    """Measure what is over and estimate what is to come.

    Args:
        event: the order.
        members: agreement id to agreement.
        known: what came in so far.
        next_isp: the first ISP that is not over.
    """
    changed_w, unknown_w = np.zeros(len(event.required_w)), np.zeros_like(event.required_w)
    for member in members.values():
        for activation in member.activations:
            share = counted_share(member, activation, known, next_isp)
            for isp in activation.ordered_isps():
                if isp not in event.isps:
                    continue
                at = isp - event.first_isp
                if isp >= next_isp:
                    changed_w[at] += share * activation.ordered_w
                    continue
                measured_w = known.changed_w(member, isp)
                if measured_w is None:
                    unknown_w[at] += activation.ordered_w
                else:
                    changed_w[at] += measured_w
    return Outlook(event, next_isp, to_w(changed_w, "change of all members"), unknown_w)
