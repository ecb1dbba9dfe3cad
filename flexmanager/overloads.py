"""Which overloads of a congestion point were relieved, and why the others were not.

An overload that remains has one reason: the first of those below that holds. The first five say
that the agreements could not have relieved it, the others that they could have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flexmanager.errors import HorizonError
from flexmanager.rounding import IntArray
from settlement.activation import Activation
from settlement.terms import Terms
from settlement.window import in_window


class Verdict(StrEnum):
    """What became of an overload."""

    RELIEVED = "relieved"
    NO_AGREEMENT = "no agreement's window covers it"
    TOO_SMALL = "the sites together can hold too little"
    USED_UP = "the activations of agreements are used up"
    OVERRIDDEN = "owners took back control, and the other sites can hold too little"
    RECOVERY = "agreements recover from another activation"
    NOT_FORECAST = "not forecast, or forecast too low"
    NOT_COVERED = "ordered, and no choice of activations covers all of it"
    NOT_DELIVERED = "activated, and less was delivered"
    ADDED = "there only since the activations"


CANNOT = (
    Verdict.NO_AGREEMENT,
    Verdict.TOO_SMALL,
    Verdict.USED_UP,
    Verdict.OVERRIDDEN,
    Verdict.RECOVERY,
)
"""The agreements could not have relieved it."""


@dataclass(frozen=True, slots=True)
class Supply:
    """An agreement that relieves a congestion point in one direction.

    Attributes:
        terms: its terms.
        activations: all that stand, in time order.
        able_w: local day to the magnitude that its site could hold [W]; on other days nobody asked,
            and the agreed amount is taken.
        overridden: ISPs in which the owner took back control, as every agreement allows.
    """

    terms: Terms
    activations: tuple[Activation, ...]
    able_w: Mapping[int, int]
    overridden: frozenset[int] = frozenset()

    def could_w(self, isp: int) -> int:
        """Return what it could have given in an ISP if nothing else had been ordered [W]."""
        clock, terms = self.terms.clock, self.terms
        day = clock.local_day(isp)
        inside = terms.start_day <= day <= terms.end_day
        if not inside or not in_window(terms.window, clock.local_minutes(isp)):
            return 0
        return min(abs(terms.amount_w), self.able_w.get(day, abs(terms.amount_w)))

    def ordered_w(self, isp: int) -> int:
        """Return what is ordered in an ISP, a magnitude [W]."""
        return sum(abs(one.ordered_w) for one in self.activations if isp in one.ordered_isps())

    def is_used_up(self, isp: int) -> bool:
        """Tell whether all activations lie before an ISP that none of them orders."""
        past = [one for one in self.activations if one.end_isp <= isp]
        return len(past) >= self.terms.max_activations

    def recovers(self, isp: int) -> bool:
        """Tell whether an ISP lies too close to an activation for another one."""
        gap = max(1, self.terms.recovery_isps)
        return any(
            one.first_isp - gap <= isp < one.end_isp + gap and isp not in one.ordered_isps()
            for one in self.activations
        )


@dataclass(frozen=True, slots=True)
class Overload:
    """An ISP in which a limit is exceeded, before or after the activations.

    Attributes:
        isp: UTC index.
        before_w: power above the limit without any activation [W].
        after_w: power above the limit as metered [W].
        verdict: what became of it.
    """

    isp: int
    before_w: int
    after_w: int
    verdict: Verdict


def find_overloads(
    first_isp: int,
    before_w: IntArray,
    after_w: IntArray,
    required_w: IntArray,
    supplies: Sequence[Supply],
) -> tuple[Overload, ...]:
    """Judge every overload of a congestion point in one direction.

    Args:
        first_isp: UTC index of the first value of the series.
        before_w: power above the limit without any activation, shape (n,) [W, 0 or positive].
        after_w: the same as metered.
        required_w: the most that the DSO saw to be needed in time, a magnitude, shape (n,) [W].
        supplies: the agreements of this congestion point and direction.

    Raises:
        HorizonError: the series have different lengths, or one is negative.
    """
    for name, series in (("after_w", after_w), ("required_w", required_w), ("before_w", before_w)):
        if len(series) != len(before_w) or (series < 0).any():
            found = f"{len(series)} values, least {series.min(initial=0)}"
            raise HorizonError(name, found, f"{len(before_w)} values of 0 or more")
    overloads = []
    for at in range(len(before_w)):
        before, after = int(before_w[at]), int(after_w[at])
        if before or after:
            isp = first_isp + at
            verdict = _verdict(isp, before, after, int(required_w[at]), supplies)
            overloads.append(Overload(isp, before, after, verdict))
    return tuple(overloads)


def _verdict(
    isp: int, before_w: int, after_w: int, required_w: int, supplies: Sequence[Supply]
) -> Verdict:
    """Return the first reason that holds."""
    if after_w == 0:
        return Verdict.RELIEVED
    if before_w == 0:
        return Verdict.ADDED
    could_w = {at: one.could_w(isp) for at, one in enumerate(supplies)}
    if not any(could_w.values()):
        return Verdict.NO_AGREEMENT
    idle = [at for at in could_w if not supplies[at].ordered_w(isp)]
    used_w = sum(could_w[at] for at in idle if supplies[at].is_used_up(isp))
    taken_back_w = sum(could_w[at] for at in could_w if isp in supplies[at].overridden)
    resting_w = sum(could_w[at] for at in idle if supplies[at].recovers(isp))
    ordered_w = sum(one.ordered_w(isp) for one in supplies)
    left_w = sum(could_w.values())
    for verdict, out_w in (
        (Verdict.TOO_SMALL, 0),
        (Verdict.USED_UP, used_w),
        (Verdict.OVERRIDDEN, taken_back_w),
        (Verdict.RECOVERY, resting_w),
    ):
        left_w -= out_w
        if left_w < before_w:
            return verdict
    if required_w < before_w:
        return Verdict.NOT_FORECAST
    return Verdict.NOT_COVERED if ordered_w < before_w else Verdict.NOT_DELIVERED
