"""What an agreement did in an ISP against what it was told, and what that lets expect of it."""

from dataclasses import dataclass

from flexmanager.local.finding import Cause
from flexmanager.watch.event import Known, Member
from settlement.activation import Activation
from settlement.delivery import delivered_w

TOLERANCE_SHARE = 0.1
"""What may be missing of an ordered power before it is worth a finding: noise of a baseline."""

NOTHING_SHARE = 0.1
"""Below this share of the order a site is taken not to have moved at all."""

SILENT_ISPS_MAX = 2
"""After so many ISPs on end without a reading an agreement is not counted on any more."""

LOOK_BACK_ISPS = 96
"""How far back a reading is looked for that shows whether a meter was ever heard."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One agreement that did not do as planned in an ISP.

    Attributes:
        agreement_id: 32 bytes.
        name: what people call it.
        isp: UTC index of the ISP.
        cause: why.
        text: what happened, for people.
        missing_w: missing of the order, a magnitude [W]; None where that is not known.
    """

    agreement_id: bytes
    name: str
    isp: int
    cause: Cause
    text: str
    missing_w: int | None


def judge(member: Member, isp: int, known: Known) -> Finding | None:
    """Compare a member with its plan in an ISP that is over; None if it went as planned.

    Args:
        member: the agreement with its recorded activations.
        isp: UTC index; one that it was not ordered for is never a finding.
        known: what came in so far.
    """
    activation = member.activation_in(isp)
    if activation is None:
        return None
    changed_w, ordered_w = known.changed_w(member, isp), activation.ordered_w
    if changed_w is None:
        return _silent(member, isp, known)
    # The baseline is subtracted already, so it is 0 here.
    missing_w = abs(ordered_w) - abs(delivered_w(0, changed_w, ordered_w))
    if missing_w <= TOLERANCE_SHARE * abs(ordered_w):
        return None
    did = f"changed by {changed_w:+,} W, ordered were {ordered_w:+,} W"
    cause, why = Cause.UNRULY, "it follows in part"
    if known.has_taken_back(member, isp):
        cause, why = Cause.OVERRIDE, "the owner has taken back control"
    elif missing_w >= (1.0 - NOTHING_SHARE) * abs(ordered_w):
        cause, why = Cause.FAILURE, "it does not answer to the order"
    return Finding(member.agreement_id, member.name, isp, cause, f"{did}: {why}", missing_w)


def counted_share(member: Member, activation: Activation, known: Known, next_isp: int) -> float:
    """Return the share of an activation that can be counted on from an ISP on, 0 to 1.

    What was expected of it before, unless telemetry says otherwise: nothing after an override, a
    failure or a silence, and of one that follows in part no more than it did last.

    Args:
        member: the agreement.
        activation: one of its activations.
        known: what came in so far.
        next_isp: the first ISP that is not over yet.
    """
    taken = known.overridden.get(member.agreement_id, frozenset())
    if any(isp in activation.ordered_isps() for isp in taken):
        return 0.0
    over = range(activation.first_isp, min(next_isp, activation.end_isp))
    heard = [isp for isp in over if known.changed_w(member, isp) is not None]
    if len(over) and over.stop - (heard[-1] + 1 if heard else over.start) >= SILENT_ISPS_MAX:
        return 0.0
    if not heard or judge(member, heard[-1], known) is None:
        return member.reliability
    changed_w = known.changed_w(member, heard[-1])
    assert changed_w is not None, "a reading of this ISP was heard"
    share = abs(delivered_w(0, changed_w, activation.ordered_w) / activation.ordered_w)
    return 0.0 if share <= NOTHING_SHARE else min(member.reliability, share)


def is_sound(member: Member, known: Known, next_isp: int) -> bool:
    """Tell whether an agreement may be given another order: it did as it was last told."""
    begun = [one for one in member.activations if one.first_isp < next_isp]
    if not begun:
        return True
    return counted_share(member, begun[-1], known, next_isp) >= member.reliability


def _silent(member: Member, isp: int, known: Known) -> Finding:
    """Tell a reading that never came from one that stopped coming: unknown is not zero."""
    looked_at = range(isp - 1, isp - 1 - LOOK_BACK_ISPS, -1)
    newest = next((at for at in looked_at if (member.agreement_id, at) in known.power_w), None)
    if newest is None:
        cause, text = Cause.MISSING, "no reading has come"
    else:
        late = isp - newest
        cause, text = Cause.STALE, f"the newest reading is {late} ISP{'s' * (late > 1)} old"
    return Finding(member.agreement_id, member.name, isp, cause, text, None)
