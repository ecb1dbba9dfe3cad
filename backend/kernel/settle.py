"""Settlement of a portfolio in one call. Read this module first.

    agreements + activations + blobs --> lines --> statements --> leaves of the run's tree

The same rules as `settlement.settle`, on columns: activations that share their shape (ISPs, like
days, adjustment window) go through every step together. `settle` is pure. Integers are exact at
any size: int64 where its range is enough, Python integers where extreme terms need more.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from backend.kernel.capacity import count_window_isps
from backend.kernel.columns import Integers, Lines, Portfolio, Statements, check_portfolio
from backend.kernel.context import Context, context_of
from backend.kernel.delivery import fails_threshold
from backend.kernel.exact import largest, line_amounts, sum_rows, to_int64, widen
from backend.kernel.leaves import leaf_hashes, series_hashes
from backend.kernel.lines import Reason, make_lines
from settlement.statement import Period
from settlement.units import BASIS_POINTS


@dataclass(frozen=True, slots=True, eq=False)
class SettledPortfolio:
    """Statements of a portfolio with their lines."""

    statements: Statements
    lines: Lines


def settle(
    portfolio: Portfolio, period: Period, non_working_days: Collection[int]
) -> SettledPortfolio:
    """Settle all agreements of a portfolio for one period.

    Args:
        portfolio: agreements with one ISP length, and all that their statements depend on.
        period: local days, inclusive, by each agreement's own clock.
        non_working_days: published days that count as non-working besides weekends.

    Returns:
        The same statements, hashes and reasons as `settlement.settle`, bit by bit.

    Raises:
        InputError: the columns do not fit together, or an amount is beyond 2^62.
    """
    check_portfolio(portfolio)
    context = context_of(portfolio, period, non_working_days)
    lines = make_lines(context)
    return SettledPortfolio(_statements(context, lines, period), lines)


def _statements(context: Context, lines: Lines, period: Period) -> Statements:
    agreements = context.portfolio.agreements
    terms = agreements.terms
    agreement = context.portfolio.activations.agreement[lines.activation]
    offsets = np.searchsorted(agreement, np.arange(len(agreements) + 1))
    complete = sum_rows((lines.reason != Reason.NONE).astype(np.int64), offsets) == 0
    isps = _capacity_isps(context, lines, agreement, offsets, period)
    amount_w = np.abs(terms["amount_w"])
    capacity = line_amounts(amount_w * isps, agreements.isp_minutes, terms["capacity_rate"])
    volume = sum_rows(lines.volume, offsets)
    paid, cap_bp = widen(
        BASIS_POINTS * (largest(capacity) + largest(volume)),
        capacity + volume,
        terms["penalty_cap_bp"],
    )
    cap = to_int64(cap_bp * paid // BASIS_POINTS)
    penalty = np.minimum(sum_rows(lines.penalty, offsets), cap)
    isps, capacity, volume, penalty = (
        np.where(complete, one, 0) for one in (isps, capacity, volume, penalty)
    )
    money = (capacity, volume, penalty, capacity + volume - penalty)
    series = series_hashes(lines.pairs_w, lines.pair_offsets[offsets])
    leaf = leaf_hashes(agreements.agreement_id, period, series, isps, money)
    for hashes in (series, leaf):
        hashes[~complete] = 0
    return Statements(agreements.agreement_id, complete, series, isps, *money, leaf)


def _capacity_isps(
    context: Context, lines: Lines, agreement: Integers, offsets: Integers, period: Period
) -> Integers:
    """Count window ISPs, less those of activations that failed THRESHOLD."""
    terms = context.portfolio.agreements.terms
    fails = fails_threshold(
        lines.ordered_w_sum,
        lines.delivered_w_sum,
        terms["delivery_rule"][agreement],
        terms["delivery_bp"][agreement],
    )
    lost = sum_rows(np.where(fails, np.diff(lines.pair_offsets), 0), offsets)
    counted = count_window_isps(
        context.portfolio.agreements, context.clocks, context.clock_of, period
    )
    isps: Integers = np.maximum(0, counted - lost)
    return isps
