"""What an owner says, and what it changes.

Some sentences change the device (`granted`): what the people or the driver need is a limit that no
plan crosses. The others change the calendar (`welcome`): when nothing is offered at all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from flexmanager.checks import between, whole
from flexmanager.errors import ParameterError
from flexmanager.local.building import HeatedBuilding
from flexmanager.local.device import Device
from flexmanager.local.vehicle import ParkedVehicle
from settlement.activation import Activation
from settlement.clock import MINUTES_PER_DAY, Clock, weekday_of

AnyDevice = TypeVar("AnyDevice", bound=Device)
DAYS_PER_WEEK = 7
SENTENCES = (
    "not today",
    "not on sundays",
    "never below 20 degrees",
    "car full by seven",
    "at most three events a week",
    "not for less than 150 euros a megawatt hour",
)
"""One of each kind that `understood` understands."""

_NUMBERS = dict(zip(
    "one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13),
    strict=True,
))  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WHOLE = r"(\d+|" + "|".join(_NUMBERS) + ")"
_NUMBER = r"(\d+(?:\.\d+)?|" + "|".join(_NUMBERS) + ")"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an owner asks for.

    Attributes:
        days_off: local days (day numbers) without events.
        weekdays_off: weekdays without events, Monday = 0.
        temperature_min_c: least temperature while somebody is there and awake; None leaves the
            comfort of the building as it is [degC].
        full_by_minute: local minute of the day by which a vehicle is full; None leaves the need of
            the stay as it is.
        events_per_week_max: most events from a Monday to the Sunday after it.
        eur_per_mwh_min: least price of an offer [EUR/MWh].
    """

    days_off: frozenset[int] = frozenset()
    weekdays_off: frozenset[int] = frozenset()
    temperature_min_c: float | None = None
    full_by_minute: int | None = None
    events_per_week_max: int | None = None
    eur_per_mwh_min: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be wished for."""
        for weekday in self.weekdays_off:
            whole("wishes", "weekdays_off", weekday, 0, DAYS_PER_WEEK - 1)
        if self.temperature_min_c is not None:
            between("wishes", "temperature_min_c", self.temperature_min_c, 5.0, 28.0)
        if self.full_by_minute is not None:
            whole("wishes", "full_by_minute", self.full_by_minute, 0, MINUTES_PER_DAY - 1)
        if self.events_per_week_max is not None:
            whole("wishes", "events_per_week_max", self.events_per_week_max, 0, 10_000)
        between("wishes", "eur_per_mwh_min", self.eur_per_mwh_min, 0.0, 1e6)


def understood(wishes: Wishes, sentence: str, today: int) -> Wishes:
    """Return wishes with one more sentence taken in.

    Args:
        wishes: what was said before.
        sentence: such as those in `SENTENCES`.
        today: the local day on which it is said, as a day number.

    Raises:
        ParameterError: the sentence is not of a kind that is understood.
    """
    said = " ".join(sentence.lower().strip(" .!").split())
    if said == "not today":
        return replace(wishes, days_off=wishes.days_off | {today})
    if said == "not tomorrow":
        return replace(wishes, days_off=wishes.days_off | {today + 1})
    if (found := re.fullmatch(r"not on (\w+?)s?", said)) and found[1] in _WEEKDAYS:
        weekday = _WEEKDAYS.index(found[1])
        return replace(wishes, weekdays_off=wishes.weekdays_off | {weekday})
    if found := re.fullmatch(rf"never below {_NUMBER} ?(?:degrees|°c?|c)?", said):
        return replace(wishes, temperature_min_c=_number(found[1]))
    if found := re.fullmatch(rf"(?:the )?car full by {_WHOLE}(?::([0-5]\d))?(?: ?(am|pm))?", said):
        return replace(wishes, full_by_minute=_minute(int(_number(found[1])), found[2], found[3]))
    if found := re.fullmatch(rf"at most {_WHOLE} events? (?:a|per) week", said):
        return replace(wishes, events_per_week_max=int(_number(found[1])))
    if found := re.fullmatch(
        rf"not for less than {_NUMBER} (?:eur|euros?) (?:a|per) (?:mwh|megawatt ?hour)", said
    ):
        return replace(wishes, eur_per_mwh_min=_number(found[1]))
    raise ParameterError("owner", "sentence", sentence, "such as: " + "; ".join(SENTENCES))


def granted(wishes: Wishes, device: AnyDevice, clock: Clock) -> AnyDevice:
    """Return the device with the limits that the owner's wishes set for it.

    Raises:
        ParameterError: the wish contradicts the device, such as a minimum above the highest
            temperature.
    """
    if isinstance(device, HeatedBuilding) and wishes.temperature_min_c is not None:
        low = max(wishes.temperature_min_c, device.comfort.low_c)
        wished = max(device.comfort.wished_c, low)
        comfort = replace(device.comfort, low_c=low, wished_c=wished)
        return replace(device, comfort=comfort)
    if isinstance(device, ParkedVehicle) and wishes.full_by_minute is not None:
        stay = device.stay
        full_s = _next_s(stay.plug_in_utc_s, wishes.full_by_minute, clock)
        full = replace(stay, needed_wh=device.vehicle.capacity_wh)
        # Leaving earlier than the wish, it has to be full when it leaves.
        return replace(device, stay=full, due_utc_s=min(full_s, stay.departure_utc_s))
    return device


def welcomes_events(wishes: Wishes, day: int) -> bool:
    """Tell whether the owner wants events on a local day, given as a day number."""
    return day not in wishes.days_off and weekday_of(day) not in wishes.weekdays_off


def welcome(
    wishes: Wishes, activation: Activation, standing: Iterable[Activation], clock: Clock
) -> bool:
    """Tell whether the owner lets an event happen.

    Args:
        wishes: what the owner said.
        activation: the event.
        standing: events that are agreed already.
        clock: local time.
    """
    days = {clock.local_day(isp) for isp in activation.ordered_isps()}
    if not all(welcomes_events(wishes, day) for day in days):
        return False
    if wishes.events_per_week_max is None:
        return True
    week = _monday(clock.local_day(activation.first_isp))
    same_week = [one for one in standing if _monday(clock.local_day(one.first_isp)) == week]
    return len(same_week) < wishes.events_per_week_max


def _number(text: str) -> float:
    return float(_NUMBERS[text]) if text in _NUMBERS else float(text)


def _minute(hour: int, minutes: str | None, half: str | None) -> int:
    """Return the minute of the day of a time as it is said, by 24 hours or by 12 and a half."""
    if half is not None:
        whole("owner", "hour", hour, 1, 12)
        hour = hour % 12 + 12 * (half == "pm")
    return hour * 60 + int(minutes or 0)


def _monday(day: int) -> int:
    return day - weekday_of(day)


def _next_s(utc_s: int, minute: int, clock: Clock) -> int:
    """Return the first UTC second after `utc_s` with this local minute of the day."""
    local = utc_s // 60 + clock.offset_minutes(utc_s)
    ahead = (minute - local) % MINUTES_PER_DAY or MINUTES_PER_DAY
    candidate = (local + ahead - clock.offset_minutes(utc_s)) * 60
    # A clock change in between moves the wall clock.
    shift = clock.offset_minutes(candidate) - clock.offset_minutes(utc_s)
    return candidate - shift * 60
