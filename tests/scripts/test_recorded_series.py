"""Hourly series of a file: what is read, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from flexmanager.forecasting.known import HISTORY_WEEKS_MIN, HOURS_PER_WEEK
from scripts.benchmarks.forecasts_bench.recorded import read_series
from settlement.errors import InputError

HEAD = "series,local_start,value\n"


def test_an_empty_value_is_unknown_and_the_calendar_follows_the_clock(tmp_path: Path) -> None:
    hours = np.datetime64("2016-08-01T00") + np.arange(HISTORY_WEEKS_MIN * HOURS_PER_WEEK)
    rows = [f"home,{hour},{'' if at == 5 else at}\n" for at, hour in enumerate(hours)]
    path = tmp_path / "homes.csv"
    path.write_text(HEAD + "".join(rows))
    known = read_series(path)["home"]
    assert np.flatnonzero(np.isnan(known.values)).tolist() == [5]
    # The first of August 2016 was a Monday.
    assert known.hour_of_week[:3].tolist() == [0, 1, 2]
    assert np.flatnonzero(known.free_day).min() == 6 * 24
    assert np.isnan(known.outside_c).all()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("series,hour\n", "columns of homes.csv"),
        (HEAD + "home,yesterday,1\n", "homes.csv, line 2"),
        (HEAD + "home,2016-08-01T00,much\n", "homes.csv, line 2"),
        (HEAD + "home,2016-08-01T00,1\nhome,2016-08-01T02,1\n", "homes.csv, line 3"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, text: str, where: str
) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=where):
        read_series(path)
