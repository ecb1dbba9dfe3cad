"""What stands behind an offer delivers it, as the settlement's own rules judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexmanager.vpp.offer import OfferOption
from flexmanager.vpp.plan import (
    Planned,
    ordered_by_isp,
    plan_cost,
    scaled_plan,
    undeliverable,
)
from settlement.activation import Activation
from tests.flexmanager.vpp.agreements import identity, member
from tests.flexmanager.vpp.trading import EXPIRES_S, FIVE_PM

MEMBERS = {identity(number): member(number) for number in (1, 2)}


def planned(number: int, start: int, isps: int, power_w: int) -> Planned:
    return Planned(identity(number), Activation(FIVE_PM + start, isps, power_w))


def option(*power_w: int, least_percent: int = 100) -> OfferOption:
    rows = tuple((FIVE_PM + at, w) for at, w in enumerate(power_w))
    return OfferOption("all", 1, rows, least_percent)


def findings(offered: OfferOption, *plan: Planned, members=MEMBERS, busy=None, at_s=EXPIRES_S):
    return undeliverable(offered, plan, members, busy or {}, at_s)


def test_a_plan_delivers_what_it_orders():
    plan = planned(1, 0, 4, -3_000), planned(2, 1, 2, -2_000)
    assert ordered_by_isp(plan) == dict(
        zip(range(FIVE_PM, FIVE_PM + 4), (-3_000, -5_000, -5_000, -3_000), strict=True)
    )
    assert findings(option(-3_000, -5_000, -5_000, -3_000, least_percent=1), *plan) == ()
    assert plan_cost(plan, MEMBERS) == (12_000 + 4_000) * 15 * 1_800_000 // 60_000_000


@pytest.mark.parametrize(
    ("plan", "finding"),
    [
        ((planned(1, 0, 1, -3_001),), "amount: the agreement allows up to -3000 W"),
        ((planned(1, 0, 9, -100),), "max runtime: the agreement allows 8 ISPs"),
        (
            (planned(1, 0, 1, -100), planned(1, 10, 1, -100)),
            "recovery: the agreement allows 16 ISPs",
        ),
        ((planned(1, -1, 2, -100),), "window: the agreement allows ISPs of the weekly window"),
        ((planned(1, 0, 1, 100),), "amount: the agreement allows up to -3000 W, asked for 100 W"),
    ],
)
def test_the_settlements_rules_judge_every_activation(plan, finding):
    found = findings(option(-100), *plan)
    assert finding in found[0]
    assert found[0].startswith("at 100 %: agreement 0000000000000000")


def test_what_stands_already_counts():
    earlier = member(1, standing=(Activation(FIVE_PM - 20, 8, -100),))
    (found,) = findings(option(-100), planned(1, 0, 1, -100), members={identity(1): earlier})
    assert "recovery" in found


def test_an_order_at_the_last_moment_is_still_in_time():
    latest_s = MEMBERS[identity(1)].terms.clock.start_s(FIVE_PM - 4)
    assert findings(option(-100), planned(1, 0, 1, -100), at_s=latest_s) == ()
    (late,) = findings(option(-100), planned(1, 0, 1, -100), at_s=latest_s + 1)
    assert "notice" in late


def test_a_gap_is_found_at_each_factor():
    assert findings(option(-100, -100, least_percent=50), planned(1, 0, 1, -100)) == (
        "at 50 %: 0 W ordered for -50 W offered at 2027-06-07 17:15",
        "at 100 %: 0 W ordered for -100 W offered at 2027-06-07 17:15",
    )
    (more,) = findings(option(-101), planned(1, 0, 1, -100))
    assert more == "at 100 %: -100 W ordered for -101 W offered at 2027-06-07 17:00"


def test_a_site_is_ordered_once_per_isp():
    shared = {identity(1): member(1), identity(2): member(2, site_id="site 1")}
    two = planned(1, 0, 2, -100), planned(2, 1, 2, -100)
    assert findings(option(-100), *two, members=shared) == (
        "at 100 %: site 1 is ordered twice at 2027-06-07 17:15",
    )
    assert findings(option(-100), *two) == ()
    busy = {"site 2": frozenset({FIVE_PM + 2})}
    assert findings(option(-100), *two, busy=busy) == (
        "at 100 %: site 2 is ordered twice at 2027-06-07 17:30",
    )


parts = st.tuples(st.integers(1, 2), st.integers(0, 7), st.integers(1, 8), st.integers(1, 3_000))


@given(st.lists(parts, min_size=1, max_size=12), st.integers(1, 100), st.sampled_from([-1, 1]))
def test_a_scaled_plan_covers_the_scaled_profile(parts, factor_percent, sign):
    """Whatever the factor: rounded up, the parts never fall short, nor exceed the whole."""
    plan = tuple(planned(n, start, isps, sign * w) for n, start, isps, w in parts)
    profile = OfferOption("all", 0, tuple(sorted(ordered_by_isp(plan).items())))
    part = scaled_plan(plan, factor_percent)
    ordered = ordered_by_isp(part)
    for isp, power_w in profile.portion(factor_percent).isps:
        assert abs(power_w) <= ordered[isp] * sign
    for scaled, whole in zip(part, plan, strict=True):
        assert 1 <= abs(scaled.activation.ordered_w) <= abs(whole.activation.ordered_w)
        assert scaled.activation.ordered_isps() == whole.activation.ordered_isps()
    assert scaled_plan(plan, 100) == plan
