"""Adjustment of a baseline to the day of the event: by hand, with caps and one-sidedness."""

from datetime import date

import pytest

from settlement.activation import Activation
from settlement.baselines.baseline import Baseline
from settlement.baselines.computed import computed_baseline
from settlement.baselines.methods import like_days_of
from settlement.clock import day_of
from settlement.terms import Adjustment, BaselineMethod, Terms
from tests.settlement.defaults import STANDARD, always
from tests.settlement.site import event_at, history

NONE, ADDITIVE, MULTIPLICATIVE, ADDITIVE_UPWARD, MULTIPLICATIVE_UPWARD = Adjustment
WED_16 = day_of(date(2027, 6, 16))
TUE_15, MON_14, FRI_11 = WED_16 - 1, WED_16 - 2, WED_16 - 5
AT_17H = 17 * 60
# Four ISPs that end two before the event: 15:30 to 16:30.
WINDOW = [15 * 60 + 30, 15 * 60 + 45, 16 * 60, 16 * 60 + 15]


def agreement(adjustment: Adjustment, cap_bp: int, y: int = 2) -> Terms:
    return always(
        baseline_method=BaselineMethod.ROLLING,
        x=0,
        y=y,
        adjustment=adjustment,
        adjustment_isps=4,
        adjustment_gap_isps=2,
        adjustment_cap_bp=cap_bp,
    )


def adjusted(some_terms: Terms, actual: int, expected: int, **more) -> Baseline:
    """Baseline of two ISPs that mean 4000 and -1000 W before the adjustment."""
    table = {
        TUE_15: {AT_17H: 4100, AT_17H + 15: -1000, **dict.fromkeys(WINDOW, expected + 50)},
        MON_14: {AT_17H: 3900, AT_17H + 15: -1000, **dict.fromkeys(WINDOW, expected - 50)},
        WED_16: dict.fromkeys(WINDOW, actual),
    }
    event = event_at(some_terms, WED_16, AT_17H, 2)
    table[WED_16].update(more.pop("today", {}))
    return computed_baseline(some_terms, event, history(some_terms, table, event, **more))


@pytest.mark.parametrize(
    ("adjustment", "actual", "expected", "values"),
    [
        (ADDITIVE, 2300, 2000, (4300, -700)),
        (ADDITIVE, 1700, 2000, (3700, -1300)),
        (ADDITIVE, 2400, 2000, (4400, -600)),  # exactly the cap of 20 percent
        (ADDITIVE, 9000, 2000, (4400, -600)),
        (ADDITIVE, 0, 2000, (3600, -1400)),
        (ADDITIVE, -9000, -2000, (3600, -1400)),  # the cap is a share of |b|
        (ADDITIVE, -1900, -2000, (4100, -900)),
        (ADDITIVE, 500, 0, (4000, -1000)),  # 20 percent of nothing
        (ADDITIVE_UPWARD, 2300, 2000, (4300, -700)),
        (ADDITIVE_UPWARD, 9000, 2000, (4400, -600)),
        (ADDITIVE_UPWARD, 1700, 2000, (4000, -1000)),
        (MULTIPLICATIVE, 2200, 2000, (4400, -1100)),
        (MULTIPLICATIVE, 1800, 2000, (3600, -900)),
        (MULTIPLICATIVE, 9000, 2000, (4800, -1200)),
        (MULTIPLICATIVE, -500, 2000, (3200, -800)),
        (MULTIPLICATIVE, 500, 0, (4000, -1000)),
        (MULTIPLICATIVE, -3000, -2000, (4000, -1000)),  # not usable where b is not positive
        (MULTIPLICATIVE_UPWARD, 2200, 2000, (4400, -1100)),
        (MULTIPLICATIVE_UPWARD, 9000, 2000, (4800, -1200)),
        (MULTIPLICATIVE_UPWARD, 1800, 2000, (4000, -1000)),
        (MULTIPLICATIVE_UPWARD, -3000, -2000, (4000, -1000)),
    ],
)
def test_adjustments_with_a_cap_of_20_percent(adjustment, actual, expected, values):
    found = adjusted(agreement(adjustment, 2000), actual, expected)
    assert found.values_w == values
    assert found.note.startswith("adjusted by ")


def test_a_cap_of_zero_leaves_the_baseline():
    assert adjusted(agreement(ADDITIVE, 0), 9000, 2000).values_w == (4000, -1000)
    assert adjusted(agreement(MULTIPLICATIVE, 0), 9000, 2000).values_w == (4000, -1000)


def test_the_note_tells_what_was_done():
    assert adjusted(agreement(ADDITIVE, 2000), 1700, 2000).note == "adjusted by -300.0 W"
    assert adjusted(agreement(MULTIPLICATIVE, 2000), 2200, 2000).note == (
        "adjusted by a factor of 1.1000"
    )


def test_window_lies_before_the_event_with_its_gap():
    event = Activation(1000, 8, -3000)
    assert like_days_of(agreement(ADDITIVE, 0)).adjustment.window(event.first_isp) == range(
        994, 998
    )
    assert not like_days_of(STANDARD).adjustment.window(event.first_isp)


@pytest.mark.parametrize("minute", WINDOW)
def test_each_isp_of_the_window_counts_and_no_other(minute):
    found = adjusted(agreement(ADDITIVE, 10_000), 2000, 2000, today={minute: 2400})
    assert found.values_w == (4100, -900)


@pytest.mark.parametrize("minute", [WINDOW[0] - 15, WINDOW[-1] + 15, AT_17H - 15, AT_17H])
def test_isps_beside_the_window_do_not_count(minute):
    found = adjusted(agreement(ADDITIVE, 10_000), 2000, 2000, today={minute: 99_999})
    assert found.values_w == (4000, -1000)


def test_a_missing_reading_in_the_window_means_no_adjustment_and_is_told():
    found = adjusted(agreement(ADDITIVE, 2000), 2300, 2000, today={WINDOW[1]: None})
    assert found.values_w == (4000, -1000)
    assert found.note == "not adjusted: a reading of the adjustment window is missing"


@pytest.mark.parametrize(("minute", "isps"), [(WINDOW[-1], 1), (WINDOW[0] - 30, 3)])
def test_a_window_that_touches_another_activation_means_no_adjustment(minute, isps):
    some_terms = agreement(ADDITIVE, 2000)
    other = event_at(some_terms, WED_16, minute, isps)
    found = adjusted(some_terms, 2300, 2000, others=[other])
    assert found.values_w == (4000, -1000)
    assert found.note == "not adjusted: the adjustment window touches another activation"


@pytest.mark.parametrize(("minute", "isps"), [(WINDOW[-1] + 15, 1), (WINDOW[0] - 30, 2)])
def test_an_activation_beside_the_window_does_not_hinder(minute, isps):
    some_terms = agreement(ADDITIVE, 2000)
    other = event_at(some_terms, WED_16, minute, isps)
    assert adjusted(some_terms, 2300, 2000, others=[other]).values_w == (4300, -700)


def thirds(adjustment: Adjustment, event_w: list[int], window_w: list[int], actual: int) -> int:
    """First baseline value from three days; means are thirds of a watt."""
    some_terms = agreement(adjustment, 10_000, y=3)
    days = zip((TUE_15, MON_14, FRI_11), event_w, window_w, strict=True)
    table = {day: {AT_17H: w, **dict.fromkeys(WINDOW, expected)} for day, w, expected in days}
    table[WED_16] = dict.fromkeys(WINDOW, actual)
    event = event_at(some_terms, WED_16, AT_17H, 1)
    values = computed_baseline(some_terms, event, history(some_terms, table, event)).values_w
    assert values is not None
    return values[0]


def test_nothing_is_rounded_before_the_end():
    # 4000 2/3 + (1000 - 1000 1/3) = 4000 1/3; rounding the window's mean first would give 4001.
    assert thirds(ADDITIVE, [4000, 4001, 4001], [1000, 1000, 1001], 1000) == 4000
    # 4000 1/3 x 1500 / 1000 1/3 = 5998.5005; rounding both means first would give 6000.
    assert thirds(MULTIPLICATIVE, [4000, 4000, 4001], [1000, 1000, 1001], 1500) == 5999


def test_half_watts_round_to_even_after_the_adjustment():
    # Mean 2.5 W plus 1 W is 3.5 W, which rounds to 4; rounding first would give 3.
    some_terms = agreement(ADDITIVE, 10_000)
    table = {
        TUE_15: {AT_17H: 2, **dict.fromkeys(WINDOW, 10)},
        MON_14: {AT_17H: 3, **dict.fromkeys(WINDOW, 10)},
        WED_16: dict.fromkeys(WINDOW, 11),
    }
    event = event_at(some_terms, WED_16, AT_17H, 1)
    found = computed_baseline(some_terms, event, history(some_terms, table, event))
    assert found.values_w == (4,)
