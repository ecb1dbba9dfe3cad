"""The floor repeats an earlier season, with the errors that it made."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import HOURS_PER_WEEK, MIDDLE, Known
from flexmanager.forecasting.naive import SEASONS, seasonal_naive
from tests.flexmanager.forecasting.series import house


def counting(weeks: int = 4) -> Known:
    """A series that counts its hours."""
    known = house(0, weeks)
    return replace(known, values=np.arange(weeks * HOURS_PER_WEEK, dtype=float))


def test_the_middle_is_the_latest_same_hour_that_is_known() -> None:
    known = counting()
    assert seasonal_naive(known, 3, 168)[:, MIDDLE].tolist() == [504.0, 505.0, 506.0]
    # From the 25th hour on, the same hour of the day before has not come yet.
    by_day = seasonal_naive(known, 26, 24)[:, MIDDLE]
    assert by_day[[0, 23, 24, 25]].tolist() == [648.0, 671.0, 648.0, 649.0]


def test_a_missing_hour_is_taken_from_a_season_before_and_never_counts_as_zero() -> None:
    values = counting().values.copy()
    values[504] = np.nan
    assert seasonal_naive(replace(counting(), values=values), 1)[0, MIDDLE] == 336.0
    values[[0, 168, 336]] = np.nan
    assert np.isnan(seasonal_naive(replace(counting(), values=values), 1)).all()


def test_the_band_holds_the_errors_of_that_hour_of_the_day() -> None:
    known = house(1, 8)
    for season in SEASONS:
        off = known.values[season:] - known.values[:-season]
        hour = known.hour_of_week[season : known.hours] % 24
        of_first = np.quantile(off[hour == 0], (0.1, 0.9)) - np.median(off[hour == 0])
        low, middle, high = seasonal_naive(known, 1, season)[0]
        assert (low - middle, high - middle) == pytest.approx(tuple(of_first))


def test_other_seasons_are_refused() -> None:
    with pytest.raises(ForecastError, match="a season of 12 hours"):
        seasonal_naive(counting(), 3, 12)
