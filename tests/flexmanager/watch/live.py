"""An event that is lived through ISP by ISP: who fails from when on, and what the watch does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from flexmanager.dispatch import Candidate
from flexmanager.openings import candidate, open_isps
from flexmanager.rounding import IntArray
from flexmanager.watch.event import Event, Known, Member, Override, Reading
from flexmanager.watch.watching import Watched, watch_isp
from settlement.activation import Activation, check_activation
from settlement.delivery import delivered_w
from settlement.terms import Terms
from tests.settlement.defaults import EUR_PER_MWH, MON_2027_06_07, VIENNA, always

FIRST_ISP = VIENNA.day_isps(MON_2027_06_07)[68]
"""17:00 local."""

ISPS = 16
MIDDLE_ISP = FIRST_ISP + ISPS // 2
HEARD_S = 600
"""Telemetry comes ten minutes into each ISP: the mean power so far."""

PENALTY_RATE = 300 * EUR_PER_MWH
BASELINE_W = 20_000
Power = Mapping[tuple[bytes, int], int | None]


def identity(number: int) -> bytes:
    return number.to_bytes(32, "big")


def portfolio(agreements: int, seed: int, **chosen: object) -> dict[bytes, Terms]:
    """Agreements of 1 to 10 kW that may be ordered all evening."""
    random = np.random.default_rng(seed)
    return {
        identity(number): always(
            amount_w=-100 * int(random.integers(10, 101)),
            volume_rate=int(random.integers(50, 251)) * EUR_PER_MWH,
            **{
                "max_runtime_isps": int(random.integers(6, ISPS + 1)),
                "recovery_isps": int(random.integers(2, 9)),
                "max_activations": 3,
                "notice_isps": 1,
                **chosen,
            },
        )
        for number in range(agreements)
    }


def order(terms: Mapping[bytes, Terms], share: float = 0.5) -> Event:
    """An order for a share of what the agreements have together, a hump over the evening."""
    total_w = sum(abs(one.amount_w) for one in terms.values())
    hump = 0.6 + 0.4 * np.sin(np.pi * (np.arange(ISPS) + 0.5) / ISPS)
    return Event(VIENNA, FIRST_ISP, -(share * total_w * hump).astype(np.int64), PENALTY_RATE)


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong from an ISP on: agreement to ISP."""

    failing: Mapping[bytes, int]
    overriding: Mapping[bytes, int]
    silent: Mapping[bytes, int]


NO_TROUBLE = Troubles({}, {}, {})


@dataclass(frozen=True, slots=True, eq=False)
class Lived:
    """What became of an event.

    Attributes:
        changed_w: what all agreements did together, per ISP [W].
        planned_w: what was ordered of them before the event began, per ISP [W].
    """

    event: Event
    members: Mapping[bytes, Member]
    watched: tuple[Watched, ...]
    changed_w: IntArray
    planned_w: IntArray

    @property
    def delivered_share(self) -> float:
        """By the true powers, not by what telemetry told."""
        pairs = zip(self.changed_w.tolist(), self.event.required_w.tolist(), strict=True)
        return sum(abs(delivered_w(0, done, asked)) for done, asked in pairs) / float(
            np.abs(self.event.required_w).sum()
        )

    @property
    def added(self) -> list[Activation]:
        return [one.activation for step in self.watched for one in step.repair.added]


def standby(
    terms: Mapping[bytes, Terms], members: Mapping[bytes, Member], event: Event, now_s: int
) -> list[Candidate]:
    """All agreements as they are open now."""
    found = []
    for agreement_id, agreed in terms.items():
        standing = members[agreement_id].activations
        mask = open_isps(agreed, standing, event.isps, now_s)
        power_w = abs(agreed.amount_w)
        found.append(candidate(agreement_id, agreed, standing, mask, power_w, 1.0))
    return found


def planned(terms: Mapping[bytes, Terms], event: Event) -> dict[bytes, Member]:
    """Members with the activations that were recorded hours before the event.

    One agreement after the other is ordered from the ISP on in which most is missing.
    """
    members = {
        agreement_id: Member(agreement_id, f"site {int.from_bytes(agreement_id, 'big')}", {}, ())
        for agreement_id in terms
    }
    missing_w = -event.required_w
    for agreement_id, agreed in terms.items():
        start = int(missing_w.argmax())
        if missing_w[start] <= 0:
            break
        isps = min(agreed.max_runtime_isps, ISPS - start)
        power_w = min(abs(agreed.amount_w), int(missing_w[start]))
        wanted = Activation(FIRST_ISP + start, isps, -power_w)
        record(terms, members, agreement_id, wanted, VIENNA.start_s(FIRST_ISP - 8))
        missing_w[start : start + isps] -= power_w
    return members


def record(
    terms: Mapping[bytes, Terms],
    members: dict[bytes, Member],
    agreement_id: bytes,
    wanted: Activation,
    now_s: int,
) -> None:
    """Record an activation; settlement's own rules judge it."""
    member = members[agreement_id]
    check_activation(terms[agreement_id], member.activations, wanted, now_s=now_s)
    baseline_w = {isp: BASELINE_W for isp in wanted.ordered_isps()}
    members[agreement_id] = replace(
        member,
        activations=(*member.activations, wanted),
        baseline_w={**member.baseline_w, **baseline_w},
    )


def true_w(member: Member, isp: int, troubles: Troubles) -> int:
    """What a site really does."""
    activation = member.activation_in(isp)
    gone = min(
        troubles.failing.get(member.agreement_id, isp + 1),
        troubles.overriding.get(member.agreement_id, isp + 1),
    )
    change_w = 0 if activation is None or isp >= gone else activation.ordered_w
    return BASELINE_W + change_w


def live(
    terms: Mapping[bytes, Terms],
    event: Event,
    troubles: Troubles = NO_TROUBLE,
    *,
    repairs: bool = True,
    rounds: int = 0,
) -> Lived:
    """Live through an event; with `repairs` what the watch proposes is recorded at once."""
    members, known = planned(terms, event), Known()
    before = {key: one.activations for key, one in members.items()}
    watched, changed_w = [], np.zeros(ISPS, dtype=np.int64)
    for isp in event.isps:
        powers = {key: true_w(one, isp, troubles) for key, one in members.items()}
        changed_w[isp - FIRST_ISP] = sum(power_w - BASELINE_W for power_w in powers.values())
        telemetry: tuple[Reading | Override, ...] = tuple(
            Reading(key, isp, power_w)
            for key, power_w in powers.items()
            if isp < troubles.silent.get(key, isp + 1)
        ) + tuple(Override(key, isp) for key, at in troubles.overriding.items() if at == isp)
        now_s = VIENNA.start_s(isp) + HEARD_S
        open_to = standby(terms, members, event, now_s) if repairs else []
        step = watch_isp(event, members, known, isp, telemetry, open_to, rounds=rounds)
        for one in step.repair.added:
            record(terms, members, one.agreement_id, one.activation, now_s)
        known = step.known
        watched.append(step)
    planned_w = np.zeros(ISPS, dtype=np.int64)
    for activations in before.values():
        for activation in activations:
            for isp in activation.ordered_isps():
                planned_w[isp - FIRST_ISP] += activation.ordered_w
    return Lived(event, members, tuple(watched), changed_w, planned_w)


def a_fifth(terms: Mapping[bytes, Terms], seed: int = 0) -> dict[bytes, int]:
    """A fifth of all agreements, active or not, that fail from the middle of the event on."""
    keys, random = sorted(terms), np.random.default_rng(seed)
    drawn = random.permutation(len(keys))[: len(keys) // 5]
    return {keys[at]: MIDDLE_ISP for at in drawn.tolist()}
