"""Activations: each limit of 0.3 with both values, the log, and cancellations."""

from datetime import date

import pytest
from eth_abi import encode as abi_encode
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from settlement.activation import (
    EMPTY_HEAD,
    Activation,
    check_activation,
    log_head,
    next_head,
    standing_activations,
    touched_days,
)
from settlement.clock import date_of, day_of
from settlement.errors import ActivationRefused, InputError
from settlement.terms import Terms
from settlement.window import weekly_window
from tests.settlement.defaults import (
    AUTUMN_2027,
    EVERY_DAY,
    MON_2027_06_07,
    STANDARD,
    VIENNA,
    always,
    isp_utc,
    terms,
)

# The window of the standard agreement is weekdays 17:00 to 20:00; 17:00 in June is 15:00 UTC.
MONDAY_17H = isp_utc(2027, 6, 7, 15)
NIGHT = Activation(isp_utc(2027, 6, 7, 21), 8, -3000)  # 23:00 to 01:00 local


def refusal(
    some_terms: Terms, standing: list[Activation], wanted: Activation, **more: int
) -> ActivationRefused:
    with pytest.raises(ActivationRefused) as caught:
        check_activation(some_terms, standing, wanted, **more)
    return caught.value


def test_an_activation_at_every_limit_is_accepted():
    check_activation(STANDARD, [], Activation(MONDAY_17H, 8, -3000))
    check_activation(STANDARD, [], Activation(MONDAY_17H + 4, 8, -1))
    check_activation(terms(amount_w=-1), [], Activation(MONDAY_17H, 1, -1))


@pytest.mark.parametrize("ordered_w", [-3001, 3000, 1, 0])
def test_amount(ordered_w):
    error = refusal(STANDARD, [], Activation(MONDAY_17H, 4, ordered_w))
    assert (error.rule, error.limit) == ("amount", "up to -3000 W")
    assert error.found == f"{ordered_w} W"
    assert str(error) == (f"amount: the agreement allows up to -3000 W, asked for {ordered_w} W")


def test_amount_of_an_agreement_to_consume_more():
    increase = terms(amount_w=3000)
    check_activation(increase, [], Activation(MONDAY_17H, 4, 3000))
    assert refusal(increase, [], Activation(MONDAY_17H, 4, -1)).rule == "amount"
    assert refusal(increase, [], Activation(MONDAY_17H, 4, 3001)).rule == "amount"


@pytest.mark.parametrize("isps", [0, 9])
def test_max_runtime(isps):
    error = refusal(STANDARD, [], Activation(MONDAY_17H, isps, -3000))
    assert (error.rule, error.limit, error.found) == ("max runtime", "8 ISPs", isps)


def test_max_activations():
    daily = [Activation(MONDAY_17H + 96 * day, 4, -3000) for day in range(5)]
    few = terms(max_activations=4)
    check_activation(few, daily[:3], daily[3])
    error = refusal(few, daily[:4], daily[4])
    assert (error.rule, error.limit, error.found) == ("max activations", 4, 5)


@pytest.mark.parametrize(
    ("recovery", "gap", "refused"),
    [(16, 16, False), (16, 15, True), (1, 1, False), (0, 1, False), (0, 0, True), (1, 0, True)],
)
def test_recovery_counts_the_isps_in_between(recovery, gap, refused):
    some_terms = always(recovery_isps=recovery)
    before = Activation(MONDAY_17H, 4, -3000)
    wanted = Activation(before.end_isp + gap, 4, -3000)
    if not refused:
        check_activation(some_terms, [before], wanted)
        return
    error = refusal(some_terms, [before], wanted)
    assert (error.rule, error.limit, error.found) == (
        "recovery",
        f"{max(1, recovery)} ISPs",
        gap,
    )


def test_an_activation_before_or_inside_the_previous_one_is_refused():
    some_terms = always(recovery_isps=0)
    before = Activation(MONDAY_17H, 4, -3000)
    for first_isp in (MONDAY_17H - 10, MONDAY_17H, MONDAY_17H + 3):
        assert refusal(some_terms, [before], Activation(first_isp, 4, -1)).rule == "recovery"


def test_dates_are_those_of_each_local_start():
    last_day = day_of(date(2027, 6, 7))
    ending = always(end_day=last_day)
    check_activation(ending, [], Activation(NIGHT.first_isp, 4, -3000))
    error = refusal(ending, [], NIGHT)
    assert (error.rule, error.found) == ("dates", str(date_of(last_day + 1)))
    assert error.limit == f"{date_of(ending.start_day)} to {date_of(last_day)}"
    starting = always(start_day=last_day + 1)
    assert refusal(starting, [], NIGHT).found == str(date_of(last_day))
    check_activation(starting, [], Activation(NIGHT.first_isp + 4, 4, -3000))


def test_a_termination_ends_earlier_but_never_later():
    last_day = day_of(date(2027, 6, 7))
    check_activation(always(), [], NIGHT)
    assert refusal(always(), [], NIGHT, end_day=last_day).rule == "dates"
    check_activation(always(), [], NIGHT, end_day=last_day + 1)
    ending = always(end_day=last_day)
    assert refusal(ending, [], NIGHT, end_day=last_day + 1).rule == "dates"


@pytest.mark.parametrize(
    ("first_isp", "when"),
    [(MONDAY_17H - 1, "2027-06-07 16:45"), (MONDAY_17H + 9, "2027-06-07 20:00")],
)
def test_window_names_the_first_isp_outside(first_isp, when):
    error = refusal(STANDARD, [], Activation(first_isp, 4, -3000))
    assert (error.rule, error.found) == ("window", when)


def test_window_is_closed_at_the_weekend():
    saturday = Activation(MONDAY_17H + 5 * 96, 4, -3000)
    assert refusal(STANDARD, [], saturday).found == "2027-06-12 17:00"


def test_window_of_a_night_belongs_to_the_day_it_starts_on():
    monday_night = weekly_window([0], 22 * 60, 60)
    nights = terms(window0=monday_night[0], window1=monday_night[1], window2=monday_night[2])
    check_activation(nights, [], NIGHT)
    tuesday = Activation(NIGHT.first_isp + 96, 8, -3000)
    assert refusal(nights, [], tuesday).found == "2027-06-08 23:00"


def test_the_doubled_hour_may_be_ordered_through():
    window = weekly_window(EVERY_DAY, 120, 180)
    hour = terms(window0=window[0], window1=window[1], window2=window[2])
    first = VIENNA.day_isps(AUTUMN_2027)[8]
    check_activation(hour, [], Activation(first, 8, -3000))
    assert refusal(hour, [], Activation(first + 1, 8, -3000)).found == "2027-10-31 03:00"


def test_notice_ends_with_the_instant():
    wanted = Activation(MONDAY_17H, 4, -3000)
    latest_s = (MONDAY_17H - 4) * 900
    check_activation(STANDARD, [], wanted, now_s=latest_s)
    error = refusal(STANDARD, [], wanted, now_s=latest_s + 1)
    assert (error.rule, error.found) == ("notice", latest_s + 1)
    assert str(latest_s) in str(error.limit)
    without = terms(notice_isps=0)
    check_activation(without, [], wanted, now_s=MONDAY_17H * 900)
    assert refusal(without, [], wanted, now_s=MONDAY_17H * 900 + 1).rule == "notice"


def test_log_head_is_the_hash_chain_of_its_entries():
    entries = [Activation(2_000_000, 8, -3000), Activation(2_000_000, 8, 0)]
    head = bytes(32)
    for entry in entries:
        values = [head, entry.first_isp, entry.isps, entry.ordered_w]
        head = keccak(abi_encode(["bytes32", "uint32", "uint16", "int32"], values))
    assert log_head(entries) == head
    assert log_head([]) == EMPTY_HEAD == bytes(32)
    assert log_head(entries[:1]) == next_head(EMPTY_HEAD, entries[0])


activation = st.builds(
    Activation, st.integers(0, 2**32 - 1), st.integers(1, 2**16 - 1), st.integers(-(2**31), -1)
)


@given(st.lists(activation, min_size=1, max_size=5), st.data())
def test_no_entry_can_be_left_out_moved_or_changed(entries, data):
    position = data.draw(st.integers(0, len(entries) - 1))
    left_out = entries[:position] + entries[position + 1 :]
    one = entries[position]
    changed = [*entries]
    changed[position] = Activation(one.first_isp, one.isps, one.ordered_w + 1)
    assert log_head(left_out) != log_head(entries) != log_head(changed)
    if entries != entries[::-1]:
        assert log_head(entries[::-1]) != log_head(entries)


def cancel(one: Activation) -> Activation:
    return Activation(one.first_isp, one.isps, 0)


A, B, C = (Activation(1000 * step, 4, -3000) for step in (1, 2, 3))


def test_cancellations_leave_the_rest_standing():
    assert standing_activations([]) == ()
    assert standing_activations([A, B]) == (A, B)
    assert standing_activations([A, B, cancel(B)]) == (A,)
    assert standing_activations([A, B, cancel(B), C, cancel(C)]) == (A,)
    assert standing_activations([A, cancel(A), A]) == (A,)


@pytest.mark.parametrize(
    ("entries", "place"),
    [
        ([A, B, cancel(A)], "entry 3"),
        ([A, B, cancel(B), cancel(A)], "entry 4"),
        ([cancel(A)], "entry 1"),
        ([A, cancel(A), cancel(A)], "entry 3"),
        ([A, Activation(A.first_isp, 5, 0)], "entry 2"),
        ([A, Activation(A.first_isp + 1, 4, 0)], "entry 2"),
    ],
)
def test_cancellations_that_contradict_the_log(entries, place):
    with pytest.raises(InputError, match="not twice in a row") as caught:
        standing_activations(entries)
    assert caught.value.where == f"activation log, {place}"


def test_touched_days_are_local_days():
    assert touched_days(STANDARD, [NIGHT]) == {MON_2027_06_07, MON_2027_06_07 + 1}
    # 23:00 to 00:00 UTC of Sunday is already Monday in Vienna.
    assert touched_days(STANDARD, [Activation(isp_utc(2027, 6, 6, 23), 4, -1)]) == {MON_2027_06_07}
    assert touched_days(STANDARD, []) == frozenset()
