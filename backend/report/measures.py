"""What the report says about a month that the outcome does not state itself.

Everything here is arithmetic on an outcome: no drawing and no text for people.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backend.demo import plan
from backend.demo.outcome import AgreementOutcome, Outcome, PointOutcome, SiteDay
from backend.services.local_day import LocalDay
from settlement.clock import date_of, day_of

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

IMPORT, EXPORT = "import", "export"
HOURS_PER_ISP = plan.ISP_MINUTES / 60
_W_PER_KW = 1_000


class UnfitOutcome(ValueError):
    """An outcome whose series do not fit its dates."""


@dataclass(frozen=True, slots=True, eq=False)
class MonthDay:
    """A local day of the month.

    Attributes:
        date: the local date.
        columns: where the day lies in the series of the month.
        minutes: local minute of the day at which each ISP starts.
    """

    date: date
    columns: slice
    minutes: IntArray


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of power at a congestion point: import or export, as magnitudes.

    Attributes:
        name: "import" or "export".
        limit_w: the limit.
        peak_before_w: largest power without any activation; 0 if there is none this way.
        peak_after_w: the same as metered.
        over_before_kwh: energy above the limit without any activation.
        over_after_kwh: the same as metered.
        hours_before: time above the limit without any activation.
        hours_after: the same as metered.
        unordered_kwh: the part of `over_after_kwh` in ISPs without an order that relieves.
        added_kwh: energy above the limit that is there only since the activations.
    """

    name: str
    limit_w: int
    peak_before_w: int
    peak_after_w: int
    over_before_kwh: float
    over_after_kwh: float
    hours_before: float
    hours_after: float
    unordered_kwh: float
    added_kwh: float

    @property
    def exceeded(self) -> bool:
        """Whether the limit is exceeded at any time, before or after."""
        return max(self.peak_before_w, self.peak_after_w) > self.limit_w


@dataclass(frozen=True, slots=True)
class Moved:
    """What was ordered and what came of it, both counted in the ordered direction.

    Attributes:
        ordered_kwh: the ordered energy.
        actual_kwh: actual less recorded in the ordered ISPs; negative if it went the wrong way.
    """

    ordered_kwh: float
    actual_kwh: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Statements added up; energy in kWh, money in 1e-4 EUR."""

    activations: int
    overridden: int
    ordered_kwh: float
    delivered_kwh: float
    missing_kwh: float
    capacity: int
    volume: int
    penalty: int
    amount: int

    @property
    def delivered_share(self) -> float | None:
        """Delivered over ordered energy; None where nothing was ordered."""
        return share(self.delivered_kwh, self.ordered_kwh)


def month_days(outcome: Outcome) -> tuple[MonthDay, ...]:
    """Cut the month into its local days.

    Raises:
        UnfitOutcome: a series is longer or shorter than the dates say.
    """
    first, last = (day_of(date.fromisoformat(d)) for d in (outcome.first_date, outcome.last_date))
    days, start = [], 0
    for number in range(first, last + 1):
        minutes = LocalDay(plan.CLOCK, number).minutes()
        days.append(MonthDay(date_of(number), slice(start, start + len(minutes)), minutes))
        start += len(minutes)
    for point in outcome.points:
        for name in ("before_w", "after_w", "ordered_w"):
            if len(getattr(point, name)) != start:
                raise UnfitOutcome(
                    f"{point.name} {name}: {len(getattr(point, name))} ISPs, expected {start} "
                    f"from {outcome.first_date} to {outcome.last_date}"
                )
    return tuple(days)


def directions(point: PointOutcome) -> tuple[Direction, Direction]:
    """Measure both directions of a congestion point."""
    before, after = point.excess_kwh(point.before_w), point.excess_kwh(point.after_w)
    return (
        _direction(point, IMPORT, 1, point.import_limit_w, before[0], after[0]),
        _direction(point, EXPORT, -1, point.export_limit_w, before[1], after[1]),
    )


def _direction(
    point: PointOutcome, name: str, sign: int, limit_w: int, before_kwh: float, after_kwh: float
) -> Direction:
    before_w, after_w = sign * point.before_w, sign * point.after_w
    over_before_w = np.maximum(0, before_w - limit_w)
    over_after_w = np.maximum(0, after_w - limit_w)
    unordered = sign * point.ordered_w >= 0
    return Direction(
        name,
        limit_w,
        max(0, int(before_w.max())),
        max(0, int(after_w.max())),
        before_kwh,
        after_kwh,
        float(np.count_nonzero(over_before_w) * HOURS_PER_ISP),
        float(np.count_nonzero(over_after_w) * HOURS_PER_ISP),
        _kwh(over_after_w[unordered]),
        _kwh(np.maximum(0, over_after_w - over_before_w)),
    )


def _kwh(power_w: IntArray | FloatArray) -> float:
    return float(power_w.sum() * HOURS_PER_ISP / _W_PER_KW)


def site_moved(day: SiteDay) -> Moved:
    """Compare what a site did with its recorded series, which no baseline can blur."""
    ordered = np.isfinite(day.target_w)
    ordered_w = day.target_w[ordered] - day.baseline_w[ordered]
    changed_w = (day.actual_w - day.recorded_w)[ordered]
    sign = int(np.sign(ordered_w.sum()))
    return Moved(sign * _kwh(ordered_w), sign * _kwh(changed_w))


def load_moved(point: PointOutcome, sign: int) -> Moved:
    """Compare what was ordered at a congestion point with what its load did in those ISPs.

    Args:
        point: the congestion point.
        sign: 1 for orders of more consumption or less generation, -1 for less consumption.
    """
    ordered = sign * point.ordered_w > 0
    changed_w = (point.after_w - point.before_w)[ordered]
    return Moved(sign * _kwh(point.ordered_w[ordered]), sign * _kwh(changed_w))


def add_up(statements: tuple[AgreementOutcome, ...]) -> Sums:
    """Add up statements."""
    return Sums(
        sum(one.activations for one in statements),
        sum(one.overridden for one in statements),
        sum((one.ordered_kwh for one in statements), 0.0),
        sum((one.delivered_kwh for one in statements), 0.0),
        sum((one.missing_kwh for one in statements), 0.0),
        sum(one.capacity for one in statements),
        sum(one.volume for one in statements),
        sum(one.penalty for one in statements),
        sum(one.amount for one in statements),
    )


def share(part: float, whole: float) -> float | None:
    """Return part over whole; None where there is no whole."""
    return part / whole if whole else None


def by_agreement(
    statements: tuple[AgreementOutcome, ...],
) -> dict[str, tuple[AgreementOutcome, ...]]:
    """Group statements by the name of their agreement, in order of appearance."""
    names = dict.fromkeys(one.agreement for one in statements)
    return {name: tuple(s for s in statements if s.agreement == name) for name in names}
