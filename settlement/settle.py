"""Settlement of one agreement for one period. Read this module first.

    terms + activation log + readings --> lines --> statement --> leaf of the run's tree

`settle` is pure. The DSO calls it to make a run, and every party calls it to check one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settlement.activation import Activation
from settlement.baselines.baseline import Baseline, History, nominated_baseline
from settlement.baselines.computed import computed_baseline
from settlement.delivery import Delivery, fails_threshold, measure, paid_w_sum_scaled
from settlement.identity import agreement_id
from settlement.meter import Readings
from settlement.statement import Pair, Period, Statement, recordable, series_hash
from settlement.terms import BaselineMethod, Terms
from settlement.units import BASIS_POINTS, capped_penalty, line_amount
from settlement.window import count_window_isps


@dataclass(frozen=True, slots=True)
class Line:
    """One activation inside a statement; money in 1e-4 EUR.

    Attributes:
        activation: what was ordered.
        baseline: its baseline and how it came about.
        actual_w: one W per ordered ISP.
        delivery: sums over the ISPs.
        counted_for_capacity: False if it failed THRESHOLD and so loses capacity pay.
        volume: pay for what was delivered.
        penalty: for the deficiency, before the cap of the statement.
    """

    activation: Activation
    baseline: Baseline
    actual_w: tuple[int, ...]
    delivery: Delivery
    counted_for_capacity: bool
    volume: int
    penalty: int

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Baseline and actual per ordered ISP."""
        assert self.baseline.values_w is not None, "a line has a baseline"
        return tuple(zip(self.baseline.values_w, self.actual_w, strict=True))


@dataclass(frozen=True, slots=True)
class Settled:
    """A complete statement with its lines."""

    statement: Statement
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A statement that lacks data. It has no amount and no leaf until a correction run."""

    agreement_id: bytes
    period: Period
    reasons: tuple[str, ...]


def activations_of(
    terms: Terms, standing: Sequence[Activation], period: Period
) -> tuple[Activation, ...]:
    """Return the activations of a period: those whose first ISP starts on one of its days."""
    clock = terms.clock
    return tuple(one for one in standing if period.holds(clock.local_day(one.first_isp)))


def settle(
    terms: Terms,
    standing: Sequence[Activation],
    period: Period,
    history: History,
    nominations: Mapping[Activation, Readings] | None = None,
    end_day: int | None = None,
) -> Settled | Incomplete:
    """Settle one agreement for one period.

    Args:
        terms: the agreement.
        standing: all its activations in time order, without cancelled ones.
        period: local days, inclusive.
        history: meter data of its elements with what baselines must leave out.
        nominations: where the baseline is nominated, the nomination in force for each activation:
            the last one committed before the activation was recorded.
        end_day: last local day after a termination, None without one.

    Returns:
        The statement with its lines, or the reasons why it is incomplete.
    """
    lines: list[Line] = []
    reasons: list[str] = []
    for activation in activations_of(terms, standing, period):
        line = _line(terms, activation, history, (nominations or {}).get(activation))
        if isinstance(line, Line):
            lines.append(line)
        else:
            reasons.append(f"{terms.clock.describe(activation.first_isp)}: {line}")
    if reasons:
        return Incomplete(agreement_id(terms), period, tuple(reasons))
    return Settled(statement_of(terms, period, lines, end_day), tuple(lines))


def _line(
    terms: Terms, activation: Activation, history: History, nomination: Readings | None
) -> Line | str:
    if terms.baseline_method is BaselineMethod.NOMINATED:
        declared = nomination or Readings(terms.isp_minutes, {})
        baseline = nominated_baseline(activation.ordered_isps(), declared)
    else:
        baseline = computed_baseline(terms, activation, history)
    if baseline.values_w is None:
        return baseline.note
    read = [history.readings.at(isp) for isp in activation.ordered_isps()]
    actual_w = tuple(w for w in read if w is not None)
    if len(actual_w) < len(read):
        return f"{len(read) - len(actual_w)} of {len(read)} meter readings are missing"
    if not recordable(zip(baseline.values_w, actual_w, strict=True)):
        return "a power is out of the range that can be recorded"
    return line_of(terms, activation, baseline, actual_w)


def line_of(
    terms: Terms, activation: Activation, baseline: Baseline, actual_w: tuple[int, ...]
) -> Line:
    """Work out the line of an activation from its baseline and actual, one W per ISP each."""
    assert baseline.values_w is not None, "a line has a baseline"
    delivery = measure(activation.ordered_w, baseline.values_w, actual_w)
    paid_scaled = paid_w_sum_scaled(
        delivery, terms.delivery_rule, terms.delivery_bp, terms.delivery_slope
    )
    return Line(
        activation,
        baseline,
        actual_w,
        delivery,
        not fails_threshold(delivery, terms.delivery_rule, terms.delivery_bp),
        line_amount(paid_scaled, terms.isp_minutes, terms.volume_rate, BASIS_POINTS),
        line_amount(delivery.deficiency_w_sum, terms.isp_minutes, terms.penalty_rate),
    )


def capacity_isps(terms: Terms, period: Period, lost_isps: int, end_day: int | None = None) -> int:
    """Count the window ISPs of the agreement in the period, less those that lost capacity pay."""
    last_day = terms.end_day if end_day is None else min(end_day, terms.end_day)
    first = max(terms.start_day, period.first_day)
    last = min(last_day, period.last_day)
    return max(0, count_window_isps(terms.window, terms.clock, first, last) - lost_isps)


def statement_of(
    terms: Terms, period: Period, lines: Sequence[Line], end_day: int | None = None
) -> Statement:
    """Add lines up to the statement of a period."""
    lost_isps = sum(line.activation.isps for line in lines if not line.counted_for_capacity)
    isps = capacity_isps(terms, period, lost_isps, end_day)
    capacity = line_amount(abs(terms.amount_w) * isps, terms.isp_minutes, terms.capacity_rate)
    volume = sum(line.volume for line in lines)
    raw = sum(line.penalty for line in lines)
    penalty = capped_penalty(raw, terms.penalty_cap_bp, capacity + volume)
    return Statement(
        agreement_id(terms),
        period.first_day,
        period.last_day,
        series_hash(pair for line in lines for pair in line.pairs),
        isps,
        capacity,
        volume,
        penalty,
        capacity + volume - penalty,
    )
