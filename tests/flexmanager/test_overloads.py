"""What became of each overload: every verdict, and that each overload gets exactly one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.errors import HorizonError
from flexmanager.overloads import CANNOT, Overload, Supply, Verdict, find_overloads
from settlement.activation import Activation
from tests.settlement.defaults import MON_2027_06_07, VIENNA, terms

EVENING = VIENNA.day_isps(MON_2027_06_07)[68]
"""17:00: the window of the standard agreement is open until 20:00; 3 kW, 4 hours of recovery."""

BEFORE_W = 2_000


def supply(
    *activations: Activation,
    able_w: int | None = None,
    overridden: frozenset[int] = frozenset(),
    **chosen: object,
) -> Supply:
    able = {} if able_w is None else {MON_2027_06_07: able_w}
    return Supply(terms(**chosen), activations, able, overridden)


def verdict(
    *supplies: Supply, at: int = EVENING, before=BEFORE_W, after=BEFORE_W, required=BEFORE_W
) -> Verdict:
    series = [np.array([value]) for value in (before, after, required)]
    (found,) = find_overloads(at, *series, supplies)
    assert (found.isp, found.before_w, found.after_w) == (at, before, after)
    return found.verdict


def order(at: int, power_w: int = -3_000) -> Activation:
    return Activation(at, 1, power_w)


def test_relieved_is_relieved_whoever_did_it():
    assert verdict(after=0) is Verdict.RELIEVED


def test_an_overload_that_came_with_the_activations():
    assert verdict(supply(), before=0) is Verdict.ADDED


@pytest.mark.parametrize("at", [EVENING - 1, EVENING + 12])
def test_outside_every_window(at):
    assert verdict(supply(), at=at) is Verdict.NO_AGREEMENT


def test_outside_the_dates():
    assert verdict(supply(end_day=MON_2027_06_07 - 1)) is Verdict.NO_AGREEMENT
    assert verdict() is Verdict.NO_AGREEMENT


def test_amounts_that_are_too_small_together():
    assert verdict(supply(amount_w=-1_000), supply(amount_w=-999)) is Verdict.TOO_SMALL
    assert verdict(supply(able_w=1_999)) is Verdict.TOO_SMALL, "the site could not hold it that day"


def test_an_owner_who_took_back_control():
    taken = supply(order(EVENING), overridden=frozenset({EVENING}))
    assert verdict(taken) is Verdict.OVERRIDDEN
    assert verdict(taken, supply(able_w=1_999)) is Verdict.OVERRIDDEN
    assert verdict(taken, supply()) is Verdict.NOT_DELIVERED, "another one could have stood in"
    later = supply(order(EVENING), overridden=frozenset({EVENING + 1}))
    assert verdict(later) is Verdict.NOT_DELIVERED


def test_used_up_activations():
    past = [order(EVENING - 96 * days) for days in (2, 1)]
    assert verdict(supply(*past, max_activations=2)) is Verdict.USED_UP
    assert verdict(supply(*past, max_activations=3)) is Verdict.NOT_COVERED


@pytest.mark.parametrize(
    ("other", "recovers"), [(-17, False), (-16, True), (16, True), (17, False)]
)
def test_recovery_before_and_after_another_activation(other, recovers):
    """After an activation of one ISP, 16 ISPs are not open, nor are the 16 before one."""
    found = verdict(supply(order(EVENING + other)))
    assert found is (Verdict.RECOVERY if recovers else Verdict.NOT_COVERED)


def test_what_was_not_forecast_could_have_been_relieved():
    found = verdict(supply(), required=BEFORE_W - 1)
    assert found is Verdict.NOT_FORECAST
    assert found not in CANNOT


def test_ordered_too_little_and_delivered_too_little():
    assert verdict(supply(order(EVENING, -1_999))) is Verdict.NOT_COVERED
    assert verdict(supply(order(EVENING, -2_000)), after=1) is Verdict.NOT_DELIVERED


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)), max_size=12),
    st.lists(st.integers(0, 11), max_size=2, unique=True),
)
def test_each_overload_gets_one_verdict_and_nothing_else_does(powers, ordered):
    before_w, after_w = (np.array([pair[at] for pair in powers], dtype=np.int64) for at in (0, 1))
    agreed = supply(*(order(EVENING + at) for at in sorted(ordered)), recovery_isps=0)
    found = find_overloads(EVENING, before_w, after_w, before_w, [agreed])
    assert [one.isp - EVENING for one in found] == [at for at, two in enumerate(powers) if any(two)]
    for one in found:
        assert (one.verdict is Verdict.RELIEVED) == (one.after_w == 0)
        assert (one.verdict is Verdict.ADDED) == (one.before_w == 0)


@pytest.mark.parametrize("after_w", [[1], [1, -1]])
def test_series_that_do_not_fit_are_refused(after_w):
    with pytest.raises(HorizonError, match="after_w"):
        find_overloads(EVENING, np.array([1, 1]), np.array(after_w), np.array([1, 1]), [])


def test_no_overload_is_no_finding():
    assert find_overloads(EVENING, np.zeros(3), np.zeros(3), np.ones(3), [supply()]) == ()
    assert Overload(EVENING, 1, 0, Verdict.RELIEVED).verdict.value == "relieved"
