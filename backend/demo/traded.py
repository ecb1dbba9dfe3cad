"""What the trade at a gate came to, in figures."""

from collections import Counter
from collections.abc import Iterable

from backend.demo.outcome import W_ISPS_PER_KWH, TradeOutcome
from backend.demo.unfolding import Month, Served
from backend.services.dispatching import direction_of
from backend.services.vpp_offering import Answered
from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.rejection import joined
from settlement.identity import agreement_id


def trade_outcome(month: Month, served: Served) -> TradeOutcome:
    """Return what the DSO asked for at a gate, and what became of it."""
    answered, carried = served.answered, served.carried
    recorded = carried.activations if carried else ()
    date, time = served.gate.today.clock.describe(served.gate.isp).split()
    return TradeOutcome(
        date,
        time,
        served.request.scope.congestion_point,
        direction_of(served.gate.sign),
        _kwh(requested_change_w(served.request).values()),
        _kwh(w for _, w in answered.offer.options[0].isps) if answered.offer else 0.0,
        answered.offering.backings[0].confidence.least if answered.offer else None,
        _kwh(w for _, w in served.order.isps) if served.order else 0.0,
        _kwh(one.activation.ordered_w * one.activation.isps for one in recorded),
        len(recorded),
        len(carried.refused) if carried else 0,
        _left_out(month, served),
        "" if answered.offer else _no_offer(answered),
    )


def _no_offer(answered: Answered) -> str:
    """Write why there is no offer, or why it was not accepted."""
    return "; ".join(filter(None, (*answered.offering.refused, joined(answered.refused))))


def _kwh(powers_w: Iterable[int]) -> float:
    return sum(map(abs, powers_w)) / W_ISPS_PER_KWH


def _left_out(month: Month, served: Served) -> tuple[tuple[str, int], ...]:
    """Count the reasons of the agreements that might have been ordered, the most frequent first."""
    agreed = month.agreed_at(served.gate, served.request.scope.congestion_point)
    asked = {agreement_id(one.terms): one.site_id for one in agreed}
    reasons = Counter(
        reason.removeprefix(f"{asked[identity]} withdrew: ")
        for identity, reason in served.answered.left_out.items()
        if identity in asked
    )
    return tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0])))
