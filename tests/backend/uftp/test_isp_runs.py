"""Numbered ISPs with run lengths, also on the days of the clock changes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.uftp.isp_runs import IspRun, decode_runs, encode_runs
from backend.uftp.rejection import Rejected
from tests.settlement.defaults import AUTUMN_2027, MON_2027_06_07, SPRING_2027, VIENNA

DAYS = {MON_2027_06_07: 96, SPRING_2027: 92, AUTUMN_2027: 100}


@pytest.mark.parametrize(("day", "isps"), DAYS.items())
def test_whole_day_of_one_value_is_one_run(day, isps):
    rows = [(isp, "same") for isp in VIENNA.day_isps(day)]
    assert encode_runs(VIENNA, rows) == [IspRun(day, 1, isps, "same")]


def test_a_run_ends_with_its_day():
    last, first = VIENNA.day_isps(SPRING_2027)[-1], VIENNA.day_isps(SPRING_2027 + 1)[0]
    assert first == last + 1
    assert encode_runs(VIENNA, [(last, 7), (first, 7)]) == [
        IspRun(SPRING_2027, 92, 1, 7),
        IspRun(SPRING_2027 + 1, 1, 1, 7),
    ]


def test_numbers_count_elapsed_time_through_the_doubled_hour():
    # 02:00 summer time is ISP 9; an hour later it is 02:00 again, winter time: ISP 13.
    isps = VIENNA.day_isps(AUTUMN_2027)
    assert [run.start for run in encode_runs(VIENNA, [(isps[8], 1), (isps[12], 1)])] == [9, 13]


@given(
    st.sampled_from(sorted(DAYS)),
    st.dictionaries(st.integers(-150, 150), st.integers(0, 2), max_size=60),
)
def test_decoding_gives_back_what_was_encoded(day, offsets):
    middle = VIENNA.day_isps(day)[40]
    rows = sorted((middle + offset, value) for offset, value in offsets.items())
    runs = encode_runs(VIENNA, rows)
    assert decode_runs(VIENNA, runs, "here") == rows
    assert decode_runs(VIENNA, runs[::-1], "here") == rows
    for one, following in pairwise(runs):
        joined = (one.day, one.start + one.duration, one.values)
        assert joined != (following.day, following.start, following.values), "no longer run exists"


@pytest.mark.parametrize(
    ("day", "start", "duration"),
    [
        (MON_2027_06_07, 0, 1),
        (MON_2027_06_07, 97, 1),
        (MON_2027_06_07, 96, 2),
        (MON_2027_06_07, 1, 10**12),
        (MON_2027_06_07, 5, 0),
        (MON_2027_06_07, 5, -1),
        (SPRING_2027, 93, 1),
        (AUTUMN_2027, 101, 1),
    ],
)
def test_isp_that_its_day_does_not_have(day, start, duration):
    with pytest.raises(Rejected, match=f"order 1: ISP {start} with duration") as refusal:
        decode_runs(VIENNA, [IspRun(day, start, duration, None)], "order 1")
    assert refusal.value.reason == "ISPs out of bounds"


@pytest.mark.parametrize("second", [(4, 1), (1, 4), (3, 5)])
def test_isp_that_stands_twice(second):
    runs = [IspRun(SPRING_2027, 2, 3, "a"), IspRun(SPRING_2027, *second, "a")]
    with pytest.raises(Rejected, match="stands twice") as refusal:
        decode_runs(VIENNA, runs, "order 1")
    assert refusal.value.reason == "ISP conflict"
