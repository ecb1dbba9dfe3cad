"""One ISP of an event after the other: hear, judge, look ahead, repair.

Nobody has to wait for the end of an ISP: readings may be means so far, and the final ones replace
them the next time. What is found in an ISP before it ends can be repaired from the next one on,
where the notice of an agreement allows it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flexmanager.dispatch import Candidate
from flexmanager.watch.event import Event, Known, Member, Override, Reading
from flexmanager.watch.judging import Finding, is_sound, judge
from flexmanager.watch.outlook import outlook
from flexmanager.watch.repairing import ROUNDS, TIME_LIMIT_S, Repair, repair

Telemetry = tuple[Reading | Override, ...]

SOUND_SHARE_MIN = 0.5
"""However many have failed, no more than twice of what is missing is ordered."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """An ISP that was judged.

    Attributes:
        isp: its UTC index.
        known: what came in up to then.
        findings: members that did not do as planned in it, in order of agreement id.
        repair: what is ordered anew, if anything, and how the event stands before and after.
    """

    isp: int
    known: Known
    findings: tuple[Finding, ...]
    repair: Repair


def watch_isp(
    event: Event,
    members: Mapping[bytes, Member],
    known: Known,
    isp: int,
    telemetry: Telemetry,
    standby: Sequence[Candidate],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    rounds: int = ROUNDS,
) -> Watched:
    """Judge an ISP and repair what comes after it.

    The repair is a proposal: the caller records it, and only what the ledger takes becomes part of
    the members.

    Args:
        event: the order.
        members: agreement id to agreement, with all activations recorded so far.
        known: what came in before.
        isp: the ISP to judge: the one that runs, or that has just ended.
        telemetry: what came in since, of any ISP.
        standby: agreements as they are open now (see `flexmanager.openings`); those that failed
            are left out here.
        time_limit_s: seconds for the choice of a repair.
        rounds: as for the dispatcher.
    """
    known = known.heard(telemetry)
    found = [judge(members[identity], isp, known) for identity in sorted(members)]
    now = outlook(event, members, known, isp + 1)
    sound = {key for key, one in members.items() if is_sound(one, known, isp + 1)}
    share = _sound_share(members, sound, isp + 1)
    open_to = [
        replace(one, reliability=min(one.reliability, share))
        for one in standby
        if one.agreement_id not in members or one.agreement_id in sound
    ]
    chosen = repair(now, open_to, time_limit_s=time_limit_s, rounds=rounds)
    return Watched(isp, known, tuple(one for one in found if one is not None), chosen)


def _sound_share(members: Mapping[bytes, Member], sound: Collection[bytes], next_isp: int) -> float:
    """Return the share of the power ordered so far that sound members carry.

    What befell those that were asked is to be expected of those that will be: they stand behind the
    same meters, gateways and owners.
    """
    begun_w = {
        key: abs(one.activations[0].ordered_w)
        for key, one in members.items()
        if one.activations and one.activations[0].first_isp < next_isp
    }
    sound_w = sum(power_w for key, power_w in begun_w.items() if key in sound)
    return max(sound_w / sum(begun_w.values()), SOUND_SHARE_MIN) if begun_w else 1.0
