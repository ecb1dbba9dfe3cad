"""The contract between a DSO and an aggregator, order rules 1."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from settlement.clock import MINUTES_PER_DAY, Clock, date_of, weekday_of
from settlement.errors import InputError
from settlement.terms import DeliveryRule, validate_delivery
from settlement.units import BASIS_POINTS
from settlement.window import WindowWords, in_window


class CountPer(Enum):
    """The stretch of local days over which activations are counted."""

    CONTRACT = "contract"
    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"

    def bucket(self, day: int) -> tuple[int, ...]:
        """Return the stretch that a local day lies in; equal days of one stretch are equal."""
        date = date_of(day)
        return {
            CountPer.CONTRACT: (),
            CountPer.YEAR: (date.year,),
            CountPer.MONTH: (date.year, date.month),
            CountPer.WEEK: (day - weekday_of(day),),
            CountPer.DAY: (day,),
        }[self]


class CapacityUnit(Enum):
    """What one MW of capacity is paid for."""

    HOUR = "hour"
    ISP = "ISP"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Contract:
    """What a DSO and an aggregator agreed for one congestion point.

    Attributes:
        contract_id: name that messages carry.
        clock: local time and ISP length.
        first_day: first local day.
        last_day: last local day, inclusive.
        window: weekly ISPs in which capacity is reserved.
        excluded_days: local days without window ISPs.
        reserved_w: reserved change of the baseline, signed; 0 where nothing is reserved.
        max_runtime_isps: longest activation; None without a limit, as below.
        recovery_isps: ISPs that must lie free between two activations.
        max_activations: how many activations may start in each stretch of `count_per`.
        count_per: that stretch.
        test_calls_count: whether test calls count as activations.
        volume_rate: 1e-4 EUR per MWh delivered, for orders without a price of their own.
        max_volume_rate: 1e-4 EUR per MWh that an offer may ask at most; None without a limit.
        penalty_rate: 1e-4 EUR per MWh of deficiency.
        delivery_rule: which share of an activation is paid, with its two parameters as in terms.
        delivery_bp: threshold or grace share in basis points.
        delivery_slope: GRACE only.
        penalty_cap_bp: cap of the penalty as a share of capacity and volume; None without a cap.
        capacity_rate: 1e-4 EUR per MW and `capacity_unit`.
        capacity_unit: what that rate is paid for.
        pays_released: whether released reservation is paid nevertheless.
        pays_when_used_up: whether capacity is paid once no activation is left to be ordered.
    """

    contract_id: str
    clock: Clock
    first_day: int
    last_day: int
    window: WindowWords
    reserved_w: int
    volume_rate: int
    penalty_rate: int
    capacity_rate: int
    capacity_unit: CapacityUnit = CapacityUnit.HOUR
    excluded_days: frozenset[int] = field(default_factory=frozenset)
    max_runtime_isps: int | None = None
    recovery_isps: int = 0
    max_activations: int | None = None
    count_per: CountPer = CountPer.CONTRACT
    test_calls_count: bool = False
    delivery_rule: DeliveryRule = DeliveryRule.LINEAR
    delivery_bp: int = 0
    delivery_slope: int = 0
    penalty_cap_bp: int | None = None
    pays_released: bool = False
    pays_when_used_up: bool = True
    max_volume_rate: int | None = None

    def in_window(self, isp: int) -> bool:
        """Tell whether capacity is reserved in an ISP: by its own local start."""
        day, _ = divmod(self.clock.local_minutes(isp), MINUTES_PER_DAY)
        return (
            self.first_day <= day <= self.last_day
            and day not in self.excluded_days
            and in_window(self.window, self.clock.local_minutes(isp))
        )

    def reserved_in(self, isp: int) -> int:
        """Return the W reserved by the contract in an ISP, before any release."""
        return self.reserved_w if self.in_window(isp) else 0


def validate_contract(contract: Contract) -> None:
    """Refuse a contract whose parameters contradict each other or leave their range.

    Raises:
        InputError: names the contract, the parameter, its value and what was expected.
        TermsError: the same, of a delivery parameter.
    """

    def require(holds: bool, name: str, expected: str) -> None:
        if not holds:
            found = getattr(contract, name)
            raise InputError(f"{name} is {found}", f"contract {contract.contract_id}", expected)

    require(contract.first_day <= contract.last_day, "first_day", "no later than last_day")
    for name in ("volume_rate", "penalty_rate", "capacity_rate", "recovery_isps"):
        require(getattr(contract, name) >= 0, name, "0 or more")
    for name in ("max_runtime_isps", "max_activations"):
        limit = getattr(contract, name)
        require(limit is None or limit >= 1, name, "1 or more, or no limit")
    most = contract.max_volume_rate
    require(most is None or most >= 0, "max_volume_rate", "0 or more, or no limit")
    cap_bp = contract.penalty_cap_bp
    require(cap_bp is None or 0 <= cap_bp <= BASIS_POINTS, "penalty_cap_bp", "0 to 10000, or none")
    validate_delivery(contract)


def check_elements(held: Sequence[tuple[Contract, Collection[str]]]) -> None:
    """Refuse that an element is reserved twice: in one ISP and direction, by two contracts.

    Args:
        held: contracts with the metering points behind each; they may end on different days.

    Raises:
        InputError: names both contracts, the metering point and the first such ISP.
    """
    for position, (second, second_points) in enumerate(held):
        for first, first_points in held[:position]:
            shared = sorted(set(first_points) & set(second_points))
            isp = _first_shared_isp(first, second) if shared else None
            if isp is not None:
                raise InputError(
                    f"metering point {shared[0]} at {first.clock.describe(isp)}",
                    f"contracts {first.contract_id} and {second.contract_id}",
                    "one contract per metering point, direction and ISP",
                )


def _first_shared_isp(first: Contract, second: Contract) -> int | None:
    """Return the first ISP that both contracts reserve in one direction."""
    if first.reserved_w * second.reserved_w <= 0:
        return None
    begin, end = max(first.first_day, second.first_day), min(first.last_day, second.last_day)
    return next(
        (
            isp
            for day in range(begin, end + 1)
            for isp in first.clock.day_isps(day)
            if first.in_window(isp) and second.in_window(isp)
        ),
        None,
    )
