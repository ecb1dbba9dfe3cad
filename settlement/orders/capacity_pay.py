"""Pay for capacity, in any of its units. Order rules 6."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from settlement.clock import date_of
from settlement.orders.capacity import CapacityIsp
from settlement.orders.contract import CapacityUnit, Contract
from settlement.units import divide_half_even
from settlement.window import in_window

_W_PER_MW = 1_000_000


def capacity_pay(contract: Contract, rows: Sequence[CapacityIsp]) -> int:
    """Return the capacity line of a contract in 1e-4 EUR, rounded once, half to even."""
    weight = _weight(contract)
    w_units = sum((row.entitled_w * weight(row.isp) for row in rows if row.entitled_w), Fraction(0))
    exact = w_units * contract.capacity_rate / _W_PER_MW
    return divide_half_even(exact.numerator, exact.denominator)


def _weight(contract: Contract) -> Callable[[int], Fraction]:
    """Return what share of the unit of the capacity rate an ISP is.

    A day and a month are divided evenly among their window ISPs, whether or not the contract runs
    through all of them, so that half a month of a contract earns half of the rate.
    """
    clock = contract.clock
    if contract.capacity_unit is CapacityUnit.HOUR:
        return lambda isp: Fraction(clock.isp_minutes, 60)
    if contract.capacity_unit is CapacityUnit.ISP:
        return lambda isp: Fraction(1)
    counted: dict[int, int] = {}

    def open_isps(day: int) -> int:
        if day not in counted:
            isps = () if day in contract.excluded_days else clock.day_isps(day)
            counted[day] = sum(in_window(contract.window, clock.local_minutes(i)) for i in isps)
        return counted[day]

    def of_day(isp: int) -> Fraction:
        return Fraction(1, open_isps(clock.local_day(isp)))

    def of_month(isp: int) -> Fraction:
        return Fraction(1, sum(open_isps(day) for day in _month_of(clock.local_day(isp))))

    return of_day if contract.capacity_unit is CapacityUnit.DAY else of_month


def _month_of(day: int) -> range:
    """Return the days of the calendar month of a day."""
    first = day - date_of(day).day + 1
    following = first + 31
    return range(first, following - date_of(following).day + 1)
