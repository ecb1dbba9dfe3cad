"""Where the terms of an agreement still allow an activation: rule 0.3 before one is chosen."""

from collections.abc import Collection, Sequence

import numpy as np

from flexmanager.dispatch import Candidate
from flexmanager.rounding import BoolArray
from settlement.activation import Activation
from settlement.terms import Terms
from settlement.window import in_window


def open_isps(
    terms: Terms,
    standing: Sequence[Activation],
    isps: Sequence[int],
    now_s: int,
    *,
    end_day: int | None = None,
    busy: Collection[int] = (),
) -> BoolArray:
    """Tell which ISPs an activation that is recorded now may still order.

    Activations are recorded in time order, so nothing is open before the end of the last one. The
    running ISP has begun, so the notice counts from the next one.

    Args:
        terms: the agreement.
        standing: its activations so far, in time order, without cancelled ones.
        isps: UTC indices of the ISPs asked about.
        now_s: UTC second of recording, at the latest.
        end_day: last local day after a termination; the end day of the terms without one.
        busy: ISPs in which other agreements have ordered a metering point of this one.

    Returns:
        Shape (n,). That a whole run keeps runtime and count is for the dispatcher to see.
    """
    clock = terms.clock
    last_day = terms.end_day if end_day is None else min(end_day, terms.end_day)
    earliest_isp = clock.isp_of(now_s) + 1 + terms.notice_isps
    if standing:
        earliest_isp = max(earliest_isp, standing[-1].end_isp + max(1, terms.recovery_isps))
    return np.array(
        [
            isp >= earliest_isp
            and isp not in busy
            and terms.start_day <= clock.local_day(isp) <= last_day
            and in_window(terms.window, clock.local_minutes(isp))
            for isp in isps
        ],
        dtype=np.bool_,
    )


def candidate(
    agreement_id: bytes,
    terms: Terms,
    standing: Sequence[Activation],
    open_to: BoolArray,
    power_w: int,
    reliability: float,
) -> Candidate:
    """Describe an agreement to the dispatcher.

    Args:
        agreement_id: 32 bytes.
        terms: its terms.
        standing: its activations so far.
        open_to: ISPs that may be ordered, from `open_isps`.
        power_w: magnitude that its site expects to hold, above 0 [W]; no more than agreed counts.
        reliability: expected share of an order that is delivered, above 0, at most 1.
    """
    sign = 1 if terms.amount_w > 0 else -1
    return Candidate(
        agreement_id=agreement_id,
        amount_w=sign * min(abs(terms.amount_w), power_w),
        volume_rate=terms.volume_rate,
        max_runtime_isps=terms.max_runtime_isps,
        recovery_isps=terms.recovery_isps,
        activations_left=terms.max_activations - len(standing),
        allowed=open_to,
        reliability=reliability,
    )
