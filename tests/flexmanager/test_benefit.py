"""Who gains from a month of the market: by hand, and that payments cancel out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.benefit import Assumptions, Benefit, Flows, benefit
from flexmanager.errors import ParameterError

MONEY = st.integers(0, 10**12)
ENERGY_WH = st.integers(0, 10**10)
FLOWS = st.builds(Flows, MONEY, MONEY, MONEY, st.integers(-(10**12), 10**12), ENERGY_WH, ENERGY_WH)


def test_by_hand():
    """200 EUR capacity, 120 EUR volume, 20 EUR penalty; 1,000 kWh of 1,200 avoided at 0.50 EUR."""
    flows = Flows(2_000_000, 1_200_000, 200_000, 150_000, 1_200_000, 200_000)
    found = benefit(flows, Assumptions(overload_value=5_000, margin_bp=1_000))
    assert found == Benefit(
        prosumers=2_850_000,  # 300 EUR less 15 EUR of dearer energy
        aggregator=300_000,  # a tenth of 300 EUR
        dso=1_700_000,  # 500 EUR less 330 EUR
        dso_paid=3_300_000,
        avoided_value=5_000_000,
        break_even=3_300,  # 0.33 EUR for each kWh that was avoided
    )


@given(FLOWS, st.builds(Assumptions, st.integers(0, 10**8), st.integers(0, 10_000)))
def test_payments_cancel_out(flows, assumptions):
    found = benefit(flows, assumptions)
    assert found.together == found.avoided_value - flows.energy_cost


@given(FLOWS, st.integers(0, 10_000))
def test_at_the_break_even_value_the_dso_neither_gains_nor_loses(flows, margin_bp):
    worth = benefit(flows, Assumptions(0, margin_bp)).break_even
    if worth is None:
        assert flows.avoided_wh <= 0
    elif worth >= 0:
        gained = benefit(flows, Assumptions(worth, margin_bp)).dso
        assert abs(gained) <= flows.avoided_wh / 1_000 + 1, "the value is rounded to 1e-4 EUR"


def test_without_a_market_nobody_gains_anything():
    still = Flows(0, 0, 0, 0, 700, 700)
    assert benefit(still, Assumptions(5_000, 1_000)) == Benefit(0, 0, 0, 0, 0, None)


@pytest.mark.parametrize("chosen", [{"margin_bp": 10_001}, {"overload_value": -1}])
def test_assumptions_have_bounds(chosen):
    with pytest.raises(ParameterError, match=next(iter(chosen))):
        Assumptions(**{"overload_value": 1, "margin_bp": 1, **chosen})
