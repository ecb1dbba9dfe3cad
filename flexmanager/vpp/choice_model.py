"""Choosing offers as a mixed-integer model.

Columns: with how many percent each option is ordered, whether it is, and what lacks in each
requested ISP. Rows: what is needed in requested ISPs, the band in all others, that a factor lies
between its least and the whole if the option is ordered and is 0 else, and one option per offer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flexmanager.highs import INFINITY, Model, SparseMatrix
from flexmanager.rounding import FloatArray
from flexmanager.vpp.congestion import requested_change_w
from flexmanager.vpp.offer import WHOLE_PERCENT
from flexmanager.vpp.request import FlexRequest
from settlement.units import AMOUNT_PER_EUR

W_MINUTES_PER_MWH = 60_000_000
Bounds = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Column:
    """An option that may be ordered.

    Attributes:
        power_w: its power by ISP, signed.
        price: of the whole option [1e-4 EUR].
        min_factor_percent: the least part that may be ordered.
        offer_id: options of one offer exclude each other.
    """

    power_w: Mapping[int, int]
    price: int
    min_factor_percent: int
    offer_id: str


def choice_model(
    request: FlexRequest, options: Sequence[Column], shortfall_rate: int
) -> tuple[Model, FloatArray]:
    """Return the model [EUR] and the answer that orders nothing.

    Args:
        request: what is asked for.
        options: what may be ordered; the first columns of the model are their factors in percent.
        shortfall_rate: what a missing MWh costs [1e-4 EUR per MWh].
    """
    change_w = requested_change_w(request)
    asked = sorted(change_w)
    named = sorted({*change_w, *(isp for one in options for isp in one.power_w)})
    matrix, count = SparseMatrix(), len(options)
    _add_powers(matrix, options, named, change_w)
    lacking = 2 * count + np.arange(len(asked))
    matrix.add(np.searchsorted(named, asked), lacking, np.ones(len(asked)))
    rows = (_power_bounds(request, named, change_w), _add_factors(matrix, options, len(named)))
    columns = 2 * count + len(asked)
    start, index, value = matrix.by_column(columns)
    per_percent = [one.price / AMOUNT_PER_EUR / WHOLE_PERCENT for one in options]
    minutes = request.scope.clock.isp_minutes
    per_lacking_w = shortfall_rate / AMOUNT_PER_EUR * minutes / W_MINUTES_PER_MWH
    ordered, missing = np.zeros(count), np.full(len(asked), per_lacking_w)
    whole, no_limit = np.full(count, float(WHOLE_PERCENT)), np.full(len(asked), INFINITY)
    model = Model(
        cost=np.concatenate((per_percent, ordered, missing)),
        lower=np.zeros(columns),
        upper=np.concatenate((whole, np.ones(count), no_limit)),
        row_lower=np.concatenate([lower for lower, _ in rows]),
        row_upper=np.concatenate([upper for _, upper in rows]),
        start=start,
        index=index,
        value=value,
        whole=np.repeat([0, 1, 0], [count, count, len(asked)]).astype(np.int32),
    )
    nothing = np.zeros(columns)
    nothing[lacking] = [abs(change_w[isp]) for isp in asked]
    return model, nothing


def _power_bounds(
    request: FlexRequest, named: Sequence[int], change_w: Mapping[int, int]
) -> Bounds:
    """Return what orders have to sum up to; 0 W is always within, outside the request it is all."""
    bands = dict(request.isps)
    lower, upper = np.zeros(len(named)), np.zeros(len(named))
    for row, isp in enumerate(named):
        if isp in change_w:
            lower[row], upper[row] = abs(change_w[isp]), INFINITY
        elif isp in bands:
            lower[row], upper[row] = min(0, bands[isp].min_w), max(0, bands[isp].max_w)
    return lower, upper


def _add_powers(
    matrix: SparseMatrix,
    options: Sequence[Column],
    named: Sequence[int],
    change_w: Mapping[int, int],
) -> None:
    """Add the power of one percent; in requested ISPs relief counts as positive."""
    for at, one in enumerate(options):
        along_w = [-w if change_w.get(isp, 0) < 0 else w for isp, w in one.power_w.items()]
        rows = np.searchsorted(named, list(one.power_w))
        matrix.add(rows, np.full(len(rows), at), np.array(along_w) / WHOLE_PERCENT)


def _add_factors(matrix: SparseMatrix, options: Sequence[Column], first_row: int) -> Bounds:
    """Tie each factor to whether its option is ordered, and the options of an offer together."""
    count = len(options)
    at, ones = np.arange(count), np.ones(count)
    least = np.array([one.min_factor_percent for one in options], dtype=np.float64)
    matrix.add(first_row + at, at, ones)
    matrix.add(first_row + at, count + at, -least)
    matrix.add(first_row + count + at, at, -ones)
    matrix.add(first_row + count + at, count + at, np.full(count, float(WHOLE_PERCENT)))
    offers = sorted({one.offer_id for one in options})
    once = [first_row + 2 * count + offers.index(one.offer_id) for one in options]
    matrix.add(once, count + at, ones)
    lower = np.repeat([0.0, -INFINITY], [2 * count, len(offers)])
    upper = np.repeat([INFINITY, 1.0], [2 * count, len(offers)])
    return lower, upper
