"""What an owner says changes the device or the calendar, and nothing else."""

from dataclasses import replace

import pytest

from flexmanager.errors import ParameterError
from flexmanager.local.building import HeatedBuilding
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.local.wishes import SENTENCES, Wishes, granted, understood, welcome
from settlement.activation import Activation
from tests.flexmanager.local.devices import CLOCK, FIRST_ISP, SAMPLES, at_s

TODAY = CLOCK.local_day(FIRST_ISP)
NOTHING = Wishes()


@pytest.mark.parametrize(
    ("sentence", "field", "value"),
    [
        ("not today", "days_off", {TODAY}),
        ("Not tomorrow!", "days_off", {TODAY + 1}),
        ("not on Sundays", "weekdays_off", {6}),
        ("never below 20 degrees", "temperature_min_c", 20.0),
        ("never below 20.5 °C", "temperature_min_c", 20.5),
        ("car full by seven", "full_by_minute", 420),
        ("the car full by 7:30", "full_by_minute", 450),
        ("car full by 7 pm", "full_by_minute", 19 * 60),
        ("car full by 12 am", "full_by_minute", 0),
        ("at most three events a week", "events_per_week_max", 3),
        ("at most 1 event per week", "events_per_week_max", 1),
        ("not for less than 150 euros a megawatt hour", "eur_per_mwh_min", 150.0),
    ],
)
def test_a_sentence_is_understood(sentence: str, field: str, value: object) -> None:
    assert understood(NOTHING, sentence, TODAY) == replace(NOTHING, **{field: value})


def test_sentences_add_up_and_the_examples_are_understood() -> None:
    wishes = NOTHING
    for sentence in SENTENCES:
        wishes = understood(wishes, sentence, TODAY)
    assert wishes == Wishes({TODAY}, {6}, 20.0, 420, 3, 150.0)


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "never",
        "never below zero kelvin",
        "car full by 25",
        "car full by 7.5",
        "car full by 7:75",
        "car full by 13 pm",
        "at most 2.5 events a week",
        "never below 80 degrees",
    ],
)
def test_what_is_not_understood_is_refused(sentence: str) -> None:
    with pytest.raises(ParameterError):
        understood(NOTHING, sentence, TODAY)


def test_a_minimum_is_a_limit_of_the_building() -> None:
    house = SAMPLES["heat pump"].device
    warm = granted(Wishes(temperature_min_c=20.0), house, CLOCK)
    assert isinstance(warm, HeatedBuilding)
    assert warm.comfort.low_c == 20.0
    assert granted(Wishes(temperature_min_c=15.0), house, CLOCK) == house
    with pytest.raises(ParameterError, match="wished_c"):
        granted(Wishes(temperature_min_c=26.0), house, CLOCK)


def test_a_full_car_by_seven_is_a_need_of_the_stay() -> None:
    parked = SAMPLES["vehicle"].device
    full = granted(Wishes(full_by_minute=420), parked, CLOCK)
    assert isinstance(full, ParkedVehicle)
    assert full.stay.needed_wh == 50_000
    # Plugged in at 02:04, seven is ISP 28; the stay ends later.
    assert full.due_utc_s == at_s(28)
    late = granted(Wishes(full_by_minute=60), parked, CLOCK)
    assert isinstance(late, ParkedVehicle)
    assert late.due_utc_s == full.stay.departure_utc_s
    assert granted(NOTHING, parked, CLOCK) == parked


def test_seven_is_seven_on_the_wall_across_a_clock_change() -> None:
    night = CLOCK.isp_of(1_459_029_600)  # 2016-03-26 22:00 UTC, an hour before midnight
    parked = SAMPLES["vehicle"].device
    assert isinstance(parked, ParkedVehicle)
    stay = replace(parked.stay, plug_in_utc_s=night * 900, departure_utc_s=night * 900 + 86_400)
    full = granted(Wishes(full_by_minute=420), replace(parked, stay=stay), CLOCK)
    assert isinstance(full, ParkedVehicle)
    assert full.due_utc_s is not None
    assert CLOCK.describe(CLOCK.isp_of(full.due_utc_s)) == "2016-03-27 07:00"


def event(day: int, isp: int = 40) -> Activation:
    return Activation(CLOCK.day_isps(day)[isp], 4, -1_000)


def test_days_off_are_kept() -> None:
    assert not welcome(Wishes(days_off=frozenset({TODAY})), event(TODAY), (), CLOCK)
    assert welcome(Wishes(days_off=frozenset({TODAY})), event(TODAY + 1), (), CLOCK)
    over_midnight = Activation(CLOCK.day_isps(TODAY)[0] - 2, 4, -1_000)
    assert not welcome(Wishes(days_off=frozenset({TODAY})), over_midnight, (), CLOCK)
    assert not welcome(Wishes(weekdays_off=frozenset({6})), event(TODAY), (), CLOCK)


def test_events_of_a_week_are_counted_from_monday() -> None:
    monday = TODAY + 1
    standing = [event(monday), event(monday + 2), event(monday + 2, 60)]
    three = Wishes(events_per_week_max=3)
    assert not welcome(three, event(monday + 6), standing, CLOCK)
    assert welcome(three, event(monday + 7), standing, CLOCK)
    assert welcome(three, event(monday - 1), standing, CLOCK)
    assert not welcome(Wishes(events_per_week_max=0), event(monday), (), CLOCK)
