"""Trying baseline methods on a site's own history: on days without an activation.

Each day in turn plays the day of an event, and every method says what it would have said then. As
nothing was ordered, the meter tells what the right answer was. Methods are compared on the days on
which all of them have a baseline, so that none is ahead for having had the easier days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from backend.district import District
from backend.district.calendar import SECONDS_PER_QUARTER, WINTER_OFFSET_MINUTES
from settlement.baselines.accuracy import Accuracy, accuracy
from settlement.baselines.around_event import around_event_baseline
from settlement.baselines.baseline import Baseline, History, zero_baseline
from settlement.baselines.computed import like_day_baseline
from settlement.baselines.methods import AdjustmentRule, AroundEvent, DayChoice, LikeDays
from settlement.clock import MINUTES_PER_DAY, Clock, ClockRule, date_of, day_of
from settlement.errors import InputError
from settlement.meter import Readings
from settlement.terms import Adjustment

ISP_MINUTES = SECONDS_PER_QUARTER // 60
CLOCK = Clock(ISP_MINUTES, WINTER_OFFSET_MINUTES, ClockRule.EU)
_HOUR = 60 // ISP_MINUTES
_THREE_HOURS_BEFORE = {"isps": 3 * _HOUR, "gap_isps": _HOUR}


@dataclass(frozen=True, slots=True)
class Method:
    """A baseline method with its parameters.

    Attributes:
        name: short, unique.
        text: what it does.
        baseline: its baseline of an event.
    """

    name: str
    text: str
    baseline: Callable[[range, History], Baseline]


def _like(name: str, text: str, choice: DayChoice, x: int, y: int, **adjustment: int) -> Method:
    rule = AdjustmentRule(**{"kind": Adjustment.NONE, **adjustment})  # type: ignore[arg-type]
    method = LikeDays(choice, x, y, rule, match_gap_isps=_HOUR)
    return Method(name, text, lambda isps, past: like_day_baseline(method, CLOCK, isps, past))


def _around(name: str, text: str, method: AroundEvent) -> Method:
    return Method(name, text, lambda isps, past: around_event_baseline(method, isps, past))


def _adjusted(kind: Adjustment, cap_bp: int) -> dict[str, int]:
    return {"kind": kind, "cap_bp": cap_bp, **_THREE_HOURS_BEFORE}


METHODS = (
    _like("high 5 of 10", "the five highest of ten like days", DayChoice.HIGH, 5, 10),
    _like("high 4 of 5", "the four highest of five like days", DayChoice.HIGH, 4, 5),
    _like("mid 8 of 10", "ten like days without the highest and the lowest", DayChoice.MID, 8, 10),
    _like("low 5 of 10", "the five lowest of ten like days", DayChoice.LOW, 5, 10),
    _like("rolling 5", "five like days", DayChoice.ROLLING, 5, 5),
    _like("rolling 10", "ten like days", DayChoice.ROLLING, 10, 10),
    _like(
        "rolling 10, additive",
        "ten like days, shifted by their error in three hours up to an hour before, 20 % at most",
        DayChoice.ROLLING, 10, 10, **_adjusted(Adjustment.ADDITIVE, 2_000),
    ),
    _like(
        "rolling 10, factor",
        "ten like days, multiplied by 0.8 to 1.2 for their error in those three hours",
        DayChoice.ROLLING, 10, 10, **_adjusted(Adjustment.MULTIPLICATIVE, 2_000),
    ),
    _like(
        "rolling 10, upward",
        "ten like days, shifted like additive but upwards only",
        DayChoice.ROLLING, 10, 10, **_adjusted(Adjustment.ADDITIVE_UPWARD, 2_000),
    ),
    _like(
        "match 3 of 10",
        "the three of ten like days that were most similar outside the event",
        DayChoice.MATCH, 3, 10,
    ),
    _around(
        "same day 3+2",
        "three hours before and two after, without those next to the event",
        AroundEvent(3 * _HOUR, 2 * _HOUR, _HOUR),
    ),
    _around(
        "meter before", "the hour before, flat", AroundEvent(_HOUR)
    ),
    _around(
        "meter before, after",
        "the straight line from the hour before to the hour after",
        AroundEvent(_HOUR, _HOUR, 0, straight_line=True),
    ),
    Method("zero", "0 W", lambda isps, _: zero_baseline(isps)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComparedDay:
    """A day that played the event: actual and, by method name, baseline; W per ISP."""

    day: date
    isps: range
    actual_w: tuple[int, ...]
    baselines_w: dict[str, tuple[int, ...]]

    def mean_error_w(self, name: str) -> float:
        """Return by how much a method was above the actual, on average over the event."""
        return (sum(self.baselines_w[name]) - sum(self.actual_w)) / len(self.actual_w)


@dataclass(frozen=True, slots=True)
class Score:
    """A method and how accurate it was."""

    method: Method
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome of a trial.

    Attributes:
        site_id: the site.
        from_minute: local start of the event.
        to_minute: its local end.
        readings: the site's history.
        days: the days compared.
        left: the days left out, with the first reason for each.
        scores: the methods, the most accurate first.
    """

    site_id: str
    from_minute: int
    to_minute: int
    readings: Readings
    days: tuple[ComparedDay, ...]
    left: tuple[tuple[date, str], ...]
    scores: tuple[Score, ...]


def evaluate(
    district: District,
    site_id: str,
    from_minute: int,
    to_minute: int,
    methods: Sequence[Method] = METHODS,
) -> Evaluation:
    """Try methods on the history of a site.

    Args:
        district: where the site and its recorded days are.
        site_id: the site.
        from_minute: minute of the local day at which the event starts each day.
        to_minute: minute at which it ends, exclusive.
        methods: what is tried.

    Raises:
        InputError: no such site, no such time of day, or no day on which all methods work.
    """
    if site_id not in {site.site_id for site in district.sites}:
        first, last = district.sites[0].site_id, district.sites[-1].site_id
        raise InputError(f"site {site_id!r:.30}", "district", f"a site such as {first} or {last}")
    step = CLOCK.isp_minutes
    in_order = 0 <= from_minute < to_minute <= MINUTES_PER_DAY
    if not in_order or from_minute % step or to_minute % step:
        raise InputError(
            f"minutes {from_minute} to {to_minute}", "event", "full quarter hours of one day"
        )
    readings = site_readings(district, site_id)
    holidays = frozenset(day_of(day) for day in district.non_working_days)
    days: list[ComparedDay] = []
    left: list[tuple[date, str]] = []
    for day in range(day_of(district.first_day), day_of(district.last_day) + 1):
        found = _compare(day, (from_minute, to_minute), readings, holidays, methods)
        if isinstance(found, ComparedDay):
            days.append(found)
        else:
            left.append((date_of(day), found))
    if not days:
        raise InputError(left[-1][1], f"site {site_id}", "a day on which all methods work")
    scores = [Score(method, _accuracy(days, method.name)) for method in methods]
    ranked = sorted(scores, key=lambda score: score.accuracy.rmse_w)
    return Evaluation(
        site_id, from_minute, to_minute, readings, tuple(days), tuple(left), tuple(ranked)
    )


def site_readings(district: District, site_id: str) -> Readings:
    """Return the recorded series of a site as readings by UTC day; parts of days are missing."""
    per_day = MINUTES_PER_DAY // CLOCK.isp_minutes
    first = CLOCK.isp_of(district.first_quarter_utc_s)
    days: dict[int, list[int | None]] = {}
    for isp, watts in enumerate(district.site_w(site_id).tolist(), start=first):
        utc_day, position = divmod(isp, per_day)
        days.setdefault(utc_day, [None] * per_day)[position] = watts
    return Readings(CLOCK.isp_minutes, {day: tuple(values) for day, values in days.items()})


def _compare(
    day: int,
    minutes: tuple[int, int],
    readings: Readings,
    holidays: frozenset[int],
    methods: Sequence[Method],
) -> ComparedDay | str:
    """Let a day play the event; text tells the first method that has no baseline, and why."""
    event = [
        isp
        for isp in CLOCK.day_isps(day)
        if minutes[0] <= CLOCK.local_minutes(isp) % MINUTES_PER_DAY < minutes[1]
    ]
    if not event:
        return "the event lies in the hour that the clock change leaves out"
    isps = range(event[0], event[-1] + 1)
    history = History(readings, {day}, frozenset(isps), holidays)
    baselines: dict[str, tuple[int, ...]] = {}
    for method in methods:
        found = method.baseline(isps, history)
        if found.values_w is None:
            return f"{method.name}: {found.note}"
        baselines[method.name] = found.values_w
    return ComparedDay(date_of(day), isps, tuple(history.reading(isp) for isp in isps), baselines)


def _accuracy(days: Sequence[ComparedDay], name: str) -> Accuracy:
    return accuracy(
        [w for day in days for w in day.baselines_w[name]],
        [w for day in days for w in day.actual_w],
    )
