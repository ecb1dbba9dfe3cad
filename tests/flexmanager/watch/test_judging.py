"""One agreement in one ISP: what was found, why, and what is counted on afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.finding import Cause
from flexmanager.watch.event import Known, Member, Override, Reading
from flexmanager.watch.judging import counted_share, is_sound, judge
from settlement.activation import Activation

AT = 1_000
ID = bytes(32)
RUN = Activation(AT, 8, -4_000)


def member(reliability: float = 0.9) -> Member:
    return Member(ID, "bakery", dict.fromkeys(range(AT, AT + 8), 10_000), (RUN,), reliability)


def known(*powers: int | None, overridden: int | None = None) -> Known:
    """Readings from the first ISP of the activation on; None where none came."""
    heard = tuple(Reading(ID, AT + at, w) for at, w in enumerate(powers) if w is not None)
    taken = () if overridden is None else (Override(ID, overridden),)
    return Known().heard(heard + taken)


@pytest.mark.parametrize(
    ("power_w", "cause", "missing_w", "words"),
    [
        (6_000, None, None, ""),
        (5_000, None, None, ""),  # more than ordered is no fault
        (6_400, None, None, ""),  # within the tolerance
        (6_401, Cause.UNRULY, 401, "follows in part"),
        (9_599, Cause.UNRULY, 3_599, "changed by -401 W, ordered were -4,000 W"),
        (9_600, Cause.FAILURE, 3_600, "does not answer"),
        (12_000, Cause.FAILURE, 4_000, "changed by +2,000 W"),
    ],
)
def test_a_power_is_judged_by_what_is_missing_of_the_order(power_w, cause, missing_w, words):
    found = judge(member(), AT, known(power_w))
    if cause is None:
        assert found is None
        return
    assert (found.cause, found.missing_w, found.isp, found.name) == (cause, missing_w, AT, "bakery")
    assert words in found.text


def test_an_owner_with_control_is_the_cause_until_the_activation_ends():
    heard = known(6_000, 10_000, 10_000, overridden=AT + 1)
    found = [judge(member(), AT + at, heard) for at in range(3)]
    assert [one and one.cause for one in found] == [None, Cause.OVERRIDE, Cause.OVERRIDE]


def test_an_override_that_changed_nothing_is_no_finding():
    assert judge(member(), AT, known(6_000, overridden=AT)) is None


def test_an_isp_without_an_order_is_never_a_finding():
    assert judge(member(), AT + 8, known()) is None
    assert judge(member(), AT - 1, known()) is None


def test_silence_is_unknown_and_not_zero():
    found = judge(member(), AT, known())
    assert (found.cause, found.missing_w) == (Cause.MISSING, None)
    stale = judge(member(), AT + 2, known(6_000, None, None))
    assert (stale.cause, stale.missing_w) == (Cause.STALE, None)
    assert stale.text == "the newest reading is 2 ISPs old"


def test_a_late_reading_replaces_silence():
    assert judge(member(), AT, known().heard((Reading(ID, AT, 6_000),))) is None


@pytest.mark.parametrize(
    ("powers", "overridden", "share"),
    [
        ([], None, 0.9),  # not begun
        ([6_000], None, 0.9),  # as planned: still as reliable as before
        ([10_000], None, 0.0),  # failed
        ([8_000], None, 0.5),  # in part
        ([6_800], None, 0.8),
        ([6_420], None, 0.895),
        ([10_000, 6_000], None, 0.9),  # came back
        ([None], None, 0.9),  # silent, but only just
        ([6_000, None], None, 0.9),
        ([6_000, None, None], None, 0.0),  # silent for too long
        ([None, None, 6_000], None, 0.9),
        ([6_000], AT, 0.0),  # the owner said so, whatever the meter shows
    ],
)
def test_what_is_counted_on_from_here(powers, overridden, share):
    heard = known(*powers, overridden=overridden)
    counted = counted_share(member(), RUN, heard, AT + len(powers))
    assert counted == pytest.approx(share)
    begun = len(powers) > 0
    assert is_sound(member(), heard, AT + len(powers)) == (not begun or share >= 0.9)


@given(st.lists(st.integers(-20_000, 40_000) | st.none(), max_size=8), st.floats(0.01, 1.0))
def test_no_more_is_ever_counted_on_than_was_at_first(powers, reliability):
    one = member(reliability)
    share = counted_share(one, RUN, known(*powers), AT + len(powers))
    assert 0.0 <= share <= reliability


def test_hostile_records_are_refused():
    with pytest.raises(HorizonError, match="baseline of bakery"):
        Member(ID, "bakery", {AT: 0}, (RUN,))
    with pytest.raises(ParameterError, match="reliability"):
        Member(ID, "bakery", {}, (), 0.0)
    with pytest.raises(ParameterError, match="a name"):
        Member(ID, "", {}, ())
    with pytest.raises(ParameterError, match="power_w"):
        Reading(ID, AT, 2**31)
    with pytest.raises(ParameterError, match="isp"):
        Reading(ID, -1, 0)
