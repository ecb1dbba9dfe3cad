"""Scenarios of contracts: given contract and meter data, when ordered, then orders and capacity."""

from functools import partial
from pathlib import Path

from settlement.baselines.baseline import History, nominated_baseline
from settlement.baselines.methods import AroundEvent, DayChoice, LikeDays
from settlement.clock import Clock, ClockRule
from settlement.orders.baseline import Method, Zero, computed_by
from settlement.orders.capacity import Dealings, RequestedIsp
from settlement.orders.contract import CapacityUnit, Contract, CountPer
from settlement.orders.order import Order, activations_of
from settlement.orders.settle import BaselineOf, settle_contract
from settlement.orders.settled import IncompleteContract, SettledContract
from settlement.terms import DeliveryRule
from settlement.units import format_eur
from tests.scenarios.form import (
    Row,
    block_isps,
    day_number,
    days_named,
    isp_at,
    period_of,
    readings_of,
    rows,
    scaled,
    window_of,
)

Given = dict[str, str]


def contract_of(given: Given, given_rows: list[Row]) -> Contract:
    """The contract of a scenario; an empty value is no limit."""

    def limit(name: str) -> int | None:
        return int(given[name]) if given[name] else None

    return Contract(
        contract_id="scenario",
        clock=Clock(int(given["isp_minutes"]), 60, ClockRule.EU),
        first_day=day_number(given["contract_first_day"]),
        last_day=day_number(given["contract_last_day"]),
        window=window_of(given["window"]),
        reserved_w=int(given["reserved"]),
        volume_rate=scaled(given["volume_rate"], 10_000),
        penalty_rate=scaled(given["penalty_rate"], 10_000),
        capacity_rate=scaled(given["capacity_rate"], 10_000),
        capacity_unit=CapacityUnit(given["capacity_unit"]),
        excluded_days=days_named(given_rows, "excluded_day"),
        max_runtime_isps=limit("max_runtime_isps"),
        recovery_isps=int(given["recovery_isps"]),
        max_activations=limit("max_activations"),
        count_per=CountPer(given["count_per"]),
        test_calls_count=given["test_calls_count"] == "yes",
        delivery_rule=DeliveryRule[given["delivery_rule"]],
        delivery_bp=scaled(given["delivery_share"], 100),
        delivery_slope=int(given["delivery_slope"]),
        penalty_cap_bp=scaled(given["penalty_cap"], 100) if given["penalty_cap"] else None,
        pays_when_used_up=given["pays_when_used_up"] == "yes",
    )


def orders_of(clock: Clock, when: list[Row]) -> list[Order]:
    """Orders from rows of constant power; rows of one order belong together."""
    found: dict[str, Order] = {}
    for row in when:
        first_isp, watts = isp_at(clock, row), int(row["ordered_w"])
        powers = {first_isp + position: watts for position in range(int(row["isps"]))}
        earlier = found.get(row["order"])
        if earlier is None:
            price = scaled(row["price_eur"], 10_000) if row["price_eur"] else None
            found[row["order"]] = Order(row["order"], powers, price, row["test_call"] == "yes")
        else:
            found[row["order"]] = Order(
                row["order"], {**earlier.ordered_w, **powers}, earlier.price, earlier.test_call
            )
    return list(found.values())


def baseline_of(folder: Path, given: Given, clock: Clock, history: History) -> BaselineOf:
    """The method that the contract names."""
    method, x, y, gap = given["baseline_method"], given["x"], given["y"], given["gap_isps"]
    if method == "NOMINATED":
        nomination = readings_of(clock, rows(folder / "given_baseline.csv"))
        return partial(nominated_baseline, nomination=nomination)
    return lambda isps: computed_by(_method(method, int(x), int(y), int(gap)), clock, isps, history)


def _method(name: str, x: int, y: int, gap_isps: int) -> Method:
    if name == "ZERO":
        return Zero()
    if name in ("SAME_DAY", "METER_BEFORE_AFTER"):
        return AroundEvent(x, y, gap_isps, name == "METER_BEFORE_AFTER")
    return LikeDays(DayChoice[name], x, y, match_gap_isps=gap_isps)


def dealings_of(folder: Path, clock: Clock) -> Dealings:
    """Blocks of reservation updates, declarations, requests and offers; numbers tell them apart."""
    numbered: dict[tuple[str, str], dict[int, int]] = {}
    requests: dict[int, RequestedIsp] = {}
    for row in rows(folder / "given_dealings.csv"):
        for isp in block_isps(clock, row):
            watts = int(row["power_w"])
            if row["kind"] == "request":
                asked = row["number"] != "room only"
                requests[isp] = RequestedIsp(asked, min(0, watts), max(0, watts))
            else:
                numbered.setdefault((row["kind"], row["number"]), {})[isp] = watts

    def of_kind(wanted: str) -> list[dict[int, int]]:
        return [powers for (kind, _), powers in numbered.items() if kind == wanted]

    declared = {isp: w for powers in of_kind("declared") for isp, w in powers.items()}
    return Dealings(of_kind("update"), declared, requests, of_kind("offer"))


def run(
    folder: Path, *, corrected: bool = False
) -> tuple[Contract, SettledContract | IncompleteContract]:
    """Settle a scenario, as metered at first or as corrected."""
    given_rows = rows(folder / "given_contract.csv")
    given = {row["term"]: row["value"] for row in given_rows}
    contract = contract_of(given, given_rows)
    clock = contract.clock
    orders = orders_of(clock, rows(folder / "when_orders.csv"))
    correction = rows(folder / "when_corrected_meter.csv") if corrected else ()
    actual = readings_of(clock, rows(folder / "given_meter.csv"), correction)
    ordered = {isp for one in activations_of(orders) for isp in one.isps}
    days = {clock.local_day(isp) for isp in ordered}
    history = History(actual, days, ordered, days_named(given_rows, "non_working_day"))
    return contract, settle_contract(
        contract,
        orders,
        period_of(given),
        baseline_of(folder, given, clock, history),
        actual,
        dealings_of(folder, clock),
    )


def total_rows(result: SettledContract | IncompleteContract) -> list[Row]:
    """The result in the form of then_totals.csv."""
    if isinstance(result, IncompleteContract):
        figures = [("status", "incomplete", "")]
        figures += [("reason", reason, "") for reason in result.reasons]
    else:
        totals = result.totals
        figures = [
            ("status", "complete", ""),
            ("capacity", format_eur(totals.capacity), "EUR"),
            ("flex_paid", format_eur(totals.flex_paid), "EUR"),
            ("deficiency_penalty", format_eur(totals.deficiency_penalty), "EUR"),
            ("net", format_eur(totals.net), "EUR"),
        ]
    return [{"figure": name, "value": value, "unit": unit} for name, value, unit in figures]


def order_rows(result: SettledContract | IncompleteContract) -> list[Row]:
    """The orders in the form of then_orders.csv: the money fields of the message."""
    settled = result.orders if isinstance(result, SettledContract) else ()
    return [
        {
            "order": one.order.reference,
            "price_eur": format_eur(one.price),
            "flex_paid_eur": format_eur(one.flex_paid),
            "deficiency_penalty_eur": format_eur(one.deficiency_penalty),
            "penalty_eur": format_eur(one.penalty),
            "net_eur": format_eur(one.net),
        }
        for one in settled
    ]


def isp_rows(contract: Contract, result: SettledContract | IncompleteContract) -> list[Row]:
    """The ISPs of the orders in the form of then_isps.csv."""
    settled = result.orders if isinstance(result, SettledContract) else ()
    return [
        {
            "order": one.order.reference,
            "start": contract.clock.describe(row.isp),
            "baseline_w": str(row.baseline_w),
            "ordered_w": str(row.ordered_w),
            "actual_w": str(row.actual_w),
            "delivered_w": str(row.delivered_w),
            "deficiency_w": str(row.deficiency_w),
            "excess": ", ".join(why.value for why in row.excess),
        }
        for one in settled
        for row in one.isps
    ]
