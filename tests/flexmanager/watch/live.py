"""An event for these tests: agreements, an order, a plan, and a fifth that fails in the middle."""

from collections.abc import Mapping

import numpy as np

from flexmanager.watch.event import Event, Member
from flexmanager.watch.rehearsal import Rehearsed, Troubles, recorded, rehearse
from settlement.activation import Activation
from settlement.terms import Terms
from tests.settlement.defaults import EUR_PER_MWH, MON_2027_06_07, VIENNA, always

FIRST_ISP = VIENNA.day_isps(MON_2027_06_07)[68]
"""17:00 local."""

ISPS = 16
MIDDLE_ISP = FIRST_ISP + ISPS // 2
PENALTY_RATE = 300 * EUR_PER_MWH
BASELINE_W = 20_000
NO_TROUBLE = Troubles()


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


def planned(terms: Mapping[bytes, Terms], event: Event) -> dict[bytes, Member]:
    """Members with the activations that were recorded hours before the event.

    One agreement after the other is ordered from the ISP on in which most is missing.
    """
    members = {
        agreement_id: Member(
            agreement_id,
            f"site {int.from_bytes(agreement_id, 'big')}",
            dict.fromkeys(event.isps, BASELINE_W),
            (),
        )
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
        now_s = VIENNA.start_s(FIRST_ISP - 8)
        members[agreement_id] = recorded(agreed, members[agreement_id], wanted, now_s)
        missing_w[start : start + isps] -= power_w
    return members


def live(
    terms: Mapping[bytes, Terms],
    event: Event,
    troubles: Troubles = NO_TROUBLE,
    *,
    repairs: bool = True,
) -> Rehearsed:
    """Plan an event and go through it."""
    return rehearse(event, terms, planned(terms, event), troubles, repairs=repairs, rounds=0)


def added(lived: Rehearsed) -> list[Activation]:
    """All activations of the repairs."""
    return [one.activation for step in lived.watched for one in step.repair.added]


def a_fifth(terms: Mapping[bytes, Terms], seed: int = 0) -> dict[bytes, int]:
    """A fifth of all agreements, active or not, that fail from the middle of the event on."""
    keys, random = sorted(terms), np.random.default_rng(seed)
    drawn = random.permutation(len(keys))[: len(keys) // 5]
    return {keys[at]: MIDDLE_ISP for at in drawn.tolist()}
