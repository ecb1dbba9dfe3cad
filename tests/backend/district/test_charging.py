import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.district import EvSession
from backend.district.charging import most_wh, uncontrolled_wh

START = 1_454_281_200
QUARTERS = 200


def session(plug_in_s: int, plug_out_s: int, delivered_wh: int, name: str = "one") -> EvSession:
    """A session by seconds after the first quarter."""
    return EvSession(
        "car", name, START + plug_in_s, START + plug_out_s, None, None, delivered_wh, delivered_wh
    )


def charge(*sessions: EvSession, rated_w: int = 3_600) -> np.ndarray:
    return uncontrolled_wh(sessions, rated_w, START, QUARTERS)


def test_charges_at_rated_power_from_plug_in_with_part_quarters():
    series = charge(session(600, 7_200, 1_500))
    # 300 s of the first quarter, then 900 Wh, then the rest.
    assert series[:4].tolist() == [300, 900, 300, 0]


def test_a_part_watt_hour_goes_to_the_quarter_that_completes_it():
    series = charge(session(0, 7_200, 3), rated_w=5)
    # The register reads 1.25 and 2.5 (half to even: 2) before it ends at 3.
    assert series[:4].tolist() == [1, 1, 1, 0]


def test_two_sessions_in_one_quarter_add_up():
    series = charge(session(0, 300, 200), session(400, 900, 100, "two"))
    assert series[0] == 300
    assert not series[1:].any()


def test_a_session_without_energy_charges_nothing():
    assert not charge(session(100, 200, 0)).any()


def test_refuses_more_energy_than_fits():
    with pytest.raises(ValueError, match="501 Wh do not fit into 500 s at 3600 W"):
        charge(session(0, 500, 501))


@pytest.mark.parametrize(
    ("plug_in_s", "plug_out_s"), [(-1, 900), (QUARTERS * 900 - 900, QUARTERS * 900 + 1)]
)
def test_refuses_a_session_outside_the_quarters(plug_in_s: int, plug_out_s: int):
    with pytest.raises(ValueError, match="session one: lies outside the quarters"):
        charge(session(plug_in_s, plug_out_s, 100))


@given(
    rated_w=st.integers(1, 50_000),
    stays=st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 20_000)), max_size=7),
    share=st.integers(0, 100),
)
def test_energy_is_conserved_and_power_never_exceeds_the_rating(rated_w, stays, share):
    sessions, at_s = [], 0
    for number, (pause_s, stay_s) in enumerate(stays):
        plug_in_s = at_s + pause_s
        at_s = plug_in_s + stay_s
        delivered_wh = most_wh(rated_w, stay_s) * share // 100
        sessions.append(session(plug_in_s, at_s, delivered_wh, str(number)))
    series = charge(*sessions, rated_w=rated_w)
    assert series.sum() == sum(s.delivered_wh for s in sessions)
    assert series.min() >= 0
    # Each session may round one watt-hour up within a quarter that it shares.
    assert series.max() <= rated_w / 4 + 1 + len(sessions)
    for s in sessions:
        _assert_register(series, sessions, s, rated_w)


def _assert_register(series, sessions, session_, rated_w):
    """The register at each quarter end within a session is the exact energy, rounded."""
    before = sum(s.delivered_wh for s in sessions if s.plug_in_utc_s < session_.plug_in_utc_s)
    first = (session_.plug_in_utc_s - START) // 900
    last = (session_.plug_out_utc_s - START) // 900
    for quarter in range(first, last):
        elapsed_s = START + (quarter + 1) * 900 - session_.plug_in_utc_s
        exact_wh = min(rated_w * elapsed_s / 3_600, session_.delivered_wh)
        assert abs(int(series[: quarter + 1].sum()) - before - exact_wh) <= 0.5
