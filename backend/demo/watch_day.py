"""An evening to watch: drawn agreements, an order, and a fifth of the assets in trouble.

The agreements are drawn and the sites simulated; only the terms are those of a template of the
demonstration, with a notice of one ISP.
"""

from dataclasses import dataclass, replace

import numpy as np

from backend.demo import plan
from backend.services.local_day import LocalDay
from flexmanager.dispatch import dispatch
from flexmanager.openings import candidate, open_isps
from flexmanager.watch.event import Event, Member
from flexmanager.watch.rehearsal import Rehearsed, Troubles, recorded, rehearse
from settlement.activation import Activation
from settlement.clock import day_of
from settlement.errors import InputError
from settlement.terms import Terms

AGREEMENTS_MAX = 2_000
ISPS = 16
FROM_MINUTE = 18 * 60
ORDER_SHARE = 0.4
BASELINE_W = 12_000
RELIABILITY = 0.95
ROUNDS = 0
"""The first answer of the dispatcher is close enough to show how a repair works."""


@dataclass(frozen=True, slots=True, eq=False)
class WatchDay:
    """An event as it went with repairs, and as it would have gone without."""

    agreements: int
    troubled: int
    repaired: Rehearsed
    alone: Rehearsed


def watch_day(agreements: int, troubled_share: float, seed: int) -> WatchDay:
    """Rehearse an evening in which a share of the agreements fails in the middle.

    Half of the troubled fail, a quarter are overridden by their owners, a quarter fail and
    fall silent as well.

    Args:
        agreements: how many are drawn.
        troubled_share: share of them in trouble, 0 to 1.
        seed: of what is drawn.

    Raises:
        InputError: a number is out of range.
    """
    if not 1 <= agreements <= AGREEMENTS_MAX:
        raise InputError(f"{agreements}", "agreements", f"1 to {AGREEMENTS_MAX}")
    if not 0.0 <= troubled_share <= 1.0:
        raise InputError(f"{troubled_share}", "troubled share", "0 to 1")
    if seed < 0:
        raise InputError(f"{seed}", "seed", "0 or more")
    random = np.random.default_rng(seed)
    day = day_of(plan.FIRST_RECORDED_DAY)
    terms = {number.to_bytes(32, "big"): _drawn(random, day) for number in range(1, agreements + 1)}
    event = _order(terms, day)
    members = _planned(event, terms)
    keys = sorted(terms)
    drawn = random.permutation(agreements)[: round(troubled_share * agreements)].tolist()
    troubled, middle = [keys[at] for at in drawn], event.first_isp + ISPS // 2
    half, three_quarters = len(troubled) // 2, len(troubled) * 3 // 4
    troubles = Troubles(
        dict.fromkeys([*troubled[:half], *troubled[three_quarters:]], middle),
        dict.fromkeys(troubled[half:three_quarters], middle),
        dict.fromkeys(troubled[three_quarters:], middle),
    )
    return WatchDay(
        agreements,
        len(troubled),
        rehearse(event, terms, members, troubles, rounds=ROUNDS),
        rehearse(event, terms, members, troubles, repairs=False),
    )


def _drawn(random: np.random.Generator, day: int) -> Terms:
    """Return the evening template for 1 to 10 kW at 200 to 300 EUR/MWh."""
    return replace(
        plan.templates()[0].terms,
        start_day=day,
        end_day=day,
        amount_w=-100 * int(random.integers(10, 101)),
        volume_rate=10_000 * int(random.integers(200, 301)),
        max_runtime_isps=int(random.integers(8, ISPS + 1)),
        notice_isps=1,
    )


def _order(terms: dict[bytes, Terms], day: int) -> Event:
    """Return an order for a share of all agreements, rising to the middle of the evening."""
    total_w = sum(abs(one.amount_w) for one in terms.values())
    hump = 0.7 + 0.3 * np.sin(np.pi * (np.arange(ISPS) + 0.5) / ISPS)
    first_isp = plan.CLOCK.isp_of(LocalDay(plan.CLOCK, day).start_s(FROM_MINUTE))
    required_w = -np.rint(ORDER_SHARE * total_w * hump).astype(np.int64)
    return Event(plan.CLOCK, first_isp, required_w, plan.templates()[0].terms.penalty_rate)


def _planned(event: Event, terms: dict[bytes, Terms]) -> dict[bytes, Member]:
    """Return the agreements with what the dispatcher chose two hours before the event."""
    now_s = plan.CLOCK.start_s(event.first_isp - 8)
    baseline_w = dict.fromkeys(event.isps, BASELINE_W)
    members = {
        key: Member(key, f"site {int.from_bytes(key, 'big')}", baseline_w, (), RELIABILITY)
        for key in terms
    }
    open_to = [
        candidate(
            key, one, (), open_isps(one, (), event.isps, now_s), abs(one.amount_w), RELIABILITY
        )
        for key, one in terms.items()
    ]
    found = dispatch(event.required_w, open_to, 60.0, 0.05, rounds=ROUNDS)
    for one in found.activations:
        wanted = Activation(event.first_isp + one.offset, one.isps, one.ordered_w)
        key = one.agreement_id
        members[key] = recorded(terms[key], members[key], wanted, now_s)
    return members
