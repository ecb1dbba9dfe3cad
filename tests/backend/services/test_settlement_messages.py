"""What every party is told: figures by hand, nothing of anybody else, the published form."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backend.db.models import RunRow
from backend.services.message_text import render_message
from backend.services.settlement_job import correct_run, settle_run
from backend.services.settlement_messages import (
    SUMS,
    Document,
    messages_of,
    messages_to,
    read_message,
)
from settlement.settle import Settled
from settlement.statement import Period
from tests.backend import parties
from tests.backend.defaults import (
    BOND_AMOUNT,
    DEALS,
    MONDAY,
    NON_WORKING_DAYS,
    SUNDAY,
    WEDNESDAY,
)
from tests.backend.services.by_hand import by_hand
from tests.backend.services.week import DEAL, REASON, fill_hole, meter_with_hole
from tests.backend.town import Town

AGGREGATOR = parties.address("aggregator")
FIRST, SECOND = Period(MONDAY, WEDNESDAY), Period(WEDNESDAY + 1, SUNDAY)


def schema() -> Any:
    text = files("backend.services").joinpath("settlement_message_1.schema.json").read_text()
    return json.loads(text)


def messages(town: Town, run: RunRow) -> dict[tuple[str, bytes], Document]:
    return {(row.role, row.party): read_message(row) for row in messages_of(town.session, run)}


def to_owner(town: Town, site_id: str, run: RunRow | None = None) -> Document:
    owner = parties.address(f"owner of {site_id}")
    return messages(town, run or town.run())["prosumer", owner]


def sums_by_hand(settled: list[Settled]) -> dict[str, int]:
    """The sums of a message, each from what the rules say it is."""
    lines = [line for one in settled for line in one.lines]
    statements = [one.statement for one in settled]
    return {
        "ordered_w_isps": sum(abs(x.activation.ordered_w) * x.activation.isps for x in lines),
        "delivered_w_isps": sum(x.delivery.delivered_w_sum for x in lines),
        "deficiency_w_isps": sum(x.delivery.deficiency_w_sum for x in lines),
        "deviation_w_isps": sum(
            actual_w - baseline_w - x.activation.ordered_w
            for x in lines
            for baseline_w, actual_w in x.pairs
        ),
        "capacity": sum(one.capacity for one in statements),
        "volume": sum(one.volume for one in statements),
        "penalty": sum(one.penalty for one in statements),
        "amount": sum(one.amount for one in statements),
    }


def settled_by_hand(town: Town, *deals: str) -> list[Settled]:
    found = [by_hand(town, deal) for deal in deals]
    assert all(isinstance(one, Settled) for one in found)
    return [one for one in found if isinstance(one, Settled)]


def test_everybody_is_told_once(published: Town) -> None:
    owners = {("prosumer", parties.address(f"owner of {one}")) for one in parties.OWNERS}
    expected = owners | {("aggregator", AGGREGATOR), ("dso", parties.address("dso"))}
    assert messages(published, published.run()).keys() == expected
    assert len(messages_to(published.session, AGGREGATOR)) == 1
    assert messages_to(published.session, parties.address("stranger")) == []


def test_dso_and_aggregator_are_told_the_sums_of_all(published: Town) -> None:
    settled = settled_by_hand(published, *(deal.name for deal in DEALS))
    expected = {"statements": 4, "incomplete": 0, **sums_by_hand(settled)}
    for (role, _), told in messages(published, published.run()).items():
        if role != "prosumer":
            assert told["totals"] == expected
            assert told["totals"]["amount"] == told["run"]["sum"]
            assert {one["site_id"] for one in told["agreements"]} == set(parties.OWNERS)


@pytest.mark.parametrize("site_id", parties.OWNERS)
def test_an_owner_is_told_its_own_figures_line_by_line(published: Town, site_id: str) -> None:
    deals = [deal.name for deal in DEALS if deal.site_id == site_id]
    told, settled = to_owner(published, site_id), settled_by_hand(published, *deals)
    assert told["totals"] == {"statements": len(deals), "incomplete": 0, **sums_by_hand(settled)}
    by_id = {one["agreement_id"]: one for one in told["agreements"]}
    for one in settled:
        entry = by_id.pop("0x" + one.statement.agreement_id.hex())
        assert {name: entry[name] for name in SUMS} == sums_by_hand([one])
        assert [(x["first_isp"], x["volume"], x["penalty"]) for x in entry["lines"]] == [
            (x.activation.first_isp, x.volume, x.penalty) for x in one.lines
        ]
    assert by_id == {}


def test_an_owner_is_told_nothing_of_the_others(published: Town) -> None:
    for site_id in parties.OWNERS:
        told = json.dumps(to_owner(published, site_id))
        for other in DEALS:
            if other.site_id != site_id:
                assert other.site_id not in told
                assert published.identity(other.name).hex() not in told


def test_what_was_procured_is_for_the_dso_alone(published: Town) -> None:
    for (role, _), told in messages(published, published.run()).items():
        points = told.get("congestion_points")
        if role == "prosumer":
            assert points is None
        else:
            (point,) = points
            assert ("procured" in point) == (role == "dso")
            assert point["price"] > 0


def test_a_statement_that_waits_counts_nowhere_and_its_correction_is_told(
    ordered: Town, tmp_path
) -> None:
    meter_with_hole(ordered)
    run = ordered.publish()
    told = to_owner(ordered, "mill")
    (entry,) = told["agreements"]
    assert (entry["incomplete"], entry["lines"]) == (REASON, [])
    assert {entry[name] for name in SUMS} == {None}
    assert told["totals"] == {"statements": 0, "incomplete": 1, **dict.fromkeys(SUMS, 0)}
    assert f"waits for data: {REASON}" in render_message(told)
    fill_hole(ordered)
    office = ordered.office(tmp_path, lambda _: None)
    corrected = correct_run(office, AGGREGATOR, Period(MONDAY, SUNDAY), NON_WORKING_DAYS)
    assert (run.version, corrected.version) == (1, 2)
    assert "meter data committed for" in corrected.cause
    (entry,) = to_owner(ordered, "mill", corrected)["agreements"]
    (settled,) = settled_by_hand(ordered, DEAL)
    assert (entry["amount"], entry["previous_amount"]) == (settled.statement.amount, None)
    (unchanged,) = to_owner(ordered, "dairy", corrected)["agreements"]
    assert unchanged["previous_amount"] == unchanged["amount"]


def test_a_month_accumulates_its_periods_as_they_stand(ordered: Town, tmp_path) -> None:
    """The first period is corrected before the second is settled: only the correction counts."""
    meter_with_hole(ordered)
    ordered.token.mint(parties.ADMIN, parties.address("dso"), BOND_AMOUNT)
    ordered.token.approve(parties.DSO, ordered.ledger.address, BOND_AMOUNT)
    ordered.ledger.deposit_bond(parties.DSO, BOND_AMOUNT)
    office, now_s = ordered.office(tmp_path, lambda _: None), ordered.now_s
    first = settle_run(office, AGGREGATOR, FIRST, NON_WORKING_DAYS, now_s)
    fill_hole(ordered)
    corrected = correct_run(office, AGGREGATOR, FIRST, NON_WORKING_DAYS)
    second = settle_run(office, AGGREGATOR, SECOND, NON_WORKING_DAYS, now_s)
    assert corrected.sum > first.sum
    told = messages(ordered, second)["dso", parties.address("dso")]
    month = told["month"]
    assert (month["month"], month["periods"], month["statements"]) == ("2040-03", 2, 8)
    assert month["amount"] == corrected.sum + second.sum
    assert told["totals"]["amount"] == second.sum
    alone = messages(ordered, corrected)["dso", parties.address("dso")]["month"]
    assert (alone["periods"], alone["amount"]) == (1, corrected.sum)


# Form


def test_every_message_keeps_to_the_published_schema(ordered: Town, tmp_path) -> None:
    Draft202012Validator.check_schema(schema())
    meter_with_hole(ordered)
    waiting = ordered.publish()
    fill_hole(ordered)
    office = ordered.office(tmp_path, lambda _: None)
    corrected = correct_run(office, AGGREGATOR, Period(MONDAY, SUNDAY), NON_WORKING_DAYS)
    told = [*messages(ordered, waiting).values(), *messages(ordered, corrected).values()]
    assert len(told) == 10
    for message in told:
        assert list(Draft202012Validator(schema()).iter_errors(message)) == []
        wrong = {**message, "recipient": {**message["recipient"], "role": "mdc"}}
        assert not Draft202012Validator(schema()).is_valid(wrong)
        assert not Draft202012Validator(schema()).is_valid({**message, "more": 1})


def test_the_page_names_every_member() -> None:
    page = (Path(__file__).parents[3] / "docs" / "settling.md").read_text()

    def names(part: Any) -> set[str]:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        own = set(part.get("properties", ())) if isinstance(part, dict) else set()
        return own.union(*map(names, inner))

    assert [name for name in sorted(names(schema())) if f"`{name}`" not in page] == []


def test_people_read_energy_in_kwh_and_money_in_eur(published: Town) -> None:
    text = render_message(to_owner(published, "mill"))
    (settled,) = settled_by_hand(published, "mill night")
    (line,) = settled.lines
    assert "Settlement 2040-03-19 to 2040-03-25, version 1\nTo the prosumer 0x" in text
    # 4 kW for three hours were ordered, 12 kWh.
    assert "ordered           12.00 kWh" in text
    assert f"{line.volume // 10_000}.{line.volume % 10_000:04d} EUR, penalty" in text
    assert "12 ISPs of -4,000 W: delivered " in text
