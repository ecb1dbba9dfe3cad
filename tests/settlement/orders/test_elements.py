"""A metering point is reserved once in each ISP and direction."""

import pytest

from settlement.errors import InputError
from settlement.orders.contract import check_elements
from settlement.window import weekly_window
from tests.settlement.orders.parties import MON_2027_06_07, contract

EVENING = contract(contract_id="evening")  # every day from 17:00 to 19:00
POINTS = ("AT01", "AT02")


def other(**changes):
    return contract(contract_id="other", **changes)


def test_a_shared_metering_point_is_refused_where_windows_meet():
    late = other(window=weekly_window([4], 18 * 60 + 45, 22 * 60))  # Fridays
    message = "evening and other: metering point AT02 at 2027-01-01 18:45; expected one contract"
    with pytest.raises(InputError, match=message):
        check_elements([(EVENING, POINTS), (late, ("AT02", "AT03"))])


@pytest.mark.parametrize(
    "second",
    [
        other(window=weekly_window(range(7), 19 * 60, 22 * 60)),  # right after it
        other(reserved_w=2000),  # the other direction
        other(reserved_w=0),  # nothing reserved
        other(first_day=EVENING.last_day + 1, last_day=EVENING.last_day + 9),  # later
        other(  # on a day on which the first one has no window
            first_day=MON_2027_06_07,
            last_day=MON_2027_06_07,
            excluded_days=frozenset([MON_2027_06_07]),
        ),
    ],
)
def test_contracts_that_never_meet_may_share_it(second):
    check_elements([(EVENING, POINTS), (second, POINTS)])


def test_contracts_without_a_common_metering_point_may_meet():
    check_elements([(EVENING, POINTS), (other(), ("AT03",))])
    check_elements([])
