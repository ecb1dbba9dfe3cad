"""Quantiles by gradient-boosted trees. The only module that uses scikit-learn.

How far ahead an hour lies is a feature, so that the same trees serve all hours ahead. Three
forecasts are averaged, quantile by quantile: of the value itself, and of how it differs from what
this hour was like in the last weeks and in the last days. The first knows weather and calendar
best, the others follow a series that is regular or drifts.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from flexmanager.errors import ForecastError
from flexmanager.forecasting.features import features
from flexmanager.forecasting.known import (
    HOURS_PER_WEEK,
    LEADS_MAX,
    QUANTILES,
    Known,
    check_leads,
)
from flexmanager.rounding import BoolArray, FloatArray

FIRST_ORIGIN_HOURS = 2 * HOURS_PER_WEEK
ORIGIN_EVERY_HOURS = 23
"""Has no divisor in common with a day or a week, so that training meets every hour of both."""

ROWS_MIN = 1_000
TREES = 60
LEARNING_RATE = 0.1
LEAVES_MAX = 4
ROWS_PER_LEAF_MIN = 400
"""Every hour is learnt from at several leads: rows are many, but few of them are independent."""

FEATURES_PER_SPLIT = 0.3

Ensembles = tuple[HistGradientBoostingRegressor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class QuantileModel:
    """Fitted trees.

    Attributes:
        members: for each anchor of the features an ensemble per quantile of `QUANTILES`.
        used: features that were ever known, such as the weather, shape (features,).
        lowest: least value of the history, in the unit of the series.
        highest: greatest value of the history.
    """

    members: tuple[Ensembles, ...]
    used: BoolArray
    lowest: float
    highest: float

    def forecast(self, known: Known, leads: int) -> FloatArray:
        """Return rising quantiles for the next hours, shape (leads, quantiles).

        They stay within what has been seen, so that generation never turns into consumption.

        Raises:
            ForecastError: `leads` is not 1 to 48, or the weather ends before.
        """
        check_leads(known, leads)
        found = features(known, np.full(leads, known.hours), np.arange(1, leads + 1))
        columns = found.columns[:, self.used]
        with _one_thread():
            made = [_predict(ensembles, columns) for ensembles in self.members]
        # The first anchor is always known: it is zero.
        averaged = np.nanmean(np.stack(made) + found.anchors.T[:, :, None], axis=0)
        within: FloatArray = np.clip(averaged, self.lowest, self.highest)
        return within


def fit(known: Known) -> QuantileModel:
    """Fit a model to a history; the same history gives the same model.

    Raises:
        ForecastError: too few hours are known.
    """
    starts = np.arange(FIRST_ORIGIN_HOURS, known.hours, ORIGIN_EVERY_HOURS)
    origins = np.repeat(starts, LEADS_MAX)
    leads = np.tile(np.arange(1, LEADS_MAX + 1), len(starts))
    past = origins + leads <= known.hours
    origins, leads = origins[past], leads[past]
    found, answers = features(known, origins, leads), known.values[origins + leads - 1]
    wanted = [answers - anchor for anchor in found.anchors.T]
    learnt = [found.columns[_usable(one)] for one in wanted]
    # Trees cannot learn from what is never known.
    used = np.logical_and.reduce([np.isfinite(columns).any(axis=0) for columns in learnt])
    with _one_thread():
        members = tuple(
            _fitted(columns[:, used], one[np.isfinite(one)])
            for columns, one in zip(learnt, wanted, strict=True)
        )
    lowest, highest = float(np.nanmin(known.values)), float(np.nanmax(known.values))
    return QuantileModel(members, used, lowest, highest)


def _usable(answers: FloatArray) -> BoolArray:
    """Return what can be learnt from.

    Raises:
        ForecastError: too little is known.
    """
    usable = np.isfinite(answers)
    if usable.sum() < ROWS_MIN:
        found = f"{usable.sum()} pairs of an hour and what was known before"
        raise ForecastError(f"{found} to learn from; expected at least {ROWS_MIN}")
    return usable


def _fitted(columns: FloatArray, answers: FloatArray) -> Ensembles:
    return tuple(_ensemble(one).fit(columns, answers) for one in QUANTILES)


def _predict(ensembles: Ensembles, columns: FloatArray) -> FloatArray:
    """Return quantiles that rise: ensembles that were fitted apart may cross."""
    return np.sort(np.column_stack([one.predict(columns) for one in ensembles]), axis=1)


def _ensemble(quantile: float) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=quantile,
        max_iter=TREES,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=LEAVES_MAX,
        min_samples_leaf=ROWS_PER_LEAF_MIN,
        max_features=FEATURES_PER_SPLIT,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )


def _one_thread() -> threadpool_limits:
    """Keep to one thread: for trees this small, threads mostly wait for each other."""
    return threadpool_limits(1, user_api="openmp")
