"""The baseline methods that a contract may name, order rules 8."""

from dataclasses import dataclass

from settlement.baselines.around_event import around_event_baseline
from settlement.baselines.baseline import Baseline, History, zero_baseline
from settlement.baselines.computed import like_day_baseline
from settlement.baselines.methods import (
    AroundEvent,
    LikeDays,
    validate_around_event,
    validate_like_days,
)
from settlement.clock import Clock


@dataclass(frozen=True, slots=True)
class Zero:
    """0 W in every ISP."""


Method = LikeDays | AroundEvent | Zero
"""Any method but a declared baseline, which is not computed."""


def validate_method(method: Method) -> None:
    """Refuse parameters that cannot be followed.

    Raises:
        InputError: names the parameter, its value and what was expected.
    """
    if isinstance(method, LikeDays):
        validate_like_days(method)
    elif isinstance(method, AroundEvent):
        validate_around_event(method)


def computed_by(method: Method, clock: Clock, isps: range, history: History) -> Baseline:
    """Compute the baseline of an activation.

    Args:
        method: one that `validate_method` accepts.
        clock: local time.
        isps: the activation.
        history: meter data and what is excluded from it.
    """
    if isinstance(method, LikeDays):
        return like_day_baseline(method, clock, isps, history)
    if isinstance(method, AroundEvent):
        return around_event_baseline(method, isps, history)
    return zero_baseline(isps)
