"""What is known is checked once, before anything is forecast from it."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import ForecastError
from flexmanager.forecasting.known import HOURS_PER_WEEK, LEADS_MAX, Known, check_leads
from tests.flexmanager.forecasting.series import house


def test_an_earlier_hour_knows_less_of_the_series_and_all_of_the_calendar() -> None:
    known = house(0)
    earlier = known.until(5 * HOURS_PER_WEEK)
    assert earlier.values.tolist() == known.values[: 5 * HOURS_PER_WEEK].tolist()
    assert len(earlier.outside_c) == len(known.outside_c)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"free_day": np.zeros(3, dtype=bool)}, "lengths .*; expected one"),
        ({"values": np.zeros(2_000)}, "weather ends at hour 1056; expected 2000 or more"),
        ({"values": np.zeros(671)}, "671 hours of history; expected at least 672"),
        ({"values": np.full(700, np.nan)}, "no value of the history is known"),
        ({"values": np.append(np.zeros(700), np.inf)}, "values, hour 700: infinite"),
        ({"hour_of_week": np.full(1_056, 168)}, "hour_of_week, hour 0: 168; expected 0 to 167"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ForecastError, match=message):
        replace(house(0), **changes)


@pytest.mark.parametrize("hour", [-1, 100, 5_000])
def test_an_hour_without_history_is_refused(hour: int) -> None:
    with pytest.raises(ForecastError, match="expected at"):
        house(0).until(hour)


def test_nobody_looks_further_than_two_days_or_than_the_weather() -> None:
    known = house(0)
    check_leads(known, LEADS_MAX)
    short = Known(
        known.values, known.outside_c[:-40], known.hour_of_week[:-40], known.free_day[:-40]
    )
    for one, leads, furthest in ((known, 49, 48), (known, 0, 48), (short, 9, 8)):
        with pytest.raises(ForecastError, match=f"{leads} hours ahead; expected 1 to {furthest}"):
            check_leads(one, leads)
