"""Where an activation may still stand: the same answer as settlement's own rules give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.openings import candidate, open_isps
from settlement.activation import Activation, check_activation
from settlement.errors import ActivationRefused
from tests.settlement.defaults import MON_2027_06_07, SPRING_2027, VIENNA, terms


@given(
    st.integers(0, 95),
    st.integers(0, 6),
    st.integers(0, 20),
    st.integers(60, 90) | st.none(),
    st.sampled_from([MON_2027_06_07, SPRING_2027]),
    st.integers(-1, 1),
)
def test_open_is_what_the_rules_let_pass(now_at, notice, recovery, ended_at, day, days_left):
    isps = VIENNA.day_isps(day)
    now_s = VIENNA.start_s(isps[0] + now_at) + 1
    agreed = terms(notice_isps=notice, recovery_isps=recovery)
    standing = [] if ended_at is None else [Activation(isps[0] + ended_at - 2, 2, -1)]
    opened = open_isps(agreed, standing, isps, now_s, end_day=day + days_left)
    for isp, is_open in zip(isps, opened, strict=True):
        wanted = Activation(isp, 1, agreed.amount_w)
        try:
            check_activation(agreed, standing, wanted, end_day=day + days_left, now_s=now_s)
        except ActivationRefused:
            assert not is_open
        else:
            assert is_open


def test_what_others_have_ordered_is_closed():
    isps = VIENNA.day_isps(MON_2027_06_07)
    free = open_isps(terms(), [], isps, 0)
    busy = open_isps(terms(), [], isps, 0, busy={isps[70]})
    assert free[70]
    assert not busy[70]
    assert (free.sum(), busy.sum()) == (12, 11)


@pytest.mark.parametrize(("power_w", "amount_w"), [(10_000, -3_000), (800, -800)])
def test_no_more_is_offered_than_agreed_and_able(power_w, amount_w):
    isps = VIENNA.day_isps(MON_2027_06_07)
    mask = open_isps(terms(), [], isps, 0)
    used = [Activation(isps[68], 2, -1)]
    found = candidate(bytes(32), terms(), used, mask, power_w, 0.9)
    assert (found.amount_w, found.activations_left) == (amount_w, 9)
