"""Statements that wait for data: exactly those that lack some, with every reason."""

import pytest

from backend.services.metering import commit_meter_days, take_in_day
from backend.services.settling import SettledPeriod
from settlement.run import build_run
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    DAY_S,
    FIRST_METER_DAY,
    FRIDAY,
    ISPS_PER_DAY,
    LAST_METER_DAY,
    MONDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.meters import day_values
from tests.backend.services.by_hand import NAMES, activations_of, by_hand
from tests.backend.stages import order_week, take_in
from tests.backend.town import Town


def meter_week(town: Town, holes: dict[str, list[int]]) -> SettledPeriod:
    """Meter, commit and settle the week with some readings missing: point to ISPs."""
    for utc_day in range(MONDAY, LAST_METER_DAY + 1):
        values = day_values(utc_day)
        for point, isps in holes.items():
            for isp in isps:
                if isp // ISPS_PER_DAY == utc_day:
                    values[point][isp % ISPS_PER_DAY] = None
        take_in_day(town.session, parties.address("mdc"), utc_day, values)
    commit_meter_days(town.session, town.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    return town.settled()


def names_of(town: Town, settled: SettledPeriod) -> dict[str, tuple[str, ...]]:
    """The incomplete deals with their reasons."""
    deals = {town.identity(name): name for name in NAMES}
    return {deals[one.agreement_id]: one.reasons for one in settled.incomplete}


@pytest.mark.parametrize(
    ("point", "day", "hour", "deal"),
    [
        ("bakery roof", TUESDAY, 17, "bakery evening"),
        ("bakery ovens", SUNDAY, 17, "bakery evening"),
        ("bakery roof", THURSDAY, 12, "bakery midday"),
        ("dairy cooling", FRIDAY, 17, "dairy steady"),
        ("mill grinder", WEDNESDAY, 23, "mill night"),
    ],
)
def test_a_missing_reading_makes_exactly_its_statement_incomplete(ordered, point, day, hour, deal):
    missing = isp_at(day, hour)
    (activation,) = (one for one in activations_of(deal) if missing in one.ordered_isps())
    settled = meter_week(ordered, {point: [missing]})
    when = CLOCK.describe(activation.first_isp)
    reason = f"{when}: 1 of {activation.isps} meter readings are missing"
    assert names_of(ordered, settled) == {deal: (reason,)}
    complete = {ordered.identity(name): by_hand(ordered, name) for name in NAMES if name != deal}
    assert {one.statement.agreement_id: one for one in settled.run.settled} == complete


def test_every_reason_is_given(ordered):
    holes = [isp_at(TUESDAY, 18), isp_at(TUESDAY, 18, 15), isp_at(FRIDAY, 17)]
    settled = meter_week(ordered, {"dairy cooling": holes})
    assert names_of(ordered, settled) == {
        "dairy steady": (
            "2040-03-20 18:00: 2 of 6 meter readings are missing",
            "2040-03-23 17:00: 1 of 4 meter readings are missing",
        )
    }


def test_a_missing_reading_that_nobody_needs_changes_nothing(ordered):
    settled = meter_week(ordered, {"mill grinder": [isp_at(MONDAY, 12)]})
    assert settled.run == build_run([by_hand(ordered, deal) for deal in NAMES])


def test_a_baseline_without_enough_days_waits(agreed):
    """The mill has readings since Monday only, and its baseline wants four days before."""
    agreed.chain.advance_to(MONDAY * DAY_S)
    for utc_day in range(FIRST_METER_DAY, MONDAY):
        values = day_values(utc_day)
        del values["mill grinder"]
        take_in_day(agreed.session, parties.address("mdc"), utc_day, values)
    commit_meter_days(agreed.session, agreed.ledger, parties.MDC, FIRST_METER_DAY, MONDAY - 1)
    order_week(agreed)
    settled = meter_week(agreed, {})
    ((deal, reasons),) = names_of(agreed, settled).items()
    assert (deal, len(reasons)) == ("mill night", 1)
    assert reasons[0].startswith("2040-03-21 23:00: ")
    assert "of 4 like days" in reasons[0]


def test_an_activation_without_nomination_waits(begun):
    (activation,) = activations_of("bakery midday")
    begun.order(begun.wanted("bakery midday", activation))
    begun.chain.advance_to(CLOCK.start_s(isp_at(SUNDAY, 23)) + 86_400)
    settled = meter_week(begun, {})
    (reasons,) = names_of(begun, settled).values()
    assert list(names_of(begun, settled)) == ["bakery midday"]
    assert "nominat" in reasons[0]


def test_meter_data_that_is_not_committed_is_not_used(ordered):
    take_in(ordered, MONDAY, LAST_METER_DAY)
    waiting = names_of(ordered, ordered.settled())
    assert set(waiting) == set(NAMES)
    assert waiting["mill night"] == ("2040-03-21 23:00: 12 of 12 meter readings are missing",)
    commit_meter_days(ordered.session, ordered.ledger, parties.MDC, MONDAY, LAST_METER_DAY)
    assert ordered.settled().incomplete == ()
