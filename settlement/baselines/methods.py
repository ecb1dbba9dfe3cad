"""The parameters of baseline methods, for agreements and for contracts alike."""

from dataclasses import dataclass
from enum import Enum

from settlement.errors import InputError
from settlement.terms import Adjustment, Terms


class DayChoice(Enum):
    """Which of the like days a baseline takes."""

    HIGH = "the highest"
    MID = "those in the middle"
    LOW = "the lowest"
    ROLLING = "all"
    MATCH = "the most similar"


@dataclass(frozen=True, slots=True)
class AdjustmentRule:
    """How a baseline is shifted towards the day of the event.

    Attributes:
        kind: additive or multiplicative, both ways or upwards only, or none.
        isps: length of the adjustment window.
        gap_isps: ISPs between the window and the event.
        cap_bp: limit as a share of the baseline in the window.
    """

    kind: Adjustment = Adjustment.NONE
    isps: int = 0
    gap_isps: int = 0
    cap_bp: int = 0

    def window(self, first_isp: int) -> range:
        """Return the adjustment window of an event, empty without an adjustment."""
        end = first_isp - self.gap_isps
        return range(end - self.isps, end)


@dataclass(frozen=True, slots=True)
class LikeDays:
    """Mean of some of the latest like days.

    Attributes:
        choice: which of them.
        x: how many are taken (ROLLING takes all and ignores it).
        y: how many are looked for.
        adjustment: shift towards the day of the event.
        match_gap_isps: MATCH only: ISPs on both sides of the event that are not compared.
    """

    choice: DayChoice
    x: int
    y: int
    adjustment: AdjustmentRule = AdjustmentRule()
    match_gap_isps: int = 0


@dataclass(frozen=True, slots=True)
class AroundEvent:
    """Readings around the event.

    Attributes:
        before_isps: how many before it.
        after_isps: how many after it; 0 looks before it only.
        gap_isps: ISPs next to the event that are left out, on both sides.
        straight_line: from the mean before to the mean after, where both exist; else one mean of
            all of them.
    """

    before_isps: int
    after_isps: int = 0
    gap_isps: int = 0
    straight_line: bool = False


def like_days_of(terms: Terms) -> LikeDays:
    """Return the method of an agreement whose baseline is not nominated."""
    return LikeDays(
        DayChoice[terms.baseline_method.name],
        terms.x,
        terms.y,
        AdjustmentRule(
            terms.adjustment,
            terms.adjustment_isps,
            terms.adjustment_gap_isps,
            terms.adjustment_cap_bp,
        ),
    )


def validate_like_days(method: LikeDays) -> None:
    """Refuse parameters of a contract's method that cannot be followed.

    Raises:
        InputError: names the parameter, its value and what was expected.
    """
    if method.y < 1:
        raise InputError(f"y is {method.y}", "baseline", "1 or more")
    if method.choice is not DayChoice.ROLLING and not 1 <= method.x <= method.y:
        raise InputError(f"x is {method.x}", "baseline", f"1 to y = {method.y}")
    if method.choice is DayChoice.MID and (method.y - method.x) % 2:
        raise InputError(f"x is {method.x}", "baseline", "y - x even for MID")


def validate_around_event(method: AroundEvent) -> None:
    """Refuse a method that reads nothing, or a straight line without an end.

    Raises:
        InputError: names the parameter, its value and what was expected.
    """
    for name in ("before_isps", "after_isps", "gap_isps"):
        if getattr(method, name) < 0:
            raise InputError(f"{name} is {getattr(method, name)}", "baseline", "0 or more")
    if method.before_isps + method.after_isps == 0:
        raise InputError("no ISPs are read", "baseline", "ISPs before or after the event")
    if method.straight_line and not (method.before_isps and method.after_isps):
        raise InputError("a straight line from one side", "baseline", "ISPs before and after")
