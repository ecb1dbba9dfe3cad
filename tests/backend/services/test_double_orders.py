"""No metering point is ordered by two agreements in one ISP."""

import pytest

from backend.chain.market import WantedActivation
from backend.services.activating import busy_isps, overlapping_agreements
from backend.services.negotiation import record_signed, sign_both
from settlement.activation import Activation
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.services.ordering import EVENING, ORDERED, TUESDAY_17, refused, stored
from tests.backend.stages import make_offer
from tests.backend.town import Town


@pytest.fixture(params=[-1500, 1500], ids=["same sign", "other sign"])
def doubled(agreed: Town, request: pytest.FixtureRequest) -> tuple[Town, Terms]:
    """The bakery has a second agreement for its evenings; the week may begin."""
    second = make_offer(agreed, "dairy steady", site_id="bakery", amount_w=request.param)
    sign_both(agreed.session, agreed.market, second, parties.AGGREGATOR, parties.OWNERS["bakery"])
    record_signed(agreed.session, agreed.market, parties.RELAYER)
    return agreed, second


def of_second(second: Terms, first_isp: int, isps: int) -> WantedActivation:
    return WantedActivation(second, Activation(first_isp, isps, second.amount_w // 2))


@pytest.mark.parametrize(
    ("first_isp", "isps", "shared"),
    [(TUESDAY_17, 4, 4), (TUESDAY_17 + 3, 6, 1), (TUESDAY_17 + 1, 2, 2), (TUESDAY_17, 1, 1)],
)
def test_a_metering_point_is_not_ordered_twice(doubled, first_isp, isps, shared):
    town, second = doubled
    town.order(town.wanted(EVENING, ORDERED))
    found = refused(town, of_second(second, first_isp, isps))
    assert (found.rule, found.limit) == ("double order", "one agreement per metering point and ISP")
    assert found.found == f"{shared} ISPs ordered already"


def test_a_metering_point_is_not_ordered_twice_the_other_way_round(doubled):
    town, second = doubled
    town.order(of_second(second, TUESDAY_17 + 3, 4))
    assert refused(town, town.wanted(EVENING, ORDERED)).rule == "double order"


@pytest.mark.parametrize("turned", [False, True])
def test_a_metering_point_is_not_ordered_twice_in_one_call(doubled, turned):
    town, second = doubled
    wanted = [town.wanted(EVENING, ORDERED), of_second(second, TUESDAY_17 + 3, 4)]
    found = refused(town, *(reversed(wanted) if turned else wanted))
    assert (found.rule, found.found) == ("double order", "1 ISPs ordered already")


def test_two_agreements_of_a_site_may_follow_each_other(doubled):
    """Recovery is a limit of one agreement; the other one may begin at once."""
    town, second = doubled
    town.order(town.wanted(EVENING, ORDERED), of_second(second, ORDERED.end_isp, 4))
    assert stored(town) == 2


def test_sites_do_not_stand_in_each_others_way(begun):
    begun.order(
        begun.wanted(EVENING, ORDERED),
        begun.wanted("dairy steady", Activation(TUESDAY_17, 4, -1500)),
    )
    assert stored(begun) == 2


def test_the_agreements_that_share_a_site_are_known(begun):
    evening, midday = begun.identity(EVENING), begun.identity("bakery midday")
    shared = overlapping_agreements(begun.session, "bakery", evening)
    assert [row.agreement_id for row in shared] == [midday]
    assert overlapping_agreements(begun.session, "mill", begun.identity("mill night")) == []
    begun.order(begun.wanted(EVENING, ORDERED))
    assert busy_isps(begun.session, "bakery", midday) == frozenset(ORDERED.ordered_isps())
    assert busy_isps(begun.session, "bakery", evening) == frozenset()
    assert busy_isps(begun.session, "dairy", begun.identity("dairy steady")) == frozenset()
