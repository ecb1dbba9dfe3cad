"""Agreements behind the congestion point of these tests, and what can be activated of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from flexmanager.dispatch import Candidate
from flexmanager.vpp.covering import Case, Policy
from flexmanager.vpp.portfolio import Member, Portfolio
from flexmanager.vpp.request import FlexRequest
from settlement.activation import Activation
from settlement.orders.contract import Contract
from settlement.window import in_window, weekly_window
from tests.flexmanager.vpp.trading import DAY, EXPIRES_S, OPTION_CONTRACT, POINT, request
from tests.settlement.defaults import EUR_PER_MWH, EVERY_DAY, VIENNA, terms

ISPS = VIENNA.day_isps(DAY)
EVENING = weekly_window(EVERY_DAY, 17 * 60, 21 * 60)


def identity(number: int) -> bytes:
    """The agreement id of a number."""
    return number.to_bytes(32, "big")


def member(
    number: int,
    amount_w: int = -3_000,
    rate_eur: int = 180,
    site_id: str | None = None,
    point: str = POINT,
    standing: tuple[Activation, ...] = (),
    end_day: int | None = None,
    **changes: object,
) -> Member:
    """An agreement for evenings from 17:00 to 21:00."""
    agreed = terms(
        amount_w=amount_w,
        volume_rate=rate_eur * EUR_PER_MWH,
        window0=EVENING[0],
        window1=EVENING[1],
        window2=EVENING[2],
        **changes,
    )
    return Member(identity(number), site_id or f"site {number}", point, agreed, standing, end_day)


def candidate(
    one: Member,
    reliability: float = 1.0,
    recorded_s: int = EXPIRES_S,
    rebound: tuple[float, int] = (0.0, 0),
) -> Candidate:
    """What the dispatcher may do with an agreement that is recorded at the latest then."""
    agreed, clock = one.terms, one.terms.clock
    earliest = clock.isp_of(recorded_s) + agreed.notice_isps + 1
    if one.standing:
        earliest = max(earliest, one.standing[-1].end_isp + max(1, agreed.recovery_isps))
    allowed = [
        isp >= earliest
        and agreed.start_day <= clock.local_day(isp) <= one.last_day
        and in_window(agreed.window, clock.local_minutes(isp))
        for isp in ISPS
    ]
    return Candidate(
        agreement_id=one.agreement_id,
        amount_w=agreed.amount_w,
        volume_rate=agreed.volume_rate,
        max_runtime_isps=agreed.max_runtime_isps,
        recovery_isps=agreed.recovery_isps,
        activations_left=agreed.max_activations - len(one.standing),
        allowed=np.array(allowed),
        reliability=reliability,
        rebound_share=rebound[0],
        rebound_isps=rebound[1],
    )


def case(
    members: Sequence[Member],
    reliability: float = 1.0,
    asked: FlexRequest | None = None,
    contract: Contract | None = OPTION_CONTRACT,
    rebound: tuple[float, int] = (0.0, 0),
    busy: dict[str, frozenset[int]] | None = None,
    **policy: object,
) -> Case:
    """What an answer to the standard request is made from."""
    chosen = replace(Policy(probability=0.8, draws=400), **policy)  # type: ignore[arg-type]
    return Case(
        asked or request(),
        Portfolio(POINT, members[0].sign, tuple(members)),
        [candidate(one, reliability, rebound=rebound) for one in members],
        contract,
        chosen,
        EXPIRES_S,
        busy or {},
    )
